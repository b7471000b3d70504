"""The course of checks over time: what they remember, what they are handed, windows, parents, silence, outages."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from connectors.base import ConnectorError, unseen
from service_desk.checks import jobs, operations
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import (
    CopyRecord,
    DrillRecord,
    ExpiryRecord,
    Finding,
    HoursRecord,
    PlanRecord,
    Seen,
    Settings,
)
from service_desk.checks.models import (
    CheckBreaker,
    CheckClientDay,
    CheckDay,
    CheckInput,
    CheckPlan,
    CheckResult,
    CheckRun,
    CheckState,
)
from service_desk.checks.operations import inputs, windows
from service_desk.checks.operations.visits import is_down
from service_desk.jobs import Job, perform
from service_desk.running.demo.u8_fixture import Faults
from service_desk.scope import SYSTEM, gate, session, tenant_scope
from service_desk.sla.calendar import Calendar
from service_desk.sla.operations import agree_hours
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations import dependence
from tests.checks.conftest import Engine
from tests.world import World

FEW = ("db.up", "db.latency", "inv.negative", "bak.full.age")
Told = list[tuple[Any, Settings]]


@pytest.fixture
def latency(monkeypatch: pytest.MonkeyPatch) -> Told:
    """`db.latency` counts its own looks, and everything it is given is kept."""
    told: Told = []

    def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
        told.append((replace(seen, history=dict(seen.history)), settings))  # It is asked when it is looked into.
        known = seen.before.get("connect")
        count = known.memory.get("n", 0) if known is not None else 0
        return [Finding(subject="connect", state="ok", value=count, params={"ms": 1}, memory={"n": count + 1})]

    check = replace(CATALOG["db.latency"], judge=judge, own=(PlanRecord, DrillRecord, CopyRecord, ExpiryRecord))
    monkeypatch.setitem(CATALOG, "db.latency", replace(check, history_of="bak.full.age"))
    return told


def set_plans(engine: Engine, **values: Any) -> None:
    with tenant_scope(engine.company.id, SYSTEM):
        mine = CheckPlan.connection_id == engine.connection_id
        session().execute(update(CheckPlan).where(mine).values(**values))


def test_it_gives_a_check_back_what_it_remembered(engine: Engine, latency: Told) -> None:
    engine.connect(checks=FEW)
    for _ in range(3):
        engine.round()
    state = engine.states()["db.latency", "connect"]
    assert (state.value, state.memory) == (2, {"n": 3})
    seen, _ = latency[-1]
    assert seen.before["connect"].seen_at < state.seen_at
    assert set(seen.history) == {"UFDATA_001_2026"} or seen.history, "the days of another check come with it"


def test_it_reads_what_is_usual_once_a_day_from_the_days(engine: Engine) -> None:
    engine.connect(checks=FEW)
    engine.round()
    assert "usual" not in engine.states()["db.latency", "answer"].sentence_params
    with tenant_scope(engine.company.id, SYSTEM):
        state = session().scalars(select(CheckState).where(CheckState.subject == "answer")).one()
        today = date.fromisoformat(state.memory["day"])
        session().add_all(
            CheckDay(state_id=state.id, day=today - timedelta(days=n), n=5, n_warn=0, n_crit=0, n_unknown=1,
                     total=4 * mean, last=99999)
            for n, mean in enumerate((30, 20, 500), 1)
        )  # fmt: skip
        state.memory = {**state.memory, "day": "2026-01-01"}
    engine.round()
    assert engine.states()["db.latency", "answer"].sentence_params["usual"] == 30
    with tenant_scope(engine.company.id, SYSTEM):
        session().execute(delete(CheckDay))
    engine.round()
    assert engine.states()["db.latency", "answer"].sentence_params["usual"] == 30


def test_it_hands_records_down_and_looks_at_once(engine: Engine, latency: Told) -> None:
    connection_id = engine.connect(checks=FEW)
    engine.round()
    plan = PlanRecord(database="UFDATA", backup_type="log", every_s=900, rpo_minutes=15)
    drill = DrillRecord(plan="1", name="月度演练", last_good_at=datetime(2026, 10, 1, tzinfo=UTC), minutes=42)
    with tenant_scope(engine.company.id, SYSTEM):
        operations.hand_down("plan", connection_id, [plan, replace(plan, backup_type="full")])
        operations.hand_down("plan", connection_id, [plan])
        operations.hand_down("drill", None, [drill])
        operations.hand_down("licence", None, [ExpiryRecord(name="U8", ends_on=datetime(2026, 12, 31).date())])  # noqa: DTZ001
        assert session().query(CheckInput).count() == 3
    assert engine.round(rewind=False), "who judges them is due at once"
    assert latency[-1][0].of(PlanRecord) == [plan]
    assert latency[-1][0].of(DrillRecord) == [drill]
    assert latency[-1][0].of(ExpiryRecord)[0].ends_on.year == 2026


def test_it_counts_by_the_hours_agreed_with_the_client(world: World) -> None:
    def asked() -> Calendar:
        (record,) = inputs.own_records(["approval.stuck"], None)
        assert isinstance(record, HoursRecord)
        return record.calendar

    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        usual = asked()
        agree_hours(zone="Asia/Shanghai", weekly={"sat": [["10:00", "12:00"]]}, now=datetime.now(UTC))
        agreed = asked()
    with tenant_scope(world.b.id, SYSTEM, read_only=True):
        other = asked()
    assert [sum(map(len, one.weekly)) for one in (usual, agreed, other)] == [5, 1, 5]
    assert usual.zone == "Asia/Shanghai"
    assert usual.holidays is not None
    assert inputs.own_records(["inv.negative"], None) == [], "nobody else asks"


def test_it_hands_nothing_to_another_client(engine: Engine, world: World, latency: Told) -> None:
    with tenant_scope(world.b.id, SYSTEM):
        operations.hand_down("copy", None, [CopyRecord(medium="offsite")])
    engine.connect(checks=FEW)
    engine.round()
    assert latency[-1][0].of(CopyRecord) == []


def test_it_marks_what_was_seen_in_a_window_and_looks_again_at_its_end(engine: Engine) -> None:
    engine.connect(checks=FEW)
    engine.erp(Faults(negative_stock=3))
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with tenant_scope(engine.company.id, engine.world.ada_actor, practice_id=engine.world.practice_id):
        row = windows.plan_window(
            title="补丁", first_day=now.date(), at_minute=now.hour * 60 + now.minute, minutes=5,
            zone="UTC", check="inv.negative", now=now,
        )  # fmt: skip
    engine.round()
    state = engine.states()["inv.negative", "001"]
    assert (state.state == "ok", state.maintained) == (False, True), "it is kept on looking at"
    assert not engine.states()["db.up", ""].maintained
    with tenant_scope(engine.company.id, SYSTEM, read_only=True):
        day = session().scalars(select(CheckDay).where(CheckDay.state_id == state.id)).one()
        assert (day.n, day.n_maintained, day.n_warn + day.n_crit) == (1, 1, 0)
        assert session().scalars(select(CheckResult.maintained).where(CheckResult.state_id == state.id)).one()
        assert session().scalars(select(CheckClientDay.n_crit)).one() == 0
        plan = session().scalars(select(CheckPlan).where(CheckPlan.check == "inv.negative")).one()
        assert plan.next_run_at <= now + timedelta(minutes=5)
        assert windows.live_windows()[0].id == row.id


def test_it_says_no_data_of_what_nobody_looks_at(engine: Engine) -> None:
    engine.connect(checks=FEW)
    engine.round()
    ago = datetime.now(UTC) - timedelta(seconds=3 * 300 + 80)
    set_plans(engine, heard_at=ago, interval_s=300)
    silent = [row.job_id for row in gate("gate_silent_plans", p_now=datetime.now(UTC))]
    assert gate("gate_silent_plans", p_now=datetime.now(UTC)) == [], "it is said once"
    for job in engine.rows(Job):
        if job.kind == "blind" and job.id in silent:
            perform(job.id)
    states = engine.states()
    assert {(row.state, row.reason) for row in states.values() if row.connection_id} == {("unknown", "no_data")}
    assert states["db.up", ""].told_state == "ok", "it is not a fault of the client's"
    engine.round()
    assert engine.states()["db.up", ""].state == "ok"
    assert all(plan.silent_since is None for plan in engine.rows(CheckPlan))


@pytest.mark.parametrize("facts", [{"enabled": False}, {"paused_until": datetime.now(UTC)}, {"proposed": True}])
def test_it_is_not_silent_on_purpose(engine: Engine, facts: dict[str, Any]) -> None:
    engine.connect(checks=FEW)
    set_plans(engine, heard_at=datetime.now(UTC) - timedelta(days=2), interval_s=300, **facts)
    gate("gate_silent_plans", p_now=datetime.now(UTC))
    assert all(plan.silent_since is None for plan in engine.rows(CheckPlan))


def test_it_moves_what_it_heard_by_an_outage_of_its_own(engine: Engine, owner_db: Any) -> None:
    engine.connect(checks=FEW)
    now = datetime.now(UTC)
    owner_db.execute("DELETE FROM engine_pulse")
    gate("gate_beat", p_now=now, p_patience=60)
    heard = now - timedelta(seconds=200)
    set_plans(engine, heard_at=heard, interval_s=60)
    later = now + timedelta(hours=1)
    assert gate("gate_beat", p_now=later, p_patience=60)[0].outage_s == 3600
    gate("gate_silent_plans", p_now=later)
    assert all(plan.silent_since is None for plan in engine.rows(CheckPlan)), "nobody could look"
    gate("gate_silent_plans", p_now=later + timedelta(seconds=60))
    assert all(plan.silent_since is not None for plan in engine.rows(CheckPlan) if plan.check in FEW)
    gate("gate_beat", p_now=now, p_patience=60)
    owner_db.execute("UPDATE engine_pulse SET beat_at = now()")


def test_it_probes_when_the_open_breaker_says_so(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three time-outs open it: from then on the connection's own check runs after 15, 30 and 60 seconds."""
    engine.connect(checks=FEW)
    set_plans(engine, interval_s=86400, phase_s=(int(datetime.now(UTC).timestamp()) + 43200) % 86400)
    why = ConnectorError("silent_server")
    monkeypatch.setattr(jobs, "_ask", lambda visit, kinds, *_: [unseen(kind, why) for kind in kinds])
    waits = []
    for _ in range(5):
        engine.round()
        with tenant_scope(engine.company.id, SYSTEM):
            session().query(CheckBreaker).update({"probe_after": datetime.now(UTC)})
            plan = session().query(CheckPlan).filter_by(check="db.up").one()
            waits.append(round((plan.next_run_at - datetime.now(UTC)).total_seconds()))
    assert waits[2:] == [15, 30, 60]


def test_it_runs_what_belongs_to_no_connection_once_at_a_time(engine: Engine) -> None:
    now = datetime.now(UTC)
    with tenant_scope(engine.company.id, SYSTEM):
        session().add(CheckPlan(check="self.stale", interval_s=60, created_at=now, next_run_at=now))
    for _ in range(2):
        gate("gate_due_plans", p_now=datetime.now(UTC), p_limit=500)
        with tenant_scope(engine.company.id, SYSTEM):
            session().query(CheckPlan).update({"next_run_at": now})
    assert len(engine.rows(CheckRun)) == 1


def test_it_waits_for_its_parent_and_runs_at_once_when_that_is_back(engine: Engine, world: World) -> None:
    host = engine.connect(checks=FEW)
    engine.round()
    child = engine.connect(checks=FEW, **{**engine.fixture, "note": "child"})
    with tenant_scope(engine.company.id, SYSTEM):
        session().get_one(ErpConnection, (engine.company.id, child)).parent_id = host
    engine.round()
    assert {row.state for row in engine.rows(CheckState) if row.connection_id == child} == {"ok"}
    with tenant_scope(engine.company.id, SYSTEM):
        up = session().query(CheckState).filter_by(connection_id=host, check="db.up").one()
        up.state = up.told_state = "crit"
        session().query(CheckPlan).filter_by(connection_id=host).update({"enabled": False})
    engine.round()
    runs = [row for row in engine.rows(CheckRun) if row.connection_id == child]
    assert (runs[-1].outcome, runs[-1].reason) == ("skipped", "parent_down")
    waits = [row for row in engine.rows(CheckState) if row.connection_id == child]
    assert {(row.state, row.reason, row.told_state) for row in waits} == {("unknown", "waiting", "ok")}
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(CheckPlan).filter_by(connection_id=host, proposed=False).update({"enabled": True})
        far = datetime.now(UTC) + timedelta(hours=5)
        session().query(CheckPlan).filter_by(connection_id=child).update({"next_run_at": far})
    for _ in range(2):  # it is back once that is confirmed
        with tenant_scope(engine.company.id, SYSTEM):
            due = datetime.now(UTC) - timedelta(seconds=1)
            session().query(CheckPlan).filter_by(connection_id=host).update({"next_run_at": due})
        engine.round(rewind=False)
    soon = datetime.now(UTC) + timedelta(seconds=61)
    assert all(plan.next_run_at <= soon for plan in engine.rows(CheckPlan) if plan.connection_id == child)


def test_what_hangs_on_something_that_hangs_on_another_waits_for_both(engine: Engine) -> None:
    """The line, the host behind it, the database on that: when the line is cut, one thing is told."""
    notes: list[dict[str, str]] = [{}, {"note": "host"}, {"note": "database", "more": "x"}]
    line, host, database = (engine.connect(checks=FEW, **{**engine.fixture, **more}) for more in notes)
    with tenant_scope(engine.company.id, SYSTEM):
        dependence.depend_on(host, line)
        dependence.depend_on(database, host)
    engine.round()
    with tenant_scope(engine.company.id, SYSTEM):
        up = session().query(CheckState).filter_by(connection_id=line, check="db.up").one()
        up.state = up.told_state = "crit"
        assert [is_down(one) for one in (line, host, database)] == [True] * 3
        assert set(session().scalars(dependence.below([line]))) == {host, database}
        up.told_state = "ok"
        assert not is_down(database)
        up = session().query(CheckState).filter_by(connection_id=host, check="db.up").one()
        up.told_state = "crit"
        assert [is_down(one) for one in (line, host, database)] == [False, True, True]
