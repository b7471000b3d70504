"""The register's page and verbs: plans drive limits and records, gaps are named, copies are confirmed three ways."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.checks.models import CheckInput, CheckPlan, CheckState
from service_desk.checks.operations import propose_plans
from service_desk.lib.errors import Invalid
from service_desk.safeguards import reading
from service_desk.safeguards.forms import read_schedule, schedule_text
from service_desk.safeguards.models import BackupPlan, RestoreDrill
from service_desk.safeguards.operations import plans
from service_desk.scope import session
from tests.counting import statements
from tests.safeguards import given
from tests.tickets.test_operations import desk
from tests.world import World, post


def limits(connection_id: int, check: str = "bak.full.age") -> tuple[float | None, float | None]:
    mine = select(CheckPlan).where(CheckPlan.connection_id == connection_id, CheckPlan.check == check)
    row = session().scalars(mine).one()
    return row.warn, row.crit


def handed(kind: str) -> list[dict[str, object]]:
    return [row.data for row in session().scalars(select(CheckInput).where(CheckInput.kind == kind))]


def test_a_plan_sets_the_limits_of_its_check_and_is_handed_down(world: World) -> None:
    with desk(world):
        erp = given.connection()
        propose_plans(erp)
        whole = {"scope": "server", "subject": "", "every_s": 7 * 86400}
        weekly = given.plan(erp.id, **whole, rpo_minutes=600, rto_minutes=120, drill_every_days=60)
        assert limits(erp.id) == (170, 338)
        assert limits(erp.id, "bak.rpo") == (660, 1200)
        assert limits(erp.id, "bak.rto") == (120, 180)
        assert limits(erp.id, "drill.age") == (60, 120)
        daily = given.plan(erp.id, subject="HR_DB", rpo_minutes=15)
        assert limits(erp.id) == (170, 338), "a plan that names a database speaks of that one alone"
        assert limits(erp.id, "bak.rpo") == (660, 1200)
        assert {(one["database"], one["every_s"]) for one in handed("plan")} == {("", 7 * 86400), ("HR_DB", 86400)}
        plans.archive_plan(daily, given.NOW)
        assert limits(erp.id) == (170, 338)
        plans.archive_plan(weekly, given.NOW)
        assert limits(erp.id) == (26, 50)  # back to the catalogue's own
        assert handed("plan") == handed("drill") == []


def test_a_plan_that_wants_drills_has_one_on_the_calendar(world: World) -> None:
    with desk(world):
        erp = given.connection()
        plan = given.plan(erp.id)
        drill = session().scalars(select(RestoreDrill)).one()
        assert (drill.plan_id, drill.due_on, drill.state) == (plan.id, given.NOW.date(), "planned")
        assert [one["table"] for one in drill.counts][:1] == ["GL_accvouch"]
        given.plan(erp.id, subject="LOGS", backup_type="log", every_s=900, drill_every_days=None)
        assert len(session().scalars(select(RestoreDrill)).all()) == 1
        assert [one["plan"] for one in handed("drill")] == [f"plan:{plan.id}"]
        plans.archive_plan(plan, given.NOW)
        assert drill.state == "called_off"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"every_s": None, "cron": "whenever"}, "every"),
        ({"every_s": None}, "every"),
        ({"subject": " "}, "subject"),
        ({"connection_id": None}, "connection_id"),
    ],
)
def test_it_refuses_a_plan_that_says_nothing(world: World, changed: dict[str, object], field: str) -> None:
    with desk(world):
        erp = given.connection()
        with pytest.raises(Invalid) as refused:
            plans.save_plan(None, {**given.VALUES, "connection_id": erp.id, **changed}, given.NOW)
        assert refused.value.field == field


def test_an_account_set_is_measured_by_its_database(world: World) -> None:
    with desk(world):
        erp = given.connection()
        given.seen_backups(erp.id)
        given.plan(erp.id, scope="account_set", subject="001")
        standing = reading.planned(reading.plans(), "Asia/Shanghai", given.NOW)
        assert [one.database for one in standing] == [given.FULL]


def test_one_click_plans_what_is_seen(app: Flask, world: World) -> None:
    with desk(world):
        erp = given.connection()
        given.seen_backups(erp.id)
        given.state(erp.id, "bak.full.age", "OLD", "unknown", database="OLD")
    ada = world.sign_in(app, world.ada)
    page = ada.get(f"/t/{world.a.slug}/safeguards").text
    assert "HR_DB" in page
    assert "将看到的备份转为策略" in page
    assert post(ada, f"/t/{world.a.slug}/safeguards/plans/propose", {"made_for": world.a.slug}).status_code == 303
    with desk(world):
        made = session().scalars(select(BackupPlan)).all()
        assert [(one.subject, one.every_s, one.drill_every_days) for one in made] == [(given.FULL, 86400, 90)]
    page = ada.get(f"/t/{world.a.slug}/safeguards").text
    assert "没有备份策略的数据库" in page
    assert "从未验证" in page
    assert "转为策略" not in page


def test_the_register_says_what_a_crash_costs_and_what_stands_without_a_plan(app: Flask, world: World) -> None:
    ids = given.planned(world)
    with desk(world):
        given.state(ids["connection_id"], "bak.log.age", given.FULL, database=given.FULL, age_s=47 * 60)
        hr = select(CheckState).where(CheckState.subject == "HR_DB")
        session().delete(session().scalars(hr).one())
    ada = world.sign_in(app, world.ada)
    with statements() as heard:
        page = ada.get(f"/t/{world.a.slug}/safeguards").text
    assert "若此刻宕机，将丢失约" in page
    assert len(heard) <= 10, heard


def test_a_plan_is_written_on_its_page_and_comes_back_filled_when_it_is_wrong(app: Flask, world: World) -> None:
    with desk(world):
        erp = given.connection()
    ada, url = world.sign_in(app, world.ada), f"/t/{world.a.slug}/safeguards/plans/new"
    form = {"made_for": world.a.slug, "scope": "database", "subject": "ERP", "backup_type": "log", "every": "每天吧",
            "medium": "cloud", "connection_id": erp.id, "heartbeat_id": 0, "rpo_minutes": "15"}  # fmt: skip
    wrong = post(ada, url, form)
    assert wrong.status_code == 422
    assert "每天吧" in wrong.text
    assert "无法识别" in wrong.text
    assert post(ada, url, {**form, "every": "15 分钟"}).status_code == 303
    with desk(world):
        made = session().scalars(select(BackupPlan)).one()
        assert (made.every_s, made.cron, made.medium, made.rpo_minutes) == (900, None, "cloud", 15)


def test_copies_are_confirmed_by_hand_by_heartbeat_and_by_inventory(world: World) -> None:
    with desk(world):
        told = '{"copies": [{"name": "云桶", "newest_at": "2026-11-20T01:00:00+08:00"}]}'
        for name, medium, body in (("NAS", "offsite", "ok"), ("云桶", "cloud", told), ("U盘", "local", None)):
            beat = given.heartbeat(name, body) if body is not None else None
            values = {"name": name, "medium": medium, "device": "nas", "heartbeat_id": beat.id if beat else None}
            plans.save_copy(None, values, given.NOW)
        found = {one.name: one for one in reading.copies()}
        assert found["NAS"].how == "heartbeat"
        assert found["NAS"].newest_at == given.NOW - timedelta(hours=1)
        assert found["云桶"].how == "inventory"
        assert found["云桶"].newest_at is not None
        assert found["云桶"].newest_at.isoformat() == "2026-11-19T17:00:00+00:00"
        assert (found["U盘"].how, found["U盘"].newest_at) == ("", None)
        plans.confirm_copy(found["U盘"].row.id, given.NOW - timedelta(days=1), given.NOW)
        assert {one["name"] for one in handed("copy")} == {"NAS", "云桶", "U盘"}
        with pytest.raises(Invalid):
            plans.confirm_copy(found["U盘"].row.id, given.NOW + timedelta(days=1), given.NOW)


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", '"x"', '{"newest_at": 3}', '{"newest_at": "soon"}', '{"newest_at": "2026-11-20T01:00:00"}',
     '{"copies": 3}'],
)  # fmt: skip
def test_a_strange_inventory_is_no_inventory(body: str) -> None:
    assert reading.inventoried(body, "NAS") is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [("每天", (86400, None)), ("15 分钟", (900, None)), ("６ｈ", (21600, None)), ("every 2 d", (172800, None)),
     ("weekly", (604800, None)), ("30 1 * * 1-5", (None, "30 1 * * 1-5")), ("0 h", (None, "0 h"))],
)  # fmt: skip
def test_a_schedule_is_read_as_it_is_typed(typed: str, read: tuple[int | None, str | None]) -> None:
    assert read_schedule(typed) == read
    every_s, cron = read
    if every_s:
        assert {read_schedule(schedule_text(every_s, cron, lang)) for lang in ("zh", "en")} == {read}
