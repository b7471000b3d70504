"""The replacement's first morning: invited for two weeks, joins by the link in the mail, finds one client alone."""

import re
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

from playwright.sync_api import Browser, expect

from tests.e2e.browser import faults, shot, sign_in, sign_out, window
from tests.e2e.installation import Desk

SLUG, OTHER = "demo-hupan", "demo-chenxing"
ADDRESS, WORD = "successor@replacement.example", "a good new clock every morning"


def invitation(desk: Desk) -> str:
    """The link in the mail to the replacement, as soon as a worker has sent it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for file in (desk.home / "mail").glob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            link = re.search(r"http://\S+/invitation/\S+", mail.get_content())
            if mail["To"] == ADDRESS and link:
                return link[0]
        time.sleep(0.3)
    raise AssertionError("no invitation came by mail")


def test_the_owner_invites_a_successor_for_two_weeks(desk: Desk, browser: Browser) -> None:
    with window(browser, desk) as (page, _):
        sign_in(page, desk.account("owner"))
        page.goto(f"/t/{SLUG}/people")
        page.locator("#email").fill(ADDRESS)
        page.locator("#name").fill("接手工程师（演示）")
        page.locator("#role").select_option("successor")
        page.locator("#ends_on").fill(f"{datetime.now(UTC) + timedelta(days=14):%Y-%m-%d}")
        page.get_by_role("button", name="发送邀请").click()
        expect(page.locator("main small", has_text=ADDRESS)).to_be_visible()
        shot(page, "morning-1-invited")
        sign_out(page)


def test_the_successor_joins_and_sees_this_client_alone(desk: Desk, browser: Browser) -> None:
    with window(browser, desk) as (page, _):
        page.goto(invitation(desk))
        shot(page, "morning-2-invitation")
        assert faults(page, "zh") == []
        page.locator("#password").fill(WORD)
        page.get_by_role("button", name="加入").click()
        page.wait_for_url(re.compile(f"/t/{SLUG}/"))
        shot(page, "morning-3-client")
        assert faults(page, "zh") == []
        for tab in ("工单", "检查", "知识", "交接"):
            page.locator("nav.tabs").get_by_role("link", name=re.compile(f"^{tab}")).click()
            expect(page.locator("h1")).to_be_visible()
            assert faults(page, "zh") == [], tab
        shot(page, "morning-4-handover")
        for foreign in (f"/t/{OTHER}/", f"/t/{SLUG}/money", "/queue", "/settings"):
            assert page.request.get(foreign, max_redirects=0).status in (302, 303, 404), foreign
        assert page.request.get(f"/t/{OTHER}/", max_redirects=0).status == 404
    ((ends,),) = desk.ask("SELECT ends_at FROM tenant_member WHERE email = %s", ADDRESS)
    assert timedelta(days=12) < ends - datetime.now(UTC) < timedelta(days=16)
