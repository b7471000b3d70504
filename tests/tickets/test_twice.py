"""A form that is sent twice does its work once, however the second one comes."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from service_desk.scope import session, tenant_scope
from service_desk.tickets import operations
from service_desk.tickets.models import Ticket, TicketItem, TicketMessage
from service_desk.worklog.models import Entry
from tests.tickets.test_operations import NOON, desk, opened
from tests.tickets.test_pages import NEW_ON_THE_DESK, url
from tests.world import World, post

ANSWER = {"body": "已重启", "visibility": "public", "minutes": "20", "content": "重启服务"}


def counted(world: World, *models: type[Any]) -> list[int]:
    with desk(world):
        return [session().scalar(select(func.count()).select_from(model)) or 0 for model in models]


def at_once(act: Callable[[], object], times: int = 4) -> None:
    threads = [Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def said(world: World, number: int, at: datetime, *, by_ben: bool = False, **given: Any) -> None:
    actor, practice = (world.ben_actor, None) if by_ben else (world.ada_actor, world.practice_id)
    with tenant_scope(world.a.id, actor, practice_id=practice):
        operations.reply(operations.by_number(number), "好的", now=at, **given)


def test_an_answer_and_its_work_stand_once(app: Flask, world: World) -> None:
    with desk(world):
        number = opened().number
    browser = world.sign_in(app, world.ada)
    page = url(world, number)
    assert [post(browser, page, ANSWER | {"then": "close"}).status_code for _ in range(2)] == [303, 303]
    assert counted(world, TicketMessage, Entry) == [2, 1]  # The opening word and the answer.


def test_a_solution_is_told_once_when_the_ticket_is_closed_twice(app: Flask, world: World) -> None:
    with desk(world):
        number = opened().number
    browser = world.sign_in(app, world.ada)
    for solution in ("已补单", "已补单", "又一次"):
        assert post(browser, url(world, number, "/close"), {"solution": solution, "tell": "1"}).status_code == 303
    assert counted(world, TicketMessage) == [2]


def test_a_ticket_is_opened_once_with_its_points(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    form = NEW_ON_THE_DESK | {"checklist": "一\n二"}
    places = {post(browser, f"/t/{world.a.slug}/tickets/new", form).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    assert counted(world, Ticket, TicketItem) == [1, 2]


def test_two_that_come_at_once_are_one(world: World) -> None:
    facts = {"author_person_id": world.ada.id, "now": NOON}

    def opening() -> None:
        with desk(world):
            opened(**facts)

    at_once(opening)
    assert counted(world, Ticket) == [1]
    at_once(lambda: said(world, 1, NOON))
    assert counted(world, TicketMessage) == [2]


def test_the_same_word_later_by_another_or_with_another_file_is_said(world: World) -> None:
    with desk(world):
        number = opened().number
    said(world, number, NOON)
    said(world, number, NOON + timedelta(minutes=2))
    said(world, number, NOON + timedelta(minutes=2), by_ben=True)
    said(world, number, NOON + timedelta(minutes=3), files=[("一.txt", b"one")])
    said(world, number, NOON + timedelta(minutes=3), files=[("一.txt", b"one")])
    said(world, number, NOON + timedelta(minutes=3), files=[("一.txt", b"two")])
    assert counted(world, TicketMessage) == [6]


def test_another_ticket_in_other_words_is_another(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    new = f"/t/{world.a.slug}/tickets/new"
    for change in ({}, {"body": "另一处"}, {"title": "另一件"}, {"files": (io.BytesIO(b"seen"), "屏幕.txt")}):
        post(browser, new, NEW_ON_THE_DESK | change)
    with desk(world):
        assert operations.by_number(4).created_at > datetime.now(UTC) - timedelta(minutes=1)
