"""Permission reviews: looked at by a worker in a real process, compared, decided, remembered, printed, exported."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select

from connectors.ask import Answer, Request, ask
from connectors.facts import User
from service_desk.files.operations import read
from service_desk.lib.errors import Invalid, Refused
from service_desk.papers.models import Paper
from service_desk.running.demo.u8_fixture import Faults, build
from service_desk.safeguards import export, jobs, words
from service_desk.safeguards.models import AccessFinding, AccessReview, AccessSnapshot
from service_desk.safeguards.operations import reviews
from service_desk.scope import session
from service_desk.tenants.models import SiteAgent
from service_desk.tenants.operations.agents import take_road
from service_desk.tenants.operations.leavers import LeaverLine, add_leavers
from tests.counting import statements
from tests.safeguards import given
from tests.tickets.test_operations import desk
from tests.world import World, post


def the(world: World, ids: dict[str, int]) -> AccessReview:
    return session().get_one(AccessReview, (world.a.id, ids["review_id"]))


def signed(review: AccessReview, decision: str = "keep") -> None:
    for one in reviews.findings_of(review):
        if not one.decision:
            reviews.decide(review, one.id, decision, "已确认", given.NOW)
    reviews.sign_review(review, given.NOW)


def test_a_worker_looks_at_a_u8_and_finds_its_leaver(app: Flask, world: World, tmp_path: Path) -> None:
    build(tmp_path, Faults())
    with desk(world):
        settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(tmp_path)}
        given.connection(settings=settings)
        add_leavers([LeaverLine("陈会颖", "chenhy", None)], given.NOW)
    ada, url = world.sign_in(app, world.ada), f"/t/{world.a.slug}/safeguards/reviews"
    going = post(ada, url, {"made_for": world.a.slug})
    assert going.status_code == 303
    page = going.headers["Location"]
    assert "data-progress" in ada.get(page).text
    assert ada.get(f"{page}.json").get_json()["state"] == "queued"
    given.work(world, "access_review")
    assert ada.get(f"{page}.json").get_json()["state"] == "done"
    with desk(world):
        review = session().scalars(select(AccessReview)).one()
        seen = session().scalars(select(AccessSnapshot)).one()
        found = {one.rule for one in reviews.findings_of(review)}
        assert review.state == "open"
        assert seen.users > 0
        assert "check:acl.leaver" in found
        assert "password" not in str(seen.data).lower()
        assert "pwd" not in str(seen.data).lower()
    with statements() as heard:
        said = ada.get(page).text
    assert "chenhy" in said
    assert "离职人员" in said
    assert len(heard) <= 10, heard


def test_a_server_that_cannot_be_reached_is_no_review_without_findings(app: Flask, world: World) -> None:
    with desk(world):
        given.connection(settings={"host": "127.0.0.1", "port": 9, "user": "reader", "driver": "pytds"})
        review = reviews.request_review(given.NOW)
    given.work(world, "access_review")
    page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/safeguards/reviews/{review.id}").text
    with desk(world):
        row = session().get_one(AccessReview, (world.a.id, review.id))
        assert row.state == "failed"
        assert row.unseen
    assert "无法查看" in page
    assert "没有需要处理的内容" not in page


def test_what_an_agent_reads_is_not_asked_from_here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def heard(request: Request) -> Answer:
        asked.append(request)
        return ask(request)

    monkeypatch.setattr(jobs, "ask", heard)
    with desk(world):
        row = given.connection(settings={"host": "127.0.0.1", "port": 9, "user": "reader", "driver": "pytds"})
        agent = SiteAgent(name="机房", token_hash=b"x" * 32, enrolled_at=given.NOW)
        session().add(agent)
        session().flush()
        take_road(row, agent)
        review = reviews.request_review(given.NOW)
    given.work(world, "access_review")
    with desk(world):
        told = session().get_one(AccessReview, (world.a.id, review.id))
        assert (asked, told.state, {one["reason"] for one in told.unseen}) == ([], "failed", {"agent_only"})


def test_a_kept_right_is_remembered_until_it_changes(world: World) -> None:
    with desk(world):
        first = given.kept(given.users(), reviews.request_review(given.NOW))
        asked = {one.rule: one for one in reviews.findings_of(first)}
        assert set(asked) == {"mighty", "direct"}
        signed(first)
        again = given.kept(given.users(), reviews.request_review(given.NOW))
        assert [(one.carried, one.decision) for one in reviews.findings_of(again)] == [(True, "keep")] * 2
        assert session().scalar(select(func.count()).select_from(AccessSnapshot)) == 1  # the same rights, kept once
        reviews.sign_review(again, given.NOW)
        looks = given.users()
        first_user = looks[0].facts[0]
        assert isinstance(first_user, User)
        boss = replace(first_user, supervisor_of=("001",))
        looks[0] = replace(looks[0], facts=(boss, *looks[0].facts[1:]))
        third = given.kept(looks, reviews.request_review(given.NOW))
        left = {one.rule: one.decision for one in reviews.findings_of(third)}
        assert left == {"direct": "keep", "mighty": "", "account_changed": ""}


def test_what_was_revoked_or_asked_is_asked_again(world: World) -> None:
    with desk(world):
        signed(given.kept(given.users(), reviews.request_review(given.NOW)), "revoke")
        again = given.kept(given.users(), reviews.request_review(given.NOW))
        assert {one.decision for one in reviews.findings_of(again)} == {""}


def test_new_and_gone_accounts_are_found_by_the_next_review(world: World) -> None:
    with desk(world):
        signed(given.kept(given.users(), reviews.request_review(given.NOW)))
        new = User(login="temp01", name="临时工", enabled=True, account_set=None, seen_at=given.NOW)
        later = given.kept(given.users(new), reviews.request_review(given.NOW))
        said = [words.finding_sentence(one.rule, one.params, "zh") for one in reviews.findings_of(later)]
        assert "新增账号 临时工（temp01）。" in said


def test_it_is_signed_when_all_is_decided_and_then_stays(world: World) -> None:
    ids = given.reviewed(world)
    with desk(world):
        review = the(world, ids)
        with pytest.raises(Refused):
            reviews.sign_review(review, given.NOW)
        with pytest.raises(Invalid):
            reviews.decide(review, ids["finding_id"], "keep", " ", given.NOW)
        with pytest.raises(Refused):
            reviews.request_review(given.NOW)
        signed(review, "ask")
        with pytest.raises(Refused):
            reviews.decide(review, ids["finding_id"], "revoke", "", given.NOW)
        with pytest.raises(Refused):
            reviews.call_off_review(review, given.NOW)


def test_a_review_called_off_while_it_is_looked_at_keeps_nothing(world: World) -> None:
    with desk(world):
        review = reviews.request_review(given.NOW)
        reviews.call_off_review(review, given.NOW)
    given.work(world, "access_review")
    with desk(world):
        assert session().scalars(select(AccessFinding)).all() == []
        reviews.request_review(given.NOW)


def test_the_client_signs_and_the_paper_says_all_of_it(app: Flask, world: World) -> None:
    ids, ben = given.reviewed(world, sign=True), world.sign_in(app, world.ben)
    url = f"/portal/{world.a.slug}/safeguards/reviews/{ids['review_id']}"
    assert "陈会颖" in ben.get(url).text
    assert post(ben, f"{url}/sign", {"made_for": world.a.slug, "remark": "同意"}).status_code == 303
    for kind in ("safeguard_paper", "paper") * 2:
        given.work(world, kind)
    with desk(world):
        paper = session().scalars(select(Paper).order_by(Paper.version.desc())).first()
        assert paper is not None
        assert paper.file_id is not None
        pages = PdfReader(io.BytesIO(read(paper.file_id)[1])).pages
    flat = "".join("".join(page.extract_text().split()) for page in pages)
    for wanted in ("陈会颖（chenhy）拥有全部权限", "保留", "已与老板确认", "Ben", "同意", "2个账号，2项权限"):
        assert wanted in flat, wanted
    user = world.sign_in(app, world.somebody("user"))
    assert user.get(f"/portal/{world.a.slug}/papers/{paper.id}.pdf").status_code == 404
    assert ben.get(f"/portal/{world.a.slug}/papers/{paper.id}.pdf").status_code == 200


def test_it_leaves_as_csv_and_excel_and_nothing_in_it_runs(app: Flask, world: World) -> None:
    ids, ada = given.reviewed(world, sign=True), world.sign_in(app, world.ada)
    url = f"/t/{world.a.slug}/safeguards/reviews/{ids['review_id']}/export"
    rows = list(csv.reader(io.StringIO(ada.get(f"{url}.csv").data.decode("utf-8-sig"))))
    assert rows[0][2] == "发现"
    assert any("陈会颖" in row[2] for row in rows[1:])
    with zipfile.ZipFile(io.BytesIO(ada.get(f"{url}.xlsx").data)) as book:
        assert "采购入库" in book.read("xl/sharedStrings.xml").decode()
        assert len([name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]) == 4
    assert ada.get(f"{url}.exe").status_code == 404
    evil = export.Table("x", ("a",), [("=cmd()",), ("@x",), ("-1",), ("＝cmd()",), ("＋1",), ("－1",), ("＠x",)])
    inert = ["'=cmd()", "'@x", "'-1", "'＝cmd()", "'＋1", "'－1", "'＠x"]
    assert export.csv_bytes(evil).decode("utf-8-sig").splitlines()[1:] == inert
    assert b'"\'\n=cmd()"' in export.csv_bytes(export.Table("x", ("a",), [("\n=cmd()",)]))
    sheet = export.xlsx_bytes([evil])
    with zipfile.ZipFile(io.BytesIO(sheet)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_a_sleeping_account_is_one_of_ninety_days(world: World) -> None:
    now = datetime.now(UTC)
    seen: dict[str, Any] = {"account_set": None, "seen_at": now}
    looks = given.users(User(login="old", enabled=True, last_seen_at=given.NOW - timedelta(days=91), **seen))
    with desk(world):
        review = given.kept(looks, reviews.request_review(given.NOW))
        assert "dormant" in {one.rule for one in reviews.findings_of(review)}
