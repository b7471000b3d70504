"""What is open: each ticket with its state, who it waits for, and the last thing said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from service_desk.lib.i18n import N_, say
from service_desk.lib.text import excerpt
from service_desk.papers.section import Asked, Section
from service_desk.scope import session
from service_desk.tickets.models import OPEN, Ticket, TicketMessage

STATUS = {
    "new": N_("New"),
    "open": N_("In progress"),
    "waiting_client": N_("Waiting for the client"),
    "waiting_vendor": N_("Waiting for the vendor"),
    "scheduled": N_("Scheduled"),
    "solved": N_("Solved"),
    "closed": N_("Closed"),
}


class Line:
    """A ticket ready to be printed."""

    def __init__(self, ticket: Ticket, asked: Asked, last: str = "") -> None:
        self.number, self.title, self.priority = ticket.number, ticket.title, ticket.priority
        self.status = say(asked.lang, STATUS[ticket.status])
        self.since: datetime = ticket.status_since
        self.due: datetime | None = ticket.due_at
        self.assignee, self.next = ticket.assignee_name, last


def open_tickets(limit: int = 200) -> Sequence[Ticket]:
    """Open tickets, the gravest first."""
    statement = select(Ticket).where(OPEN)
    return session().scalars(statement.order_by(Ticket.priority, Ticket.created_at).limit(limit)).all()


def ticket_line(ticket: Ticket, asked: Asked) -> Line:
    """One ticket for the first page."""
    return Line(ticket, asked)


def gather(asked: Asked) -> Mapping[str, Any]:
    """Every open ticket with the beginning of its last message."""
    rows = open_tickets()
    newest = (
        select(func.max(TicketMessage.id))
        .where(TicketMessage.ticket_id.in_([one.id for one in rows]))
        .group_by(TicketMessage.ticket_id)
    )
    said = session().scalars(select(TicketMessage).where(TicketMessage.id.in_(newest))).all()
    last = {message.ticket_id: excerpt(message.body, 240) for message in said}
    return {"lines": [Line(one, asked, last.get(one.id, "")) for one in rows]}


SECTION = Section("tickets", N_("Open tickets"), gather)
