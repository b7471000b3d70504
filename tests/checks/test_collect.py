"""A visit from the claim to the flips, against a U8 of files and against servers that do not answer."""

from datetime import UTC, datetime

from service_desk.checks.models import CheckDay, CheckFlip, CheckHour, CheckRun
from service_desk.jobs import Job
from service_desk.running.demo.u8_fixture import Faults
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import Leaver
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
