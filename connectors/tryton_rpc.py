"""Tryton's JSON-RPC: one session on one database, its values and its errors."""

import base64
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors import https
from connectors.base import ConnectorError, Need

CAP = 5000
VERSION = "common.server.version"

_TAGGED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "date": lambda data: date(data["year"], data["month"], data["day"]),
    "datetime": lambda data: datetime(
        data["year"], data["month"], data["day"], data["hour"], data["minute"], data["second"], tzinfo=UTC
    ),
    "Decimal": lambda data: Decimal(data["decimal"]),
}


class Rpc:
    """A session on one database. `connect_ms` is the time from dialling to being logged in."""

    def __init__(self, web: https.Web, database: str, user: str) -> None:
        self.web = web
        self.path = f"/{quote(database, safe='')}/rpc/"
        self.database = database
        self.user = user
        self.headers: dict[str, str] = {}
        self.connect_ms = 0.0

    def log_in(self, password: str) -> None:
        """Log in, once. Raises ConnectorError wrong_password, unknown_database, rate_limited."""
        try:
            found = self._call(self.path, "common.db.login", [self.user, {"password": password}, "en"])
        except ConnectorError as error:
            # Before the login there is no statement to time out; the server as a whole is silent.
            if error.reason == "statement_timeout":
                raise ConnectorError("silent_server", error.params) from None
            raise
        token = base64.b64encode(f"{self.user}:{found[0]}:{found[1]}".encode()).decode()
        self.headers = {"Authorization": f"Session {token}"}

    def log_out(self) -> None:
        """Give the session back."""
        self._call(self.path, "common.db.logout", [])

    def version(self) -> str:
        """The server's series, such as 8.2; needs no login."""
        return str(self._call("/rpc/", VERSION, []))

    def search(
        self, need: Need, domain: Sequence[Any], *, order: str | None = None, context: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Rows of a model with the declared fields, at most `CAP` + 1. Raises ConnectorError naming model or field."""
        ordered = [[order, "ASC"]] if order else None
        params = [list(domain), 0, CAP + 1, ordered, list(need.columns), context or {}]
        found: list[dict[str, Any]] = self.call(need, "search_read", params)
        return found

    def call(self, need: Need, method: str, params: list[Any]) -> Any:
        """Call a method of the need's model. Raises ConnectorError naming the model or field that is missing."""
        try:
            return self._call(self.path, f"model.{need.table}.{method}", params)
        except ConnectorError as error:
            raise self._named(error, need) from None

    def _call(self, path: str, method: str, params: list[Any]) -> Any:
        status, body = self.web.post(path, {"id": 1, "method": method, "params": params}, self.headers)
        if status != 200:
            raise self._refused(status, method)
        answer = https.decoded(body)
        if not isinstance(answer, dict) or "result" not in answer:
            raise ConnectorError("bad_answer", {"what": _key(answer)})
        return untagged(answer["result"])

    def _refused(self, status: int, method: str) -> ConnectorError:
        if status == 401:
            # After the login it means that the session was ended there, which is no word about the password.
            return ConnectorError("wrong_password" if method == "common.db.login" else "connection_lost")
        if status == 404:
            return ConnectorError("unknown_database", {"database": self.database})
        reason = {403: "missing_right", 429: "rate_limited"}.get(status, "bad_answer")
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
