"""A visit from the claim to the flips, against a U8 of files and against servers that do not answer."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from connectors.ask import Answer, Request
from connectors.base import ConnectorError, unseen
from connectors.facts import Duplicates, Look, Stock
from service_desk.checks import jobs, operations
from service_desk.checks.breaker import Breaker
from service_desk.checks.models import (
    CheckBreaker,
    CheckClientDay,
    CheckDay,
    CheckFlip,
    CheckHour,
    CheckPlan,
    CheckRun,
    CheckState,
)
from service_desk.checks.operations import Visit
from service_desk.checks.operations.series import add_up_days
from service_desk.jobs import Job, perform
from service_desk.running.demo.u8_fixture import Faults
from service_desk.scope import SYSTEM, gate, session, tenant_scope
from service_desk.tenants.models import ErpConnection, Leaver
from tests.checks.conftest import Engine


def test_it_finds_a_healthy_erp_healthy(engine: Engine) -> None:
    engine.connect()
    engine.round()
    states = engine.states()
    assert {key: (row.state, row.value) for key, row in states.items() if row.state != "ok"} == {}
    assert {check for check, _ in states} == {
        "db.up", "db.latency", "bak.full.age", "inv.negative", "gl.unposted", "acl.leaver", "lock.stuck",
    }  # fmt: skip
    assert engine.rows(CheckFlip) == []


def test_it_finds_every_planted_fault(engine: Engine) -> None:
    engine.erp(
        Faults(
            negative_stock=3, unposted_days=45, leavers=(("wangq", "王强"),), full_backup_hours=60, stuck_task_hours=5
        )
    )
    engine.connect()
    with tenant_scope(engine.company.id, SYSTEM):
        session().add(Leaver(name="王强", created_at=datetime.now(UTC)))
    engine.round()
    states = engine.states()
    assert {key: row.state for key, row in states.items() if row.state != "ok"} == {
        ("bak.full.age", "UFDATA_001_2024"): "crit",
        ("bak.full.age", "UFSystem"): "crit",
        ("inv.negative", "001"): "warn",
        ("gl.unposted", "001"): "crit",
        ("acl.leaver", "王强"): "crit",
        ("lock.stuck", ""): "crit",
    }
    assert states["inv.negative", "001"].value == 3
    flips = engine.rows(CheckFlip)
    assert {(flip.from_state, flip.to_state) for flip in flips} == {("new", "warn"), ("new", "crit")}
    assert len(flips) == 6
    (run,) = engine.rows(CheckRun)
    assert run.outcome == "looked"
    (notice,) = [job for job in engine.rows(Job) if job.kind == "notice"]
    assert notice.slot == f"flips-run-{run.id}"


def test_it_resolves_what_was_mended_and_counts_the_series(engine: Engine) -> None:
    engine.erp(Faults(negative_stock=20))
    engine.connect()
    engine.round()
    engine.erp(Faults())
    engine.round()
    assert engine.states()["inv.negative", "001"].state == "ok"
    assert [(flip.from_state, flip.to_state) for flip in engine.rows(CheckFlip)] == [("new", "crit"), ("crit", "ok")]
    hours = [row for row in engine.rows(CheckHour) if row.high == 20]
    assert sum(row.n for row in hours) >= 1
    (day,) = [row for row in engine.rows(CheckDay) if row.high == 20]
    assert (day.n, day.n_crit, day.low, day.last) == (2, 1, 0, 0)


def test_a_lost_connection_is_one_finding(engine: Engine) -> None:
    engine.erp(Faults(negative_stock=20))
    engine.connect()
    engine.round()
    closed = {"host": "127.0.0.1", "port": 9, "user": "reader", "encryption": "off", "driver": "FreeTDS"}
    engine.repoint(closed)
    engine.round()
    up = engine.states()["db.up", ""]
    assert (up.state, up.pending_state) == ("ok", "crit")
    engine.round()
    states = engine.states()
    assert (states["db.up", ""].state, states["db.up", ""].reason) == ("crit", "closed_port")
    others = [row for (check, _), row in states.items() if check != "db.up"]
    assert {(row.state, row.reason) for row in others} == {("unknown", "waiting")}
    assert states["inv.negative", "001"].told_state == "crit"
    flips = [(flip.check, flip.to_state) for flip in engine.rows(CheckFlip)]
    assert flips == [("inv.negative", "crit"), ("db.up", "crit")]
    engine.repoint(engine.fixture)
    engine.round()
    engine.round()
    assert engine.states()["inv.negative", "001"].state == "crit"
    assert [(flip.check, flip.to_state) for flip in engine.rows(CheckFlip)][2:] == [("db.up", "ok")]


def test_a_refused_login_is_tried_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def refused(request: Request, _deadline: float) -> Answer:
        asked.append(request)
        error = ConnectorError("wrong_password")
        return Answer(looks=tuple(unseen(kind, error) for kind in request.kinds), error=error)

    monkeypatch.setattr(jobs, "ask", refused)
    engine.connect()
    for _ in range(4):
        engine.round()
    assert len(asked) == 1
    up = engine.states()["db.up", ""]
    assert (up.state, up.reason, up.told_state) == ("unknown", "wrong_password", "unknown")
    assert [run.outcome for run in engine.rows(CheckRun)] == ["no_connection", "skipped", "skipped", "skipped"]
    with tenant_scope(engine.company.id, SYSTEM):
        operations.run_now(session().query(CheckPlan).filter_by(check="db.up").one())
    engine.round(rewind=False)
    assert len(asked) == 2


def test_a_server_that_hangs_is_only_probed_after_three_times(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def hung(request: Request, _deadline: float) -> Answer:
        asked.append(list(request.kinds))
        error = ConnectorError("hang", {"seconds": 1})
        return Answer(looks=tuple(unseen(kind, error) for kind in request.kinds), error=error)

    monkeypatch.setattr(jobs, "ask", hung)
    engine.connect()
    for _ in range(3):
        engine.round()
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(CheckBreaker).update({"probe_after": datetime.now(UTC)})
    engine.round()
    assert [len(kinds) > 1 for kinds in asked] == [True, True, True, False]
    engine.round()
    assert len(asked) == 4
    assert engine.states()["db.up", ""].state == "crit"


def test_what_belongs_to_no_account_set_goes_by_the_name_of_its_connection(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    twice = Duplicates(seen_at=now, master="customers", groups=1, example="张三")
    monkeypatch.setattr(
        jobs, "ask", lambda *_: Answer(looks=(Look(kind="duplicates", account_set=None, seen_at=now, facts=(twice,)),))
    )
    engine.connect(checks=("md.dup",))
    engine.round()
    (state,) = engine.states().values()
    (connection,) = engine.rows(ErpConnection)
    assert state.sentence_params["set"] == connection.name


def test_a_late_result_does_not_overwrite_a_newer_one(engine: Engine) -> None:
    engine.connect()
    engine.round()
    before = engine.states()["inv.negative", "001"]
    old = before.seen_at - timedelta(hours=1)
    look = Look(kind="stock", account_set="001", seen_at=old, facts=tuple(_negative(n, old) for n in range(30)))
    with tenant_scope(engine.company.id, SYSTEM):
        plan = session().query(CheckPlan).filter_by(check="inv.negative").one()
        visit = Visit(
            run_id=0, connection_id=engine.connection_id, plan_ids=(plan.id,), checks=("inv.negative",), own=(),
            settings={}, secrets={}, names={}, breaker=Breaker(), started_at=datetime.now(UTC),
        )  # fmt: skip
        operations.record(visit, [look], datetime.now(UTC))
    after = engine.states()["inv.negative", "001"]
    assert (after.state, after.value, after.seen_at) == ("ok", 0, before.seen_at)
    assert [flip.check for flip in engine.rows(CheckFlip)] == []
    assert [row.n for row in engine.rows(CheckHour) if row.high == 30] == [1]


def _negative(n: int, at: datetime) -> Stock:
    return Stock(account_set="001", seen_at=at, item=f"M{n}", warehouse="01", quantity=Decimal(-1))


def test_a_database_that_was_dropped_is_gone(engine: Engine) -> None:
    engine.erp(Faults(full_backup_hours=60))
    engine.connect()
    engine.round()
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(CheckState).filter_by(subject="UFSystem").update({"subject": "DROPPED"})
    engine.round()
    states = engine.states()
    assert states["bak.full.age", "DROPPED"].gone_at is not None
    assert [flip.to_state for flip in engine.rows(CheckFlip) if flip.state_id == states["bak.full.age", "DROPPED"].id][
        -1
    ] == "gone"


def test_it_looks_again_soon_while_it_is_not_sure(engine: Engine) -> None:
    engine.connect("yonyou_u8", host="127.0.0.1", port=9, user="reader", encryption="off", driver="FreeTDS")
    engine.round()
    (plan,) = [plan for plan in engine.rows(CheckPlan) if plan.check == "db.up"]
    assert plan.next_run_at - datetime.now(UTC) <= timedelta(seconds=12)


def test_a_run_that_failed_is_finished_by_the_next_attempt(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.connect()
    monkeypatch.setattr(operations, "record", _broken)
    (job,) = engine.round()
    assert engine.states() == {}
    assert [row.finished_at for row in engine.rows(CheckRun)] == [None]
    monkeypatch.undo()
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(Job).update({"due_at": datetime.now(UTC)})
    perform(job)
    assert {row.state for row in engine.states().values()} == {"ok"}
    assert [(row.attempt, row.outcome) for row in engine.rows(CheckRun)] == [(2, "looked")]


def test_a_run_that_is_given_up_is_closed_as_unseen(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.connect()
    monkeypatch.setattr(operations, "record", _broken)
    (job,) = engine.round()
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(Job).update({"due_at": datetime.now(UTC)})
    perform(job)
    assert engine.states() == {}
    assert [(row.outcome, row.reason) for row in engine.rows(CheckRun)] == [("skipped", "cut_off")]
    assert [row.state for row in engine.rows(Job) if row.id == job] == ["failed"]


def _broken(*_: object) -> int:
    raise RuntimeError("the disk is full")


def _age(engine: Engine, by: timedelta) -> None:
    """Everything that was kept so far happened earlier."""
    with tenant_scope(engine.company.id, SYSTEM):
        session().execute(update(CheckRun).values(due_at=CheckRun.due_at - by))
        session().execute(update(Job).values(finished_at=Job.finished_at - by))
        session().execute(update(CheckHour).values(hour=CheckHour.hour - by))
        session().execute(update(CheckDay).values(day=CheckDay.day - by.days))


def test_old_rows_are_pruned(engine: Engine) -> None:
    engine.connect()
    engine.round()
    gate("gate_prune_series", p_now=datetime.now(UTC) + timedelta(days=500), p_limit=1000)
    assert engine.rows(CheckRun) != [], "a clock that is ahead loses nothing"
    _age(engine, timedelta(days=20))
    gate("gate_prune_series", p_now=datetime.now(UTC), p_limit=1000)
    assert engine.rows(CheckRun) == []
    assert [job for job in engine.rows(Job) if job.kind == "collect"] == []
    assert engine.rows(CheckHour) != []
    _age(engine, timedelta(days=480))
    gate("gate_prune_series", p_now=datetime.now(UTC), p_limit=1000)
    assert engine.rows(CheckHour) == []
    assert engine.rows(CheckDay) != []


def test_it_adds_up_the_clients_day(engine: Engine) -> None:
    engine.erp(Faults(negative_stock=3, unposted_days=45))
    engine.connect()
    engine.round()
    engine.round()
    states, whole = engine.rows(CheckDay), engine.rows(CheckClientDay)
    days = {row.day for row in states}
    assert {row.day for row in whole} == days
    for name in ("n", "n_warn", "n_crit", "n_unknown"):
        summed = {day: sum(getattr(row, name) for row in states if row.day == day) for day in days}
        assert {row.day: getattr(row, name) for row in whole} == summed
    assert sum(row.n_crit for row in whole) == 2
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(CheckClientDay).delete()
        add_up_days()
    assert [(row.day, row.n, row.n_crit) for row in engine.rows(CheckClientDay)] == [
        (row.day, row.n, row.n_crit) for row in whole
    ]
