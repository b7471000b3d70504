"""Odoo's two dialects: JSON-2 with a bearer key (19 and later), XML-RPC with login and key or password (before).

Both call methods of models with named arguments; only the envelope and the errors differ. Texts of errors are looked
at and never passed on.
"""

import json
import re
import xmlrpc.client
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any
from urllib.parse import quote
from xml.parsers.expat import ExpatError

from connectors import https
from connectors.base import ConnectorError, Need
from connectors.http_session import HttpSession
from connectors.questions import Question, bound, called, load

# XML-RPC faults: access denied (the login), access error (a right).
_DENIED, _REFUSED = 3, 4
RULES = load("odoo")
_NO_DATABASE = re.compile(r'database "[^"]*" does not exist|FATAL:\s+database', re.IGNORECASE)
_NO_MODEL = re.compile(r"doesn't exist|does not exist|KeyError|not found", re.IGNORECASE)
# A rule that asks who is looking; one that asks for the companies alone hides nothing of the companies that are read.
_PERSONAL = re.compile(r"\buser\.(?!company_ids?\b)")
_NO_FIELD = re.compile(r"invalid field ['\"]?([\w.]{1,80})", re.IGNORECASE)


class OdooSession(HttpSession):
    """One user of one database; its books go by the calendar of `zone`. `call` is what the dialects differ in."""

    def __init__(self, web: https.Web, database: str, user: str, password: str, zone: tzinfo) -> None:
        super().__init__(web)
        self.zone = zone
        self.database = database
        self.user = user
        self._password = password
        self._columns: dict[str, frozenset[str]] = {}
        self._hiding: dict[str, str | None] = {}

    @abstractmethod
    def call(self, model: str, method: str, **named: Any) -> Any:
        """Call a method of a model with named arguments. Raises ConnectorError naming what is missing."""

    @abstractmethod
    def may(self, model: str, operation: str) -> bool:
        """Whether this user may do that to the model as a whole."""

    @abstractmethod
    def sums(self, question: Question, values: Mapping[str, Any], most: bool) -> list[tuple[Any, Any]]:
        """The entries with the largest (or smallest) sum of balances: (id and name, sum)."""

    @abstractmethod
    def total(self, question: Question, values: Mapping[str, Any], column: str) -> Any:
        """The sum of a column over everything that a question finds."""

    def ping(self) -> None:
        self.call("res.users", "context_get")

    def known(self, model: str, names: Sequence[str] = ()) -> frozenset[str]:
        """The fields of a model that this user may know of; asked once."""
        if model not in self._columns:
            found = self.call(model, "fields_get", attributes=["type"])
            if not isinstance(found, dict):
                raise ConnectorError("bad_answer", {"what": "fields_get"})
            self._columns[model] = frozenset(found)
        return self._columns[model]

    def check(self, need: Need) -> None:
        """The fields by the model's own description, the right by counting."""
        self._names(need.table, need.columns, self.known(need.table))
        self.call(need.table, "search_count", domain=[["id", "<", 0]])
        self.require_sight(need.table)

    def require_sight(self, model: str) -> None:
        """Raise ConnectorError missing_right where a record rule hides records of the model from this user."""
        if model.startswith(("ir.", "res.")) and model != "res.partner":
            return
        if model not in self._hiding:
            self._hiding[model] = self._hidden_by(model)
        if rule := self._hiding[model]:
            right = f"all records of the model {model} (the record rule {rule} hides some)"
            raise ConnectorError("missing_right", {"table": model}, right=right)

    def _hidden_by(self, model: str) -> str | None:
        """The name of the rule; None where there is none, or where this user may not see the rules.

        Rules for everybody add up; of those for groups one that lets all through is enough.
        """
        try:
            rules, _ = self.rows(RULES["rules"], {"model": model})
            ours, _ = self.rows(RULES["ourselves"], {"login": self.user})
        except ConnectorError as error:
            if error.reason in ("missing_right", "missing_table", "missing_column"):
                return None
            raise
        held = {group for row in ours for group in row["groups_id"] or ()}
        personal = {row["id"]: bool(_PERSONAL.search(str(row["domain_force"]))) for row in rules}
        common = [row for row in rules if not row["groups"] and personal[row["id"]]]
        special = [row for row in rules if held & set(row["groups"] or ())]
        narrow = special if all(personal[row["id"]] for row in special) else []
        return next((str(row["name"]) for row in [*common, *narrow]), None)

    def sample(self, question: Question) -> None:
        self.call(question.of, "search_count", domain=[])

    def rows(
        self, question: Question, values: Mapping[str, Any] | None = None, company: int | None = None
    ) -> tuple[list[dict[str, Any]], bool]:
        """Rows with the question's columns by their first names, and whether there are more than its cap.

        `company`: through whose eyes, where a field has a value for each.
        """
        self.require_sight(question.of)
        known = self.known(question.of)
        names = self._names(question.of, question.columns, known)
        names |= {name: column for column in question.extra if (name := called(column, known))}
        found = self.call(
            question.of,
            "search_read",
            domain=bound(question.where, values or {}),
            fields=sorted(names),
            limit=question.cap + 1,
            order=question.order,
            context=None if company is None else {"allowed_company_ids": [company]},
        )
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise ConnectorError("bad_answer", {"what": question.of})
        rows = [_renamed(row, names) for row in found[: question.cap]]
        return rows, len(found) > question.cap

    def writable(self, models: Sequence[str]) -> list[str]:
        operations = ("create", "write", "unlink")
        return [model for model in models if any(self._can(model, operation) for operation in operations)]

    def _can(self, model: str, operation: str) -> bool:
        try:
            return self.may(model, operation)
        except ConnectorError as error:
            # What is not there cannot be written either.
            if error.reason in ("missing_table", "missing_right"):
                return False
            raise

    def _names(self, model: str, columns: Sequence[str], known: frozenset[str]) -> dict[str, str]:
        """Name there -> column here. Raises ConnectorError missing_column."""
        found = {}
        for column in columns:
            name = called(column, known)
            if name is None:
                right = f"a group that may see the field {column} of {model}"
                raise ConnectorError("missing_column", {"table": model, "column": column}, right=right)
            found[name] = column
        return found


def _renamed(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A row by our first names; what the server left out is False, as it says null itself."""
    return {"id": row.get("id")} | {column.partition("|")[0]: row.get(name, False) for name, column in names.items()}


def _refused(model: str) -> ConnectorError:
    return ConnectorError("missing_right", {"table": model}, right=f"read access to the model {model}")


class Json2(OdooSession):
    """POST /json/2/<model>/<method>, the key as a bearer; no login of its own."""

    def log_in(self) -> None:
        """Show the key once. Raises ConnectorError wrong_password, unknown_database."""
        try:
            self.ping()
        except ConnectorError as error:
            reason = {"connection_lost": "wrong_password", "missing_table": "unknown_database"}.get(error.reason)
            # A server that drops the wire is not one that refuses the key.
            if reason is None or (error.reason == "connection_lost" and not self.answered):
                raise
            raise ConnectorError(reason, {"database": self.database}) from None

    def version(self) -> str | None:
        answer = self.send("GET", "/web/version", headers=self._head())
        found = https.decoded(answer.body) if answer.status == 200 else {}
        return str(found["version"]) if isinstance(found, dict) and "version" in found else None

    def call(self, model: str, method: str, **named: Any) -> Any:
        path = f"/json/2/{quote(model, safe='.')}/{method}"
        given = {name: value for name, value in named.items() if value is not None}
        answer = self.send("POST", path, json.dumps(given), {"Content-Type": "application/json", **self._head()})
        if answer.status != 200:
            raise self._wrong(answer, model)
        return https.decoded(answer.body)

    def may(self, model: str, operation: str) -> bool:
        return self.call(model, "has_access", operation=operation) is True

    def sums(self, question: Question, values: Mapping[str, Any], most: bool) -> list[tuple[Any, Any]]:
        self.require_sight(question.of)
        found = self.call(
            question.of,
            "formatted_read_group",
            domain=bound(question.where, values),
            groupby=["move_id"],
            aggregates=["balance:sum"],
            order=f"balance:sum {'DESC' if most else 'ASC'}",
            limit=question.cap,
        )
        return [(row["move_id"], row["balance:sum"]) for row in found]

    def total(self, question: Question, values: Mapping[str, Any], column: str) -> Any:
        self.require_sight(question.of)
        domain = bound(question.where, values)
        found = self.call(question.of, "formatted_read_group", domain=domain, groupby=[], aggregates=[f"{column}:sum"])
        return found[0][f"{column}:sum"] if found else 0

    def _head(self) -> dict[str, str]:
        # A header carries bytes; whatever is not plain English goes as UTF-8.
        database = {"X-Odoo-Database": self.database.encode().decode("latin-1")} if self.database else {}
        return {"Authorization": f"bearer {self._password}", **database}

    def _wrong(self, answer: https.Answer, model: str) -> ConnectorError:
        if answer.status == 401:
            return ConnectorError("connection_lost")
        if answer.status == 403:
            return _refused(model)
        try:
            said = https.decoded(answer.body)
        except ConnectorError:
            said = {}
        text = str(said.get("message", "")) if isinstance(said, dict) else ""
        if field := _NO_FIELD.search(text):
            return ConnectorError("missing_column", {"table": model, "column": field[1]})
        if answer.status == 404:
            return ConnectorError("missing_table", {"table": model, "database": self.database})
        return ConnectorError("bad_answer", {"what": f"HTTP {answer.status}"})


class XmlRpc(OdooSession):
    """/xmlrpc/2/common to log in, /xmlrpc/2/object to ask; the password or an API key goes with every call."""

    uid: int | None = None

    def log_in(self) -> None:
        """Log in, once. Raises ConnectorError wrong_password, unknown_database."""
        try:
            found = self._call("common", "authenticate", [self.database, self.user, self._password, {}])
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == _DENIED:
                raise ConnectorError("wrong_password") from None
            if _NO_DATABASE.search(fault.faultString):
                raise ConnectorError("unknown_database", {"database": self.database}) from None
            raise ConnectorError("bad_answer", {"what": f"fault {fault.faultCode}"}) from None
        if not isinstance(found, int) or isinstance(found, bool):
            raise ConnectorError("wrong_password")
        self.uid = found

    def version(self) -> str | None:
        try:
            found = self._call("common", "version", [])
        except xmlrpc.client.Fault:
            return None
        return str(found["server_version"]) if isinstance(found, dict) and "server_version" in found else None

    def call(self, model: str, method: str, **named: Any) -> Any:
        given = {name: value for name, value in named.items() if value is not None}
        try:
            return self._call(
                "object", "execute_kw", [self.database, self.uid, self._password, model, method, [], given]
            )
        except xmlrpc.client.Fault as fault:
            raise self._wrong(fault, model) from None

    def may(self, model: str, operation: str) -> bool:
        return self.call(model, "check_access_rights", operation=operation, raise_exception=False) is True

    def sums(self, question: Question, values: Mapping[str, Any], most: bool) -> list[tuple[Any, Any]]:
        self.require_sight(question.of)
        found = self.call(
            question.of,
            "read_group",
            domain=bound(question.where, values),
            fields=["balance:sum"],
            groupby=["move_id"],
            orderby=f"balance {'desc' if most else 'asc'}",
            limit=question.cap,
            lazy=False,
        )
        return [(row["move_id"], row["balance"]) for row in found]

    def total(self, question: Question, values: Mapping[str, Any], column: str) -> Any:
        self.require_sight(question.of)
        domain = bound(question.where, values)
        found = self.call(question.of, "read_group", domain=domain, fields=[f"{column}:sum"], groupby=[], lazy=False)
        return found[0][column] if found else 0

    def _call(self, service: str, method: str, params: list[Any]) -> Any:
        """One call. Raises xmlrpc.client.Fault and ConnectorError."""
        body = xmlrpc.client.dumps(tuple(params), method, allow_none=True, encoding="utf-8").encode()
        answer = self.send("POST", f"/xmlrpc/2/{service}", body, {"Content-Type": "text/xml; charset=utf-8"})
        if answer.status == 404:
            raise ConnectorError("wrong_protocol", {"host": self.web.address.host, "port": self.web.address.port})
        if answer.status != 200:
            raise ConnectorError("bad_answer", {"what": f"HTTP {answer.status}"})
        try:
            (found,), _ = xmlrpc.client.loads(answer.body)
        except (ExpatError, ValueError, TypeError, xmlrpc.client.ResponseError, LookupError):
            raise ConnectorError("bad_answer", {"what": "not XML-RPC"}) from None
        return found

    def _wrong(self, fault: xmlrpc.client.Fault, model: str) -> ConnectorError:
        if fault.faultCode == _DENIED:
            return ConnectorError("connection_lost")
        if fault.faultCode == _REFUSED:
            return _refused(model)
        if field := _NO_FIELD.search(fault.faultString):
            return ConnectorError("missing_column", {"table": model, "column": field[1]})
        if _NO_MODEL.search(fault.faultString):
            return ConnectorError("missing_table", {"table": model, "database": self.database})
        return ConnectorError("bad_answer", {"what": f"fault {fault.faultCode}"})
