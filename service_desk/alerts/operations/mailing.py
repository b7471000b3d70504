"""What is told by mail: one text for all who read the same, into the outbox in the transaction that tells it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, func, insert, select

from service_desk.alerts.channels.message import Message
from service_desk.alerts.delivery.saying import Speaker
from service_desk.alerts.models import AlertNotice, IncidentMail
from service_desk.alerts.words import Face, mail_body
from service_desk.mail import Letter, Mail, post_all
from service_desk.scope import current, session

_TOLD_OF = select(
    bindparam("tenant_id", type_=Integer),
    bindparam("mail_id", type_=BigInteger),
    func.unnest(bindparam("incident_ids", type_=ARRAY(BigInteger))),
)
_REMEMBER = insert(IncidentMail.__table__).from_select(["tenant_id", "mail_id", "incident_id"], _TOLD_OF)


@dataclass(frozen=True)
class ByMail:
    """A mail to be: of which notices, to which address, for whose eyes."""

    notice_ids: tuple[int, ...]
    address: str
    face: Face


def mailed(wanted: Sequence[ByMail], at_hand: Iterable[AlertNotice], now: datetime) -> list[Mail | None]:
    """Post these in few statements, in this order; None where nothing is left of what one would speak of.

    `at_hand` are notices that need not be read again.
    """
    if not wanted:
        return []
    speaker = Speaker((number for one in wanted for number in one.notice_ids), at_hand)
    same = {(one.notice_ids, one.face) for one in wanted}
    said = {(ids, face): speaker.message(ids, face, "", now) for ids, face in same}
    texts = [said[one.notice_ids, one.face] for one in wanted]
    letters = [_letter(one, text) for one, text in zip(wanted, texts, strict=True) if text]
    posted = iter(post_all(letters) if letters else [])
    found = [next(posted) if text else None for text in texts]
    for one, mail in zip(wanted, found, strict=True):
        if mail is not None:
            _remember(speaker.incident_ids(one.notice_ids), mail)
    return found


def _letter(one: ByMail, text: Message) -> Letter:
    about = "incidents" if one.face == "desk" else "client_incidents"
    return Letter(one.address, text.subject, mail_body(text), about)


def _remember(incident_ids: Iterable[int], mail: Mail) -> None:
    """So that an incident's page can show what was told to whom, and how far it came."""
    told = {"tenant_id": current().tenant_id, "mail_id": mail.id, "incident_ids": sorted(incident_ids)}
    session().execute(_REMEMBER, told)
