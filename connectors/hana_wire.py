"""The wire to SAP HANA: SAP's own driver (hdbcli), one login, fixed statements, its errors as reasons.

The driver is not part of the product: its licence is between SAP and whoever installs it. Where it is missing, the
connection says so. Nothing of its error texts is passed on, but for the name of a table or column.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.base import ConnectorError, Deadline, Need, milliseconds_since
from connectors.facts import Params
from connectors.odbc import Rows
from connectors.reach import Address, dial
from connectors.statements import Statement

LOGIN_SECONDS = 15
STATEMENT_SECONDS = 20
INSTALL = "hdbcli (pip install hdbcli)"

# HANA's error codes -> what they mean.
_BY_CODE = {
    10: "wrong_password",
    414: "login_blocked",
    415: "login_blocked",
    416: "login_blocked",
    131: "lock_timeout",
    146: "lock_timeout",
    133: "deadlock",
    139: "statement_timeout",
    613: "statement_timeout",
    258: "missing_right",
    259: "missing_table",
    260: "missing_column",
    362: "missing_table",
    1: "too_many_connections",
    -10709: "connection_lost",
    -10807: "connection_lost",
    -10806: "connection_lost",
    -10108: "connection_lost",
}
_TLS = re.compile(r"SSL|certificate", re.IGNORECASE)
_TIMEOUT = re.compile(r"timeout", re.IGNORECASE)
_NAME = re.compile(r"(?:table|column|schema) name:\s*(?:Could not find \w+/\w+\s+)?\"?([\w.]{1,128})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a login goes and how. `encryption`: verified, required (any certificate) or off; `tenant` may be empty."""

    address: Address
    user: str
    password: str = field(repr=False)
    encryption: str
    tenant: str = ""

    def options(self, seconds: int) -> dict[str, Any]:
        """What the driver is given. It dials the judged address; the certificate must carry the name that was typed."""
        found: dict[str, Any] = {
            "address": self.address.ip,
            "port": self.address.port,
            "user": self.user,
            "password": self.password,
            "connectTimeout": seconds * 1000,
            "communicationTimeout": STATEMENT_SECONDS * 1000,
            "reconnect": False,
            "encrypt": self.encryption != "off",
            "sslValidateCertificate": self.encryption == "verified",
        }
        if self.encryption == "verified":
            found["sslHostNameInCertificate"] = self.address.host
        return {**found, "databaseName": self.tenant} if self.tenant else found


class Session:
    """One login. Statements name their schema where they stand in one; `$schema` in a text is replaced by it."""

    def __init__(self, connection: Any, deadline: Deadline, user: str, driver_error: type[Exception]) -> None:
        self.connection = connection
        self.deadline = deadline
        self.user = user
        self.driver_error = driver_error
        self.connect_ms = 0.0

    def rows(self, statement: Statement, schema: str | None = None, params: Sequence[Any] = ()) -> Rows:
        """Run a fixed statement with bound values. Raises ConnectorError, naming table, column and grant if missing."""
        text = statement.sql.replace("$schema", quoted(schema or ""))
        try:
            found = self._execute(text, params, statement.cap + 1)
        except ConnectorError as error:
            raise mended(error, statement.needs, schema or "", self.user) from None
        return Rows(found[: statement.cap], len(found) > statement.cap)

    def look_at(self, need: Need, schema: str) -> None:
        """Ask for no row of the named columns: proves table, columns and the right. Raises ConnectorError."""
        columns = ", ".join(quoted(column) for column in need.columns)
        where = f"{quoted(schema)}." if schema else ""
        try:
            # Only declared names go in here, never a value.
            self._execute(f"SELECT {columns} FROM {where}{quoted(need.table)} LIMIT 0", (), 1)  # noqa: S608
        except ConnectorError as error:
            raise mended(error, (need,), schema, self.user) from None

    def _execute(self, sql: str, params: Sequence[Any], rows: int) -> list[Any]:
        seconds = min(STATEMENT_SECONDS, max(1, round(self.deadline.left())))
        cursor = self.connection.cursor()
        try:
            cursor.setquerytimeout(seconds)
            cursor.execute(sql, list(params))
            return list(cursor.fetchmany(rows))
        except self.driver_error as error:
            raise translated(error, {"seconds": seconds}) from None
        except UnicodeError:
            raise ConnectorError("bad_answer", {"what": "text"}) from None
        finally:
            cursor.close()


@contextmanager
def connected(target: Target, deadline: Deadline) -> Iterator[Session]:
    """Dial, log in once, read only. Raises ConnectorError; a wrong password is tried exactly once."""
    start = time.perf_counter()
    seconds = min(LOGIN_SECONDS, max(1, round(deadline.left())))
    dbapi = driver()
    # Dialling first tells a closed port from a silent server.
    dial(target.address, seconds).close()
    where: Params = {"host": target.address.host, "port": target.address.port, "seconds": seconds}
    try:
        connection = dbapi.connect(**target.options(seconds))
    except dbapi.Error as error:
        raise _login_error(error, where, target) from None
    try:
        session = Session(connection, deadline, target.user, dbapi.Error)
        connection.setautocommit(True)
        session._execute("SET TRANSACTION READ ONLY", (), 0)
        session.connect_ms = milliseconds_since(start)
        yield session
    finally:
        connection.close()


def driver() -> Any:
    """The driver's module, imported on first use. Raises ConnectorError `driver_missing` with how to install it."""
    try:
        from hdbcli import dbapi  # noqa: PLC0415 - not part of the product
    except ImportError:
        raise ConnectorError("driver_missing", {"driver": INSTALL}) from None
    return dbapi


def translated(error: Exception, params: Params) -> ConnectorError:
    """An error of the driver as a reason, by HANA's code."""
    code, text = getattr(error, "errorcode", None), str(getattr(error, "errortext", ""))
    reason = _BY_CODE.get(code, "driver_error") if isinstance(code, int) else "driver_error"
    if reason == "connection_lost" and _TIMEOUT.search(text):
        reason = "statement_timeout"
    name = _NAME.search(text)
    told: dict[str, str | int | float | None] = {**params, "native": code if isinstance(code, int) else None}
    if name and reason in ("missing_table", "missing_column"):
        told[reason.removeprefix("missing_")] = name[1].rpartition(".")[2]
    return ConnectorError(reason, told)


def _login_error(error: Exception, where: Params, target: Target) -> ConnectorError:
    found = translated(error, where)
    text = str(getattr(error, "errortext", ""))
    if found.reason == "connection_lost" and _TLS.search(text):
        return ConnectorError("tls_refused")
    if found.reason == "statement_timeout":
        return ConnectorError("silent_server", where)
    if found.reason == "driver_error" and target.tenant and "database" in text.lower():
        return ConnectorError("unknown_database", {"database": target.tenant})
    return found


def mended(error: ConnectorError, needs: Sequence[Need], schema: str, user: str) -> ConnectorError:
    """The same with the table that is meant and the grant that would mend it."""
    tables = [need.table for need in needs]
    if error.reason == "missing_right" and tables:
        where = f"{quoted(schema)}." if schema else ""
        grants = " ".join(f"GRANT SELECT ON {where}{quoted(table)} TO {quoted(user)};" for table in tables)
        params = {**error.params, "table": ", ".join(tables)}
        return ConnectorError(error.reason, params, right="SELECT", grant=grants)
    if error.reason in ("missing_table", "missing_column") and len(tables) == 1:
        return ConnectorError(error.reason, {"table": tables[0], **error.params})
    return error


def quoted(name: str) -> str:
    """A name as HANA quotes it."""
    return '"' + name.replace('"', '""') + '"'
