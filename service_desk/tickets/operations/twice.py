"""A form that arrives twice: its sender pressed again, or never saw the answer to the first time.

The same person saying the same again right after is taken for the same word. The caller holds the ticket's row (for a
new ticket, the client's counter), so that two that come at once follow one another and the second sees the first.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select

from service_desk.files.models import StoredFile
from service_desk.scope import current, session
from service_desk.tickets.models import Ticket, TicketAttachment, TicketMessage

AGAIN = timedelta(minutes=2)  # A person waits for an answer less than this before pressing again.
Accepted = tuple[str, str, bytes]


def said_just_now(
    ticket: Ticket, body: str, public: bool, kept: Sequence[Accepted], now: datetime
) -> TicketMessage | None:
    """The last word of a person in this ticket, when it is the one that the acting person says now."""
    words = select(TicketMessage).where(TicketMessage.ticket_id == ticket.id, TicketMessage.side != "machine")
    found = session().scalars(words.order_by(TicketMessage.id.desc()).limit(1)).first()
    if found is None or (found.body, found.public) != (body, public):
        return None
    return found if _by_me(found.author_person_id, found.created_at, now) and _same_files(found, kept) else None


def opened_just_now(title: str, body: str, kept: Sequence[Accepted], now: datetime) -> Ticket | None:
    """The newest ticket, when the acting person has just opened it with the same words."""
    ticket = session().scalars(select(Ticket).order_by(Ticket.number.desc()).limit(1)).first()
    if ticket is None or ticket.title != title or not _by_me(ticket.author_person_id, ticket.created_at, now):
        return None
    opening = TicketMessage.ticket_id == ticket.id, TicketMessage.opening
    first = session().scalars(select(TicketMessage).where(*opening)).one()
    return ticket if first.body == body and _same_files(first, kept) else None


def _by_me(person_id: int | None, at: datetime, now: datetime) -> bool:
    return person_id is not None and person_id == current().actor.person_id and now - at < AGAIN


def _same_files(message: TicketMessage, kept: Sequence[Accepted]) -> bool:
    came = select(StoredFile.sha256).join(TicketAttachment, TicketAttachment.file_id == StoredFile.id)
    before = session().scalars(came.where(TicketAttachment.message_id == message.id))
    return sorted(before) == sorted(sha256(data).digest() for _name, _kind, data in kept)
