"""Which checks a connection is proposed, which run, and when."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service_desk.checks import operations
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import DrillRecord, ExpiryRecord
from service_desk.checks.models import CheckPlan
from service_desk.checks.operations.plans import fits, tonight
from service_desk.jobs import Job, perform
from service_desk.lib.clock import local
from service_desk.scope import SYSTEM, load, tenant_scope
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations import add_connection
from tests.checks.conftest import Engine

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def test_a_new_connection_is_proposed_what_its_facts_allow(engine: Engine) -> None:
    world = engine.world
    with tenant_scope(engine.company.id, world.ada_actor, practice_id=world.practice_id):
        settings = {"host": "192.0.2.9", "port": 1433, "user": "reader", "encryption": "required"}
        add_connection("yonyou_u8", "U8", "production", settings, {"password": "x" * 12}, now=datetime.now(UTC))
    (job,) = [job for job in engine.rows(Job) if job.kind == "propose"]
    perform(job.id)
    plans = {plan.check: plan for plan in engine.rows(CheckPlan)}
    assert {plan.proposed for plan in plans.values()} == {True}
    assert {"db.up", "bak.full.age", "bak.rpo", "disk.days", "gl.unposted", "period.open"} <= set(plans)
    assert not {"pg.wraparound", "acl.weak", "tls.expiry", "drill.age", "hb.job", "self.stale"} & set(plans)
    assert (plans["disk.free"].warn, plans["disk.free"].crit, plans["disk.free"].clear_warn) == (20, 10, 22)
    assert (plans["io.read"].confirm_n, plans["io.read"].confirm_of) == (3, 5)


def test_heavy_checks_wait_for_the_night(engine: Engine) -> None:
    engine.connect(checks=None)
    heavy = [plan for plan in engine.rows(CheckPlan) if CATALOG[plan.check].heavy and not plan.proposed]
    assert heavy
    for plan in heavy:
        assert plan.cron is not None
        assert local(plan.next_run_at, "Asia/Shanghai").hour == 3
        assert plan.cron.split()[1] == "3"
    assert all(plan.cron is None for plan in engine.rows(CheckPlan) if not CATALOG[plan.check].heavy)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "UTC"])
def test_the_night_is_the_clients_own(zone: str) -> None:
    found = tonight(NOW, zone)
    assert local(found, zone).hour == 3
    assert timedelta() < found - NOW <= timedelta(days=1)


def test_records_that_are_handed_down_switch_their_checks_on(engine: Engine) -> None:
    with tenant_scope(engine.company.id, SYSTEM):
        operations.hand_down("drill", None, [DrillRecord(plan="1", name="账套001")], now=NOW)
        operations.hand_down("licence", None, [ExpiryRecord(name="U8", ends_on=date(2027, 1, 1))], now=NOW)
    plans = {plan.check: plan for plan in engine.rows(CheckPlan)}
    assert set(plans) == {"drill.age", "drill.result", "lic.expiry"}
    assert all(plan.connection_id is None and not plan.proposed for plan in plans.values())
    engine.round()
    states = engine.states()
    assert states["drill.age", "1"].state == "crit"
    assert ("lic.expiry", "U8") in states


def test_what_was_proposed_or_left_out_is_switched_on_and_off(engine: Engine) -> None:
    connection = engine.connect(checks=["db.up"])
    with tenant_scope(engine.company.id, SYSTEM):
        operations.switch_on(connection, ["waits.top", "acl.weak"], NOW)
        assert operations.propose_plans(load(ErpConnection, connection)) == []
    on = {plan.check for plan in engine.rows(CheckPlan) if plan.enabled and not plan.proposed}
    assert on == {"db.up", "waits.top", "acl.weak"}


def test_a_check_fits_where_all_its_kinds_are_told() -> None:
    assert fits(CATALOG["disk.free"], {"volumes"})
    assert fits(CATALOG["bak.chain"], {"backup_history"})
    assert not fits(CATALOG["bak.chain"], {"backups"})
    assert fits(CATALOG["acl.dormant"], {"users"})
    assert not fits(CATALOG["acl.dormant"], {"stock"})
    assert not fits(CATALOG["drill.age"], {"stock"})
