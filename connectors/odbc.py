"""The ODBC wire: one login to a SQL Server, fixed statements, time-outs at every step, driver errors as reasons.

Works with Microsoft's ODBC Driver 18 (by name, or from its PyPI package by path) and with FreeTDS. Only a login that
may do nothing but SELECT makes a connection read-only; ApplicationIntent and the session settings are manners.
"""

import platform
import re
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from connectors.base import ConnectorError, Deadline, Need, milliseconds_since
from connectors.facts import Params
from connectors.reach import Address, dial
from connectors.statements import Statement

LOGIN_SECONDS = 15
STATEMENT_SECONDS = 20

MICROSOFT = "ODBC Driver 18 for SQL Server"
FREETDS = "FreeTDS"

# Our question is never the one that makes a client's users wait: it gives way in a deadlock, does not queue for long
# behind locks, takes none itself, and runs outside any transaction.
PREAMBLE = (
    "SET NOCOUNT ON; SET DEADLOCK_PRIORITY LOW; SET LOCK_TIMEOUT 5000; SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"
)

# The error numbers of SQL Server, which say more than the SQLSTATE.
_BY_NUMBER = {
    18456: "wrong_password",
    18452: "wrong_password",
    18470: "login_blocked",
    18486: "login_blocked",
    18487: "login_blocked",
    18488: "login_blocked",
    4060: "unknown_database",
    911: "unknown_database",
    916: "unknown_database",
    **dict.fromkeys((904, 921, 922, 924, 927, 942, 945, 952), "database_offline"),
    208: "missing_table",
    207: "missing_column",
    **dict.fromkeys((229, 230, 297, 300, 371), "missing_right"),
    1205: "deadlock",
    1222: "lock_timeout",
    **dict.fromkeys((10928, 10929, 17809), "too_many_connections"),
    # FreeTDS's own numbers.
    20003: "statement_timeout",
    20009: "no_answer",
    **dict.fromkeys((20004, 20006, 20017, 20047), "connection_lost"),
}
_BY_STATE = {
    "28000": "wrong_password",
    "28P01": "wrong_password",
    "3D000": "unknown_database",
    "42S02": "missing_table",
    "42P01": "missing_table",
    "42S22": "missing_column",
    "42703": "missing_column",
    "42501": "missing_right",
    "57014": "statement_timeout",
    "HYT00": "statement_timeout",
    "HYT01": "connection_lost",
    "S1T00": "statement_timeout",
    "HY008": "statement_timeout",
    "53300": "too_many_connections",
    "08S01": "connection_lost",
    "08003": "connection_lost",
    "08007": "connection_lost",
    "01002": "connection_lost",
    "IM002": "driver_missing",
    "IM003": "driver_missing",
}
_NUMBER = re.compile(r"\((\d{2,5})\)")
_QUOTED = re.compile(r"['\"“‘]([\w.$# \[\]]{1,128})['\"”’]")
_TLS = re.compile(r"SSL|TLS|certificate|encrypt|证书|加密", re.IGNORECASE)


_FIELD_OF = {"UID": "user", "PWD": "password"}


def build(pairs: Sequence[tuple[str, str]], *, doubled: bool = True) -> str:
    """A connection string whose values cannot add keywords: each is braced, and a closing brace in it is doubled.

    `doubled=False` is FreeTDS's way (1.3): it knows no doubling, takes a value to end at the first `};`, and needs the
    semicolon after the last one too. Raises ConnectorError `bad_settings` for a value that the driver cannot take.
    """
    for key, value in pairs:
        if "\x00" in value or (not doubled and "};" in value):
            name = _FIELD_OF.get(key, key.lower())
            raise ConnectorError("bad_settings", {"field": name}, field=name)
    return "".join(f"{key}={_braced(value, doubled)};" for key, value in pairs)


def _braced(value: str, doubled: bool) -> str:
    # Plain words stay plain: some drivers read numbers and options without looking for braces.
    if re.fullmatch(r"[A-Za-z0-9_.,:/-]+", value):
        return value
    return "{" + (value.replace("}", "}}") if doubled else value) + "}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a login goes and how. `encryption`: verified, required (any certificate) or off."""

    address: Address
    driver: str
    user: str
    password: str = field(repr=False)
    encryption: str
    database: str = "master"

    def connection_string(self) -> str:
        """The string for the chosen driver. The name that was resolved stays the one the certificate must carry."""
        pairs = [("DRIVER", driver_path(self.driver))]
        pairs += self._freetds() if self.driver == FREETDS else self._microsoft()
        pairs += [("DATABASE", self.database), ("UID", self.user), ("PWD", self.password)]
        return build(pairs, doubled=self.driver != FREETDS)

    def _microsoft(self) -> list[tuple[str, str]]:
        # The driver ignores PORT=; the port belongs behind the address.
        found = [("SERVER", f"tcp:{self.address.ip},{self.address.port}"), ("APP", "Service Desk")]
        found += [("Encrypt", "no" if self.encryption == "off" else "yes"), ("ApplicationIntent", "ReadOnly")]
        found += [("TrustServerCertificate", "no" if self.encryption == "verified" else "yes")]
        if self.encryption == "verified":
            found.append(("HostNameInCertificate", self.address.host))
        return [*found, ("ConnectRetryCount", "0")]

    def _freetds(self) -> list[tuple[str, str]]:
        if self.encryption == "verified":
            # FreeTDS compares no names, and a check that is not made must not be promised.
            raise ConnectorError("bad_settings", {"field": "encryption"}, field="encryption")
        level = "off" if self.encryption == "off" else "require"
        found = [("SERVER", self.address.ip), ("PORT", str(self.address.port)), ("APP", "Service Desk")]
        return [*found, ("TDS_Version", "7.4"), ("ClientCharset", "UTF-8"), ("Encryption", level)]


def driver_path(driver: str) -> str:
    """What goes behind DRIVER=: the registered name, or for Microsoft's driver the library of its PyPI package."""
    if driver != MICROSOFT:
        return driver
    package = find_spec("mssql_python_odbc")
    for folder in (package.submodule_search_locations or []) if package else []:
        libraries = sorted(Path(folder).glob(f"libs/linux/debian_ubuntu/{_machine()}/lib/libmsodbcsql-*.so*"))
        if libraries:
            return str(libraries[-1])
    return driver


def _machine() -> str:
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


@dataclass(frozen=True)
class Rows:
    """The rows of one statement; `truncated` when there were more than its cap."""

    rows: list[Any]
    truncated: bool


class Session:
    """One login. Statements run one at a time, each in the database it belongs to."""

    def __init__(self, connection: Any, deadline: Deadline, user: str) -> None:
        self.connection = connection
        self.deadline = deadline
        self.user = user
        self.connect_ms = 0.0
        self._database: str | None = None

    def enter(self, database: str) -> None:
        """Make a database the current one. Raises ConnectorError unknown_database or database_offline."""
        if database == self._database:
            return
        name = database.replace("]", "]]")
        try:
            self._execute(f"USE [{name}]", ())
        except ConnectorError as error:
            raise self._barred(error, database) from None
        self._database = database

    def _barred(self, error: ConnectorError, database: str) -> ConnectorError:
        if error.reason != "unknown_database":
            return error
        grant = f"USE [{database}]; CREATE USER {quoted(self.user)} FOR LOGIN {quoted(self.user)};"
        return ConnectorError(error.reason, {"database": database}, right="CONNECT", grant=grant)

    def rows(self, statement: Statement, database: str | None = None, params: Sequence[Any] = ()) -> Rows:
        """Run a fixed statement with bound values. Raises ConnectorError, naming table, column and grant if missing."""
        if database is not None:
            self.enter(database)
        try:
            found = self._execute(self.spelled(statement), params, statement.cap + 1)
        except ConnectorError as error:
            raise mended(error, statement.needs, database or "", self.user) from None
        return Rows(found[: statement.cap], len(found) > statement.cap)

    def look_at(self, need: Need, database: str) -> None:
        """Ask for no row of the named columns: proves table, columns and the right. Raises ConnectorError."""
        self.enter(database)
        columns = ", ".join(f"[{column}]" for column in need.columns)
        try:
            # Only declared names go in here, never a value.
            self._execute(f"SELECT TOP (0) {columns} FROM {table_name(need.table)}", (), 1)  # noqa: S608
        except ConnectorError as error:
            raise mended(error, (need,), database, self.user) from None

    def spelled(self, statement: Statement) -> str:
        """The text that is sent."""
        return statement.sql

    def _execute(self, sql: str, params: Sequence[Any], rows: int = 0) -> list[Any]:
        seconds = min(STATEMENT_SECONDS, max(1, round(self.deadline.left())))
        try:
            # The time-out only reaches cursors that are made after it.
            self.connection.timeout = seconds
            with self.connection.cursor() as cursor:
                cursor.execute(sql, *params)
                return cursor.fetchmany(rows) if rows else []
        except self.driver_error as error:
            raise self.translated(error, {"seconds": seconds}) from None

    @cached_property
    def driver_error(self) -> type[Exception]:
        found: type[Exception] = driver_manager().Error
        return found

    def translated(self, error: Exception, params: Params) -> ConnectorError:
        """A driver's error as ours."""
        return translated(error, params)


@contextmanager
def connected(target: Target, deadline: Deadline) -> Iterator[Session]:
    """Dial, log in once and set the manners. Raises ConnectorError; a wrong password is tried exactly once."""
    start = time.perf_counter()
    seconds = min(LOGIN_SECONDS, max(1, round(deadline.left())))
    # Dialling first tells a closed port from a silent server, which no driver does reliably.
    dial(target.address, seconds).close()
    connection = _log_in(target, seconds)
    try:
        session = Session(connection, deadline, target.user)
        session._execute(PREAMBLE, ())
        session.connect_ms = milliseconds_since(start)
        yield session
    finally:
        connection.close()


def _log_in(target: Target, seconds: int) -> Any:
    pyodbc = driver_manager()
    try:
        return pyodbc.connect(target.connection_string(), timeout=seconds, autocommit=True)
    except pyodbc.Error as error:
        where: Params = {"host": target.address.host, "port": target.address.port, "seconds": seconds}
        found = login_error(error, {**where, "driver": target.driver, "database": target.database})
        raise _explained(found, target, seconds) from None


def _explained(error: ConnectorError, target: Target, seconds: int) -> ConnectorError:
    """FreeTDS says of several troubles only that it could not connect; the server's greeting tells them apart."""
    if error.reason != "driver_error":
        return error
    try:
        answer = prelogin(target.address, seconds)
    except ConnectorError as better:
        return better
    return error if answer.encrypts or target.encryption == "off" else ConnectorError("tls_refused")


def driver_manager() -> Any:
    """The pyodbc module, imported on first use. Raises ConnectorError `driver_missing`."""
    try:
        import pyodbc  # noqa: PLC0415 - it needs a system library that may not be there
    except ImportError:
        raise ConnectorError("driver_missing", {"driver": "unixODBC"}) from None
    # A pooled connection would outlive the time-outs and the password it was made with.
    pyodbc.pooling = False
    return pyodbc


def translated(error: Exception, params: Params) -> ConnectorError:
    """A driver error as a reason, by SQL Server's number and then by SQLSTATE. The driver's text is never passed on."""
    state, text = _parts(error)
    numbers = [int(number) for number in _NUMBER.findall(text)]
    known = [number for number in numbers if number in _BY_NUMBER]
    reason = _BY_NUMBER[known[0]] if known else _BY_STATE.get(state, "driver_error")
    if "Can't open lib" in text:
        reason = "driver_missing"
    told: dict[str, str | int | None] = {"sqlstate": state, "native": next(iter([*known, *numbers]), None)}
    name = next(iter(_QUOTED.findall(text)), None)
    if reason in ("missing_table", "missing_right"):
        told["table"] = name
    if reason == "missing_column":
        told["column"] = name
    return ConnectorError(reason, {**params, **told})


def login_error(error: Exception, params: Params) -> ConnectorError:
    """A driver error during login: there the same codes mean that the server fell silent or refused encryption."""
    found = translated(error, params)
    if found.reason in ("statement_timeout", "connection_lost", "driver_error") and _TLS.search(_parts(error)[1]):
        return ConnectorError("tls_refused", params)
    if found.reason == "statement_timeout":
        return ConnectorError("silent_server", params)
    return found


def _parts(error: Exception) -> tuple[str, str]:
    """SQLSTATE and text of a pyodbc error."""
    state = str(error.args[0]) if error.args else ""
    text = str(error.args[1]) if len(error.args) > 1 else ""
    return state[:5], text


def mended(error: ConnectorError, needs: Sequence[Need], database: str, user: str) -> ConnectorError:
    """The error with the table's declared name and, for a missing right, the exact grant."""
    named = str(error.params.get("table") or "").split(".")[-1].lower()
    need = next((one for one in needs if one.table.split(".")[-1].lower() == named), None)
    if error.reason == "missing_right" and need:
        columns = ", ".join(f"[{column}]" for column in need.columns)
        right = f"SELECT ON {table_name(need.table)} ({columns})"
        grant = f"USE [{database}]; GRANT {right} TO {quoted(user)};"
        return ConnectorError(error.reason, {"table": need.table}, right=right, grant=grant)
    if error.reason == "missing_table":
        return ConnectorError(error.reason, {"table": need.table if need else named or None, "database": database})
    if error.reason == "missing_column":
        tables = ", ".join(one.table for one in needs)
        return ConnectorError(error.reason, {"column": error.params.get("column"), "table": tables})
    return error


def table_name(table: str) -> str:
    """A declared table name in brackets, with its schema (dbo unless it says so)."""
    schema, _, name = table.rpartition(".")
    return f"[{schema or 'dbo'}].[{name}]"


def quoted(name: str) -> str:
    """A login's name in brackets."""
    return "[" + name.replace("]", "]]") + "]"


@dataclass(frozen=True)
class Prelogin:
    """What a SQL Server says about itself before any login: version, and whether it can encrypt."""

    version: str
    encrypts: bool


def prelogin(address: Address, seconds: float) -> Prelogin:
    """Greet a SQL Server as the TDS protocol begins (MS-TDS 2.2.6.5), without credentials.

    Raises ConnectorError silent_server, wrong_protocol, or what dialling raises.
    """
    where: Params = {"host": address.host, "port": address.port, "seconds": round(seconds, 1)}
    # Two options, VERSION (0, 6 bytes) and ENCRYPTION (1, 1 byte: off), their places, the end mark, their values.
    body = struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xFF) + bytes(6) + b"\x00"
    with dial(address, seconds) as wire:
        try:
            wire.sendall(struct.pack(">BBHHBB", 0x12, 1, 8 + len(body), 0, 1, 0) + body)
            head = _exactly(wire, 8)
            size = struct.unpack(">H", head[2:4])[0]
            if head[0] != 4 or not 8 < size <= 4096:
                raise ConnectorError("wrong_protocol", where)
            return _prelogin_answer(_exactly(wire, size - 8))
        except TimeoutError:
            raise ConnectorError("silent_server", where) from None
        except (OSError, struct.error, IndexError):
            raise ConnectorError("wrong_protocol", where) from None


def _prelogin_answer(body: bytes) -> Prelogin:
    version, encrypts, at = "", False, 0
    while body[at] != 0xFF:
        option, offset, size = struct.unpack(">BHH", body[at : at + 5])
        if option == 0 and size >= 4:
            version = "{}.{}.{}".format(*struct.unpack(">BBH", body[offset : offset + 4]))
        if option == 1:
            # 2 = the server cannot encrypt; every other value says that it can.
            encrypts = body[offset] != 2
        at += 5
    return Prelogin(version, encrypts)


def _exactly(wire: Any, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = wire.recv(size - len(found))
        if not part:
            raise ConnectionResetError
        found += part
    return found
