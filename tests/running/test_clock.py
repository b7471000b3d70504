"""The clock claims once, spreads what it missed, and gives heartbeats back the time in which it did not listen."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from service_desk.checks import operations
from service_desk.checks.models import CheckPlan, CheckRun, Heartbeat
from service_desk.checks.schedule import on_grid
from service_desk.jobs import Bell, Job, queue
from service_desk.running import clock
from service_desk.scope import SYSTEM, Walls, gate, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from tests.world import Company, World

NOW = datetime(2026, 11, 22, 9, 0, 30, tzinfo=UTC)


def planned(company: Company, checks: int = 3, due: datetime = NOW, **values: Any) -> int:
    """A connection with plans that are due; returns its id."""
    with tenant_scope(company.id, SYSTEM):
        connection = ErpConnection(kind="yonyou_u8", name=f"U8 {due} {checks}", settings={}, created_at=due)
        session().add(connection)
        session().flush()
        rows = {"interval_s": 300, "phase_s": 17, "created_at": due, "next_run_at": due} | values
        session().add_all(CheckPlan(connection_id=connection.id, check=f"c{n}", **rows) for n in range(checks))
        return connection.id


def rows(company: Company, model: Any) -> list[Any]:
    with tenant_scope(company.id, SYSTEM, read_only=True):
        return list(session().query(model).order_by(model.id))


def test_it_makes_one_run_for_each_connection(empty_database: None, world: World) -> None:
    planned(world.a)
    planned(world.b, checks=2)
    assert clock.tick(NOW).claimed == 2
    (run,) = rows(world.a, CheckRun)
    assert len(run.plan_ids) == 3
    (job,) = rows(world.a, Job)
    assert (job.kind, job.subject_id, run.job_id) == ("collect", run.id, job.id)
    assert clock.tick(NOW + timedelta(seconds=1)).claimed == 0


def test_it_moves_plans_along_their_own_grid(empty_database: None, world: World) -> None:
    planned(world.a, due=NOW - timedelta(minutes=2))
    clock.tick(NOW)
    assert {plan.next_run_at for plan in rows(world.a, CheckPlan)} == {on_grid(NOW, 300, 17)}


@pytest.mark.parametrize("values", [{"enabled": False}, {"proposed": True}])
def test_it_leaves_alone_what_is_not_switched_on(empty_database: None, world: World, values: dict[str, Any]) -> None:
    planned(world.a, **values)
    assert clock.tick(NOW).claimed == 0


def test_it_does_not_visit_a_connection_twice_at_a_time(empty_database: None, world: World) -> None:
    planned(world.a)
    clock.tick(NOW)
    later = NOW + timedelta(minutes=10)
    assert gate("gate_due_plans", p_now=later, p_limit=100) == []
    with tenant_scope(world.a.id, SYSTEM):
        session().query(Job).update({"state": "failed"})
    assert len(gate("gate_due_plans", p_now=later, p_limit=100)) == 1


def test_two_clocks_never_run_a_thing_twice(empty_database: None, world: World) -> None:
    for n in range(20):
        planned(world.a, checks=4, due=NOW - timedelta(seconds=n))
    start = threading.Barrier(4)
    claimed: list[int] = []

    def claim() -> None:
        start.wait()
        for _ in range(5):
            claimed.extend(row.job_id for row in gate("gate_due_plans", p_now=NOW, p_limit=7))

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while found := gate("gate_due_plans", p_now=NOW, p_limit=1000):
        claimed.extend(row.job_id for row in found)
    runs = rows(world.a, CheckRun)
    visited = [plan for run in runs for plan in run.plan_ids]
    assert len(visited) == len(set(visited)) == 80
    assert len(runs) == 20
    assert sorted(claimed) == sorted(run.job_id for run in runs)


def test_it_spreads_what_it_missed_and_runs_it_once(empty_database: None, world: World) -> None:
    clock.tick(NOW - timedelta(hours=1))
    ids = [planned(world.a, due=NOW - timedelta(minutes=50 + n)) for n in range(10)]
    first = clock.tick(NOW)
    assert first.outage_s == 3600
    assert first.claimed < len(ids)
    due = [plan.next_run_at for plan in rows(world.a, CheckPlan)]
    assert all(at <= NOW + timedelta(seconds=300) for at in due)
    assert len({plan.next_run_at for plan in rows(world.a, CheckPlan)}) > 3
    claimed = first.claimed + sum(clock.tick(NOW + timedelta(seconds=n)).claimed for n in range(1, 61))
    assert claimed == len(ids)


def test_it_gives_heartbeats_the_time_of_its_own_outage(empty_database: None, world: World) -> None:
    with tenant_scope(world.a.id, SYSTEM):
        row, _ = operations.create_heartbeat("夜间备份", period_s=3600, grace_s=600, now=NOW)
        row.status, row.healthy, row.last_ping_at = "up", True, NOW - timedelta(hours=2)
        row.alert_after = NOW - timedelta(minutes=30)
        heartbeat_id = row.id
    clock.tick(NOW - timedelta(hours=1))
    assert clock.tick(NOW).silent == 0
    (row,) = rows(world.a, Heartbeat)
    assert (row.id, row.status) == (heartbeat_id, "up")
    late = NOW + timedelta(seconds=1)
    for _ in range(31):
        late += timedelta(seconds=59)
        found = clock.tick(late)
    assert found.silent == 1 or rows(world.a, Heartbeat)[0].status == "missed"


def test_it_rings_again_after_the_queue_was_wiped(empty_database: None, world: World) -> None:
    planned(world.a)
    assert Bell.redis is not None
    Bell.redis.flushall()
    clock.tick(NOW)
    assert queue("collect").count == 1
    Bell.redis.flushall()
    assert clock.tick(NOW + timedelta(seconds=10)).rung == 0
    assert clock.tick(NOW + timedelta(seconds=21)).rung == 1
    assert queue("collect").count == 1
    Bell.redis.flushall()


PARTITIONS = text("SELECT relname FROM pg_class WHERE relname ~ '^check_result_p' AND relkind = 'r' ORDER BY 1")


def partitions() -> list[str]:
    with Walls.engine.begin() as connection:
        return list(connection.execute(PARTITIONS).scalars())


def test_it_keeps_the_partitions_ahead(world: World) -> None:
    far = datetime.now(UTC) + timedelta(days=60)
    clock.keep(far)
    assert partitions()[-1] > f"check_result_p{far:%Y%m%d}"


def test_it_drops_a_partition_past_its_time(world: World) -> None:
    old = datetime.now(UTC) - timedelta(days=60)
    clock.keep(old)
    made = partitions()
    assert made[0] < f"check_result_p{old:%Y%m%d}"
    clock.keep(datetime.now(UTC))
    assert partitions()[0] > f"check_result_p{old:%Y%m%d}"


def test_a_clock_that_is_ahead_drops_nothing(world: World) -> None:
    clock.keep(datetime.now(UTC))
    before = partitions()
    clock.keep(datetime.now(UTC) + timedelta(days=60))
    assert partitions()[: len(before)] == before


def test_nobody_may_read_a_partition_directly(world: World) -> None:
    with Walls.engine.begin() as connection:
        name = connection.execute(
            text("SELECT relname FROM pg_class WHERE relname ~ '^check_result_p' AND relkind = 'r' LIMIT 1")
        ).scalar_one()
    with pytest.raises(Exception, match="permission denied"), tenant_scope(world.a.id, SYSTEM):
        session().execute(text(f"SELECT count(*) FROM {name}"))
