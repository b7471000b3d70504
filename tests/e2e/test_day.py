"""The engineer's day and the client's visit, in Chinese, from the first alarm to the paid work and the better light."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from service_desk.running.demo.content import read
from service_desk.running.demo.erp import build_fixture
from tests.e2e.browser import shot, sign_in, sign_out, window
from tests.e2e.installation import Desk

CLIENT, SLUG = "晨星机械", "demo-chenxing"
CONTENT, PROBLEM = "核对原料仓负库存并补录入库单", "十四个存货的现存量为负，发料先于入库审核"
SOLUTION = "补审入库单十四张，现存量全部转正；请仓管先入库后发料"
DRAFT = "先查原料仓的入库单，再答复"
PATIENT = 60_000  # ms; a round of the workers takes its time on a busy machine


def again(page: Page, found: Locator) -> None:
    """Load the page until it shows this, as somebody who waits for it would."""
    for _ in range(60):
        if found.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(found.first).to_be_visible()


def kept(page: Page, press: Callable[[], None], folder: Path) -> bytes:
    """What this download brings."""
    with page.expect_download() as started:
        press()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file.read_bytes()


@pytest.fixture(scope="module")
def notes() -> dict[str, str]:
    """What one part of the day leaves for the next: the ticket's address, the invoice's number."""
    return {}


def test_the_workers_find_the_negative_stock_and_the_engineer_sees_it(desk: Desk, browser: Browser) -> None:
    with window(browser, desk) as (page, _):
        sign_in(page, desk.account("owner"))
        row = page.locator("tr", has_text=CLIENT).filter(has_text="库存为负")
        again(page, row)
        expect(page.locator("h1")).to_contain_text("家客户需要你")
        expect(row).to_have_class(re.compile("crit"))
        shot(page, "day-1-today")
    opened = desk.ask("SELECT i.opened_at FROM incident i JOIN tenant t ON t.id = i.tenant_id "
                      "WHERE t.slug = %s AND i.\"check\" = 'inv.negative' AND i.resolved_at IS NULL", SLUG)  # fmt: skip
    assert len(opened) == 1
    assert opened[0][0] > desk.loaded_at, "the loader wrote the alarm itself"


def test_the_engineer_works_on_the_ticket_of_the_incident(desk: Desk, browser: Browser, notes: dict[str, str]) -> None:
    with window(browser, desk) as (page, _):
        sign_in(page, desk.account("owner"))
        page.locator("nav.rail").get_by_role("link", name="告警").click()
        page.locator("tr", has_text=CLIENT).filter(has_text="负库存").get_by_role("link").first.click()
        expect(page.locator("h1")).to_contain_text("库存为负")
        shot(page, "day-2-incident")
        page.locator("header.head a[href*='/tickets/']").click()
        notes["ticket"] = page.url
        note = page.get_by_label("消息", exact=True)
        page.get_by_label("内部备注", exact=True).check()
        note.fill(DRAFT)
        expect(page.locator("[data-draft-state]")).to_have_text("草稿已保存")
        page.reload()
        expect(note).to_have_value(DRAFT)
        expect(page.get_by_label("内部备注", exact=True)).to_be_checked()
        page.get_by_label("公开回复", exact=True).check()
        page.get_by_text("同时填写工作记录").click()
        page.get_by_label("内容", exact=True).fill(CONTENT)
        page.get_by_label("问题", exact=True).fill(PROBLEM)
        page.get_by_label("解决方案", exact=True).fill(SOLUTION)
        page.get_by_label("分钟", exact=True).fill("45")
        page.get_by_label("消息", exact=True).fill("已查明原因，正在补录。")
        page.get_by_role("button", name="发送", exact=True).click()
        record = page.locator(".panel", has_text="工作记录").filter(has_text=SOLUTION)
        for text in (CONTENT, PROBLEM, "0:45"):
            expect(record).to_contain_text(text)
        expect(note).to_have_value("")
        shot(page, "day-3-ticket")


def test_the_engineer_closes_the_ticket(desk: Desk, browser: Browser, notes: dict[str, str]) -> None:
    with window(browser, desk) as (page, _):
        sign_in(page, desk.account("owner"))
        page.goto(notes["ticket"])
        page.get_by_role("link", name="关闭", exact=True).click()
        asked = page.locator("dialog[open]")
        asked.locator("textarea").fill(SOLUTION)
        shot(page, "day-4-close")
        asked.get_by_role("button", name="关闭工单").click()
        expect(page.locator(".pills")).to_contain_text("已关闭")
        shot(page, "day-5-closed")


def test_the_engineer_issues_the_invoice_and_its_paper_is_made(
    desk: Desk, browser: Browser, notes: dict[str, str], tmp_path: Path
) -> None:
    with window(browser, desk) as (page, _):
        sign_in(page, desk.account("owner"))
        page.goto(f"/t/{SLUG}/money")
        expect(page.locator("tr", has_text=CONTENT)).to_contain_text("0:45")
        shot(page, "day-6-money")
        page.get_by_role("button", name="生成账单草稿").click()
        expect(page.get_by_label(re.compile("第.*行")).last).to_be_visible()
        shot(page, "day-7-draft")
        page.get_by_role("button", name="开具账单").click()
        page.locator("dialog[open] button[value=yes]").click()
        expect(page.locator("h1")).to_have_text(re.compile(r"\d{4}"))
        notes["invoice"] = (page.locator("h1").text_content() or "").strip()
        download = page.locator("a[href$='zh_Hans_CN.pdf']")
        again(page, download)
        shot(page, "day-8-invoice")
        _is_the_stored_one(desk, kept(page, download.click, tmp_path), "invoice_paper")


def test_the_engineer_builds_the_handover_pack(desk: Desk, browser: Browser, tmp_path: Path) -> None:
    with window(browser, desk) as (page, _):
        sign_in(page, desk.account("owner"))
        page.goto(f"/t/{SLUG}/handover")
        shot(page, "day-9-handover")
        page.get_by_role("button", name="生成交接包").click()
        finished = page.get_by_role("link", name="打开结果")
        expect(finished).to_be_visible(timeout=PATIENT)  # The page of the progress says by itself when it is done.
        finished.click()
        download = page.get_by_role("link", name="下载")
        shot(page, "day-10-pack")
        _is_the_stored_one(desk, kept(page, download.click, tmp_path), "paper")
        page.get_by_role("button", name="展示给客户").click()
        expect(page.get_by_text("客户现在可在")).to_be_visible()
        sign_out(page)


def test_the_boss_sees_the_light_change_and_downloads_the_invoice(
    desk: Desk, browser: Browser, notes: dict[str, str], tmp_path: Path
) -> None:
    with window(browser, desk, width=390) as (page, _):
        sign_in(page, desk.account("boss", CLIENT))
        light = page.locator("header.light")
        expect(light).to_have_class(re.compile("crit"))
        shot(page, "day-11-portal-critical")
        _mend_the_erp(desk)
        _look_again(desk, browser)
        again(page, page.locator("header.light:not(.crit)"))
        expect(page.locator("ul.areas > li", has_text="系统")).not_to_contain_text("库存为负")
        shot(page, "day-12-portal-better")
        page.locator("nav.tabs").get_by_role("link", name="账单").click()
        page.locator("tr", has_text=notes["invoice"]).get_by_role("link").first.click()
        shot(page, "day-13-portal-invoice")
        paper = kept(page, page.locator("a[href$='zh_Hans_CN.pdf']").click, tmp_path)
        _is_the_stored_one(desk, paper, "invoice_paper")


def _mend_the_erp(desk: Desk) -> None:
    """What the client's people did in their ERP: the faults are gone from its databases."""
    sheet = next(one for one in read().sheets if one.raw["slug"] == SLUG)
    build_fixture(desk.home, sheet, datetime.now(UTC), healthy=True)


def _look_again(desk: Desk, browser: Browser) -> None:
    """The engineer has every check that is not well looked at now instead of at its hour."""
    with window(browser, desk) as (page, _):
        sign_in(page, desk.account("owner"))
        page.goto(f"/t/{SLUG}/checks")
        found = page.locator("a[href*='/checks/']").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        for address in sorted({one for one in found if re.search(r"/checks/\d+$", one)}):
            page.goto(address)
            bad = page.locator("header.head .st.crit, header.head .st.warn")
            if bad.count() and page.get_by_role("button", name="立即检查").count():
                page.get_by_role("button", name="立即检查").click()


def _is_the_stored_one(desk: Desk, paper: bytes, table: str) -> None:
    assert paper.startswith(b"%PDF-")
    digest = hashlib.sha256(paper).digest()
    assert desk.ask(f"SELECT count(*) FROM {table} WHERE sha256 IN (%s, %s)", digest, digest) != [(0,)]
