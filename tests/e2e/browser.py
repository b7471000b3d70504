"""A browser that writes down what went wrong in it, and pages that are looked at."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect

from tests.conftest import ROOT
from tests.e2e.installation import Account, Desk

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
SCREENS = ROOT / "var" / "screens"
NARROW, WIDE = ViewportSize(width=360, height=780), ViewportSize(width=1440, height=900)
LOOKING = Path(__file__).with_name("looking.js").read_text(encoding="utf-8")
WIDER = """() => {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const scrolls = (node) => node && (getComputedStyle(node).overflowX !== "visible" || scrolls(node.parentElement));
  const over = [...document.querySelectorAll("main *")].filter(
    (node) => node.getBoundingClientRect().right > innerWidth + 1 && !scrolls(node.parentElement));
  const names = over.slice(0, 6).map((node) => `${node.tagName}.${node.className} “${node.textContent.slice(0, 30)}”`);
  return [`${document.documentElement.scrollWidth} px wide in ${innerWidth}: ${names.join(", ")}`];
}"""
HTML_LANG = {"zh": "zh-Hans", "en": "en"}
# An English word or two may stand in a Chinese page (SQL Server, RTO); three in a row are a sentence somebody forgot.
ENGLISH = re.compile(r"\b[A-Za-z][a-z']+ [a-z']{2,} [a-z']{2,}\b")
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{chinese}</dir><dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir>
  <match target="pattern"><test name="family" compare="not_eq"><string>monospace</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Noto Sans SC</string></edit></match>
</fontconfig>
"""


@dataclass
class Watch:
    """What the browser complained about while somebody walked: console, failed requests, broken policy."""

    complaints: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of this context."""
        context.on("console", lambda said: self._said(said.type, said.text, said.location.get("url", "")))
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on(
            "response",
            lambda answer: self.complaints.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )
        context.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))

    def _said(self, kind: str, text: str, url: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"console {kind}: {text} ({url})")

    def _failed(self, url: str, why: str) -> None:
        if "ERR_ABORTED" not in why:  # A refresh that the next click overtook, a download that left the page alone.
            self.complaints.append(f"failed: {url} {why}")


def launch(playwright: Playwright, folder: Path) -> Browser:
    """Debian's Chromium, with the Chinese face that the papers use."""
    found = find_spec("pylopdf_fonts_zh_cn")
    assert found is not None
    assert found.submodule_search_locations
    fonts = folder / "fonts.conf"
    fonts.write_text(FONTS.format(chinese=found.submodule_search_locations[0], cache=folder / "fontcache"))
    return playwright.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=FLAGS,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "FONTCONFIG_FILE": str(fonts)},
    )


@contextmanager
def window(browser: Browser, desk: Desk, *, lang: str = "zh-CN", width: int = 1440) -> Iterator[tuple[Page, Watch]]:
    """A fresh browser window at the desk; whatever it complained about fails the walk at its end."""
    watch = Watch()
    with browser.new_context(base_url=desk.url, locale=lang, viewport={"width": width, "height": 900}) as context:
        context.set_default_timeout(10_000)
        watch.over(context)
        yield context.new_page(), watch
    assert watch.complaints == []


def sign_in(page: Page, who: Account) -> None:
    """As a person does: the address, the password, Enter."""
    page.goto("/sign-in")
    page.locator("#email").fill(who.email)
    page.locator("#password").fill(who.password)
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_have_count(0)


def sign_out(page: Page) -> None:
    """Through the menu of the account."""
    page.locator("details.menu > summary .avatar").click()
    page.locator("form[action$='/sign-out'] button").click()
    expect(page.locator("#password")).to_be_visible()


def shot(page: Page, name: str) -> None:
    """Keep a picture of the page as it stands, for people to look at; where nobody does (CI=true), none is taken."""
    if os.environ.get("CI") == "true":
        return
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True, animations="disabled")


def faults(page: Page, lang: str) -> list[str]:
    """What is wrong with this page at this width, in sentences."""
    found: list[str] = page.evaluate(LOOKING, HTML_LANG[lang])
    wide: list[str] = page.evaluate(WIDER)
    return found + wide


def english(page: Page) -> list[str]:
    """English sentences that a reader of Chinese sees; what is marked as English or as code may be."""
    texts: list[str] = page.evaluate(
        """() => { const found = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let text; (text = walk.nextNode()); ) if (text.textContent.trim() && text.parentElement.checkVisibility()
          && !text.parentElement.closest("[lang=en],code,pre,kbd,script,style,textarea"))
            found.push(text.textContent.trim());
        return found; }"""
    )
    return [text for text in texts if ENGLISH.search(text)]
