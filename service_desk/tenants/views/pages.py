"""The blueprints of tenants, and what their views share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.accounts.roles import CLIENT_ROLES, may_grant
from service_desk.lib.clock import at_wall
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.tenants.forms import InviteForm
from service_desk.tenants.words import (
    connector_asks,
    connector_role,
    field_anchor,
    field_label,
    field_value,
    step_label,
    step_state,
)


class TenantsBlueprint(TenantBlueprint):
    """A client's pages (`page`) and the practice's pages about its clients (`practice_page`) under one name."""

    def practice_page(self, rule: str, **options: Any) -> Callable[..., Any]:
        """Register a page of the practice; see PracticeBlueprint.page."""
        return PracticeBlueprint.page(self, rule, **options)  # type: ignore[arg-type]


tenants = TenantsBlueprint("tenants", __name__, template_folder="../templates")
portal = TenantBlueprint("tenants_portal", __name__, face="portal", template_folder="../templates")
for word in (step_label, step_state, field_label, field_anchor, field_value, connector_role, connector_asks):
    tenants.add_app_template_global(word)


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def done(words: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Say what was done and go on to a page of this client."""
    flash(words, "ok")
    return redirect(url_for(endpoint, slug=g.tenant.slug, **values), 303)


def grantable() -> list[str]:
    """The client roles that this person may give."""
    return [role for role in CLIENT_ROLES if may_grant(g.actor.role, role, client=True)]


def ends_at(form: InviteForm) -> datetime | None:
    """The end of the day that was typed, on the client's wall clock."""
    day = form.ends_on.data
    return at_wall(day, 24 * 60, g.tenant.time_zone) if day else None


def saved() -> str:
    """The word for a form that was kept."""
    return str(_("Saved."))


__all__ = ("done", "ends_at", "grantable", "now", "portal", "saved", "tenants")
