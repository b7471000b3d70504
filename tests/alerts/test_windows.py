"""The pages on which people say when nobody is told: windows, silences, what depends on what; and the lists."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.alerts.forms import rule_of
from service_desk.alerts.models import Incident, Silence
from service_desk.alerts.operations import take_notice
from service_desk.checks.models import CheckState, MaintenanceWindow
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import session, tenant_scope
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations import depend_on
from tests.alerts.test_course import as_ada, window
from tests.alerts.test_noticing import NOW, flip, system
from tests.alerts.test_pages import incident
from tests.counting import statements
from tests.world import World, post

PLANNED = {
    "title": "打补丁", "first_day": "2027-01-30", "at": "22:30", "minutes": "90", "repeat": "monthly_last",
    "until": "2027-12-31", "zone": "Asia/Shanghai", "connection": "", "check": "",
}  # fmt: skip


def test_it_plans_a_window_and_shows_its_next_times(app: Flask, world: World) -> None:
    browser, address = world.sign_in(app, world.ada), f"/t/{world.a.slug}/maintenance"
    today = datetime.now(UTC).date() + timedelta(days=1)
    assert post(browser, address, {**PLANNED, "first_day": today.isoformat(), "repeat": "daily"}).status_code == 303
    with statements() as heard:
        page = browser.get(address).get_data(as_text=True)
    assert len(heard) <= 10, heard
    assert page.count("22:30–00:00") == 12, "the next twelve times"
    assert "打补丁" in page
    with system(world):
        row = session().scalars(select(MaintenanceWindow)).one()
        assert (row.rule, row.minutes, row.author_name) == ("FREQ=DAILY;UNTIL=20271231T235959", 90, "Ada")
    assert post(browser, f"{address}/{row.id}/cancel").status_code == 303
    assert "22:30–00:00" not in browser.get(address).get_data(as_text=True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"at": "25:00"}, "22:00"),
        ({"at": "24:00"}, "22:00"),
        ({"zone": "Mars/Olympus"}, "时区"),
        ({"zone": "../etc/passwd"}, "时区"),
        ({"minutes": "0"}, "10080"),
        ({"connection": "999999"}, "选"),
        ({"until": "2027-01-01"}, "不会"),
        ({"first_day": "0001-01-01", "repeat": "daily"}, "五年"),
        ({"first_day": "9999-12-31", "until": "", "repeat": ""}, "五年"),
    ],
)
def test_it_sends_the_form_back_with_what_is_wrong(app: Flask, world: World, wrong: dict[str, str], said: str) -> None:
    browser = world.sign_in(app, world.ada)
    answer = post(browser, f"/t/{world.a.slug}/maintenance", {**PLANNED, **wrong})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert "打补丁" in page, "nothing typed is lost"
    with system(world):
        assert session().scalars(select(MaintenanceWindow)).all() == []


def test_it_silences_from_the_incident_and_ends_it(app: Flask, world: World) -> None:
    found = incident(world)
    browser, address = world.sign_in(app, world.ada), f"/t/{world.a.slug}/incidents/{found.id}"
    assert post(browser, f"{address}/silence", {"hours": "4", "reason": " "}).status_code == 422
    assert post(browser, f"{address}/silence", {"hours": "24", "reason": "盘点中"}).status_code == 303
    with system(world):
        row = session().scalars(select(Silence)).one()
        assert (row.check, row.subject, row.reason) == ("inv.negative", "A01", "盘点中")
        take_notice(datetime.now(UTC))
    assert "已静音" in browser.get(address).get_data(as_text=True)
    listed = browser.get("/alerts?show=silenced").get_data(as_text=True)
    assert f"/incidents/{found.id}" in listed
    assert f"/incidents/{found.id}" not in browser.get("/alerts?show=waiting").get_data(as_text=True)
    assert "盘点中" in browser.get(f"/t/{world.a.slug}/maintenance").get_data(as_text=True)
    assert post(browser, f"/t/{world.a.slug}/silences/{row.id}/end").status_code == 303
    with system(world):
        take_notice(datetime.now(UTC))
    assert f"/incidents/{found.id}" in browser.get("/alerts?show=waiting").get_data(as_text=True)


def test_it_tells_the_whole_story(app: Flask, world: World) -> None:
    found = incident(world)
    browser, address = world.sign_in(app, world.ada), f"/t/{world.a.slug}/incidents/{found.id}"
    assert post(browser, f"{address}/acknowledge", {"note": "<b>正在</b>处理"}).status_code == 303
    assert post(browser, f"{address}/take-back").status_code == 303
    with system(world):
        session().scalars(select(CheckState)).one().flapping_since = NOW
        flip("warn", at=NOW + timedelta(minutes=3))
        take_notice(NOW + timedelta(minutes=3))
    page = browser.get(address).get_data(as_text=True)
    for wanted in ("&lt;b&gt;正在&lt;/b&gt;处理", "撤回", "时好时坏", "已通知"):
        assert wanted in page, wanted
    assert "时好时坏" in browser.get("/alerts?show=flapping").get_data(as_text=True)


def test_it_lists_what_is_in_maintenance(app: Flask, world: World) -> None:
    window(world)
    with system(world):
        flip("crit")
        take_notice(NOW)
        found = session().scalars(select(Incident)).one()
    browser = world.sign_in(app, world.ada)
    assert f"/incidents/{found.id}" in browser.get("/alerts?show=maintenance").get_data(as_text=True)
    assert f"/incidents/{found.id}" not in browser.get("/alerts").get_data(as_text=True)


def test_it_lets_no_connections_wait_for_each_other(world: World) -> None:
    with as_ada(world):
        rows = [ErpConnection(kind="host", name=f"h{n}", settings={}, created_at=NOW) for n in range(3)]
        session().add_all(rows)
        session().flush()
        one, two, three = (row.id for row in rows)
        depend_on(one, two)
        depend_on(two, three)
        for circle in ((three, one), (two, two)):
            with pytest.raises(Invalid):
                depend_on(*circle)
        depend_on(one, None)
        depend_on(three, one)
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id), pytest.raises(NotThere):
        depend_on(one, two)


@pytest.mark.parametrize(
    ("repeat", "rule"),
    [
        ("", ""),
        ("weekly", "FREQ=WEEKLY;BYDAY=SA"),
        ("monthly_day", "FREQ=MONTHLY;BYMONTHDAY=28"),
        ("monthly_weekday", "FREQ=MONTHLY;BYDAY=+4SA"),
        ("monthly_last", "FREQ=MONTHLY;BYDAY=-1SA"),
    ],
)
def test_it_reads_a_choice_as_a_rule(repeat: str, rule: str) -> None:
    assert rule_of(repeat, datetime(2026, 11, 28, tzinfo=UTC).date(), None) == rule
