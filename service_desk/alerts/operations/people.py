"""What people do about incidents."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.alerts.models import Incident, IncidentEvent, IncidentMail
from service_desk.audit.operations import record
from service_desk.jobs import enqueue
from service_desk.lib.errors import NotThere, Refused
from service_desk.mail import Mail, post
from service_desk.scope import current, session

DOUBTFUL = ("maybe_sent", "failed")
SENT_AGAIN = "sent again as"


def acknowledge(incident: Incident, note: str = "", *, now: datetime) -> None:
    """Say that somebody has seen it: it is not escalated any further. Recording goes on.

    Where the condition is gone already and only this was waited for, the incident ends.
    """
    session().flush()  # Reading again would forget what this transaction has changed and not sent yet.
    session().refresh(incident, with_for_update=True)
    if incident.acknowledged_at is None and incident.resolved_at is None:
        incident.acknowledged_at, incident.acknowledged_by = now, current().actor.name
        incident.acknowledged_note = note.strip()[:1000]
        happened(incident, now, "acknowledged", note=incident.acknowledged_note)
        record("incident.acknowledge", f"incident:{incident.id}")
        if incident.cleared_at is not None:
            incident.resolved_at = now
            happened(incident, now, "resolved")


def take_back(incident: Incident, *, now: datetime) -> None:
    """Take an acknowledgement back: the incident waits for somebody again. Raises Refused when it is over."""
    session().flush()
    session().refresh(incident, with_for_update=True)
    if incident.resolved_at is not None:
        raise Refused(_l("This is over already."))
    if incident.acknowledged_at is not None:
        incident.acknowledged_at, incident.acknowledged_by, incident.acknowledged_note = None, "", ""
        happened(incident, now, "taken_back")
        enqueue("notice", 0, slot=f"taken-back-{incident.id}-{now.timestamp():.0f}")
        record("incident.take_back", f"incident:{incident.id}")


def happened(incident: Incident, at: datetime, kind: str, *, note: str = "", **params: str) -> None:
    """Add something that a person did to the incident's story."""
    by = current().actor.name
    session().add(IncidentEvent(incident_id=incident.id, at=at, kind=kind, by=by, note=note, params=params))


def send_again(incident: Incident, mail_id: int) -> Mail:
    """Send a mail of this incident once more, because nobody can know whether it arrived.

    Raises NotThere for a mail that is not of this incident, Refused when it did leave or still waits.
    """
    linked = select(IncidentMail).where(IncidentMail.incident_id == incident.id, IncidentMail.mail_id == mail_id)
    if session().scalars(linked).first() is None:
        raise NotThere()
    mail = session().scalars(select(Mail).where(Mail.id == mail_id).with_for_update()).one()
    if mail.state not in DOUBTFUL or mail.answer.startswith(SENT_AGAIN):
        raise Refused(_l("This mail is not in doubt."))
    again = post(mail.to_address, mail.subject, mail.body, about=mail.about)
    mail.answer = f"{SENT_AGAIN} {again.message_id}"
    session().add(IncidentMail(incident_id=incident.id, mail_id=again.id))
    record("incident.send_again", f"incident:{incident.id}", to=mail.to_address)
    return again
