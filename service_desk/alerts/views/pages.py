"""The blueprints of alerts, and what their views share."""

from datetime import UTC, datetime
from typing import Any

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.alerts.models import Incident
from service_desk.checks.models import CheckState
from service_desk.checks.reading import sentence, sentence_of
from service_desk.lib.clock import Language, language
from service_desk.tenants.blueprint import TenantBlueprint

alerts = PracticeBlueprint("alerts", __name__, template_folder="../templates")
incidents = TenantBlueprint("incidents", __name__, template_folder="../templates")
maintenance = TenantBlueprint("maintenance", __name__, template_folder="../templates")


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def lang() -> Language:
    """The language of the page."""
    return language(str(get_locale() or "zh"))


def done(words: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Say what was done and go on to a page of this client."""
    flash(words, "success")
    return redirect(url_for(endpoint, slug=g.tenant.slug, **values), 303)


def said(incident: Incident, state: CheckState | None) -> str:
    """An open incident speaks of now, one that is over of how it was."""
    if incident.resolved_at is None and state is not None and state.state == incident.severity:
        return sentence(state, lang())
    return sentence_of(incident.check, incident.severity, incident.params, incident.reason, lang())
