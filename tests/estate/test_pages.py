"""The inventory of a client's systems."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from service_desk.estate import operations
from service_desk.estate.models import EstateItem
from service_desk.lib.errors import Invalid
from tests.counting import statements
from tests.tickets.test_operations import desk
from tests.world import World, post

NOW = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)


def item(world: World, **facts: object) -> EstateItem:
    with desk(world):
        return operations.add_item({"kind": "server", "name": "应用服务器"} | facts, now=NOW)


def test_it_lists_by_kind_what_whoever_takes_over_must_know(app: Flask, world: World) -> None:
    item(world, address="机房 2 号柜")
    item(world, kind="licence", name="用友加密狗", seats=20, expires_on=date(2020, 1, 1))
    with statements() as heard:
        page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/systems").get_data(as_text=True)
    for wanted in ("应用服务器", "机房 2 号柜", "20 个许可", "2020-01-01"):
        assert wanted in page, wanted
    assert len(heard) <= 10
    assert "应用服务器" not in world.sign_in(app, world.ada).get(f"/t/{world.b.slug}/systems").get_data(as_text=True)


def test_it_adds_changes_and_deletes(app: Flask, world: World) -> None:
    browser, base = world.sign_in(app, world.ada), f"/t/{world.a.slug}/systems"
    sent = {"kind": "database", "name": "UFDATA_001_2026", "environment": "production"}
    assert post(browser, f"{base}/new", sent | {"name": ""}).status_code == 422
    assert post(browser, f"{base}/new", sent).status_code == 303
    with desk(world):
        (found,) = operations.inventory()
    assert "UFDATA_001_2026" in browser.get(f"{base}/{found.id}").get_data(as_text=True)
    assert post(browser, f"{base}/{found.id}", sent | {"version": "16.0"}).status_code == 303
    with desk(world):
        assert operations.inventory()[0].version == "16.0"
    assert post(browser, f"{base}/{found.id}/delete").status_code == 303
    with desk(world):
        assert operations.inventory() == []


@pytest.mark.parametrize("facts", [{"kind": "toaster"}, {"name": " "}])
def test_it_refuses_what_is_no_system(world: World, facts: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        item(world, **facts)


def test_it_knows_what_ends_soon(world: World) -> None:
    today = date(2026, 11, 16)
    for days in (-1, 60, 61):
        item(world, name=f"in {days}", expires_on=today + timedelta(days=days))
    item(world, name="never")
    with desk(world):
        assert [one.name for one in operations.expiring(today + timedelta(days=60))] == ["in -1", "in 60"]


def test_it_is_not_there_for_the_stranger(app: Flask, world: World) -> None:
    found = item(world)
    for person in (world.ben, world.cai):
        assert world.sign_in(app, person).get(f"/t/{world.a.slug}/systems").status_code == 404
    ada = world.sign_in(app, world.ada)
    assert ada.get(f"/t/{world.b.slug}/systems/{found.id}").status_code == 404
    assert post(ada, f"/t/{world.b.slug}/systems/{found.id}/delete").status_code == 404
