"""The clocks of a ticket: what was promised is frozen, waiting stops them, late stays late."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from service_desk.scope import session
from service_desk.sla.operations import agree_hours, promise
from service_desk.tickets import operations
from service_desk.tickets.clocks import readings
from service_desk.tickets.models import Ticket, TicketClock
from service_desk.tickets.timing import rows, story
from tests.tickets.test_operations import HOUR, NOON, desk, opened
from tests.world import World


def clocks(ticket: Ticket) -> dict[str, TicketClock]:
    kept = select(TicketClock).where(TicketClock.ticket_id == ticket.id).order_by(TicketClock.id)
    return {row.kind: row for row in session().scalars(kept)}


def promised(**targets: object) -> None:
    agree_hours(zone="Asia/Shanghai", now=NOON)
    promise("P2", now=NOON, **(targets or {"first_response": 60, "next_update": 240, "resolution": 480}))


def test_it_promises_nothing_without_a_policy(world: World) -> None:
    with desk(world):
        ticket = opened(source="portal", priority="P2")
        assert ticket.due_at is None
        assert clocks(ticket) == {}


def test_it_counts_service_hours_only(world: World) -> None:
    with desk(world):
        promised()
        ticket = opened(source="portal", priority="P2")
        found = clocks(ticket)
        assert found["first_response"].due_at == NOON + HOUR
        # 8 h from Monday 12:00: six on Monday, two on Tuesday from 9:00.
        assert found["resolution"].due_at == datetime(2026, 11, 17, 3, 0, tzinfo=UTC)
        assert ticket.due_at == NOON + HOUR


def test_it_keeps_the_promise_of_the_opening(world: World) -> None:
    with desk(world):
        promised()
        ticket = opened(source="portal", priority="P2")
        promise("P2", now=NOON, first_response=5)
        operations.set_status(ticket, "open", now=NOON + timedelta(minutes=10))
        assert clocks(ticket)["first_response"].due_at == NOON + HOUR


def test_it_stands_still_while_waiting_for_the_client(world: World) -> None:
    with desk(world):
        promised(resolution=240)
        ticket = opened(source="portal", priority="P2")
        operations.set_status(ticket, "waiting_client", now=NOON + HOUR)
        held = clocks(ticket)["resolution"]
        assert (held.due_at, held.paused_since, ticket.due_at) == (None, NOON + HOUR, None)
        operations.set_status(ticket, "open", now=NOON + 3 * HOUR)
        session().flush()
        assert clocks(ticket)["resolution"].due_at == NOON + 6 * HOUR


def test_it_answers_the_first_response_and_starts_the_next_update(world: World) -> None:
    with desk(world):
        promised()
        ticket = opened(source="portal", priority="P2")
        operations.reply(ticket, "note", False, now=NOON + timedelta(minutes=5))
        assert clocks(ticket)["first_response"].met_at is None
        operations.reply(ticket, "on it", now=NOON + timedelta(minutes=30))
        session().flush()
        found = clocks(ticket)
        assert found["first_response"].met_at == NOON + timedelta(minutes=30)
        assert found["next_update"].due_at == NOON + timedelta(hours=4, minutes=30)


def test_it_remembers_a_breach(world: World) -> None:
    with desk(world):
        promised()
        ticket = opened(source="portal", priority="P2")
        operations.reply(ticket, "late", now=NOON + 2 * HOUR)
        operations.set_priority(ticket, "P1", now=NOON + 3 * HOUR)
        found = clocks(ticket)["first_response"]
        assert (found.breached_at, found.met_at) == (NOON + HOUR, NOON + 2 * HOUR)


def test_it_reads_a_clock_for_people(world: World) -> None:
    with desk(world):
        promised()
        ticket = opened(source="portal", priority="P2")
        at = NOON + timedelta(minutes=50)
        first, last = readings(story(ticket, *rows(ticket), at), at)
        assert (first.clock, first.standing, first.left) == ("first_response", "soon", timedelta(minutes=10))
        assert (last.clock, last.standing) == ("resolution", "running")
        operations.set_status(ticket, "waiting_vendor", now=at)
        session().flush()
        held = readings(story(ticket, *rows(ticket), at + HOUR), at + HOUR)[1]
        assert (held.standing, held.paused_by, held.left) == ("paused", "waiting_vendor", timedelta(minutes=430))
