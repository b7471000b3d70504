"""The pages of tickets: Ada's queue and ticket, Ben's portal, and Cai, who must find nothing."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.accounts.models import SavedView
from service_desk.scope import SYSTEM, practice_scope, session, tenant_scope
from service_desk.sla.operations import agree_hours, promise
from service_desk.tenants.models import TenantMember
from service_desk.tickets import operations
from service_desk.tickets.models import Ticket, TicketAttachment, TicketMessage
from service_desk.worklog.models import Entry
from tests.counting import statements
from tests.tickets.test_operations import desk
from tests.world import World, post

NEW_ON_THE_DESK = {"title": "要权限", "body": "请开通", "priority": "P3", "category": "fault", "source": "desk"}


def opened(world: World, **facts: Any) -> Ticket:
    given: dict[str, Any] = {"title": "过账时报锁定", "body": "**第二次**了", "source": "phone", "author_name": "Ada"}
    with desk(world):
        return operations.open_ticket(**(given | facts), now=datetime.now(UTC).replace(microsecond=0))


def url(world: World, number: int, rest: str = "") -> str:
    return f"/t/{world.a.slug}/tickets/{number}{rest}"


def test_it_shows_the_queue_over_all_clients_in_ten_statements(app: Flask, world: World) -> None:
    for place in range(12):
        opened(world, title=f"问题 {place}")
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id):
        operations.open_ticket(title="B 的事", body="", source="desk", author_name="Ada", now=datetime.now(UTC))
    with statements() as heard:
        page = world.sign_in(app, world.ada).get("/queue").get_data(as_text=True)
    assert "问题 11" in page
    assert "B 的事" in page
    assert len(heard) <= 10, heard


def test_it_shows_the_queue_to_nobody_of_a_client(app: Flask, world: World) -> None:
    assert world.sign_in(app, world.ben).get("/queue").status_code == 404


@pytest.mark.parametrize(
    ("query", "seen"),
    [("show=all", True), ("query=锁定", True), ("query=%231", True), ("query=库存", False), ("priority=P1", False),
     ("client=nowhere", False), ("show=waiting", False), ("show=mine", False), ("show=unassigned", True)],
)  # fmt: skip
def test_it_filters(app: Flask, world: World, query: str, seen: bool) -> None:
    opened(world)
    page = world.sign_in(app, world.ada).get(f"/queue?{query}").get_data(as_text=True)
    assert ("过账时报锁定" in page) is seen


def test_it_changes_many_at_once_and_puts_them_back(app: Flask, world: World) -> None:
    one, two = opened(world), opened(world)
    browser = world.sign_in(app, world.ada)
    picks = [f"{world.a.id}:{ticket.number}" for ticket in (one, two)]
    assert post(browser, "/queue/bulk", {"pick": picks, "act": "status:waiting_vendor"}).status_code == 303
    assert post(browser, "/queue/bulk", {"pick": picks, "act": f"assign:{world.ada.id}"}).status_code == 303
    with desk(world):
        rows = session().scalars(select(Ticket)).all()
        assert {(row.status, row.assignee_name) for row in rows} == {("waiting_vendor", "Ada")}
    post(browser, "/queue/undo")
    with desk(world):
        assert {row.assignee_person_id for row in session().scalars(select(Ticket))} == {None}


def test_it_changes_no_ticket_of_a_client_that_is_not_mine(app: Flask, world: World) -> None:
    ticket, engineer = opened(world), world.somebody("engineer", world.b)
    answer = post(
        world.sign_in(app, engineer), "/queue/bulk", {"pick": [f"{world.a.id}:{ticket.number}"], "act": "status:closed"}
    )
    assert answer.status_code == 404
    with desk(world):
        assert operations.by_number(ticket.number).status == "new"


def test_it_keeps_and_forgets_a_view(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    post(browser, "/queue/views", {"name": "急事", "priority": "P1"})
    page = browser.get("/queue").get_data(as_text=True)
    assert "急事" in page
    assert "/queue?priority=P1" in page
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        view = session().scalars(select(SavedView)).one()
    post(browser, f"/queue/views/{view.id}/delete")
    assert "急事" not in browser.get("/queue").get_data(as_text=True)


def test_it_lists_one_clients_tickets(app: Flask, world: World) -> None:
    opened(world)
    with statements() as heard:
        page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/tickets")
    assert "过账时报锁定" in page.get_data(as_text=True)
    assert len(heard) <= 10
    assert "过账" not in world.sign_in(app, world.ada).get(f"/t/{world.b.slug}/tickets").get_data(as_text=True)


def test_it_opens_a_ticket_with_a_checklist_and_a_file(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    data = {
        "title": "月结", "body": "十月", "priority": "P2", "category": "change", "source": "phone",
        "checklist": "备份\n过账\n\n结账", "files": (io.BytesIO("日志".encode()), "log.txt"), "made_for": world.a.slug,
    }  # fmt: skip
    answer = post(browser, f"/t/{world.a.slug}/tickets/new", data, content_type="multipart/form-data")
    assert answer.status_code == 303
    page = browser.get(answer.location).get_data(as_text=True)
    for wanted in ("月结", "备份", "0 / 3", "log.txt", "P2"):
        assert wanted in page


def test_it_gives_a_refused_form_back_filled(app: Flask, world: World) -> None:
    data = {
        "title": "带病毒", "body": "x", "priority": "P3", "category": "fault", "source": "phone",
        "files": (io.BytesIO(b"MZ\x90\x00program"), "run.exe"),
    }  # fmt: skip
    answer = post(
        world.sign_in(app, world.ada), f"/t/{world.a.slug}/tickets/new", data, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert "带病毒" in answer.get_data(as_text=True)
    with desk(world):
        assert session().scalars(select(Ticket)).all() == []


def test_it_refuses_a_form_made_for_another_client(app: Flask, world: World) -> None:
    ticket = opened(world)
    data = {"body": "falsch", "visibility": "public", "made_for": world.b.slug}
    assert post(world.sign_in(app, world.ada), url(world, ticket.number), data).status_code == 409
    with desk(world):
        assert session().scalars(select(TicketMessage).where(TicketMessage.body == "falsch")).all() == []


def test_it_shows_a_ticket_with_its_clocks_in_ten_statements(app: Flask, world: World) -> None:
    with desk(world):
        agree_hours(zone="Asia/Shanghai", weekly={day: [["00:00", "24:00"]] for day in (
            "mon", "tue", "wed", "thu", "fri", "sat", "sun")}, cn_holidays=False, now=datetime.now(UTC))  # fmt: skip
        promise("P3", now=datetime.now(UTC), first_response=240, resolution=480)
    opened(world)
    ticket = opened(world, source="portal", check="inv.negative", subject="A01")
    with desk(world):
        operations.add_items(operations.by_number(ticket.number), ["一"])
    with statements() as heard:
        page = world.sign_in(app, world.ada).get(url(world, ticket.number)).get_data(as_text=True)
    for wanted in ("过账时报锁定", "<strong>第二次</strong>", "首次响应", "剩 3 小时 59 分钟", "#1 过账时报锁定"):
        assert wanted in page, wanted
    assert len(heard) <= 10, heard


def test_it_answers_and_logs_the_work_in_one_step(app: Flask, world: World) -> None:
    ticket, browser = opened(world), world.sign_in(app, world.ada)
    data = {
        "body": "已经解锁，请再试。", "visibility": "public", "minutes": "25", "content": "解锁任务",
        "problem": "任务未释放", "solution": "清除锁", "then": "wait", "made_for": world.a.slug,
    }  # fmt: skip
    assert post(browser, url(world, ticket.number), data).status_code == 303
    with desk(world):
        entry = session().scalars(select(Entry)).one()
        assert (entry.ticket_id, entry.worked_seconds, entry.solution) == (ticket.id, 1500, "清除锁")
        assert operations.by_number(ticket.number).status == "waiting_client"
    page = browser.get(url(world, ticket.number)).get_data(as_text=True)
    for wanted in ("已经解锁", "任务未释放", "等待客户", "0:25"):
        assert wanted in page, wanted


def test_it_leaves_nothing_behind_when_a_part_is_refused(app: Flask, world: World) -> None:
    ticket, browser = opened(world), world.sign_in(app, world.ada)
    logged = {"body": "", "visibility": "internal", "minutes": "60", "content": "one"}
    assert post(browser, url(world, ticket.number), logged).status_code == 303
    answer = post(browser, url(world, ticket.number), logged | {"body": "不见了吗", "content": "two"})
    assert answer.status_code == 422
    assert "不见了吗" in answer.get_data(as_text=True)
    with desk(world):
        assert len(session().scalars(select(Entry)).all()) == 1
        assert session().scalars(select(TicketMessage).where(TicketMessage.body == "不见了吗")).all() == []


@pytest.mark.parametrize(
    "data", [{"body": ""}, {"minutes": "10"}, {"content": "x"}, {"minutes": "0", "content": "x"}, {"minutes": "abc"}]
)
def test_it_asks_for_what_is_missing(app: Flask, world: World, data: dict[str, str]) -> None:
    ticket = opened(world)
    answer = post(world.sign_in(app, world.ada), url(world, ticket.number), {"visibility": "public"} | data)
    assert answer.status_code == 422


def test_it_shows_what_was_typed_as_text(app: Flask, world: World) -> None:
    ticket = opened(world, title="<script>alert(1)</script>", body="<img src=x onerror=1> [x](javascript:alert(1))")
    page = world.sign_in(app, world.ada).get(url(world, ticket.number)).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    ("rest", "data", "field", "value"),
    [("/status", {"status": "waiting_vendor"}, "status", "waiting_vendor"),
     ("/priority", {"priority": "P1"}, "priority", "P1"),
     ("/close", {"solution": "好了", "tell": "1"}, "status", "closed")],
)  # fmt: skip
def test_it_does_what_a_button_says(
    app: Flask, world: World, rest: str, data: dict[str, str], field: str, value: str
) -> None:
    ticket = opened(world)
    assert post(world.sign_in(app, world.ada), url(world, ticket.number, rest), data).status_code == 303
    with desk(world):
        assert getattr(operations.by_number(ticket.number), field) == value


def test_it_assigns_only_to_the_practices_people(app: Flask, world: World) -> None:
    ticket, browser = opened(world), world.sign_in(app, world.ada)
    assert post(browser, url(world, ticket.number, "/assign"), {"person": str(world.ben.id)}).status_code == 404
    assert post(browser, url(world, ticket.number, "/assign"), {"person": str(world.ada.id)}).status_code == 303
    with desk(world):
        assert operations.by_number(ticket.number).assignee_name == "Ada"


@pytest.mark.parametrize("rest", ["", "/close", "/files/1"])
def test_it_is_not_there_for_the_stranger(app: Flask, world: World, rest: str) -> None:
    ticket = opened(world)
    for browser in (world.sign_in(app, world.cai), world.sign_in(app, world.ben)):
        assert browser.get(url(world, ticket.number, rest)).status_code == 404
    assert world.sign_in(app, world.ada).get(f"/t/{world.b.slug}/tickets/{ticket.number}{rest}").status_code == 404


def test_it_gives_a_file_as_a_download_only(app: Flask, world: World) -> None:
    ticket = opened(world, files=[("截图.txt", b"a,b")])
    with desk(world):
        file_id = session().scalars(select(TicketAttachment.file_id)).one()
    answer = world.sign_in(app, world.ada).get(url(world, ticket.number, f"/files/{file_id}"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.data == b"a,b"


def portal(world: World, rest: str = "") -> str:
    return f"/portal/{world.a.slug}/tickets{rest}"


def test_it_lets_the_client_open_read_and_answer(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ben)
    answer = post(browser, portal(world, "/new"), {"title": "打不开", "body": "白屏", "priority": "P2"})
    assert answer.status_code == 303
    assert "#1" in browser.get(answer.location).get_data(as_text=True)
    assert post(browser, answer.location.removeprefix("http://desk.test"), {"body": "还是不行"}).status_code == 303
    with statements() as heard:
        page = browser.get(portal(world, "/1")).get_data(as_text=True)
    assert "还是不行" in page
    assert len(heard) <= 10
    with desk(world):
        assert operations.by_number(1).source == "portal"


def test_it_never_shows_the_client_an_internal_note(app: Flask, world: World) -> None:
    ticket = opened(world)
    with desk(world):
        ticket = operations.by_number(ticket.number)
        operations.reply(ticket, "客户很难缠", False, now=datetime.now(UTC), files=[("intern.txt", b"ours")])
        operations.reply(ticket, "我们正在看", True, now=datetime.now(UTC))
        file_id = session().scalars(select(TicketAttachment.file_id)).one()
    browser = world.sign_in(app, world.ben)
    page = browser.get(portal(world, f"/{ticket.number}")).get_data(as_text=True)
    assert "我们正在看" in page
    assert "客户很难缠" not in page
    assert browser.get(portal(world, f"/{ticket.number}/files/{file_id}")).status_code == 404


def test_it_shows_a_user_only_their_own_tickets(app: Flask, world: World) -> None:
    theirs, user = opened(world), world.somebody("user")
    browser = world.sign_in(app, user)
    assert "过账时报锁定" not in browser.get(portal(world)).get_data(as_text=True)
    assert browser.get(portal(world, f"/{theirs.number}")).status_code == 404
    assert post(browser, portal(world, f"/{theirs.number}"), {"body": "x"}).status_code == 404
    own = post(browser, portal(world, "/new"), {"title": "我的", "body": "x", "priority": "P3"}).location
    assert browser.get(own).status_code == 200
    assert "我的" in world.sign_in(app, world.ben).get(portal(world)).get_data(as_text=True)


def test_it_is_not_there_for_another_clients_boss(app: Flask, world: World) -> None:
    ticket = opened(world)
    browser = world.sign_in(app, world.cai)
    for rest in ("", "/new", f"/{ticket.number}"):
        assert browser.get(portal(world, rest)).status_code == 404
    assert browser.get(f"/portal/{world.b.slug}/tickets/{ticket.number}").status_code == 404


def test_it_mails_whoever_is_on_the_other_side(app: Flask, world: World) -> None:
    from service_desk.jobs import Job, perform
    from service_desk.mail import Mail

    browser = world.sign_in(app, world.ben)
    post(browser, portal(world, "/new"), {"title": "打不开", "body": "白屏", "priority": "P2"})
    post(world.sign_in(app, world.ada), url(world, 1), {"body": "看了", "visibility": "public"})
    post(world.sign_in(app, world.ada), url(world, 1), {"body": "内部", "visibility": "internal"})
    with tenant_scope(world.a.id, SYSTEM, practice_id=world.practice_id):
        jobs = session().scalars(select(Job.id).where(Job.kind == "ticket_mail").order_by(Job.id)).all()
    for job in jobs:
        perform(job)
    with tenant_scope(world.a.id, SYSTEM, practice_id=world.practice_id):
        mails = session().scalars(select(Mail).order_by(Mail.id)).all()
    assert [mail.to_address for mail in mails] == [world.ada.email, world.ben.email]
    assert f"/portal/{world.a.slug}/tickets/1" in mails[1].body
    assert "内部" not in mails[1].body


def test_it_mails_nothing_to_somebody_whose_time_at_the_client_ended(app: Flask, world: World) -> None:
    from service_desk.jobs import Job, perform
    from service_desk.mail import Mail

    successor = world.somebody("successor")
    post(world.sign_in(app, successor), f"/t/{world.a.slug}/tickets/new", NEW_ON_THE_DESK)
    with desk(world):
        member = session().scalars(select(TenantMember).where(TenantMember.person_id == successor.id)).one()
        member.ends_at = datetime.now(UTC) - timedelta(days=1)
    post(world.sign_in(app, world.ada), url(world, 1), {"body": "新的管理员已设好", "visibility": "public"})
    with tenant_scope(world.a.id, SYSTEM, practice_id=world.practice_id):
        jobs = session().scalars(select(Job.id).where(Job.kind == "ticket_mail")).all()
    for job in jobs:
        perform(job)
    with tenant_scope(world.a.id, SYSTEM, practice_id=world.practice_id):
        assert session().scalars(select(Mail.to_address)).all() == []
