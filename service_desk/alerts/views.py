"""Pages of alerts: what is open over all clients, and one incident with its history and its mails."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, case, or_, select

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.alerts import operations
from service_desk.alerts.models import Incident, IncidentMail
from service_desk.alerts.operations.people import DOUBTFUL, SENT_AGAIN
from service_desk.checks.models import CheckFlip, CheckState
from service_desk.checks.reading import remedy, sentence, sentence_of, state_word, title
from service_desk.lib.clock import ago, in_words, language, show_time
from service_desk.mail import Mail
from service_desk.scope import load, session
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import Ticket

alerts = PracticeBlueprint("alerts", __name__, template_folder="templates")
incidents = TenantBlueprint("incidents", __name__, template_folder="templates")
RECENT = timedelta(days=7)
MOST = 300
MAIL: dict[str, tuple[str, Any]] = {
    "waiting": ("", _l("waiting")),
    "handing_over": ("", _l("being handed over")),
    "sent": ("ok", _l("sent")),
    "maybe_sent": ("warning", _l("perhaps sent: the connection broke while it was handed over")),
    "failed": ("critical", _l("not sent")),
}
Found = Row[Incident, Tenant, CheckState | None, int | None]


def _lang() -> Any:
    return language(str(get_locale() or "zh"))


@alerts.page("/alerts", needs="practice.read")
def index() -> ResponseReturnValue:
    """Open incidents of every client, the worst first; below them what is acknowledged and what is over."""
    now = datetime.now(UTC)
    rows = [_row(one, now) for one in _incidents(now)]
    return render_template(
        "alerts/index.html",
        waiting=[row for row in rows if row["standing"] == "waiting"],
        seen=[row for row in rows if row["standing"] == "seen"],
        over=[row for row in rows if row["standing"] == "over"],
    )


def _incidents(now: datetime) -> list[Found]:
    gravity = case({"crit": 0, "warn": 1, "unknown": 2}, value=Incident.severity, else_=3)
    on_state = (CheckState.tenant_id == Incident.tenant_id) & (CheckState.id == Incident.state_id)
    on_ticket = (Ticket.tenant_id == Incident.tenant_id) & (Ticket.id == Incident.ticket_id)
    statement = (
        select(Incident, Tenant, CheckState, Ticket.number)
        .join(Tenant, Tenant.id == Incident.tenant_id)
        .outerjoin(CheckState, on_state)
        .outerjoin(Ticket, on_ticket)
        .where(or_(Incident.resolved_at.is_(None), Incident.resolved_at > now - RECENT))
        .order_by(Incident.resolved_at.desc().nulls_first(), gravity, Incident.opened_at)
        .limit(MOST)
    )
    return list(session().execute(statement))


def _row(found: Found, now: datetime) -> dict[str, Any]:
    incident, tenant, state, number = found
    over = incident.resolved_at is not None
    return {
        "standing": "over" if over else "seen" if incident.acknowledged_at else "waiting",
        "severity": incident.severity,
        "title": title(incident.check, _lang()),
        "sentence": _sentence(incident, state),
        "tenant": tenant,
        "since": in_words((incident.resolved_at or now) - incident.opened_at, _lang()),
        "when": ago(incident.resolved_at or incident.opened_at, now, _lang()),
        "by": incident.acknowledged_by,
        "number": number,
        "ticket_url": url_for("tickets.ticket", slug=tenant.slug, number=number) if number else None,
        "url": url_for("incidents.show", slug=tenant.slug, incident_id=incident.id),
        "acknowledge_url": url_for("incidents.acknowledge", slug=tenant.slug, incident_id=incident.id),
    }


def _sentence(incident: Incident, state: CheckState | None) -> str:
    """An open incident speaks of now, one that is over of how it was."""
    if incident.resolved_at is None and state is not None and state.state == incident.severity:
        return sentence(state, _lang())
    return sentence_of(incident.check, incident.severity, incident.params, incident.reason, _lang())


@incidents.page("/incidents/<int:incident_id>", needs="client.read")
def show(incident_id: int) -> ResponseReturnValue:
    """One incident: what it says, what to do, how it went, what was told to whom."""
    incident, now = load(Incident, incident_id), datetime.now(UTC)
    state = session().get(CheckState, {"tenant_id": incident.tenant_id, "id": incident.state_id or 0})
    ticket = session().get(Ticket, {"tenant_id": incident.tenant_id, "id": incident.ticket_id or 0})
    slug = g.tenant.slug
    return render_template(
        "alerts/incident.html",
        incident=incident,
        title=title(incident.check, _lang()),
        sentence=_sentence(incident, state),
        remedy=remedy(incident.check, _lang()),
        present=state.state if state and not state.gone_at else None,
        opened=show_time(incident.opened_at, g.tenant.time_zone, _lang()),
        lasted=in_words((incident.resolved_at or now) - incident.opened_at, _lang()),
        ticket=ticket,
        flips=_flips(incident),
        mails=_mails(incident),
        acknowledge_url=url_for("incidents.acknowledge", slug=slug, incident_id=incident.id),
    )


def _flips(incident: Incident) -> list[tuple[str, str, str]]:
    rows = select(CheckFlip).where(CheckFlip.state_id == incident.state_id).order_by(CheckFlip.at.desc()).limit(50)
    zone = g.tenant.time_zone
    return [
        (show_time(flip.at, zone, _lang()), flip.to_state, state_word(flip.to_state, _lang()))
        for flip in session().scalars(rows)
    ]


def _mails(incident: Incident) -> list[dict[str, Any]]:
    rows = (
        select(Mail)
        .join(IncidentMail, IncidentMail.mail_id == Mail.id)
        .where(IncidentMail.incident_id == incident.id)
        .order_by(Mail.id)
    )
    return [
        {
            "to": mail.to_address,
            "when": show_time(mail.sent_at or mail.created_at, g.tenant.time_zone, _lang()),
            "kind": MAIL[mail.state][0],
            "state": MAIL[mail.state][1],
            "again_url": url_for("incidents.send_again", slug=g.tenant.slug, incident_id=incident.id, mail_id=mail.id)
            if mail.state in DOUBTFUL and not mail.answer.startswith(SENT_AGAIN)
            else None,
        }
        for mail in session().scalars(rows)
    ]


@incidents.page("/incidents/<int:incident_id>/acknowledge", needs="client.write", methods=("POST",))
def acknowledge(incident_id: int) -> ResponseReturnValue:
    """Say that it has been seen."""
    operations.acknowledge(load(Incident, incident_id), now=datetime.now(UTC))
    if request.form.get("back") == "alerts":
        return redirect(url_for("alerts.index"), 303)
    return redirect(url_for("incidents.show", slug=g.tenant.slug, incident_id=incident_id), 303)


@incidents.page("/incidents/<int:incident_id>/mails/<int:mail_id>/again", needs="client.write", methods=("POST",))
def send_again(incident_id: int, mail_id: int) -> ResponseReturnValue:
    """Send a doubtful mail once more."""
    mail = operations.send_again(load(Incident, incident_id), mail_id)
    flash(_("Sent again to %(address)s.", address=mail.to_address), "success")
    return redirect(url_for("incidents.show", slug=g.tenant.slug, incident_id=incident_id), 303)


BLUEPRINTS: tuple[Blueprint, ...] = (alerts, incidents)
