"""The course of a ticket: its status, its schedule, its end by the machine that opened it."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from service_desk.lib.errors import Invalid
from service_desk.rows import write_rows
from service_desk.scope import current, session
from service_desk.tickets.models import OVER, STATUSES, Ticket, TicketMessage, TicketStatusInterval
from service_desk.tickets.operations.finding import hold, human_touched, touch
from service_desk.tickets.timing import refresh_clocks


def set_status(ticket: Ticket, status: str, reason: str = "", *, now: datetime) -> None:
    """Put the ticket into another status; the same one again changes nothing. The only way a status changes."""
    if status not in STATUSES:
        raise Invalid(_l("There is no such status."), field="status")
    hold(ticket)
    if ticket.status == status:
        return
    enter(ticket, status, now, reason)
    touch(ticket, now)
    refresh_clocks(ticket, now)


def enter(ticket: Ticket, status: str, now: datetime, reason: str) -> None:
    """End the interval of the status that was and begin that of the new one; the moments of its end follow."""
    open_one = (TicketStatusInterval.ticket_id == ticket.id, TicketStatusInterval.ended_at.is_(None))
    session().execute(update(TicketStatusInterval).where(*open_one).values(ended_at=now))
    session().add(
        TicketStatusInterval(
            ticket_id=ticket.id, status=status, started_at=now, actor_name=current().actor.name, reason=reason
        )
    )
    ticket.status, ticket.status_since, ticket.updated_at = status, now, now
    ticket.solved_at = (ticket.solved_at or now) if status in OVER else None
    ticket.closed_at = now if status == "closed" else None
    session().flush()  # The clocks below read the intervals back.


def schedule(ticket: Ticket, at: datetime, reason: str = "", *, now: datetime) -> None:
    """Agree on a date for the work; the pausable clocks stand still until then."""
    hold(ticket)
    ticket.scheduled_for = at
    set_status(ticket, "scheduled", reason, now=now)


def end_by_machine(remarks: Mapping[int, str], *, now: datetime) -> None:
    """Say in these tickets (id -> remark) that it is over, and close those that no person has touched; few statements.

    What is over already is left alone.
    """
    there = select(Ticket).where(Ticket.id.in_(remarks), Ticket.status.not_in(OVER)).order_by(Ticket.id)
    rows = session().scalars(there.with_for_update().execution_options(populate_existing=True)).all()
    name = current().actor.name
    said = [
        {"ticket_id": one.id, "body": remarks[one.id], "public": False, "side": "machine", "author_name": name,
         "via": "alert", "created_at": now}
        for one in rows
    ]  # fmt: skip
    write_rows(TicketMessage, said)
    ended = [one for one in rows if not human_touched(one)]
    standing = TicketStatusInterval.ticket_id.in_([one.id for one in ended]) & TicketStatusInterval.ended_at.is_(None)
    session().execute(update(TicketStatusInterval).where(standing).values(ended_at=now))
    stand = [{"ticket_id": one.id, "status": "closed", "started_at": now, "actor_name": name} for one in ended]
    write_rows(TicketStatusInterval, stand)
    for one in ended:
        one.status, one.status_since, one.updated_at = "closed", now, now
        one.solved_at, one.closed_at = one.solved_at or now, now
        refresh_clocks(one, now)
