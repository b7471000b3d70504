"""Finding a ticket and what hangs on it, and who acts on it."""

from datetime import datetime

from sqlalchemy import select

from service_desk.accounts.roles import DESK_ROLES
from service_desk.files.models import StoredFile
from service_desk.lib.errors import NotThere
from service_desk.scope import current, session
from service_desk.tickets.models import Ticket, TicketAttachment, TicketMessage


def side_of_actor() -> str:
    """Who speaks in the scope in force: `desk`, `client` or `machine`."""
    role = current().actor.role
    if role == "system":
        return "machine"
    return "desk" if role in DESK_ROLES or role == "successor" else "client"


def human_touched(ticket: Ticket) -> bool:
    """True once a person has done anything to it: then a machine does not close it any more."""
    return ticket.human_touched_at is not None


def touch(ticket: Ticket, now: datetime) -> None:
    """A person worked on it (a timer, a work record): a machine does not close it any more."""
    if current().actor.role != "system" and ticket.human_touched_at is None:
        ticket.human_touched_at = now


def hold(ticket: Ticket) -> None:
    """Lock the ticket's row and read it again, so that two verbs at once follow one another."""
    session().flush()  # Reading again would forget what this transaction has changed and not sent yet.
    session().refresh(ticket, with_for_update=True)


def by_number(number: int, *, lock: bool = False) -> Ticket:
    """The ticket of this number. Raises NotThere."""
    statement = select(Ticket).where(Ticket.number == number)
    found = session().scalars(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotThere()
    return found


def attachment(ticket: Ticket, file_id: int, *, public_only: bool = False) -> StoredFile:
    """A file of this ticket. Raises NotThere for any other, and for a note's file when only public ones are asked."""
    statement = (
        select(StoredFile)
        .join(TicketAttachment, TicketAttachment.file_id == StoredFile.id)
        .join(TicketMessage, TicketMessage.id == TicketAttachment.message_id)
        .where(TicketAttachment.ticket_id == ticket.id, StoredFile.id == file_id)
    )
    found = session().scalars(statement.where(TicketMessage.public) if public_only else statement).first()
    if found is None:
        raise NotThere()
    return found
