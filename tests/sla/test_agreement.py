"""The agreement's page: what is saved there is what the next ticket carries, and nothing else changes it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from service_desk.audit.models import AuditEvent
from service_desk.scope import session
from service_desk.sla.models import ServiceCalendar, SlaPolicy
from tests.sla.matrix import AGREED
from tests.tickets.test_operations import desk, opened
from tests.world import World, post


def address(world: World) -> str:
    return f"/t/{world.a.slug}/promises"


def counted(world: World) -> list[int]:
    acts = select(func.count()).select_from(AuditEvent).where(AuditEvent.act == "sla.agree")
    tables = (ServiceCalendar, SlaPolicy)
    with desk(world):
        rows = [session().scalar(select(func.count()).select_from(table)) or 0 for table in tables]
        return [*rows, session().scalar(acts) or 0]


def test_it_proposes_and_agrees_on_nothing_by_being_looked_at(app: Flask, world: World) -> None:
    page = world.sign_in(app, world.ada).get(address(world)).get_data(as_text=True)
    assert 'value="4 小时"' in page
    assert "还没有承诺" in page
    assert counted(world) == [0, 0, 0]
    with desk(world):
        assert opened().terms == {}


def test_the_next_ticket_carries_what_was_saved(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    with desk(world):
        before = opened()
    assert post(browser, address(world), AGREED | {"days": "2026-12-31 休"}).status_code == 303
    with desk(world):
        terms = opened().terms
        assert before.terms == {}
    assert terms["targets"]["P1"]["first_response"] == 30
    assert terms["targets"]["P3"]["resolution"] == 2 * int(7.5 * 60)
    assert set(terms["targets"]) == {"P1", "P3"}
    assert terms["calendar"]["weekly"]["mon"] == [["09:00", "12:00"], ["13:30", "18:00"]]
    assert terms["calendar"]["overrides"] == {"2026-12-31": []}
    page = browser.get(address(world)).get_data(as_text=True)
    assert 'value="15 小时"' in page
    assert "2026-12-31 休" in page


def test_saving_the_same_again_writes_nothing(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    for _ in range(2):
        post(browser, address(world), AGREED)
    assert counted(world) == [1, 2, 1]
    post(browser, address(world), AGREED | {"P1_first_response": ""})
    post(browser, address(world), AGREED | {"P1_first_response": "", "sat": "10-12"})
    assert counted(world) == [1, 2, 2]
    with desk(world):
        assert opened().terms["targets"]["P1"]["first_response"] is None


def test_a_day_round_the_clock_has_all_its_hours(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    post(browser, address(world), AGREED | {"P1_resolution": "1d", "P1_always": "1", "P3_resolution": "1d"})
    with desk(world):
        targets = opened().terms["targets"]
    assert [targets[key]["resolution"] for key in ("P1", "P3")] == [1440, 450]


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"mon": "9 to 5"}, "09:00-12:00"), ({"P2_resolution": "soon"}, "30m"), ({"days": "someday"}, "someday"),
     ({"zone": "Mars/Base"}, "Asia/Shanghai"), ({"P1_warn": "100"}, "99"),
     (dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ""), "永远没有")],
)  # fmt: skip
def test_it_says_what_cannot_be_read_and_keeps_what_was_typed(
    app: Flask, world: World, typed: dict[str, str], said: str
) -> None:
    answer = post(world.sign_in(app, world.ada), address(world), AGREED | typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert all(value in page for value in typed.values())
    assert counted(world) == [0, 0, 0]
