"""The Service Layer of SAP Business One (v2): one session, its pages, and what its refusals mean.

A login takes a seat, so it is given back; a session that was lost is renewed once; a wrong password is tried exactly
once. Both cookies of a login (B1SESSION and ROUTEID) go with every question, or another node answers that nobody is
logged in. The texts of refusals are never passed on.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from connectors import https
from connectors.base import ConnectorError, Need
from connectors.http_session import HttpSession
from connectors.questions import Question
from connectors.statements import HERE

BASE = "/b1s/v2"
MOST_PAGES = 1000
YES = "tYES"

_SAFE = "(),/:$'=&"
_PROPERTY = re.compile(r"[Pp]roperty '?(\w{1,80})'?")
_RIGHT = re.compile(r"permission|permitted|authori[sz]", re.IGNORECASE)
_ABSENT = re.compile(r"unrecognized resource|resource not found|invalid resource", re.IGNORECASE)
# What a login that failed says -> what it means; the first that fits.
_REFUSALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("unknown_database", re.compile(r"\bSLD\b|company ?DB|database|no such company", re.IGNORECASE)),
    ("login_blocked", re.compile(r"locked|expired|inactive", re.IGNORECASE)),
    ("too_many_connections", re.compile(r"licen[sc]e|maximum|too many", re.IGNORECASE)),
    ("wrong_password", re.compile(r"password|login|credential", re.IGNORECASE)),
)
# Codes of the Service Layer -> what they mean. 702, 703: its list of what may be asked; -2039: changed meanwhile.
_CODES = {"702": "missing_right", "703": "missing_right", "-2039": "lock_timeout"}


@dataclass(frozen=True, kw_only=True)
class Reading(Question):
    """A question to the Service Layer; its further parts are explained in the data file."""

    service: bool = False
    joined: bool = False
    expand: str = ""
    body: str = ""

    def options(self, values: Mapping[str, str]) -> str:
        """The query of an address, not quoted yet."""
        parts = {
            "$select": "" if self.expand else ",".join(self.columns),
            "$expand": self.expand,
            "$filter": str(self.where or "").format_map(values),
            "$orderby": self.order or "",
        }
        return "&".join(f"{name}={value}" for name, value in parts.items() if value)


def load() -> dict[str, Reading]:
    """All questions by name, in the file's order."""
    with (HERE / "sap_b1.toml").open("rb") as source:
        entries = tomllib.load(source)
    return {name: Reading(name=name, **{**one, "columns": tuple(one["columns"])}) for name, one in entries.items()}


QUESTIONS = load()


class Layer(HttpSession):
    """One session with one company. `zone` is how far the server's records are ahead of UTC."""

    def __init__(self, web: https.Web, company: str, user: str, password: str, zone: timedelta) -> None:
        super().__init__(web)
        self.company = company
        self.user = user
        self.password = password
        self.zone = zone
        self.cookies: dict[str, str] = {}
        self._version: str | None = None
        self._renewed = False

    def log_in(self) -> None:
        """Log in, once. Raises ConnectorError wrong_password, login_blocked, unknown_database."""
        self.cookies = {}
        asked = {"CompanyDB": self.company, "UserName": self.user, "Password": self.password}
        answer = self._send("POST", f"{BASE}/Login", asked, {})
        if answer.status != 200:
            raise self._refused(answer)
        found = https.decoded(answer.body)
        if "B1SESSION" not in self.cookies:
            raise ConnectorError("bad_answer", {"what": "B1SESSION"})
        self._version = str(found["Version"]) if isinstance(found, dict) and found.get("Version") else None

    def _refused(self, answer: https.Answer) -> ConnectorError:
        if answer.status not in (400, 401, 403, 500):
            return _status(answer.status)
        _, text = _said(answer.body)
        fallback = "wrong_password" if answer.status in (401, 403) else "bad_answer"
        reason = next((reason for reason, pattern in _REFUSALS if pattern.search(text)), fallback)
        if reason == "unknown_database":
            return ConnectorError(reason, {"database": self.company})
        return ConnectorError(reason, {"what": "Login"} if reason == "bad_answer" else {})

    def log_out(self) -> None:
        """Give the seat back."""
        self._send("POST", f"{BASE}/Logout", None, {})

    def ping(self) -> None:
        self.rows(QUESTIONS["version"])

    def version(self) -> str | None:
        return self._version

    def check(self, need: Need) -> None:
        self.rows(question_of(need), key=0, cap=0)

    def known(self, model: str, names: Sequence[str]) -> frozenset[str]:
        """What is left of these properties when those that are refused are taken away one by one."""
        left = replace(next(one for one in QUESTIONS.values() if one.of == model), columns=tuple(names), where=None)
        for _ in names:
            try:
                self.rows(left, cap=0)
            except ConnectorError as error:
                name = error.params.get("column")
                if error.reason != "missing_column" or name not in left.columns:
                    raise
                left = replace(left, columns=tuple(column for column in left.columns if column != name))
            else:
                break
        return frozenset(left.columns)

    def writable(self, models: Sequence[str]) -> list[str]:
        """How this user could write: as superuser, or by authorisations with full access."""
        rows, _ = self.rows(QUESTIONS["own_permissions"])
        if not rows:
            raise ConnectorError("missing_right", {"table": "Users"}, right="读取 Users")
        held = [one for one in rows[0]["UserPermission"] or [] if one.get("Permission") == "boper_Full"]
        full = sorted(str(one.get("PermissionID")) for one in held)
        return (["Superuser"] if rows[0]["Superuser"] == YES else []) + full[:20]

    def sample(self, question: Question) -> None:
        self.rows(QUESTIONS[question.name])

    # Asking.

    def rows(
        self, question: Reading, key: int | None = None, cap: int | None = None
    ) -> tuple[list[dict[str, Any]], bool]:
        """The records of a question, and whether there are more. Raises ConnectorError naming entity or property.

        `key`: the record that a function with a `body` is asked about.
        """
        most = question.cap if cap is None else cap
        found: list[dict[str, Any]] = []
        skipped, follows = 0, -1
        for _ in range(MOST_PAGES):
            answer = self._page(question, skipped, key, min(question.page, most + 1))
            page, follows = _records(answer, question)
            found += page
            # A chain of pages that does not lead on would never end.
            if follows <= skipped or len(found) > most:
                break
            skipped = follows
        return found[:most], len(found) > most or follows >= 0

    def _page(self, question: Reading, skipped: int, key: int | None, size: int) -> Any:
        """One page as it was answered. Raises ConnectorError."""
        options = question.options(self._values()) + (f"&$skip={skipped}" if skipped else "")
        headers = {"Prefer": f"odata.maxpagesize={size}"}
        if question.joined:
            payload = {"QueryPath": question.of, "QueryOption": options}
            return self.call("POST", f"{BASE}/QueryService_PostQuery", payload, headers, question)
        if question.service:
            asked = {question.body: {"AbsoluteEntry": key}} if question.body else None
            return self.call("POST", f"{BASE}/{question.of}", asked, headers, question)
        return self.call("GET", f"{BASE}/{question.of}?{quote(options, safe=_SAFE)}", None, headers, question)

    def call(self, method: str, path: str, payload: Any, headers: Mapping[str, str], question: Question) -> Any:
        """The answer to one question; a session that was lost is renewed, once. Raises ConnectorError."""
        answer = self._send(method, path, payload, headers)
        if answer.status == 401 and not self._renewed:
            self._renewed = True
            self.log_in()
            answer = self._send(method, path, payload, headers)
        if answer.status == 401:
            raise ConnectorError("connection_lost")
        if answer.status != 200:
            raise _meaning(answer, question)
        return https.decoded(answer.body)

    def _values(self) -> dict[str, str]:
        today = self.now_there().date()
        days = {name: str(today - timedelta(days=back)) for name, back in (("day", 0), ("old", 60), ("past", 90))}
        return {**days, "user": self.user.replace("'", "''")}

    def now_there(self) -> datetime:
        """This moment by the server's own clock, as its records write it: without a zone."""
        ahead = timedelta(seconds=(self.answered.clock_ahead_s if self.answered else None) or 0)
        return (datetime.now(UTC) + ahead + self.zone).replace(tzinfo=None)

    def age_s(self, day: Any, time: Any = None) -> int | None:
        """Whole seconds from a day (and a time of day) in a record until now, by the server's clock; None stays None.

        Raises ValueError.
        """
        if not day:
            return None
        clock = str(time or "00:00:00")
        then = datetime.fromisoformat(f"{str(day)[:10]}T{clock if clock.count(':') == 2 else clock + ':00'}")
        return round((self.now_there() - then).total_seconds())

    def _send(self, method: str, path: str, payload: Any, headers: Mapping[str, str]) -> https.Answer:
        head = {"Accept": "application/json", **headers}
        if payload is not None:
            head["Content-Type"] = "application/json"
        if self.cookies:
            head["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.send(method, path, None if payload is None else json.dumps(payload), head)
        for line in answer.cookies:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        return answer


def question_of(need: Need) -> Reading:
    """The question that a need belongs to."""
    return next(one for one in QUESTIONS.values() if one.need == need)


def _records(answer: Any, question: Question) -> tuple[list[dict[str, Any]], int]:
    """The records of a page, and where the next one begins; -1 when there is none. Raises ConnectorError bad_answer."""
    page = answer.get("value", [answer]) if isinstance(answer, dict) else None
    if not isinstance(page, list) or not all(isinstance(one, dict) for one in page):
        raise ConnectorError("bad_answer", {"what": question.of})
    missing = next((name for name in question.columns if page and name not in page[0]), None)
    if missing:
        raise ConnectorError("missing_column", {"table": question.of, "column": missing})
    link = answer.get("@odata.nextLink") or answer.get("odata.nextLink")
    return page, _skip(str(link)) if link else -1


def _skip(link: str) -> int:
    """Where the page of a link begins; 0, which leads nowhere new, when it does not say."""
    found = parse_qs(urlsplit(link).query).get("$skip", ["0"])[0]
    return int(found) if found.isascii() and found.isdigit() else 0


def _said(body: bytes) -> tuple[str, str]:
    """The code and the text of a refusal; both empty when it is none of the Service Layer's."""
    try:
        error = json.loads(body)["error"]
        text = error.get("message", "")
        return str(error.get("code", "")), str(text.get("value", "") if isinstance(text, dict) else text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""


def _meaning(answer: https.Answer, question: Question) -> ConnectorError:
    code, text = _said(answer.body)
    reason = _CODES.get(code)
    column = _PROPERTY.search(text)
    if reason is None and (answer.status == 403 or _RIGHT.search(text)):
        reason = "missing_right"
    if reason is None and column and answer.status == 400:
        return ConnectorError("missing_column", {"table": question.of, "column": column[1]})
    if reason is None and (answer.status in (404, 501) or _ABSENT.search(text)):
        reason = "missing_table"
    if reason == "missing_right":
        return ConnectorError(reason, {"table": question.of}, right=f"读取 {question.of}")
    return ConnectorError(reason, {"table": question.of}) if reason else _status(answer.status)


def _status(status: int) -> ConnectorError:
    if status in (502, 503, 504):
        return ConnectorError("out_of_service", {"status": status})
    return ConnectorError("lock_timeout" if status == 412 else "bad_answer", {"what": f"HTTP {status}"})
