"""Every page type that links lead to, looked at narrow and wide, light and dark; the busiest also in English."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from flask import Flask
from flask_wtf import CSRFProtect
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from service_desk import PAGES
from tests.e2e.browser import NARROW, WIDE, english, faults, shot, sign_in, window
from tests.e2e.installation import Desk

CLIENT, SLUG = "晨星机械", "demo-chenxing"
NO_PAGE = re.compile(r"\.(pdf|json|csv|xlsx)$|/(files|evidence)/\d+|/agents/file$")  # downloads and answers for scripts
BUSY = [
    "web.today",
    "clients.overview",
    "tickets.index",
    "tickets.ticket",
    "checks.index",
    "checks.show",
    "safeguards.index",
    "safeguards.drill",
    "safeguards.review",
    "safeguards.round",
    "queue.index",
    "alerts.index",
    "incidents.show",
    "worklog.client",
    "time.week",
    "billing.client",
    "billing.invoice",
    "handover.index",
    "tenants.people",
    "tenants.connections",
    "knowledge.index",
    "papers.client",
    "accounts.profile",
    "portal.home",
    "safeguards_portal.index",
    "tickets_portal.index",
    "billing_portal.index",
    "billing_portal.invoice",
]
# Words of the demo that are English because their client is: they may stand in a Chinese page.
DATA = re.compile(
    "Quarterly|Restor|Re-dated|Reconciled|Shipments|Working language|Bank payment|Rebuilt|Found draft|your accountant"
    "|Index lost"
)


@pytest.fixture(scope="module")
def addresses() -> MapAdapter:
    """Which endpoint an address belongs to."""
    app = Flask("addresses")
    CSRFProtect(app)  # Some blueprints take themselves out of it.
    for package in PAGES:
        for blueprint in import_module(f"service_desk.{package}.views").BLUEPRINTS:
            app.register_blueprint(blueprint)
    return app.url_map.bind("desk.test")


def endpoint(addresses: MapAdapter, path: str) -> str | None:
    """The endpoint of this address; None when it is none of ours or of another client."""
    path = path.partition("?")[0]
    if NO_PAGE.search(path) or (re.match(r"/(t|portal)/", path) and f"/{SLUG}/" not in path):
        return None
    try:
        return str(addresses.match(path, method="GET")[0])
    except (HTTPException, RequestRedirect):
        return None


def tour(page: Page, addresses: MapAdapter, start: str) -> Iterator[str]:
    """Open one page of every endpoint that links lead to, nearest first."""
    waiting, seen = [start], set[str]()
    while waiting:
        path = waiting.pop(0)
        name = endpoint(addresses, path)
        if name is None or name in seen:
            continue
        seen.add(name)
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        yield name
        found = page.eval_on_selector_all("a[href^='/']", "all => all.map((one) => one.pathname + one.search)")
        waiting += [one for one in found if endpoint(addresses, one) not in seen]


def look(page: Page, name: str, lang: str, *, flip: bool = False) -> list[str]:
    """Both widths, each in one scheme; `flip` changes which; returns what is wrong."""
    wrong = []
    for size, scheme in ((NARROW, "dark" if flip else "light"), (WIDE, "light" if flip else "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        wrong += [f"{name} {size['width']} {scheme}: {one}" for one in faults(page, lang)]
        shot(page, f"{name}-{lang}-{size['width']}-{scheme}")
    if lang == "zh":
        wrong += [f"{name}: English: {text}" for text in english(page) if not DATA.search(text)]
    return wrong


@pytest.mark.parametrize(("role", "start"), [("owner", "/"), ("boss", f"/portal/{SLUG}/")])
def test_every_page_type_is_in_order(
    desk: Desk, browser: Browser, addresses: MapAdapter, role: str, start: str
) -> None:
    wrong, found = [], {}
    with window(browser, desk) as (page, _):
        page.goto("/sign-in")
        wrong += look(page, "sign-in", "zh")
        sign_in(page, desk.account(role, CLIENT if role == "boss" else ""))
        for name in tour(page, addresses, start):
            found[name] = page.url
            wrong += look(page, f"{role}-{name}", "zh")
        page.goto(start)
        page.locator("form.lang button").first.click()
        for name in (name for name in BUSY if name in found):
            page.goto(found[name])
            wrong += look(page, f"{role}-{name}", "en", flip=True)
        page.locator("form.lang button").first.click()
    assert not wrong, "\n" + "\n".join(wrong)
    assert len(found) > (40 if role == "owner" else 7), sorted(found)
