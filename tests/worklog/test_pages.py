"""The pages of time: Ada's week and timer, a client's month, Ben's word on it, and Cai outside."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.knowledge.models import Article
from service_desk.lib.clock import at_wall, local, local_day
from service_desk.scope import person_scope, session, tenant_scope
from service_desk.worklog import operations
from service_desk.worklog.models import Entry, MonthSign, RunningTimer
from tests.counting import statements
from tests.tickets.test_operations import desk, opened
from tests.world import World, post

ZONE = "Asia/Shanghai"


def ago(minutes: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)


def written(world: World, begin: int = 90, end: int = 30, **facts: object) -> Entry:
    with desk(world):
        return operations.write_entry(
            ago(begin),
            ago(end),
            "查看负库存",
            "A 仓为负",
            "补录入库单",
            now=datetime.now(UTC),
            **facts,  # type: ignore[arg-type]
        )


def form_of(begin: datetime, end: datetime, **values: str) -> dict[str, str]:
    first, last = local(begin, ZONE), local(end, ZONE)
    return {
        "day": f"{first:%Y-%m-%d}", "started": f"{first:%H:%M}", "ended": f"{last:%H:%M}", "content": "盘点",
        "activity": "support", "environment": "production", "billable": "y",
    } | values  # fmt: skip


def test_it_shows_my_week_over_all_clients_in_ten_statements(app: Flask, world: World) -> None:
    wednesday = at_wall(local_day(datetime.now(UTC), ZONE), 10 * 60, ZONE) - timedelta(days=7)
    wednesday += timedelta(days=2 - wednesday.weekday())
    for company, begin, end, content in ((world.a, 0, 60, "查看负库存"), (world.b, 61, 81, "B 的备份")):
        with tenant_scope(company.id, world.ada_actor, practice_id=world.practice_id):
            span = (wednesday + timedelta(minutes=begin), wednesday + timedelta(minutes=end))
            operations.write_entry(*span, content, now=datetime.now(UTC))
    browser = world.sign_in(app, world.ada)
    assert browser.get("/time").status_code == 200
    with statements() as heard:
        page = browser.get(f"/time?day={wednesday:%Y-%m-%d}").get_data(as_text=True)
    for wanted in ("查看负库存", "B 的备份", "Company A", "1:20"):
        assert wanted in page, wanted
    assert len(heard) <= 10, heard
    assert "查看负库存" not in browser.get("/time?day=2020-01-01").get_data(as_text=True)


def test_it_shows_nobody_elses_week(app: Flask, world: World) -> None:
    written(world)
    page = world.sign_in(app, world.somebody("engineer")).get("/time").get_data(as_text=True)
    assert "查看负库存" not in page
    assert world.sign_in(app, world.ben).get("/time").status_code == 404


def test_it_shows_a_clients_month_with_its_sums(app: Flask, world: World) -> None:
    entry = written(world)
    with statements() as heard:
        page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/time?month={local(entry.started_at, ZONE):%Y-%m}")
    text = page.get_data(as_text=True)
    for wanted in ("查看负库存", "A 仓为负", "补录入库单", "1:00"):
        assert wanted in text, wanted
    assert len(heard) <= 10, heard
    assert "查看负库存" not in world.sign_in(app, world.ada).get(f"/t/{world.b.slug}/time").get_data(as_text=True)


def test_it_runs_the_timer_from_a_ticket_to_the_four_fields(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    with desk(world):
        number = opened(now=ago(120)).number
    assert post(browser, f"/t/{world.a.slug}/time/start?ticket={number}").status_code == 303
    assert "库存为负" in browser.get("/queue").get_data(as_text=True)
    with person_scope(world.ada.id):
        session().scalars(select(RunningTimer)).one().started_at = ago(40)
    answer = post(browser, "/time/stop")
    assert answer.location.endswith(f"/t/{world.a.slug}/time/new?timer=1")
    page = browser.get(answer.location).get_data(as_text=True)
    assert f'value="{number}"' in page
    begin = local(ago(40), ZONE)
    sent = form_of(ago(40), ago(0), ticket=str(number), started=f"{begin:%H:%M}")
    assert post(browser, f"/t/{world.a.slug}/time/new?timer=1", sent).status_code == 303
    with desk(world):
        assert session().scalars(select(Entry)).one().worked_seconds == 2400
        assert operations.running() is None


def test_it_asks_stop_or_keep_when_the_timer_runs_elsewhere(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    post(browser, f"/t/{world.a.slug}/time/start", {"title": "电话"})
    answer = post(browser, f"/t/{world.b.slug}/time/start", {"title": "别的"})
    assert answer.status_code == 409
    text = answer.get_data(as_text=True)
    assert "Company A" in text
    assert "/time/stop" in text
    with desk(world):
        timer = operations.running()
        assert timer is not None
        assert timer.title == "电话"


def test_it_throws_a_timer_away(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    post(browser, f"/t/{world.a.slug}/time/start", {"title": "电话"})
    post(browser, "/time/discard")
    with desk(world):
        assert operations.running() is None


def test_it_gives_an_overlapping_record_back_filled(app: Flask, world: World) -> None:
    written(world)
    sent = form_of(ago(60), ago(20), problem="不该丢")
    answer = post(world.sign_in(app, world.ada), f"/t/{world.b.slug}/time/new", sent)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "不该丢" in text
    assert "重叠" in text
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id):
        assert session().scalars(select(Entry)).all() == []


def test_it_changes_and_deletes_an_entry(app: Flask, world: World) -> None:
    entry, browser = written(world), world.sign_in(app, world.ada)
    address = f"/t/{world.a.slug}/time/{entry.id}"
    page = browser.get(address).get_data(as_text=True)
    assert "补录入库单" in page
    sent = form_of(entry.started_at, entry.ended_at, solution="改为盘点")
    assert post(browser, address, sent).status_code == 303
    with desk(world):
        found = session().scalars(select(Entry)).one()
        assert (found.content, found.solution) == ("盘点", "改为盘点")
    assert post(browser, f"{address}/delete").status_code == 303
    with desk(world):
        assert session().scalars(select(Entry)).all() == []


def test_it_offers_a_correction_for_a_billed_entry(app: Flask, world: World) -> None:
    entry, browser = written(world), world.sign_in(app, world.ada)
    with desk(world):
        session().get_one(Entry, {"tenant_id": world.a.id, "id": entry.id}).invoice_line_id = 5
    address = f"/t/{world.a.slug}/time/{entry.id}"
    assert "冲减" in browser.get(address).get_data(as_text=True)
    assert post(browser, f"{address}/delete").status_code == 409
    assert post(browser, f"{address}/correct", {"minutes": "15", "reason": "多算了"}).status_code == 303
    with desk(world):
        assert session().scalars(select(Entry.billable_minutes).where(Entry.corrects_id == entry.id)).one() == -15


@pytest.mark.parametrize("role", ["assistant", "successor"])
def test_it_takes_no_minutes_back_from_a_colleagues_billed_work(app: Flask, world: World, role: str) -> None:
    entry, browser = written(world), world.sign_in(app, world.somebody(role))
    with desk(world):
        session().get_one(Entry, {"tenant_id": world.a.id, "id": entry.id}).invoice_line_id = 5
    address = f"/t/{world.a.slug}/time/{entry.id}"
    assert "冲减" not in browser.get(address).get_data(as_text=True)
    assert post(browser, f"{address}/correct", {"minutes": "15", "reason": "多算了"}).status_code == 404
    with desk(world):
        assert session().scalars(select(Entry.id)).all() == [entry.id]


def test_a_successors_time_is_never_billed_by_the_practice(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.somebody("successor"))
    assert post(browser, f"/t/{world.a.slug}/time/new", form_of(ago(90), ago(30))).status_code == 303
    with desk(world):
        assert operations.unbilled(datetime.now(UTC)) == []
        entry = session().scalars(select(Entry)).one()
        assert (entry.worked_seconds, entry.billable, entry.billable_minutes) == (3600, False, 0)
    form = form_of(ago(60), ago(30))
    assert post(browser, f"/t/{world.a.slug}/time/{entry.id}", form).status_code == 303
    with desk(world):
        assert operations.unbilled(datetime.now(UTC)) == []


def test_it_makes_one_article_of_an_entry(app: Flask, world: World) -> None:
    entry, browser = written(world), world.sign_in(app, world.ada)
    address = f"/t/{world.a.slug}/time/{entry.id}/article"
    assert "A 仓为负" in browser.get(address).get_data(as_text=True)
    first = post(browser, address).location
    assert post(browser, address).location == first
    page = browser.get(first).get_data(as_text=True)
    assert "A 仓为负" in page
    assert "补录入库单" in page
    with desk(world):
        assert len(session().scalars(select(Article)).all()) == 1


def last_month(world: World) -> str:
    first = local(datetime.now(UTC), ZONE).replace(day=1) - timedelta(days=1)
    begin = first.replace(hour=10, minute=0, second=0, microsecond=0)
    with desk(world):
        operations.write_entry(begin, begin + timedelta(hours=1), "上月的事", now=datetime.now(UTC))
    return f"{first:%Y-%m}"


def test_it_lets_the_boss_confirm_a_month(app: Flask, world: World) -> None:
    month = last_month(world)
    assert post(world.sign_in(app, world.ada), f"/t/{world.a.slug}/time/sign", {"month": month}).status_code == 303
    browser = world.sign_in(app, world.ben)
    with statements() as heard:
        page = browser.get(f"/portal/{world.a.slug}/hours?month={month}").get_data(as_text=True)
    assert "上月的事" in page
    assert "请确认本月工时" in page
    assert len(heard) <= 10
    sent = {"month": month, "answer": "yes", "remark": ""}
    assert post(browser, f"/portal/{world.a.slug}/hours/answer", sent).status_code == 303
    with desk(world):
        sign = session().scalars(select(MonthSign)).one()
        assert (sign.state, sign.answered_by, sign.billable_minutes) == ("confirmed", "Ben", 60)


@pytest.mark.parametrize(("role", "status"), [("finance", 404), ("it_contact", 404), ("user", 404)])
def test_it_takes_no_confirmation_from_others(app: Flask, world: World, role: str, status: int) -> None:
    sent = {"month": "2026-01", "answer": "yes"}
    browser = world.sign_in(app, world.somebody(role))
    assert post(browser, f"/portal/{world.a.slug}/hours/answer", sent).status_code == status


def test_it_never_shows_the_client_an_internal_note(app: Flask, world: World) -> None:
    written(world, internal_note="他们又改了密码")
    page = world.sign_in(app, world.ben).get(f"/portal/{world.a.slug}/hours").get_data(as_text=True)
    assert "查看负库存" in page
    assert "他们又改了密码" not in page


def test_it_is_not_there_for_the_stranger(app: Flask, world: World) -> None:
    entry = written(world)
    for address in (f"/t/{world.a.slug}/time", f"/t/{world.a.slug}/time/{entry.id}", f"/portal/{world.a.slug}/hours"):
        assert world.sign_in(app, world.cai).get(address).status_code == 404
    browser = world.sign_in(app, world.ada)
    assert browser.get(f"/t/{world.b.slug}/time/{entry.id}").status_code == 404
    assert post(browser, f"/t/{world.b.slug}/time/{entry.id}/delete").status_code == 404
