"""A ticket's clocks: read from what happened to it, and kept as rows for lists, warnings and reports."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from service_desk.scope import session
from service_desk.sla.operations import holidays
from service_desk.sla.promises import terms_of, warn_percent
from service_desk.sla.timeline import Actor, Cycle, cycles
from service_desk.tickets.clocks import events, warning_at
from service_desk.tickets.models import Ticket, TicketChange, TicketClock, TicketMessage, TicketStatusInterval

_OPENED_BY: dict[str, Actor] = {"portal": "client", "mail": "client", "alert": "system", "duty": "system"}


def story(
    ticket: Ticket,
    messages: Sequence[TicketMessage],
    intervals: Sequence[TicketStatusInterval],
    changes: Sequence[TicketChange],
    now: datetime,
) -> tuple[Cycle, ...]:
    """Every run of every clock of the ticket at `now`, from rows already loaded."""
    if not ticket.terms:
        return ()
    opened_by = _OPENED_BY.get(ticket.source, "engineer")
    told = events(ticket.created_at, opened_by, ticket.priority, messages, intervals, changes)
    return cycles(told, terms_of(ticket.terms, holidays()), now)


def start_clocks(tickets: Sequence[Ticket], now: datetime) -> None:
    """The clocks of tickets opened just now: nothing has happened to them yet, so nothing is read."""
    for ticket in tickets:
        if not ticket.terms:
            continue
        found = story(ticket, (), (), (), now)
        percent = warn_percent(ticket.terms, ticket.priority)
        for cycle in found:
            if cycle.target is not None:
                row = TicketClock(ticket_id=ticket.id, kind=cycle.clock, started_at=cycle.start)
                _write(row, cycle, percent)
                session().add(row)
        ticket.due_at = min((cycle.due for cycle in found if cycle.running and cycle.due), default=None)


def refresh_clocks(ticket: Ticket, now: datetime) -> None:
    """Compute the clocks anew and keep them: lists compare `ticket.due_at`, warnings and reports read the rows."""
    if not ticket.terms:
        return
    session().flush()
    found = story(ticket, *rows(ticket), now)
    known = {
        (row.kind, row.started_at): row
        for row in session().scalars(select(TicketClock).where(TicketClock.ticket_id == ticket.id))
    }
    for cycle in found:
        if cycle.target is not None:
            row = known.get((cycle.clock, cycle.start)) or TicketClock(
                ticket_id=ticket.id, kind=cycle.clock, started_at=cycle.start
            )
            _write(row, cycle, warn_percent(ticket.terms, ticket.priority))
            session().add(row)
    ticket.due_at = min((cycle.due for cycle in found if cycle.running and cycle.due), default=None)


def _write(row: TicketClock, cycle: Cycle, percent: int) -> None:
    assert cycle.target is not None
    open_pause = next((pause for pause in cycle.pauses if pause.end is None), None)
    row.minutes = cycle.target.minutes
    row.due_at, row.met_at, row.ended_at = cycle.due, cycle.met_at, cycle.ended_at
    row.breached_at = row.breached_at or cycle.breached_at
    row.paused_since = open_pause.start if open_pause and cycle.running else None
    row.provisional = cycle.provisional
    row.warn_at = warning_at(cycle, percent)


def rows(
    ticket: Ticket,
) -> tuple[Sequence[TicketMessage], Sequence[TicketStatusInterval], Sequence[TicketChange]]:
    """What happened to a ticket, in three statements: messages, statuses, changes."""
    db = session()
    return (
        db.scalars(select(TicketMessage).where(TicketMessage.ticket_id == ticket.id)).all(),
        db.scalars(select(TicketStatusInterval).where(TicketStatusInterval.ticket_id == ticket.id)).all(),
        db.scalars(select(TicketChange).where(TicketChange.ticket_id == ticket.id)).all(),
    )
