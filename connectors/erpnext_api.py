"""Frappe's REST: a token of key and secret, documents by their type in pages, errors by their status."""

import json
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from connectors import https
from connectors.base import ConnectorError, Need
from connectors.http_session import HttpSession
from connectors.questions import Question, bound, called

VERSIONS = "frappe.utils.change_log.get_versions"
WHO = "frappe.auth.get_logged_user"
MAY = "frappe.client.has_permission"
LIMITS = "frappe.core.doctype.user_permission.user_permission.get_user_permissions"

# A user that is limited to some companies sees all of theirs; every other limit hides records of what is read.
_HARMLESS = frozenset({"Company"})
# What no User Permission is about.
_OF_THE_SITE = frozenset(
    {"User", "Has Role", "Company", "Scheduled Job Type", "Scheduled Job Log", "RQ Job", "Installed Application",
     "Error Log", "Activity Log", "Integration Request", "Email Queue"}
)  # fmt: skip

# A column that is not there ends as a validation error or, from the database below, as a server error.
_PERHAPS_A_COLUMN = (417, 500)


class FrappeSession(HttpSession):
    """The user of one key, on one site."""

    def __init__(self, web: https.Web, key: str, secret: str, zone: tzinfo, questions: Mapping[str, Question]) -> None:
        super().__init__(web)
        # Child tables are read through the document type that they belong to.
        self._within = {question.of: question.within for question in questions.values() if question.within}
        self.zone = zone
        self._head = {"Authorization": f"token {key}:{secret}".encode().decode("latin-1"), "Accept": "application/json"}
        self._columns: dict[str, frozenset[str]] = {}
        self._limits: tuple[str, ...] | None = None

    def log_in(self) -> None:
        """Ask once who the key belongs to. Raises ConnectorError wrong_password."""
        answer = self._get(f"/api/method/{WHO}", {})
        if answer.status in (401, 403):
            raise ConnectorError("wrong_password")
        if answer.status == 404:
            raise ConnectorError("wrong_protocol", {"host": self.web.address.host, "port": self.web.address.port})
        if _message(answer) in (None, "Guest"):
            raise ConnectorError("wrong_password")

    def ping(self) -> None:
        self.method(WHO, {})

    def version(self) -> str | None:
        try:
            found = self.method(VERSIONS, {})
        except ConnectorError as error:
            if error.reason in ("missing_right", "missing_table", "bad_answer"):
                return None
            raise
        apps = {name: part.get("version") for name, part in found.items()} if isinstance(found, dict) else {}
        told = apps.get("erpnext") or apps.get("frappe")
        return str(told) if told else None

    def method(self, name: str, query: Mapping[str, str]) -> Any:
        """The answer of a reading method. Raises ConnectorError."""
        answer = self._get(f"/api/method/{name}", query)
        if answer.status != 200:
            raise _wrong(answer, name)
        return _message(answer)

    def rows(self, question: Question, values: Mapping[str, Any] | None = None) -> tuple[list[dict[str, Any]], bool]:
        """Rows with the question's columns by their first names, and whether there are more than its cap."""
        self.require_sight(question.of)
        names = self._names(question)
        query = {
            "fields": _json(sorted(names)),
            "filters": _json(bound(question.where or [], values or {})),
            **({"order_by": question.order} if question.order else {}),
            **self._through(question.of),
        }
        found: list[dict[str, Any]] = []
        while len(found) <= question.cap:
            size = min(question.page, question.cap + 1 - len(found))
            page = self._page(question.of, {**query, "limit_start": str(len(found)), "limit_page_length": str(size)})
            found += page
            if len(page) < size:
                break
        rows = [{column.partition("|")[0]: row.get(name) for name, column in names.items()} for row in found]
        return rows[: question.cap], len(rows) > question.cap

    def check(self, need: Need) -> None:
        """The columns and the right, by asking for one row."""
        known = self.known(need.table, need.columns)
        _all_known(need.table, need.columns, known)
        self.require_sight(need.table)

    def require_sight(self, model: str) -> None:
        """Raise ConnectorError missing_right where a User Permission hides records from this user."""
        if model in _OF_THE_SITE:
            return
        if self._limits is None:
            self._limits = self._limited_to()
        if self._limits:
            right = f"no User Permission for this user (now limited by {', '.join(self._limits)})"
            raise ConnectorError("missing_right", {"table": model}, right=right)

    def _limited_to(self) -> tuple[str, ...]:
        """The document types by which this user is limited; none where the site does not say."""
        try:
            found = self.method(LIMITS, {})
        except ConnectorError as error:
            if error.reason in ("missing_right", "missing_table", "bad_answer"):
                return ()
            raise
        return tuple(sorted(set(found) - _HARMLESS)) if isinstance(found, dict) else ()

    def known(self, model: str, names: Sequence[str]) -> frozenset[str]:
        """The columns that can be asked for: all at once, one by one where that fails. Raises ConnectorError."""
        wanted = {name for column in names for name in column.split("|")}
        before = self._columns.get(model, frozenset())
        if not wanted <= before:
            fresh = wanted - before
            all_there = self._can_ask(model, sorted(fresh))
            known = fresh if all_there else {name for name in fresh if self._can_ask(model, [name])}
            self._columns[model] = before | known
        return self._columns[model]

    def sample(self, question: Question) -> None:
        self._page(question.of, {"fields": '["name"]', "limit_start": "0", "limit_page_length": str(question.page)})

    def writable(self, models: Sequence[str]) -> list[str]:
        return [model for model in models if any(self._may(model, what) for what in ("write", "create", "delete"))]

    def _may(self, model: str, what: str) -> bool:
        try:
            found = self.method(MAY, {"doctype": model, "docname": "", "perm_type": what})
        except ConnectorError as error:
            if error.reason in ("missing_right", "missing_table"):
                return False
            raise
        return isinstance(found, dict) and bool(found.get("has_permission"))

    def _names(self, question: Question) -> dict[str, str]:
        """Name there -> column here. Raises ConnectorError missing_column."""
        known = self.known(question.of, (*question.columns, *question.extra))
        _all_known(question.of, question.columns, known)
        return {name: column for column in (*question.columns, *question.extra) if (name := called(column, known))}

    def _can_ask(self, model: str, names: Sequence[str]) -> bool:
        query = {"fields": _json(list(names)), "limit_start": "0", "limit_page_length": "1", **self._through(model)}
        answer = self._get(f"/api/resource/{quote(model)}", query)
        if answer.status in _PERHAPS_A_COLUMN and names != ["name"] and self._can_ask(model, ["name"]):
            return False
        if answer.status != 200:
            raise _wrong(answer, model)
        return True

    def _page(self, model: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        answer = self._get(f"/api/resource/{quote(model)}", query)
        if answer.status != 200:
            raise _wrong(answer, model)
        found = https.decoded(answer.body)
        rows = found.get("data") if isinstance(found, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ConnectorError("bad_answer", {"what": model})
        return rows

    def _through(self, model: str) -> dict[str, str]:
        return {"parent": self._within[model]} if model in self._within else {}

    def _get(self, path: str, query: Mapping[str, str]) -> https.Answer:
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path, headers=self._head)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _message(answer: https.Answer) -> Any:
    found = https.decoded(answer.body) if answer.status == 200 else None
    return found.get("message") if isinstance(found, dict) else None


def _all_known(model: str, columns: Sequence[str], known: frozenset[str]) -> None:
    missing = next((column for column in columns if not called(column, known)), None)
    if missing:
        right = f"a role that may see the field {missing} of {model}"
        raise ConnectorError("missing_column", {"table": model, "column": missing}, right=right)


def _wrong(answer: https.Answer, model: str) -> ConnectorError:
    """What a status means once the key was accepted."""
    if answer.status == 401:
        return ConnectorError("connection_lost")
    if answer.status == 403:
        return ConnectorError("missing_right", {"table": model}, right=f"a role that may read {model}")
    if answer.status == 404:
        return ConnectorError("missing_table", {"table": model})
    return ConnectorError("bad_answer", {"what": f"HTTP {answer.status}"})
