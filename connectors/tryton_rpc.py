"""Tryton's JSON-RPC: one session on one database, its values and its errors."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors import https
from connectors.base import ConnectorError, Need
from connectors.http_session import HttpSession
from connectors.questions import Question, bound
from connectors.zones import CHINA

LOGIN = "common.db.login"
VERSION = "common.server.version"
ACCESS = Need(table="ir.model.access", columns=())

_TAGGED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "date": lambda data: date(data["year"], data["month"], data["day"]),
    "datetime": lambda data: datetime(
        data["year"], data["month"], data["day"], data["hour"], data["minute"], data["second"], tzinfo=UTC
    ),
    "Decimal": lambda data: Decimal(data["decimal"]),
}


class Rpc(HttpSession):
    """A session on one database, whose books are kept by the calendar of `zone`."""

    def __init__(self, web: https.Web, database: str, user: str, password: str = "", zone: tzinfo = CHINA) -> None:
        super().__init__(web)
        self.zone = zone
        self.path = f"/{quote(database, safe='')}/rpc/"
        self.database = database
        self.user = user
        self._password = password
        self.headers: dict[str, str] = {}
        self._columns: dict[str, frozenset[str]] = {}

    def log_in(self) -> None:
        """Log in, once. Raises ConnectorError wrong_password, unknown_database, rate_limited."""
        found = self._call(self.path, LOGIN, [self.user, {"password": self._password}, "en"])
        if not isinstance(found, list) or len(found) < 2:
            raise ConnectorError("bad_answer", {"what": "login"})
        token = base64.b64encode(f"{self.user}:{found[0]}:{found[1]}".encode()).decode()
        self.headers = {"Authorization": f"Session {token}"}

    def log_out(self) -> None:
        """Give the session back."""
        self._call(self.path, "common.db.logout", [])

    def version(self) -> str:
        """The server's series, such as 8.2; needs no login."""
        return str(self._call("/rpc/", VERSION, []))

    def ping(self) -> None:
        """Ask who we are: our own preferences, with the fewest fields."""
        self._call(self.path, "model.res.user.get_preferences", [True, {}])

    def known(self, model: str, names: Sequence[str]) -> frozenset[str]:
        """The columns that are there, by the model's own description; a linked one by the field that links."""
        if model not in self._columns:
            found = self.call(Need(table=model, columns=()), "fields_get", [[], 0, {}])
            self._columns[model] = frozenset(found)
        heads = self._columns[model]
        return frozenset(name for name in names if name.partition(".")[0] in heads)

    def check(self, need: Need) -> None:
        """The fields by the model's own description, the right by counting."""
        known = self.known(need.table, need.columns)
        missing = next((name for name in need.columns if name not in known), None)
        if missing:
            raise ConnectorError("missing_column", {"table": need.table, "column": missing.partition(".")[0]})
        self.call(need, "search_count", [[], 0, 1, {}])

    def sample(self, question: Question) -> None:
        """Count the rows of the model."""
        self.call(question.need, "search_count", [[], 0, None, {}])

    def writable(self, models: Sequence[str]) -> list[str]:
        """The models that this user may write, create or delete in."""
        access = self.call(ACCESS, "get_access", [sorted(models), {}])
        return [name for name, may in access.items() if may["write"] or may["create"] or may["delete"]]

    def rows(
        self, question: Question, values: Mapping[str, Any] | None = None, *, context: dict[str, Any] | None = None
    ) -> tuple[list[dict[str, Any]], bool]:
        """Rows with the question's columns, and whether there are more than its cap. Raises ConnectorError."""
        ordered = [[question.order, "ASC"]] if question.order else None
        domain = bound(question.where or [], values or {})
        params = [domain, 0, question.cap + 1, ordered, list(question.columns), context or {}]
        found = self.call(question.need, "search_read", params)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise ConnectorError("bad_answer", {"what": question.of})
        return found[: question.cap], len(found) > question.cap

    def call(self, need: Need, method: str, params: list[Any]) -> Any:
        """Call a method of the need's model. Raises ConnectorError naming the model or field that is missing."""
        try:
            return self._call(self.path, f"model.{need.table}.{method}", params)
        except ConnectorError as error:
            raise self._named(error, need) from None

    def _call(self, path: str, method: str, params: list[Any]) -> Any:
        asked = json.dumps({"id": 1, "method": method, "params": params})
        answered = self.send("POST", path, asked, {"Content-Type": "application/json", **self.headers})
        if answered.status != 200:
            raise self._refused(answered.status, method)
        answer = https.decoded(answered.body)
        if not isinstance(answer, dict) or "result" not in answer:
            raise ConnectorError("bad_answer", {"what": _key(answer)})
        return untagged(answer["result"])

    def _refused(self, status: int, method: str) -> ConnectorError:
        if status == 401:
            # After the login it means that the session was ended there, which is no word about the password.
            return ConnectorError("wrong_password" if method == LOGIN else "connection_lost")
        if status == 404:
            return ConnectorError("unknown_database", {"database": self.database})
        reason = {403: "missing_right"}.get(status, "bad_answer")
        return ConnectorError(reason, {"what": f"HTTP {status}"})

    def _named(self, error: ConnectorError, need: Need) -> ConnectorError:
        if error.reason == "missing_right":
            right = f"read access to the model {need.table}"
            return ConnectorError(error.reason, {"table": need.table}, right=right)
        what = error.params.get("what")
        if what == "UserError":
            # The only thing a user can be told about while reading is that it may not.
            return self._named(ConnectorError("missing_right"), need)
        if error.reason == "bad_answer" and what == need.table:
            return ConnectorError("missing_table", {"table": need.table, "database": self.database})
        if error.reason == "bad_answer" and what in {part for column in need.columns for part in column.split(".")}:
            return ConnectorError("missing_column", {"table": need.table, "column": what})
        return error


def untagged(value: Any) -> Any:
    """Tryton's JSON with its dates, moments (UTC) and decimals as values."""
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if isinstance(value, dict):
        tag = _TAGGED.get(str(value.get("__class__")))
        return tag(value) if tag else {key: untagged(item) for key, item in value.items()}
    return value


def _key(answer: Any) -> str:
    """The bare name that an error of the server is about; its text is not passed on."""
    error = answer.get("error") if isinstance(answer, dict) else None
    found = re.fullmatch(r"['\"]?([\w.]{1,80})['\"]?", str(error[0])) if isinstance(error, list) and error else None
    return found[1] if found else "error"
