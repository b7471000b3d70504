"""Facts beside the conversation: priority, who works on it, the checklist."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import current, load, session
from service_desk.tickets.models import (
    PRIORITIES,
    Ticket,
    TicketChange,
    TicketItem,
)
from service_desk.tickets.operations.finding import hold, side_of_actor, touch
from service_desk.tickets.timing import refresh_clocks


def set_priority(ticket: Ticket, priority: str, reason: str = "", *, now: datetime) -> None:
    """Change how urgent it is. Lowering it needs a reason, which the client can read. Raises Invalid without one."""
    if priority not in PRIORITIES:
        raise Invalid(_l("There is no such priority."), field="priority")
    hold(ticket)
    if priority > ticket.priority and not reason.strip() and side_of_actor() != "machine":
        raise Invalid(_l("Say why it is less urgent; the client can read it."), field="reason")
    if priority != ticket.priority:
        _change(ticket, "priority", ticket.priority, priority, reason, now)
        ticket.priority = priority
        refresh_clocks(ticket, now)


def assign(ticket: Ticket, person_id: int | None, name: str, *, now: datetime) -> None:
    """Give the ticket to somebody, or to nobody."""
    hold(ticket)
    if ticket.assignee_person_id != person_id:
        _change(ticket, "assignee", ticket.assignee_name, name, "", now)
        ticket.assignee_person_id, ticket.assignee_name = person_id, name


def _change(ticket: Ticket, field: str, before: str, after: str, reason: str, now: datetime) -> None:
    session().add(
        TicketChange(
            ticket_id=ticket.id,
            at=now,
            field=field,
            before=before,
            after=after,
            actor_name=current().actor.name,
            reason=reason,
        )
    )
    ticket.updated_at = now
    touch(ticket, now)
    session().flush()  # The clocks read the change back.


def add_items(ticket: Ticket, texts: Iterable[str]) -> list[int]:
    """Add points to the checklist, one per text, and return their ids; empty ones are left out."""
    kept = [text.strip() for text in texts if text.strip()]
    first = len(session().scalars(select(TicketItem.id).where(TicketItem.ticket_id == ticket.id)).all())
    items = [TicketItem(ticket_id=ticket.id, position=first + place, text=text) for place, text in enumerate(kept)]
    session().add_all(items)
    session().flush()  # Whoever wants to find a point again needs its id.
    return [item.id for item in items]


def tick(ticket: Ticket, item_id: int, *, now: datetime) -> None:
    """Tick a point of the checklist off, or take the tick back."""
    item = load(TicketItem, item_id, lock=True)
    if item.ticket_id != ticket.id:
        raise NotThere()
    done = item.done_at is None
    item.done_at, item.done_by = (now, current().actor.name) if done else (None, "")
    touch(ticket, now)


def drop_item(ticket: Ticket, item_id: int) -> None:
    """Take a point off the checklist."""
    session().execute(delete(TicketItem).where(TicketItem.id == item_id, TicketItem.ticket_id == ticket.id))
