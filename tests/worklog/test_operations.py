"""Time as it is written: the timer, entries, who may change them, corrections, the month's sign-off."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import Actor, person_scope, session, tenant_scope
from service_desk.tickets.operations import human_touched
from service_desk.worklog import operations
from service_desk.worklog.models import Entry, WorkedInterval
from tests.tickets.test_operations import HOUR, NOON, desk, opened
from tests.world import World

NOW = NOON + timedelta(days=1)


def written(**given: Any) -> Entry:
    facts: dict[str, Any] = {
        "started_at": NOON, "ended_at": NOON + timedelta(minutes=50), "content": "查看库存", "now": NOW,
    }  # fmt: skip
    return operations.write_entry(**(facts | given))


def test_it_keeps_seconds_and_rounds_only_what_is_billed(world: World) -> None:
    with desk(world):
        entry = written()
        assert (entry.worked_seconds, entry.billable_minutes, entry.rate_minor) == (3000, 60, None)


def test_it_bills_by_the_terms_agreed(world: World) -> None:
    with desk(world):
        operations.agree_terms(
            mode="closest", step=30, minimum=30, rate_minor=40000, currency="CNY", rate_source="contract", now=NOW
        )
        session().flush()
        entry = written()
        assert (entry.billable_minutes, entry.rate_minor, entry.rate_source) == (60, 40000, "contract")
        free = written(started_at=NOON + HOUR, ended_at=NOON + 2 * HOUR, billable=False)
        assert (free.billable_minutes, free.rate_minor) == (0, None)


@pytest.mark.parametrize(
    ("minutes", "refused"), [((-10, 10), True), ((49, 60), True), ((50, 60), False), ((-10, 0), False)]
)
def test_it_refuses_the_same_minute_twice(world: World, minutes: tuple[int, int], refused: bool) -> None:
    begin, end = (NOON + timedelta(minutes=minute) for minute in minutes)
    with desk(world):
        written()
    other = tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id)
    if refused:
        with pytest.raises(Refused), other:
            written(started_at=begin, ended_at=end)
    else:
        with other:
            written(started_at=begin, ended_at=end)


def test_it_refuses_an_overlap_in_the_database_too(world: World) -> None:
    with pytest.raises(IntegrityError, match="one_at_a_time"), desk(world):
        for _ in range(2):
            session().add(WorkedInterval(tenant_id=world.a.id, entry_id=_, started_at=NOON, ended_at=NOON + HOUR))


def test_it_lets_two_people_work_at_once(world: World) -> None:
    engineer = world.somebody("engineer")
    with desk(world):
        written()
    actor = Actor("person", engineer.name, "engineer", engineer.id, world.practice_id)
    with tenant_scope(world.a.id, actor, practice_id=world.practice_id):
        written()


@pytest.mark.parametrize("hours", [(0, 0), (1, 0), (23, 25)])
def test_it_refuses_time_that_cannot_be(world: World, hours: tuple[int, int]) -> None:
    with desk(world), pytest.raises(Invalid):
        written(started_at=NOON + hours[0] * HOUR, ended_at=NOON + hours[1] * HOUR)


def test_it_runs_one_timer_over_all_clients(world: World) -> None:
    with desk(world):
        ticket = opened()
        operations.start_timer(ticket, now=NOON)
        operations.start_timer(ticket, now=NOON + HOUR)
        assert human_touched(ticket)
    with (
        pytest.raises(operations.TimerRuns) as caught,
        tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id),
    ):
        operations.start_timer(None, "phone call", now=NOON)
    assert (caught.value.timer.tenant_name, caught.value.timer.started_at) == ("Company A", NOON)


def test_it_keeps_a_stopped_timer_until_it_is_written_down(world: World) -> None:
    with desk(world):
        operations.start_timer(None, "look", now=NOON)
    with person_scope(world.ada.id, world.ada_actor):
        operations.stop_timer(NOON + HOUR)
    with desk(world):
        timer = operations.running()
        assert timer is not None
        found = operations.measured_by(timer, NOW)
        with pytest.raises(Refused):
            written()
        written(started_at=found.begin, ended_at=found.end, from_timer=True)
        assert operations.running() is None


def test_it_cuts_a_forgotten_timer_at_the_last_sign_of_work(world: World) -> None:
    with desk(world):
        operations.start_timer(None, "look", now=NOON)
        session().flush()
        operations.seen_working(NOON + HOUR)
        timer = operations.running()
        assert timer is not None
        found = operations.measured_by(timer, NOON + 9 * HOUR)
        assert (found.end, found.forgotten) == (NOON + HOUR, True)
        assert not operations.measured_by(timer, NOON + 8 * HOUR).forgotten


def test_it_shows_nobody_elses_timer(world: World) -> None:
    with desk(world):
        operations.start_timer(None, "look", now=NOON)
    with person_scope(world.ben.id):
        assert operations.running() is None


def test_it_changes_an_entry_and_its_place_in_the_day(world: World) -> None:
    with desk(world):
        entry = written()
        operations.change_entry(entry, {"solution": "盘点"}, started_at=NOON, ended_at=NOON + 2 * HOUR, now=NOW)
        assert (entry.solution, entry.billable_minutes) == ("盘点", 120)
        session().flush()
        with pytest.raises(Refused):
            written(started_at=NOON + HOUR, ended_at=NOON + 3 * HOUR)


def test_it_lets_only_the_worker_change_an_entry(world: World) -> None:
    engineer = world.somebody("engineer")
    with desk(world):
        entry = written()
    actor = Actor("person", engineer.name, "engineer", engineer.id, world.practice_id)
    with tenant_scope(world.a.id, actor, practice_id=world.practice_id):
        found = session().get_one(Entry, {"tenant_id": world.a.id, "id": entry.id})
        with pytest.raises(Refused):
            operations.delete_entry(found)


def test_it_frees_the_time_of_a_deleted_entry(world: World) -> None:
    with desk(world):
        operations.delete_entry(written())
        session().flush()
        written()


def test_it_freezes_a_billed_entry(world: World, owner_db: "psycopg.Connection[Any]") -> None:
    with desk(world):
        entry = written()
        entry.invoice_line_id = 7
    with desk(world):
        found = session().get_one(Entry, {"tenant_id": world.a.id, "id": entry.id})
        with pytest.raises(Refused):
            operations.change_entry(found, {}, started_at=NOON, ended_at=NOON + HOUR, now=NOW)
        with pytest.raises(Refused):
            operations.delete_entry(found)
    for statement in ("UPDATE work_entry SET content = 'x' WHERE id = %s", "DELETE FROM work_entry WHERE id = %s"):
        with pytest.raises(psycopg.errors.CheckViolation):
            owner_db.execute(statement, [entry.id])
    with desk(world):
        session().execute(update(Entry).values(invoice_line_id=None))  # the invoice is void
        session().execute(update(Entry).values(content="free again"))


def test_it_takes_back_no_more_than_was_billed(world: World) -> None:
    with desk(world):
        entry = written()
        entry.invoice_line_id = 7
        session().flush()
        back = operations.correct_entry(entry, 45, "被打断", now=NOW)
        assert (back.billable_minutes, back.corrects_id) == (-45, entry.id)
        with pytest.raises(Invalid):
            operations.correct_entry(entry, 16, "too much", now=NOW)
        assert operations.unbilled(NOW + HOUR) == [back]


def test_it_closes_a_month_the_client_has_confirmed(world: World) -> None:
    month, later = date(2026, 11, 1), datetime(2026, 12, 2, tzinfo=UTC)
    with desk(world):
        written()
        with pytest.raises(Refused):
            operations.ask_sign(month, now=NOW)
        operations.ask_sign(month, now=later)
    with tenant_scope(world.a.id, world.ben_actor):
        assert operations.answer_sign(month, True, now=later).billable_minutes == 60
    with desk(world), pytest.raises(Refused):
        written(started_at=NOON + 3 * HOUR, ended_at=NOON + 4 * HOUR)


def test_it_accepts_no_answer_to_figures_that_changed(world: World) -> None:
    month, later = date(2026, 11, 1), datetime(2026, 12, 2, tzinfo=UTC)
    with desk(world):
        written()
        operations.ask_sign(month, now=later)
        session().flush()
        written(started_at=NOON + 3 * HOUR, ended_at=NOON + 4 * HOUR)
    with tenant_scope(world.a.id, world.ben_actor), pytest.raises(Refused):
        operations.answer_sign(month, True, now=later)


def test_it_lists_what_is_not_billed_yet(world: World) -> None:
    with desk(world):
        entry = written()
        written(started_at=NOON + HOUR, ended_at=NOON + 2 * HOUR, billable=False)
        assert operations.unbilled(NOW) == [entry]
        assert operations.unbilled(NOON) == []
        assert session().scalars(select(Entry)).first() is not None
