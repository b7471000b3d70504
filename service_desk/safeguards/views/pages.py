"""The blueprints of safeguards, and what their views share."""

from datetime import UTC, datetime
from typing import Any

from flask import g, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from service_desk.lib.clock import Language, language, local_day, show_day
from service_desk.safeguards import words
from service_desk.tenants.blueprint import TenantBlueprint

safeguards = TenantBlueprint("safeguards", __name__, template_folder="../templates")
safeguards_portal = TenantBlueprint("safeguards_portal", __name__, face="portal", template_folder="../templates")


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def lang() -> Language:
    """The language of the page."""
    return language(str(get_locale() or "zh_Hans_CN"))


def sections() -> list[tuple[str, str, str, None, None]]:
    """The four duties as the tabs inside the page."""
    slug = g.tenant.slug
    return [
        ("plans", _("Backups"), url_for("safeguards.index", slug=slug), None, None),
        ("drills", _("Restore drills"), url_for("safeguards.drills", slug=slug), None, None),
        ("reviews", _("Permission reviews"), url_for("safeguards.reviews", slug=slug), None, None),
        ("rounds", _("Inspection rounds"), url_for("safeguards.rounds", slug=slug), None, None),
    ]


def day_words(moment: datetime | None) -> str:
    """A moment's day on the client's calendar; a dash for none."""
    return show_day(local_day(moment, g.tenant.time_zone), lang()) if moment is not None else "—"


@safeguards.app_context_processor
def said() -> dict[str, Any]:
    """The words of this package for its templates."""
    return {"guard_words": words, "guard_sections": sections, "guard_day": day_words}
