"""From the plan of a client's year to its rows: tickets with their clocks, and work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service_desk.lib.text import grams
from service_desk.running.demo.bulk import pour
from service_desk.running.demo.content import Sheet
from service_desk.running.demo.plan import billable
from service_desk.running.demo.year import PlannedTicket, Year
from service_desk.scope import current, session
from service_desk.sla.operations import snapshot
from service_desk.sla.promises import warn_percent
from service_desk.sla.timeline import Cycle
from service_desk.tickets.clocks import warning_at
from service_desk.tickets.models import (
    Ticket,
    TicketClock,
    TicketCounter,
    TicketGram,
    TicketItem,
    TicketMessage,
    TicketStatusInterval,
)
from service_desk.tickets.timing import story
from service_desk.worklog.models import Entry, WorkedInterval, WorkTerms

People = Mapping[str, tuple[int, str, str]]


def write_year(sheet: Sheet, year: Year, people: People, connection_id: int | None, now: datetime) -> list[int]:
    """Write tickets and work of the client in scope; returns the tickets' ids in order."""
    by_name = {name: person_id for person_id, name, _ in people.values()}
    ids = _tickets(sheet, year.tickets, by_name, connection_id, now)
    _entries(sheet, year, ids)
    return ids


def _tickets(
    sheet: Sheet, planned: Sequence[PlannedTicket], by_name: Mapping[str, int], connection_id: int | None, now: datetime
) -> list[int]:
    terms = snapshot()
    rows = [_ticket(number, one, sheet, by_name, connection_id, terms) for number, one in enumerate(planned, start=1)]
    session().add_all(rows)
    session().add(TicketCounter(last_number=len(rows)))
    session().flush()  # What follows points to their ids.
    messages = [_messages(row, one, by_name) for row, one in zip(rows, planned, strict=True)]
    intervals = [_intervals(row, one) for row, one in zip(rows, planned, strict=True)]
    session().add_all(row for group in messages for row in group)
    session().add_all(row for group in intervals for row in group)
    session().add_all(_items(rows, planned))
    session().flush()
    for row, said, stood in zip(rows, messages, intervals, strict=True):
        _clocks(row, story(row, said, stood, (), now), now)
    pour(TicketGram, [{"gram": gram, "ticket_id": row.id} for row, said in zip(rows, messages, strict=True)
                      for gram in sorted(grams(f"{row.title}\n{said[0].body}"))])  # fmt: skip
    return [row.id for row in rows]


def _ticket(
    number: int, one: PlannedTicket, sheet: Sheet, by_name: Mapping[str, int], connection_id: int | None,
    terms: dict[str, Any],
) -> Ticket:  # fmt: skip
    told, last = one.story, one.stood[-1]
    actor = current().actor
    answered = next((said.at for said in one.said if said.side == "desk"), None)
    return Ticket(
        number=number,
        title=one.title,
        status=last.status,
        status_since=last.start,
        priority=told.priority,
        category=told.category,
        source=told.source,
        author_name=one.by,
        author_person_id=by_name.get(one.by, actor.person_id if one.by == sheet.engineer else None),
        assignee_name=actor.name,
        assignee_person_id=actor.person_id,
        connection_id=connection_id if told.source == "alert" else None,
        check=told.check if told.source == "alert" and connection_id else "",
        terms=terms,
        scheduled_for=one.scheduled_for,
        human_touched_at=answered,
        created_at=one.created_at,
        updated_at=max(one.said[-1].at, last.start),
        solved_at=one.solved_at,
        closed_at=one.closed_at,
    )


def _messages(row: Ticket, one: PlannedTicket, by_name: Mapping[str, int]) -> list[TicketMessage]:
    return [
        TicketMessage(
            ticket_id=row.id,
            body=said.body,
            public=said.public,
            opening=said.opening,
            side=said.side,
            author_name=said.by,
            author_person_id=current().actor.person_id if said.side == "desk" else by_name.get(said.by),
            via={"desk": "desk", "client": "portal", "machine": "alert"}[said.side],
            created_at=said.at,
        )
        for said in one.said
    ]


def _intervals(row: Ticket, one: PlannedTicket) -> list[TicketStatusInterval]:
    return [
        TicketStatusInterval(
            ticket_id=row.id, status=stood.status, started_at=stood.start, ended_at=stood.end, actor_name=stood.by
        )
        for stood in one.stood
    ]


def _items(rows: Sequence[Ticket], planned: Sequence[PlannedTicket]) -> list[TicketItem]:
    """Checklists; what is done was done when the ticket was touched last."""
    return [
        TicketItem(
            ticket_id=row.id,
            position=place,
            text=text,
            done_at=row.updated_at if place < one.story.done else None,
            done_by=current().actor.name if place < one.story.done else "",
        )
        for row, one in zip(rows, planned, strict=True)
        for place, text in enumerate(one.story.items)
    ]


def _clocks(row: Ticket, cycles: Sequence[Cycle], now: datetime) -> None:
    """Keep the clocks as the verbs of tickets keep them; whoever warns has warned of what is past."""
    percent = warn_percent(row.terms, row.priority)
    for cycle in cycles:
        if cycle.target is None:
            continue
        warned = warning_at(cycle, percent)
        open_pause = next((pause for pause in cycle.pauses if pause.end is None), None)
        session().add(
            TicketClock(
                ticket_id=row.id,
                kind=cycle.clock,
                minutes=cycle.target.minutes,
                started_at=cycle.start,
                due_at=cycle.due,
                warn_at=warned,
                paused_since=open_pause.start if open_pause and cycle.running else None,
                provisional=cycle.provisional,
                met_at=cycle.met_at,
                breached_at=cycle.breached_at,
                ended_at=cycle.ended_at,
                warned_at=warned if warned and warned < now else None,
            )
        )
    row.due_at = min((cycle.due for cycle in cycles if cycle.running and cycle.due), default=None)


def _entries(sheet: Sheet, year: Year, ticket_ids: Sequence[int]) -> None:
    terms = session().scalars(select(WorkTerms)).one()
    rows = [
        Entry(
            ticket_id=None if one.ticket is None else ticket_ids[one.ticket],
            person_id=current().actor.person_id,
            person_name=sheet.engineer,
            started_at=one.begin,
            ended_at=one.end,
            content=one.work.content,
            problem=one.work.problem,
            solution=one.work.solution,
            activity=one.work.activity,
            billable=True,
            worked_seconds=int((one.end - one.begin).total_seconds()),
            billable_minutes=billable(int((one.end - one.begin).total_seconds() // 60), sheet),
            rate_minor=terms.rate_minor,
            rate_source=terms.rate_source,
            created_at=one.end,
        )
        for one in year.entries
    ]
    session().add_all(rows)
    session().flush()  # The intervals point to their ids.
    for row in rows:
        held = WorkedInterval(
            tenant_id=row.tenant_id, entry_id=row.id, started_at=row.started_at, ended_at=row.ended_at
        )
        session().add(held)
