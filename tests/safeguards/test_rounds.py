"""Inspection rounds: begun in one click, kept while one types, ended once nothing is left unsaid, printed."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from service_desk.files.operations import read
from service_desk.lib.errors import Invalid, Refused
from service_desk.papers.models import Paper
from service_desk.safeguards.models import InspectionRound, RoundItem, RoundTemplate
from service_desk.safeguards.operations import rounds
from service_desk.scope import session
from tests.counting import statements
from tests.safeguards import given
from tests.tickets.test_operations import desk
from tests.world import World, post


def the(world: World, ids: dict[str, int]) -> InspectionRound:
    return session().get_one(InspectionRound, (world.a.id, ids["round_id"]))


def test_one_click_sets_up_and_another_begins(app: Flask, world: World) -> None:
    ada, url, mine = world.sign_in(app, world.ada), f"/t/{world.a.slug}/safeguards/rounds", {"made_for": world.a.slug}
    assert "还没有设置巡检" in ada.get(url).text
    assert post(ada, f"{url}/usual", mine).status_code == 303
    with desk(world):
        template = session().scalars(select(RoundTemplate).where(RoundTemplate.rhythm == "daily")).one()
        assert template.name == "日巡检"
    first = post(ada, f"{url}/templates/{template.id}/start", mine).headers["Location"]
    again = post(ada, f"{url}/templates/{template.id}/start", mine).headers["Location"]
    assert first == again  # pressed twice, one round
    with statements() as heard:
        page = ada.get(first).text
    assert "没有检查在看这一层" in page
    assert "data-answer" in page
    assert len(heard) <= 10, heard


def test_what_is_typed_is_kept_and_a_check_keeps_its_own_word(app: Flask, world: World) -> None:
    ids, ada = given.begun(world), world.sign_in(app, world.ada)
    with desk(world):
        items = rounds.items_of(the(world, ids))
        auto = next(one for one in items if one.kind == "auto" and one.state == "crit")
        manual = next(one for one in items if one.kind == "manual")
    url = f"/t/{world.a.slug}/safeguards/rounds/{ids['round_id']}"
    typed = {f"state-{auto.position}": "ok", f"note-{auto.position}": "已补做备份",
             f"state-{manual.position}": "warn", f"note-{manual.position}": "电池老化"}  # fmt: skip
    assert post(ada, f"{url}/keep", {"made_for": world.a.slug, **typed}).status_code == 204
    with desk(world):
        now = {one.position: (one.state, one.note) for one in rounds.items_of(the(world, ids))}
        assert now[auto.position] == ("crit", "已补做备份")
        assert now[manual.position] == ("warn", "电池老化")
    assert "电池老化" in ada.get(url).text


def test_it_does_not_end_before_everything_has_a_word(app: Flask, world: World) -> None:
    ids, ada = given.begun(world), world.sign_in(app, world.ada)
    url, end = f"/t/{world.a.slug}/safeguards/rounds/{ids['round_id']}", {"made_for": world.a.slug, "finish": "1"}
    with desk(world):
        items = rounds.items_of(the(world, ids))
        bad = {f"note-{one.position}": "已知" for one in items if one.state in ("crit", "unknown")}
    refused = post(ada, url, {**end, "summary": "总体平稳"})
    assert refused.status_code == 422
    assert "还没有写说明" in refused.text
    assert "总体平稳" in refused.text
    assert "未巡检。请说明原因" in post(ada, url, {**end, **bad}).text
    assert post(ada, url, {**end, **bad, "missed": "机房没有钥匙", "summary": "总体平稳"}).status_code == 303
    with desk(world):
        row = the(world, ids)
        assert (row.state, row.finished_by) == ("done", "Ada")
        left = [one for one in rounds.items_of(row) if one.state == ""]
        assert {one.note for one in left} == {"机房没有钥匙"}
        with pytest.raises(Refused):
            rounds.fill(row, {1: ("ok", "")}, given.NOW)
    assert "机房没有钥匙" in ada.get(url).text


def test_what_is_open_is_carried_from_round_to_round_until_it_is_fine(world: World) -> None:
    ids = given.begun(world)
    with desk(world):
        template = session().get_one(RoundTemplate, (world.a.id, ids["template_id"]))
        row = the(world, ids)
        given.everything_fine(row)
        items = {one.words: one for one in rounds.items_of(row) if one.kind == "manual"}
        ups, rack = list(items.values())[:2]
        rounds.fill(row, {ups.position: ("warn", "电池灯亮"), rack.position: ("", "")}, given.NOW)
        rounds.finish_round(row, "", "没有钥匙", given.NOW)
        template.items = [one for one in template.items if one.get("words") != ups.words]
        second = rounds.start_round(template, given.NOW + timedelta(days=7))
        by_mark = {one.mark: one for one in rounds.items_of(second)}
        carried, missed = by_mark[ups.mark], by_mark[rack.mark]
        assert (carried.kind, carried.before, carried.before_note) == ("carried", "warn", "电池灯亮")
        assert carried.open_since == given.NOW.date()
        assert (missed.before, missed.missed) == ("missed", 1)
        given.everything_fine(second)
        rounds.finish_round(second, "", "", given.NOW + timedelta(days=7))
        third = rounds.start_round(template, given.NOW + timedelta(days=14))
        assert ups.mark not in {one.mark for one in rounds.items_of(third)}


def test_its_report_is_printed_and_shown_to_the_client(app: Flask, world: World) -> None:
    ids = given.begun(world)
    with desk(world):
        row = the(world, ids)
        given.everything_fine(row)
        first = next(one for one in rounds.items_of(row) if one.kind == "manual")
        rounds.fill(row, {first.position: ("crit", "UPS 已报废")}, given.NOW)
        rounds.finish_round(row, "机房需要更换 UPS。", "", given.NOW)
    given.work(world, "safeguard_paper")
    given.work(world, "paper")
    with desk(world):
        paper = session().scalars(select(Paper)).one()
        assert (paper.kind, paper.released_by) == ("round", "Ada")
        assert paper.file_id is not None
        pages = PdfReader(BytesIO(read(paper.file_id)[1])).pages
        template = session().scalars(select(RoundTemplate).where(RoundTemplate.rhythm == "weekly")).one()
    flat = "".join("".join(page.extract_text().split()) for page in pages)
    for wanted in ("巡检报告", "机房需要更换UPS。", "UPS已报废", "从未备份", "已巡检且正常"):
        assert wanted in flat, wanted
    ben = world.sign_in(app, world.ben)
    assert paper.title in ben.get(f"/portal/{world.a.slug}/papers").text
    assert ben.get(f"/portal/{world.a.slug}/papers/{paper.id}.pdf").status_code == 200
    assert template.name in paper.title


def test_a_template_is_edited_and_refuses_to_look_at_nothing(app: Flask, world: World) -> None:
    ada, url = world.sign_in(app, world.ada), f"/t/{world.a.slug}/safeguards/rounds/templates/new"
    form = {"made_for": world.a.slug, "name": "季度", "rhythm": "monthly", "manual": "看机柜\n\n看机柜\n看 UPS"}
    assert post(ada, url, {**form, "manual": " "}).status_code == 422
    assert post(ada, url, {**form, "groups": ["data", "system"]}).status_code == 303
    with desk(world):
        row = session().scalars(select(RoundTemplate)).one()
        assert row.items == [
            {"kind": "auto", "group": "data"}, {"kind": "auto", "group": "system"},
            {"kind": "manual", "words": "看机柜"}, {"kind": "manual", "words": "看 UPS"},
        ]  # fmt: skip
        with pytest.raises(Invalid):
            rounds.save_template(row, {"name": " ", "rhythm": "daily", "items": row.items}, given.NOW)


def test_a_round_thrown_away_leaves_nothing(world: World) -> None:
    ids = given.begun(world)
    with desk(world):
        rounds.drop_round(the(world, ids))
        session().flush()
        assert session().scalars(select(RoundItem)).all() == []
