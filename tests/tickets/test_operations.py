"""The verbs of tickets: numbers, statuses as intervals, replies, checklists."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.lib.errors import Invalid, NotThere, Refused
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tickets import operations
from service_desk.tickets.models import Ticket, TicketAttachment, TicketItem, TicketMessage, TicketStatusInterval
from tests.world import World

NOON = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)  # Monday 12:00 in Shanghai
HOUR = timedelta(hours=1)


@contextmanager
def desk(world: World) -> Iterator[None]:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        yield


def opened(**given: Any) -> Ticket:
    facts: dict[str, Any] = {"title": "库存为负", "body": "A 仓", "source": "desk", "author_name": "Ada", "now": NOON}
    return operations.open_ticket(**(facts | given))


def intervals(ticket: Ticket) -> list[TicketStatusInterval]:
    rows = select(TicketStatusInterval).where(TicketStatusInterval.ticket_id == ticket.id)
    return list(session().scalars(rows.order_by(TicketStatusInterval.started_at, TicketStatusInterval.id)))


def test_it_counts_from_one_for_each_client(world: World) -> None:
    with desk(world):
        assert [opened().number, opened().number] == [1, 2]
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id):
        assert opened().number == 1


def test_it_leaves_no_gap_when_an_opening_fails(world: World) -> None:
    def fails() -> None:
        with desk(world):
            opened()
            raise RuntimeError("the page fails")

    with pytest.raises(RuntimeError):
        fails()
    with desk(world):
        assert opened().number == 1


def test_it_gives_two_at_once_different_numbers(world: World) -> None:
    numbers: list[int] = []

    def one() -> None:
        with desk(world):
            numbers.append(opened().number)

    threads = [Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_it_keeps_statuses_as_intervals_that_touch(world: World) -> None:
    with desk(world):
        ticket = opened()
        for hours, status in enumerate(("open", "waiting_vendor", "solved", "closed"), start=1):
            operations.set_status(ticket, status, now=NOON + hours * HOUR)
        stood = intervals(ticket)
        assert [one.status for one in stood] == ["new", "open", "waiting_vendor", "solved", "closed"]
        assert all(before.ended_at == after.started_at for before, after in pairwise(stood))
        assert stood[-1].ended_at is None
        assert ticket.solved_at == NOON + 3 * HOUR
        assert ticket.closed_at == NOON + 4 * HOUR


def test_it_writes_nothing_for_the_same_status(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.set_status(ticket, "new", now=NOON + HOUR)
        assert len(intervals(ticket)) == 1


def test_it_refuses_an_unknown_status(world: World) -> None:
    with desk(world), pytest.raises(Invalid):
        operations.set_status(opened(), "limbo", now=NOON)


def test_it_opens_a_new_ticket_with_the_first_public_answer(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.reply(ticket, "note", False, now=NOON + HOUR)
        assert ticket.status == "new"
        operations.reply(ticket, "hello", True, now=NOON + 2 * HOUR)
        assert ticket.status == "open"


def test_it_ends_waiting_when_the_client_writes(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.set_status(ticket, "waiting_client", now=NOON + HOUR)
    with tenant_scope(world.a.id, world.ben_actor):
        ticket = operations.by_number(ticket.number)
        operations.reply(ticket, "done", now=NOON + 2 * HOUR, via="portal")
        assert ticket.status == "open"
        assert intervals(ticket)[-1].started_at == NOON + 2 * HOUR


def test_it_brings_a_solved_ticket_back_for_a_week_only(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.close(ticket, now=NOON)
    with tenant_scope(world.a.id, world.ben_actor):
        ticket = operations.by_number(ticket.number)
        with pytest.raises(Refused):
            operations.reply(ticket, "again", now=NOON + timedelta(days=8))
        operations.reply(ticket, "again", now=NOON + timedelta(days=6))
        assert (ticket.status, ticket.closed_at, ticket.solved_at) == ("open", None, None)


def test_it_lets_no_client_write_an_internal_note(world: World) -> None:
    with desk(world):
        ticket = opened()
    with tenant_scope(world.a.id, world.ben_actor), pytest.raises(Invalid):
        operations.reply(operations.by_number(ticket.number), "psst", False, now=NOON)


def test_it_knows_whether_a_person_touched_it(world: World) -> None:
    with tenant_scope(world.a.id, SYSTEM, practice_id=world.practice_id):
        ticket = opened(source="alert", author_name="Service Desk")
        operations.set_status(ticket, "open", now=NOON)
        assert not operations.human_touched(ticket)
    with desk(world):
        ticket = operations.by_number(ticket.number)
        operations.set_priority(ticket, "P1", now=NOON)
        assert operations.human_touched(ticket)


def test_it_asks_why_when_it_becomes_less_urgent(world: World) -> None:
    with desk(world):
        ticket = opened(priority="P2")
        with pytest.raises(Invalid):
            operations.set_priority(ticket, "P3", now=NOON)
        operations.set_priority(ticket, "P3", "agreed by phone", now=NOON)
        assert ticket.priority == "P3"


def test_it_does_not_close_over_open_points(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.add_items(ticket, ["back up first", " ", "tell the warehouse"])
        session().flush()
        with pytest.raises(Refused):
            operations.close(ticket, now=NOON)
        for item in session().scalars(select(TicketItem).where(TicketItem.ticket_id == ticket.id)).all():
            operations.tick(ticket, item.id, now=NOON)
        operations.close(ticket, solution="corrected", now=NOON)
        assert ticket.status == "closed"
        said = session().scalars(select(TicketMessage).order_by(TicketMessage.id.desc()).limit(1)).one()
        assert (said.body, said.public) == ("corrected", True)


def test_it_does_not_tick_a_point_of_another_ticket(world: World) -> None:
    with desk(world):
        one, other = opened(), opened()
        operations.add_items(one, ["point"])
        session().flush()
        item = session().scalars(select(TicketItem)).one()
        with pytest.raises(NotThere):
            operations.tick(other, item.id, now=NOON)


def test_it_keeps_a_file_with_its_message_and_refuses_a_page(world: World) -> None:
    with desk(world):
        ticket = opened(files=[("日志.txt", "错误 1205".encode())])
        kept = session().scalars(select(TicketAttachment)).one()
        assert operations.attachment(ticket, kept.file_id).media_type == "text/plain"
        with pytest.raises(Invalid):
            operations.reply(ticket, "see", now=NOON, files=[("x.txt", b"<html><script>")])


def test_it_hides_a_notes_file_where_only_public_ones_are_asked(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.reply(ticket, "ours", False, now=NOON, files=[("a.txt", b"secret plan")])
        kept = session().scalars(select(TicketAttachment)).one()
        with pytest.raises(NotThere):
            operations.attachment(ticket, kept.file_id, public_only=True)


def test_it_forgets_nothing_between_two_verbs_of_one_transaction(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.assign(ticket, world.ada.id, "Ada", now=NOON)
        operations.set_priority(ticket, "P1", now=NOON)
        operations.reply(ticket, "on it", now=NOON)
    with desk(world):
        ticket = operations.by_number(ticket.number)
        assert (ticket.assignee_name, ticket.priority, ticket.status) == ("Ada", "P1", "open")
