"""Drills: run step by step, ended by their steps and counts, printed, signed by both; their age is judged below."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from service_desk.checks.models import CheckInput
from service_desk.files.operations import keep, read
from service_desk.lib.errors import Invalid, Refused
from service_desk.papers.models import Paper
from service_desk.safeguards import reading
from service_desk.safeguards.models import BackupPlan, RestoreDrill
from service_desk.safeguards.operations import drills
from service_desk.scope import session
from tests.counting import statements
from tests.safeguards import given
from tests.tickets.test_operations import desk
from tests.world import World, post


def the(world: World, ids: dict[str, int]) -> RestoreDrill:
    return session().get_one(RestoreDrill, (world.a.id, ids["drill_id"]))


def handed() -> list[dict[str, object]]:
    return [row.data for row in session().scalars(select(CheckInput).where(CheckInput.kind == "drill"))]


def test_a_drill_is_run_step_by_step_on_its_page(app: Flask, world: World) -> None:
    ids, ada = given.planned(world), world.sign_in(app, world.ada)
    url = f"/t/{world.a.slug}/safeguards/drills/{ids['drill_id']}"
    mine = {"made_for": world.a.slug}
    assert "开始并计时" in ada.get(url).text
    assert post(ada, f"{url}/start", mine).status_code == 303
    assert post(ada, f"{url}/start", mine).status_code == 409
    assert (
        post(ada, f"{url}/steps/1", {**mine, "state": "failed"}).status_code == 422
    )  # what went wrong is written down
    for step in range(1, 7):
        assert post(ada, f"{url}/steps/{step}", {**mine, "state": "done"}).status_code == 303
    counted = {**mine, "backup_file": "full.bak", "table": ["GL_accvouch"], "expected": ["1,200"], "found": ["1200"]}
    assert post(ada, f"{url}/facts", counted).status_code == 303
    log = {**mine, "files": (BytesIO("CHECKDB 无错误".encode()), "checkdb.log")}
    assert post(ada, f"{url}/evidence", log, content_type="multipart/form-data").status_code == 303
    assert post(ada, f"{url}/finish", mine).status_code == 303
    with statements() as heard:
        page = ada.get(url).text
    assert "恢复成功并已校验" in page
    assert "checkdb.log" in page
    assert len(heard) <= 10, heard


def test_its_end_is_handed_down_and_the_next_one_is_planned(world: World) -> None:
    ids = given.held(world)
    with desk(world):
        drill = the(world, ids)
        assert (drill.state, drill.result, drill.minutes, drill.signed_by) == ("done", "good", 75, "Ada")
        record = handed()[0]
        assert (record["result"], record["minutes"], record["rto_minutes"]) == ("ok", 75, 240)
        open_one = session().scalars(select(RestoreDrill).where(RestoreDrill.state == "planned")).one()
        assert open_one.due_on == (given.NOW + timedelta(days=90)).date()
        assert [one["table"] for one in open_one.counts] == ["GL_accvouch"]
        assert reading.last_drills()[ids["plan_id"]].good_at == drill.finished_at


def test_a_failed_drill_proves_nothing_and_comes_again_in_a_week(world: World) -> None:
    ids = given.held(world, counts=[{"table": "GL_accvouch", "expected": 120, "found": 119}])
    with desk(world):
        drill = the(world, ids)
        assert (drill.result, drill.failed_step) == ("failed", "counts")
        assert reading.last_drills()[ids["plan_id"]].good_at is None
        assert (handed()[0]["result"], handed()[0]["last_good_at"]) == ("failed", None)
        open_one = session().scalars(select(RestoreDrill).where(RestoreDrill.state == "planned")).one()
        assert open_one.due_on == (given.NOW + timedelta(days=7)).date()


def test_it_does_not_end_while_something_is_open_or_half_counted(world: World) -> None:
    ids = given.running(world)
    with desk(world):
        drill = the(world, ids)
        with pytest.raises(Invalid):
            drills.finish_drill(drill, given.NOW)
        for step in drills.steps_of(drill):
            drills.set_step(drill, step.position, "skipped", "not today", given.NOW)
        drills.save_facts(drill, {}, [{"table": "t", "expected": 3, "found": None}])
        with pytest.raises(Invalid, match="t"):
            drills.finish_drill(drill, given.NOW)
        drills.save_facts(drill, {}, [])
        drills.finish_drill(drill, given.NOW)
        assert drill.result == "failed"  # nothing was restored
        with pytest.raises(Refused):
            drills.save_facts(drill, {"note": "x"}, [])


def test_counts_that_nobody_wrote_down_prove_nothing(world: World) -> None:
    ids = given.running(world)
    with desk(world):
        drill = the(world, ids)
        for step in drills.steps_of(drill):
            drills.set_step(drill, step.position, "done", "", given.NOW)
        with pytest.raises(Invalid, match="row counts"):
            drills.finish_drill(drill, given.NOW)
        (counts,) = [step for step in drills.steps_of(drill) if step.key == "counts"]
        drills.set_step(drill, counts.position, "skipped", "no client was there to count", given.NOW)
        drills.finish_drill(drill, given.NOW)
        assert drill.result == "good"


def test_one_drill_of_a_plan_is_open_at_a_time(world: World) -> None:
    ids = given.planned(world)
    with desk(world):
        plan = session().get_one(BackupPlan, (world.a.id, ids["plan_id"]))
        with pytest.raises(Refused):
            drills.plan_drill(plan, given.NOW.date(), given.NOW)
        with pytest.raises(Invalid):
            drills.call_off(the(world, ids), " ")
        drills.call_off(the(world, ids), "月结期间")
        drills.plan_drill(plan, given.NOW.date(), given.NOW)


def test_its_report_is_printed_shown_and_printed_again_when_the_client_signs(app: Flask, world: World) -> None:
    ids = given.held(world)
    given.work(world, "safeguard_paper")
    given.work(world, "paper")
    ben = world.sign_in(app, world.ben)
    url = f"/portal/{world.a.slug}/safeguards/drills/{ids['drill_id']}"
    page = ben.get(url).text
    assert "恢复成功并已校验" in page
    assert "log.txt" in page
    assert post(ben, f"{url}/sign", {"made_for": world.a.slug, "remark": "看过了"}).status_code == 303
    assert post(ben, f"{url}/sign", {"made_for": world.a.slug}).status_code == 409
    given.work(world, "safeguard_paper")
    given.work(world, "paper")
    with desk(world):
        papers = session().scalars(select(Paper).order_by(Paper.version)).all()
        assert [(one.kind, one.about, one.version, one.state) for one in papers] == [
            ("drill", f"drill:{ids['drill_id']}", 1, "ready"),
            ("drill", f"drill:{ids['drill_id']}", 2, "ready"),
        ]
        assert papers[1].released_by == "Ada"
        assert papers[1].file_id is not None
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(read(papers[1].file_id)[1])).pages)
    flat = "".join(text.split())
    for wanted in (
        "GL_accvouch",
        "full_20261122.bak",
        "75/240",
        "log.txt",
        "一致",
        "Ben",
        "看过了",
        "恢复成功并已校验",
    ):
        assert wanted in flat, wanted
    link = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/papers/about/drill/{ids['drill_id']}")
    assert link.headers["Location"].endswith(f"/papers/{papers[1].id}")


def test_evidence_is_shown_by_its_drill_once_that_has_ended(app: Flask, world: World) -> None:
    ids, ben = given.running(world), world.sign_in(app, world.ben)
    with desk(world):
        early = drills.add_evidence(the(world, ids), "half.txt", "还没有恢复完".encode()).id
    portal = f"/portal/{world.a.slug}"
    assert ben.get(f"{portal}/safeguards/drills/{ids['drill_id']}/evidence/{early}").status_code == 404
    assert ben.get(f"{portal}/files/{early}").status_code == 404


def test_evidence_of_another_thing_is_not_there(app: Flask, world: World) -> None:
    ids, ada = given.held(world), world.sign_in(app, world.ada)
    with desk(world):
        other = keep("x.txt", "text/plain", b"x", "evidence", about="ticket:1")
        drill = the(world, ids)
    url = f"/t/{world.a.slug}/safeguards/drills/{drill.id}/evidence"
    assert ada.get(f"{url}/{ids['file_id']}").data == "恢复完成，CHECKDB 无错误".encode()
    assert ada.get(f"{url}/{other.id}").status_code == 404
    ben = world.sign_in(app, world.ben)
    assert ben.get(f"/portal/{world.a.slug}/safeguards/drills/{drill.id}/evidence/{other.id}").status_code == 404
