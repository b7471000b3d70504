"""What people do about incidents."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.alerts.models import Incident, IncidentMail
from service_desk.audit.operations import record
from service_desk.lib.errors import NotThere, Refused
from service_desk.mail import Mail, post
from service_desk.scope import current, session

DOUBTFUL = ("maybe_sent", "failed")
SENT_AGAIN = "sent again as"


def acknowledge(incident: Incident, *, now: datetime) -> None:
    """Say that somebody has seen it: it is no longer counted as waiting. Recording goes on."""
    session().flush()  # Reading again would forget what this transaction has changed and not sent yet.
    session().refresh(incident, with_for_update=True)
    if incident.acknowledged_at is None and incident.resolved_at is None:
        incident.acknowledged_at, incident.acknowledged_by = now, current().actor.name
        record("incident.acknowledge", f"incident:{incident.id}")


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
