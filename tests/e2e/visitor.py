"""Somebody with a browser and patience: asks again for a page that did not come, and presses nothing blindly twice."""

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Visitor:
    """One person's browser at the desk."""

    def __init__(self, address: str, *, patience: float = 45) -> None:
        self.address, self.patience = address, patience
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def see(self, path: str) -> str:
        """The page, however often it takes. Raises what the last attempt raised when patience runs out."""
        return self._until(lambda: self._open(path))

    def press(self, path: str, fields: Mapping[str, str], *, on: str, done: Callable[[str], bool]) -> None:
        """Send a form of the page `on`; when the answer is lost, look at the page first whether it was done."""

        def act() -> str:
            page = self._open(on)
            if not done(page):
                token = TOKEN.search(page)
                assert token is not None, f"{on} has no form"
                self._send(path, {"csrf_token": token[1], **fields}, lambda: done(self._open(on)))
            return page

        self._until(act)

    def _send(self, path: str, fields: Mapping[str, str], is_done: Callable[[], bool]) -> None:
        """Send it; a refusal is none when what was asked for stands by now, as the form before it came late."""
        try:
            self._open(path, fields)
        except urllib.error.HTTPError as error:
            if error.code >= 500 or not is_done():
                raise
            error.close()

    def _until(self, act: Callable[[], str]) -> str:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return act()
            except urllib.error.HTTPError as error:
                error.close()
                if error.code < 500 or time.monotonic() > deadline:
                    raise
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.3)

    def _open(self, path: str, fields: Mapping[str, str] | None = None) -> str:
        data = urlencode(fields).encode() if fields is not None else None
        headers = {"Referer": self.address + "/", "Accept-Language": "zh-CN"}
        request = urllib.request.Request(urljoin(self.address, path), data, headers)
        with self.opener.open(request, timeout=15) as answer:
            return str(answer.read().decode())


def sign_in(visitor: Visitor, email: str, password: str) -> None:
    """As a person does."""
    visitor.press(
        "/sign-in", {"email": email, "password": password}, on="/sign-in", done=lambda page: 'id="password"' not in page
    )
