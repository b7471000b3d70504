"""What others show of the safeguards: the client's overview, Today, the portal, the pack and its score."""

import re
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import update

from service_desk.checks.models import CheckState
from service_desk.handover.completeness import completeness
from service_desk.papers import build
from service_desk.papers.operations import request_paper
from service_desk.papers.section import Asked
from service_desk.safeguards.models import AccessReview, RestoreDrill
from service_desk.safeguards.operations import plans
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from tests.counting import statements
from tests.safeguards import given
from tests.tickets.test_operations import desk
from tests.world import World


def ended(world: World, ids: dict[str, int], days: int) -> None:
    """The drill of these ids ended so many days ago."""
    with desk(world):
        at = datetime.now(UTC) - timedelta(days=days)
        session().execute(update(RestoreDrill).where(RestoreDrill.id == ids["drill_id"]).values(finished_at=at))
        session().execute(update(CheckState).values(seen_at=datetime.now(UTC)))


def seen(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_the_overview_says_backup_drill_and_review(app: Flask, world: World) -> None:
    ids, ada = given.held(world), world.sign_in(app, world.ada)
    ended(world, ids, 12)
    with statements() as heard:
        page = seen(ada.get(f"/t/{world.a.slug}/").text)
    assert "最近一次成功的恢复演练是 12 天前" in page
    assert "还没有人审计过权限" in page
    assert len(heard) <= 10, heard
    given.reviewed(world, sign=True)
    with desk(world):
        session().execute(update(AccessReview).values(finished_at=datetime.now(UTC) - timedelta(days=200)))
    assert "最近一次权限审计是 200 天前" in seen(ada.get(f"/t/{world.a.slug}/").text)


def test_today_says_the_last_backup_and_the_last_drill(app: Flask, world: World) -> None:
    ids, ada = given.planned(world), world.sign_in(app, world.ada)
    page = seen(ada.get("/").text)
    assert "从未演练" in page
    with desk(world):
        assert f"恢复演练 {session().get_one(RestoreDrill, (world.a.id, ids['drill_id'])).due_on:%m-%d}" in page
    given.held(world, ids=ids)
    ended(world, ids, 100)
    with statements() as heard:
        page = seen(ada.get("/").text)
    assert "100 天前演练" in page
    assert len(heard) <= 10, heard


def test_the_portal_says_what_a_crash_costs_and_whether_restoring_was_proven(app: Flask, world: World) -> None:
    with desk(world):
        erp = given.connection()
        given.state(erp.id, "bak.full.age", given.FULL, database=given.FULL, age_s=47 * 60)
        given.state(erp.id, "bak.rto", given.FULL, database=given.FULL, time_s=5400).value = 90.0
        session().execute(update(CheckState).values(seen_at=datetime.now(UTC)))
        given.plan(erp.id)
    with statements() as heard:
        page = seen(world.sign_in(app, world.ben).get(f"/portal/{world.a.slug}/").text)
    assert "若此刻宕机，将丢失约 47 分钟的录入" in page
    assert "1 小时 30 分" in page  # and how long a full recovery takes
    assert "还没有人证明过备份能够恢复" in page
    assert "您的数据需要留意" in page.replace("需要注意", "需要留意")
    assert len(heard) <= 10, heard


def test_the_score_wants_plans_copies_drills_and_reviews(world: World) -> None:
    with desk(world):
        missing = {one.item.key for one in completeness(given.NOW).missing}
    assert {"plans", "copies", "drill", "review"} <= missing
    ids = given.held(world)
    given.reviewed(world, sign=True)
    with desk(world):
        plans.save_copy(None, {"name": "云桶", "medium": "cloud", "device": "object"}, given.NOW)
        judged = completeness(given.NOW)
        assert {"plans", "copies", "drill", "review"} & {one.item.key for one in judged.missing} == set()
    ended(world, ids, 400)
    with desk(world):
        old = next(one for one in completeness(datetime.now(UTC)).items if one.item.key == "drill")
        assert old.state == "old"


def test_the_pack_has_plans_drills_and_the_last_review(world: World) -> None:
    given.held(world)
    given.reviewed(world, sign=True)
    with desk(world):
        paper = request_paper("handover", "交接包", {}, given.NOW)
        tenant = session().get_one(Tenant, current().tenant_id)
        gathered = build.gather(Asked(paper, tenant, None, given.NOW, "zh", {}))
        written = {key: seen(str(markup)) for key, markup in build.write(gathered).items()}
    assert given.FULL in written["plans"]
    assert "HR_DB" in written["plans"]
    assert "恢复成功并已校验" in written["drills"]
    assert "75 / 240" in written["drills"]
    assert "陈会颖（chenhy）拥有全部权限" in written["rights"]
