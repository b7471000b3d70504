"""The variables of the frame around every page: who, where, what runs, what waits."""

from typing import Any

from flask import current_app, g, request, session
from flask_babel import get_locale
from flask_babel import gettext as _

from service_desk.accounts.roles import allows


def variables() -> dict[str, Any]:
    """What base.html, desk.html, client.html and portal.html read; asks the database nothing."""
    actor = g.get("actor")
    return {
        "actor": actor,
        "practice": None,
        "tenant": g.get("tenant"),
        "lang": str(get_locale() or "zh_Hans_CN"),
        "theme": session.get("theme", "auto"),
        "banner": banner(),
        "nav": section(),
        "nav_items": navigation(actor) if actor is not None else [],
        "timer": g.get("timer"),
        "bell_count": g.get("bell_count", 0),
        "queue_count": g.get("queue_count", 0),
        "may": lambda right: actor is not None and allows(actor.role, right),
    }


def banner() -> list[str]:
    """The two switches that only a demo or a test may set are said on every page."""
    desk = current_app.config["DESK"]
    lines = []
    if desk.allow_loopback_targets:
        lines.append(_("Demo: ERP connections to this machine itself are allowed."))
    if desk.second_factor_optional:
        lines.append(_("Demo: signing in without a second factor is allowed."))
    return lines


def section() -> str:
    """The entry of the rail that is lit: the first part of the address."""
    first = request.path.strip("/").split("/")[0]
    return {"": "today", "t": "clients"}.get(first, first)


def navigation(actor: Any) -> list[tuple[str, str, str, str, int]]:
    """The rail: key, label, address, icon, count."""
    entries = [
        ("today", _("Today"), "/", "today", 0),
        ("clients", _("Clients"), "/clients", "clients", 0),
        ("queue", _("Queue"), "/queue", "queue", g.get("queue_count", 0)),
        ("alerts", _("Alerts"), "/alerts", "alerts", g.get("bell_count", 0)),
        ("time", _("Time"), "/time", "time", 0),
        ("money", _("Money"), "/money", "money", 0),
        ("library", _("Library"), "/library", "library", 0),
        ("papers", _("Papers"), "/papers", "papers", 0),
        ("settings", _("Settings"), "/settings", "settings", 0),
    ]
    hidden = set() if allows(actor.role, "money.read") else {"money"}
    return [entry for entry in entries if entry[0] not in hidden]
