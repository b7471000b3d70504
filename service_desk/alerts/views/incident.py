"""One incident: what it says, what to do, everything that happened to it, and what people do about it."""

from datetime import timedelta
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.alerts import operations, story
from service_desk.alerts.delivery import log
from service_desk.alerts.delivery.views.parts import answer
from service_desk.alerts.forms import AcknowledgeForm, SilenceForm
from service_desk.alerts.models import Incident
from service_desk.alerts.operations.people import DOUBTFUL, SENT_AGAIN
from service_desk.alerts.views.pages import done, incidents, lang, now, said
from service_desk.checks.models import CheckState
from service_desk.checks.reading import remedy, title
from service_desk.lib.clock import in_words, show_time
from service_desk.lib.errors import Invalid
from service_desk.scope import load, session
from service_desk.tickets.models import Ticket


@incidents.page("/incidents/<int:incident_id>", needs="client.read")
def show(incident_id: int) -> ResponseReturnValue:
    """One incident: what it says, what to do, how it went, what was told to whom."""
    return page(load(Incident, incident_id))


def page(
    incident: Incident,
    acknowledging: AcknowledgeForm | None = None,
    silencing: SilenceForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The page of an incident, with forms that come back with what is wrong."""
    moment, zone = now(), g.tenant.time_zone
    state, ticket = _beside(incident)
    answer = render_template(
        "alerts/incident.html",
        incident=incident,
        title=title(incident.check, lang()),
        sentence=said(incident, state),
        remedy=remedy(incident.check, lang()),
        present=state.state if state and not state.gone_at else None,
        opened=show_time(incident.opened_at, zone, lang()),
        lasted=in_words((incident.resolved_at or moment) - incident.opened_at, lang()),
        next_told=story.next_told(incident, moment, zone, lang()),
        hidden=story.hidden(incident, zone, lang()),
        ticket=ticket,
        lines=story.lines(incident, moment, zone, lang()),
        mails=_told(incident),
        acknowledging=acknowledging or AcknowledgeForm(formdata=None),
        silencing=silencing or SilenceForm(formdata=None),
        here={"slug": g.tenant.slug, "incident_id": incident.id},
    )
    return answer, status


def _beside(incident: Incident) -> tuple[CheckState | None, Ticket | None]:
    """The state the incident speaks of and its ticket, where they are there."""
    on_state = (CheckState.tenant_id == Incident.tenant_id) & (CheckState.id == Incident.state_id)
    on_ticket = (Ticket.tenant_id == Incident.tenant_id) & (Ticket.id == Incident.ticket_id)
    asked = select(CheckState, Ticket).select_from(Incident).where(Incident.id == incident.id)
    state, ticket = session().execute(asked.outerjoin(CheckState, on_state).outerjoin(Ticket, on_ticket)).one()
    return state, ticket


def _told(incident: Incident) -> list[dict[str, Any]]:
    """Everything that was told of it: to whom, over what, how far it came; a doubtful mail can be sent again."""
    return [
        {
            "to": one.to,
            "over": one.channel if one.mail_id is None else "",
            "answer": answer(one.answer) if one.mail_id is None and one.state != "merged" else "",
            "when": show_time(one.at, g.tenant.time_zone, lang()),
            "kind": log.STATES[one.state][0],
            "state": log.STATES[one.state][1],
            "again_url": _again_url(incident, one),
        }
        for one in log.of_incident(incident.id)
    ]


def _again_url(incident: Incident, one: log.Said) -> str | None:
    if one.mail_id is None or one.state not in DOUBTFUL or one.answer.startswith(SENT_AGAIN):
        return None
    return url_for("incidents.send_again", slug=g.tenant.slug, incident_id=incident.id, mail_id=one.mail_id)


@incidents.page("/incidents/<int:incident_id>/acknowledge", needs="client.write", methods=("POST",))
def acknowledge(incident_id: int) -> ResponseReturnValue:
    """Say that it has been seen, with a note for whoever looks next."""
    incident, form = load(Incident, incident_id), AcknowledgeForm()
    if not form.validate():
        return page(incident, acknowledging=form, status=422)
    operations.acknowledge(incident, form.note.data or "", now=now())
    if request.form.get("back") == "alerts":
        return redirect(url_for("alerts.index"), 303)
    return redirect(url_for("incidents.show", slug=g.tenant.slug, incident_id=incident_id), 303)


@incidents.page("/incidents/<int:incident_id>/take-back", needs="client.write", methods=("POST",))
def take_back(incident_id: int) -> ResponseReturnValue:
    """It waits for somebody again."""
    operations.take_back(load(Incident, incident_id), now=now())
    return done(_("Taken back: it waits for somebody again."), "incidents.show", incident_id=incident_id)


@incidents.page("/incidents/<int:incident_id>/silence", needs="client.write", methods=("POST",))
def silence(incident_id: int) -> ResponseReturnValue:
    """Tell nobody of this very thing for a while."""
    incident, form = load(Incident, incident_id), SilenceForm()
    if form.validate():
        try:
            operations.silence(
                connection_id=incident.connection_id, check=incident.check, subject=incident.subject,
                reason=form.reason.data, ends_at=now() + timedelta(hours=int(form.hours.data)), now=now(),
            )  # fmt: skip
            return done(_("Silenced; it is told again when that ends."), "incidents.show", incident_id=incident_id)
        except Invalid as error:
            form.reason.errors = [error.message]
    return page(incident, silencing=form, status=422)


@incidents.page("/incidents/<int:incident_id>/mails/<int:mail_id>/again", needs="client.write", methods=("POST",))
def send_again(incident_id: int, mail_id: int) -> ResponseReturnValue:
    """Send a doubtful mail once more."""
    mail = operations.send_again(load(Incident, incident_id), mail_id)
    flash(_("Sent again to %(address)s.", address=mail.to_address), "success")
    return redirect(url_for("incidents.show", slug=g.tenant.slug, incident_id=incident_id), 303)
