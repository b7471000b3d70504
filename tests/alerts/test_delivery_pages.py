"""Channels, notifications, the bell, and who is told about a client: as people use them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.delivery.models import BellItem, ClientRecipient, Delivery, Destination, QuietHours
from service_desk.alerts.delivery.operations import trying
from service_desk.alerts.delivery.pace import Outcome, spacing
from service_desk.alerts.delivery.sealing import open_sealed
from service_desk.alerts.models import Incident
from service_desk.jobs import Job, perform
from service_desk.lib.errors import ScopeError
from service_desk.mail import Mail
from service_desk.scope import SYSTEM, practice_scope, session
from tests.alerts.test_noticing import NOW, flip, system, told
from tests.alerts.vendors import DING_SECRET, ENDS, Vendor
from tests.connectors.http_counterpart import HttpCounterpart
from tests.counting import statements
from tests.world import World, post

WISH = {"severities": ["crit", "warn"], "when_over": "y", "digest": "", "digest_at": "09:00"}
WEBHOOK = {
    "name": "Ops",
    "set_url": "https://hook.example/x",
    "secret_secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    **WISH,
}


def practice(world: World) -> Any:
    return practice_scope(world.practice_id, SYSTEM, writing=True)


def kept(world: World) -> Destination:
    return session().scalars(select(Destination).order_by(Destination.id)).one()


def add(browser: FlaskClient, page: str = "channels", kind: str = "webhook", **data: Any) -> int:
    answer = post(browser, f"/settings/{page}/new?kind={kind}", {**WEBHOOK, **data})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return int(answer.location.rsplit("/", 1)[1])


def test_it_keeps_a_channel_and_never_shows_its_secret(app: Flask, world: World, owner_db: Any) -> None:
    browser = world.sign_in(app, world.ada)
    number = add(browser)
    with practice(world):
        row = kept(world)
        assert open_sealed(row) == {"secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
        assert b"whsec" not in bytes(row.sealed or b"")
        assert (row.severities, row.client_ids, row.test_state) == (["crit", "warn"], None, "asked")
    with pytest.raises(ScopeError), practice_scope(world.practice_id, world.ada_actor):
        open_sealed(kept(world))
    for path in (f"/settings/channels/{number}", "/settings/channels", "/settings/channels/log", "/settings/audit"):
        page = browser.get(path)
        assert (page.status_code, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" in page.get_data(as_text=True)) == (
            200,
            False,
        ), path

    tables = owner_db.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    for (name,) in tables:
        found = owner_db.execute(f"SELECT count(*) FROM \"{name}\" t WHERE t::text LIKE '%whsec_AAAA%'").fetchone()
        assert found == (0,), name


def test_it_hides_a_robots_address_too(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    url = "https://oapi.dingtalk.com/robot/send?access_token=hush"
    number = add(browser, kind="dingtalk", secret_url=url, secret_secret=DING_SECRET)
    page = browser.get(f"/settings/channels/{number}").get_data(as_text=True)
    assert "hush" not in page
    assert DING_SECRET not in page


@pytest.mark.parametrize(
    "change", [{"set_url": "http://127.0.0.1"}, {"set_url": "nonsense"}, {"secret_secret": ""}, {"name": ""}]
)
def test_it_puts_what_is_wrong_beside_its_field(
    app: Flask, world: World, change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from service_desk.tenants.jobs import Reach

    monkeypatch.setattr(Reach, "allow_loopback", False)
    answer = post(world.sign_in(app, world.ada), "/settings/channels/new?kind=webhook", {**WEBHOOK, **change})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, 'class="err"' in page) == (422, True)
    assert ("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" in page) is (
        "secret_secret" not in change
    )  # a webhook's own secret is still to be copied


def test_it_asks_for_the_secret_again_when_the_address_changes(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    number = add(browser)
    url = f"/settings/channels/{number}"
    assert post(browser, url, {**WEBHOOK, "name": "Other", "secret_secret": ""}).status_code == 303
    moved = {**WEBHOOK, "set_url": "https://elsewhere.example/", "secret_secret": ""}
    assert post(browser, url, moved).status_code == 422
    with practice(world):
        assert (kept(world).name, kept(world).settings) == ("Other", {"url": "https://hook.example/x"})
    assert post(browser, url, {**moved, "secret_secret": "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"}).status_code == 303
    with practice(world):
        assert open_sealed(kept(world)) == {"secret": "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"}


def test_it_tests_a_channel_and_shows_the_answer(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    end, values = ENDS["dingtalk"]
    vendor = Vendor(end)
    with HttpCounterpart(answer=vendor) as server:
        own = {f"secret_{name}": value for name, value in values(server.url).items()}
        number = add(browser, kind="dingtalk", **own)
        with practice(world):
            (job,) = session().scalars(select(Job.id).where(Job.kind == "try_channel"))
        perform(job)
    page = browser.get(f"/settings/channels/{number}").get_data(as_text=True)
    assert "errcode" in page
    assert len(vendor.taken) == 1
    assert "Company" not in vendor.taken[0]


def test_a_test_waits_its_turn_and_takes_one_from_the_robots_minute(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    end, values = ENDS["dingtalk"]
    vendor, now = Vendor(end), datetime.now(UTC)
    gap = spacing(CHANNELS["dingtalk"].per_minute)

    def waiting() -> list[tuple[int, datetime]]:
        found = select(Job).where(Job.kind == "try_channel", Job.state == "queued").order_by(Job.id)
        with practice(world):
            return [(job.id, job.due_at) for job in session().scalars(found)]

    with HttpCounterpart(answer=vendor) as server:
        own = {f"secret_{name}": value for name, value in values(server.url).items()}
        number = add(browser, kind="dingtalk", **own)
        with practice(world):
            paced = kept(world).paced_until
            assert paced is not None
            assert paced >= now + gap, "the next message goes after the test"
            kept(world).paced_until = far = now + timedelta(minutes=5)
            kept(world).test_state = ""
        post(browser, f"/settings/channels/{number}/test")
        ((first, _), (_, due_at)) = waiting()
        assert due_at == far
        with practice(world):
            assert (kept(world).tested_at, kept(world).paced_until) == (far, far + gap)
        perform(first)
        assert vendor.taken == [], "too early"
        with practice(world):
            assert trying.take(number, "test", far + gap) is not None, "in the slot it got for coming too early"
            assert kept(world).paced_until == far + 2 * gap, "which counts once"
            trying.keep(number, Outcome(verdict="later", answer="busy", wait_s=3600), far + gap)
            assert kept(world).paced_until == far + gap + timedelta(hours=1), "who asks to be left alone is"
            assert trying.take(number, "test", far + gap) is None, "what was answered is not sent again"


def test_it_pauses_switches_on_and_removes_only_after_asking(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    number = add(browser)
    url = f"/settings/channels/{number}"
    post(browser, url + "/switch", {"on": "no"})
    with practice(world):
        assert not kept(world).enabled
    assert "Ops" in browser.get(url + "/remove").get_data(as_text=True)
    with practice(world):
        assert kept(world)
    assert post(browser, url + "/remove").status_code == 303
    assert browser.get(url).status_code == 404


def test_it_keeps_one_persons_channels_from_another(app: Flask, world: World) -> None:
    near = world.somebody("engineer")
    mine = add(world.sign_in(app, world.ada), "notifications")
    browser = world.sign_in(app, near)
    for tail in ("", "/test", "/switch", "/remove"):
        url = f"/settings/notifications/{mine}{tail}"
        assert {browser.get(url).status_code, post(browser, url).status_code} <= {404, 405}, tail
    assert browser.get(f"/settings/channels/{mine}").status_code == 404
    assert world.sign_in(app, world.ada).get(f"/settings/channels/{mine}").status_code == 404
    assert post(browser, "/settings/notifications/new?kind=email", WEBHOOK).status_code == 404


def test_it_keeps_my_mail_and_my_quiet_hours(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    chosen = {**WISH, "by_mail": "y", "clients": [str(world.a.id)], "digest": "daily", "digest_at": "07:30"}
    assert post(browser, "/settings/notifications/mail", chosen).status_code == 303
    assert post(browser, "/settings/notifications/mail", chosen | {"clients": ["999999"]}).status_code == 422
    quiet = {"keeps": "y", "begins": "22:00", "ends": "07:00", "zone": "Asia/Tokyo", "breaks": "y"}
    assert post(browser, "/settings/notifications/quiet", quiet).status_code == 303
    assert post(browser, "/settings/notifications/quiet", quiet | {"ends": "22:00"}).status_code == 422
    assert post(browser, "/settings/notifications/quiet", quiet | {"zone": "Mars/North"}).status_code == 422
    with practice(world):
        row, hours = kept(world), session().scalars(select(QuietHours)).one()
        assert (row.client_ids, row.digest, row.digest_minute) == ([world.a.id], "daily", 450)
        assert (hours.from_minute, hours.until_minute, hours.zone) == (1320, 420, "Asia/Tokyo")
    page = browser.get("/settings/notifications").get_data(as_text=True)
    assert 'value="22:00"' in page
    assert 'value="07:30"' in page
    post(browser, "/settings/notifications/quiet", {"zone": "Asia/Tokyo"})
    with practice(world):
        assert session().scalars(select(QuietHours)).all() == []


def test_it_rings_the_bell_inside_every_client_until_it_is_read(app: Flask, world: World) -> None:
    with system(world):
        flip("crit")
        told(NOW)
    browser = world.sign_in(app, world.ada)
    for path in ("/", f"/t/{world.b.slug}/", f"/t/{world.a.slug}/", "/bell"):
        assert re.search(r'href="/bell"[^>]*aria-label="[^"]*1', browser.get(path).get_data(as_text=True)), path
    with statements() as heard:
        page = browser.get("/bell").get_data(as_text=True)
    assert "Company A" in page
    assert len(heard) <= 10
    assert post(browser, "/bell/read").status_code == 303
    assert not re.search(r'href="/bell"[^>]*aria-label="[^"]*[1-9]', browser.get("/").get_data(as_text=True))


def test_opening_a_line_reads_it_and_no_other(app: Flask, world: World) -> None:
    with system(world):
        flip("crit", subject="A01")
        flip("crit", check="db.up", subject="")
        told(NOW)
    ada = world.sign_in(app, world.ada)
    lines = re.findall(r'action="(/bell/\d+)"', ada.get("/bell").get_data(as_text=True))
    assert lines
    unread = len(lines)
    assert ada.get(lines[0]).status_code == 302, "looking where it leads reads nothing"
    assert re.findall(r'action="(/bell/\d+)"', ada.get("/bell").get_data(as_text=True)) == lines
    answer = post(ada, lines[0], follow_redirects=True)
    assert (answer.status_code, "/incidents/" in answer.request.path or answer.request.path == "/alerts") == (200, True)
    assert len(re.findall(r'action="(/bell/\d+)"', ada.get("/bell").get_data(as_text=True))) == unread - 1
    with practice(world):
        first = [item.read_at for item in session().scalars(select(BellItem)) if item.read_at]
    assert post(ada, lines[0]).status_code == 303
    with practice(world):
        assert [item.read_at for item in session().scalars(select(BellItem)) if item.read_at] == first
    near = world.sign_in(app, world.somebody("engineer"))
    assert {near.get(lines[0]).status_code, post(near, lines[0]).status_code} == {404}, "another person's bell"


def test_it_rings_only_for_people_who_work_for_the_client(app: Flask, world: World) -> None:
    far = world.somebody("engineer", world.b)
    with system(world):
        flip("crit")
        told(NOW)
    with practice(world):
        assert set(session().scalars(select(BellItem.person_id))) == {world.ada.id}
    assert "Company A" not in world.sign_in(app, far).get("/bell").get_data(as_text=True)


def test_it_tells_the_clients_people_by_mail_with_a_link_to_the_portal(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    url = f"/t/{world.a.slug}/notifications"
    data = {"made_for": world.a.slug, **WISH}
    assert post(browser, url, {**data, "email": world.cai.email}).status_code == 422
    assert post(browser, url, {**data, "email": world.ben.email}).status_code == 303
    with system(world):
        row = session().scalars(select(ClientRecipient)).one()
        flip("crit")
        mails = {mail.to_address: mail for mail in told(NOW)}
        assert set(mails) == {world.ada.email, world.ben.email}
        said = mails[world.ben.email].body
        assert f"/portal/{world.a.slug}/" in said
        assert "/t/" not in said
    page = browser.get(url).get_data(as_text=True)
    assert world.ben.email in page
    assert post(browser, f"{url}/{row.id}/remove", {"made_for": world.a.slug}).status_code == 303
    with system(world):
        assert session().scalars(select(ClientRecipient)).all() == []
        assert session().scalars(select(Mail.id).where(Mail.to_address == world.ben.email)).all()


def test_it_stays_within_its_statements(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    number = add(browser)
    with system(world):
        for place in range(3):
            flip("crit", subject=f"S{place}")
            told(NOW.replace(minute=place))
        assert session().scalars(select(Delivery.id)).all()
    own = ["", f"/{number}", "/log"]
    pages = [f"/settings/channels{tail}" for tail in own]
    for path in (*pages, "/settings/notifications", f"/t/{world.a.slug}/notifications", "/bell"):
        with statements() as heard:
            assert browser.get(path).status_code == 200, path
        assert len(heard) <= 10, (path, len(heard))


def test_it_says_on_the_incident_who_was_told_over_the_wire(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    end, values = ENDS["wecom"]
    vendor = Vendor(end)
    with HttpCounterpart(answer=vendor) as server:
        own = {f"secret_{name}": value for name, value in values(server.url).items()}
        add(browser, kind="wecom", **own)
        with practice(world):
            kept(world).paced_until = None  # The test's turn is over.
        with system(world):
            flip("crit", subject="Z9")
            told(NOW)
            (number,) = session().scalars(select(Incident.id))
            (job,) = session().scalars(select(Job.id).where(Job.kind == "deliver"))
        perform(job)
    with statements() as heard:
        page = browser.get(f"/t/{world.a.slug}/incidents/{number}").get_data(as_text=True)
    assert "企业微信机器人" in page
    assert "errmsg" in page
    assert len(heard) <= 10


def test_it_tells_a_shared_mailbox_through_the_outbox(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    number = add(browser, kind="email", set_address="team@example.test")
    with practice(world):
        (test,) = session().scalars(select(Mail).where(Mail.about == "channel"))
        assert (test.to_address, kept(world).test_state) == ("team@example.test", "sent")
        assert "Company" not in test.subject + test.body
    with system(world):
        flip("crit")
        assert {mail.to_address for mail in told(NOW)} == {world.ada.email, "team@example.test"}
    page = browser.get(f"/settings/channels/{number}").get_data(as_text=True)
    assert "team@example.test" in page
    wrong = post(browser, "/settings/channels/new?kind=email", {**WEBHOOK, "set_address": "nobody"})
    assert wrong.status_code == 422
