"""The list of alerts and the page of one incident."""

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from service_desk.alerts.models import Incident
from service_desk.alerts.operations import take_notice
from service_desk.checks.models import CheckState
from service_desk.mail import Mail
from service_desk.scope import session
from tests.alerts.test_noticing import NOW, flip, system, told
from tests.counting import statements
from tests.world import World, post


def incident(world: World, state: str = "crit", subject: str = "A01") -> Incident:
    with system(world):
        flip(state, subject=subject)
        told(NOW)
        return session().scalars(select(Incident).where(Incident.subject == subject)).one()


def test_it_lists_the_worst_first_in_ten_statements(app: Flask, world: World) -> None:
    incident(world, "warn", "W01")
    incident(world, "crit", "C01")
    with system(world, world.b):
        flip("crit", check="db.up", subject="")
        take_notice(NOW)
    with statements() as heard:
        page = world.sign_in(app, world.ada).get("/alerts").get_data(as_text=True)
    assert len(heard) <= 10, heard
    assert page.index("Company B") < page.rindex("Company A")
    assert "#1" in page


def test_it_shows_the_list_to_nobody_of_a_client(app: Flask, world: World) -> None:
    assert world.sign_in(app, world.ben).get("/alerts").status_code == 404


def test_it_shows_a_quiet_page_when_nothing_is_open(app: Flask, world: World) -> None:
    assert "没有需要你处理的告警" in world.sign_in(app, world.ada).get("/alerts").get_data(as_text=True)


def test_it_shows_how_it_went_and_who_was_told(app: Flask, world: World) -> None:
    found = incident(world)
    browser = world.sign_in(app, world.ada)
    with statements() as heard:
        page = browser.get(f"/t/{world.a.slug}/incidents/{found.id}").get_data(as_text=True)
    assert len(heard) <= 10, heard
    for wanted in (world.ada.email, "2026-11-16", "待发送"):
        assert wanted in page, wanted


def test_it_takes_notice_of_who_has_seen_it(app: Flask, world: World) -> None:
    found = incident(world)
    browser = world.sign_in(app, world.ada)
    answer = post(browser, f"/t/{world.a.slug}/incidents/{found.id}/acknowledge", {"back": "alerts"})
    assert answer.location.endswith("/alerts")
    page = browser.get("/alerts").get_data(as_text=True)
    assert "Ada 已知悉" in page


def test_it_offers_to_send_again_only_what_is_in_doubt(app: Flask, world: World) -> None:
    found = incident(world)
    browser, address = world.sign_in(app, world.ada), f"/t/{world.a.slug}/incidents/{found.id}"
    assert "/again" not in browser.get(address).get_data(as_text=True)
    with system(world):
        mail = session().scalars(select(Mail)).one()
        mail.state = "maybe_sent"
    page = browser.get(address).get_data(as_text=True)
    assert "可能已发送" in page
    assert f"/mails/{mail.id}/again" in page
    assert post(browser, f"{address}/mails/{mail.id}/again").status_code == 303
    with system(world):
        assert len(session().scalars(select(Mail)).all()) == 2


def test_it_keeps_what_is_over_for_a_week(app: Flask, world: World) -> None:
    found = incident(world)
    with system(world):
        flip("ok", at=NOW + timedelta(minutes=5))
        take_notice(NOW + timedelta(minutes=5))
    page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/incidents/{found.id}").get_data(as_text=True)
    assert "已结束" in page
    assert "5 分钟" in page


def test_it_still_tells_the_whole_story_when_the_state_is_forgotten(app: Flask, world: World) -> None:
    found = incident(world)
    browser, url = world.sign_in(app, world.ada), f"/t/{world.a.slug}/incidents/{found.id}"
    told_of = re.compile(r"<h1>.*?</h1>|<tr>.*?</tr>", re.DOTALL)
    before = told_of.findall(browser.get(url).get_data(as_text=True))
    with system(world):
        session().delete(session().get_one(CheckState, (world.a.id, found.state_id)))
    after = told_of.findall(browser.get(url).get_data(as_text=True))
    assert "P-01" in before[0]
    assert sum("2026-11-16" in line for line in before) >= 2, "its flip and what happened to it"
    assert after == before
    assert browser.get("/alerts").status_code == 200


def test_it_is_not_there_for_the_stranger(app: Flask, world: World) -> None:
    found = incident(world)
    for person in (world.ben, world.cai):
        assert world.sign_in(app, person).get(f"/t/{world.a.slug}/incidents/{found.id}").status_code == 404
    ada = world.sign_in(app, world.ada)
    assert ada.get(f"/t/{world.b.slug}/incidents/{found.id}").status_code == 404
    assert post(ada, f"/t/{world.b.slug}/incidents/{found.id}/acknowledge").status_code == 404
