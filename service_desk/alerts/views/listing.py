"""The alerts of every client: what waits, what somebody has seen, what nobody is told of, what is over."""

from datetime import datetime, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, or_, select

from service_desk.alerts.models import Incident
from service_desk.alerts.views.pages import alerts, lang, now, said
from service_desk.checks.catalogued import gravity
from service_desk.checks.models import CheckState
from service_desk.checks.reading import title
from service_desk.lib.clock import ago, in_words
from service_desk.scope import session
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import Ticket

RECENT = timedelta(days=7)
MOST = 300
Found = Row[Incident, Tenant, CheckState | None, int | None]
# What the list can be narrowed to, and its title; `parent` stands with what maintenance hides.
SHOWN: dict[str, Any] = {
    "waiting": _l("Still open"),
    "seen": _l("Seen, and still there"),
    "flapping": _l("Comes and goes"),
    "silenced": _l("Silenced"),
    "maintenance": _l("In maintenance"),
    "over": _l("Over in the last seven days"),
}
STANDING = {"maintenance": "maintenance", "parent": "maintenance", "silence": "silenced"}
USUAL = ("waiting", "seen", "over")


@alerts.page("/alerts", needs="practice.read")
def index() -> ResponseReturnValue:
    """Open incidents of every client, the worst first; narrowed to one kind when the address says so."""
    moment = now()
    rows = [_row(one, moment) for one in _incidents(moment)]
    wanted = request.args.get("show", "")
    kept = {name: [row for row in rows if name in row["standing"]] for name in SHOWN}
    shown = (wanted,) if wanted in SHOWN else USUAL
    return render_template(
        "alerts/index.html",
        groups=[(name, SHOWN[name], kept[name]) for name in shown if kept[name]],
        waiting=kept["waiting"],
        wanted=wanted if wanted in SHOWN else "",
        tabs=[
            (name, word, url_for("alerts.index", show=name), len(kept[name]) or None, None)
            for name, word in SHOWN.items()
        ],
    )


def _incidents(moment: datetime) -> list[Found]:
    on_state = (CheckState.tenant_id == Incident.tenant_id) & (CheckState.id == Incident.state_id)
    on_ticket = (Ticket.tenant_id == Incident.tenant_id) & (Ticket.id == Incident.ticket_id)
    statement = (
        select(Incident, Tenant, CheckState, Ticket.number)
        .join(Tenant, Tenant.id == Incident.tenant_id)
        .outerjoin(CheckState, on_state)
        .outerjoin(Ticket, on_ticket)
        .where(or_(Incident.resolved_at.is_(None), Incident.resolved_at > moment - RECENT))
        .order_by(Incident.resolved_at.desc().nulls_first(), gravity(Incident.severity), Incident.opened_at)
        .limit(MOST)
    )
    return list(session().execute(statement))


def standing(incident: Incident) -> tuple[str, ...]:
    """In which of the lists an incident stands; what comes and goes stands in two."""
    if incident.resolved_at is not None:
        return ("over",)
    first = STANDING.get(incident.muted) or ("seen" if incident.acknowledged_at else "waiting")
    return (first, "flapping") if incident.flapping_since is not None else (first,)


def _row(found: Found, moment: datetime) -> dict[str, Any]:
    incident, tenant, state, number = found
    return {
        "standing": standing(incident),
        "severity": incident.severity,
        "title": title(incident.check, lang()),
        "sentence": said(incident, state),
        "tenant": tenant,
        "since": in_words((incident.resolved_at or moment) - incident.opened_at, lang()),
        "when": ago(incident.resolved_at or incident.opened_at, moment, lang()),
        "by": incident.acknowledged_by,
        "muted": incident.muted,
        "flapping": incident.flapping_since is not None,
        "cleared": incident.cleared_at is not None and incident.resolved_at is None,
        "number": number,
        "ticket_url": url_for("tickets.ticket", slug=tenant.slug, number=number) if number else None,
        "url": url_for("incidents.show", slug=tenant.slug, incident_id=incident.id),
        "acknowledge_url": url_for("incidents.acknowledge", slug=tenant.slug, incident_id=incident.id),
    }
