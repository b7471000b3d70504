"""Articles: written, found by two characters, kept apart by client, shared within the practice."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.knowledge import operations
from service_desk.knowledge.models import Article, SharedArticle
from service_desk.lib.errors import Invalid
from service_desk.scope import practice_scope, session, tenant_scope
from tests.counting import statements
from tests.tickets.test_operations import desk
from tests.world import World, post

NOW = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)


def article(world: World, title: str = "任务锁的清除", body: str = "打开**系统管理**", **facts: object) -> Article:
    with desk(world):
        written = operations.write_article(title, body, now=NOW, **facts)  # type: ignore[arg-type]
    assert isinstance(written, Article)
    return written


@pytest.mark.parametrize(
    ("query", "found"), [("清除", True), ("系统管理", True), ("锁", True), ("清锁", False), ("", True), ("？", True)]
)
def test_it_is_found_by_what_stands_in_it(world: World, query: str, found: bool) -> None:
    article(world)
    with desk(world):
        assert bool(operations.find(query)) is found


def test_it_is_found_by_its_new_words_only(world: World) -> None:
    written = article(world)
    with desk(world):
        operations.change_article(
            session().get_one(Article, {"tenant_id": world.a.id, "id": written.id}), "月结", "步骤", now=NOW
        )
        assert operations.find("清除") == []
        assert len(operations.find("月结")) == 1


def test_it_reads_tags_from_any_keyboard() -> None:
    assert operations.clean_tags("用友， U8、#月结,,U8") == ["用友", "U8", "月结"]


def test_it_needs_a_title(world: World) -> None:
    with pytest.raises(Invalid):
        article(world, title="  ")


def test_it_never_leaves_its_client(world: World) -> None:
    article(world)
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id):
        assert operations.find("清除") == []


def test_it_shows_the_library_over_all_clients_in_ten_statements(app: Flask, world: World) -> None:
    article(world, review_on=date(2020, 1, 1))
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        operations.write_article("备份检查", "每天看", ["备份"], shared=True, now=NOW)
    browser = world.sign_in(app, world.ada)
    with statements() as heard:
        page = browser.get("/library").get_data(as_text=True)
    for wanted in ("任务锁的清除", "备份检查", "该复审了"):
        assert wanted in page, wanted
    assert len(heard) <= 10
    found = browser.get("/library?query=备份").get_data(as_text=True)
    assert "备份检查" in found
    assert "任务锁" not in found
    assert "任务锁" not in world.sign_in(app, world.somebody("engineer", world.b)).get("/library").get_data(
        as_text=True
    )


def test_it_writes_changes_and_puts_away_a_shared_article(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    where = post(browser, "/library/new", {"title": "月结", "body": "# 步骤", "tags": "月结，U8"}).location
    assert "<h1>步骤</h1>" in browser.get(where).get_data(as_text=True)
    assert post(browser, f"{where}/edit", {"title": "", "body": "x"}).status_code == 422
    assert post(browser, f"{where}/edit", {"title": "年结", "body": "x"}).status_code == 303
    post(browser, f"{where}/away")
    assert "年结" not in browser.get("/library").get_data(as_text=True)
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        assert session().scalars(select(SharedArticle)).one().archived_at is not None


def test_it_writes_changes_and_puts_away_a_clients_article(app: Flask, world: World) -> None:
    browser, base = world.sign_in(app, world.ada), f"/t/{world.a.slug}/knowledge"
    where = post(browser, f"{base}/new", {"title": "账套说明", "body": "001 正式"}).location
    assert "001 正式" in browser.get(where).get_data(as_text=True)
    assert post(browser, f"{where}/edit", {"title": "账套", "body": "002", "tags": "a"}).status_code == 303
    with statements() as heard:
        page = browser.get(base).get_data(as_text=True)
    assert "账套" in page
    assert len(heard) <= 10
    post(browser, f"{where}/away")
    assert "002" not in browser.get(base).get_data(as_text=True)


def test_it_is_inert(app: Flask, world: World) -> None:
    written = article(world, title="<b>x</b>", body="<script>alert(1)</script> [l](javascript:1)")
    page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/knowledge/{written.id}").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert 'href="javascript' not in page


def test_it_is_not_there_for_the_stranger(app: Flask, world: World) -> None:
    written = article(world)
    for person in (world.ben, world.cai):
        browser = world.sign_in(app, person)
        assert browser.get(f"/t/{world.a.slug}/knowledge/{written.id}").status_code == 404
        assert browser.get("/library").status_code == 404
    ada = world.sign_in(app, world.ada)
    assert ada.get(f"/t/{world.b.slug}/knowledge/{written.id}").status_code == 404
    assert post(ada, f"/t/{world.b.slug}/knowledge/{written.id}/edit", {"title": "x", "body": "y"}).status_code == 404
