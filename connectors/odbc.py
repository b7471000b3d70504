"""The ODBC wire: one login to a SQL Server, fixed statements, time-outs at every step, driver errors as reasons.

Works with Microsoft's ODBC Driver 18 (by name, or from its PyPI package by path) and with FreeTDS. Only a login that
may do nothing but SELECT makes a connection read-only; ApplicationIntent and the session settings are manners.
"""

import platform
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from connectors.base import ConnectorError, Deadline, Need, milliseconds_since
from connectors.driver_errors import login_error, mended, quoted, table_name, translated
from connectors.facts import Params
from connectors.reach import Address, dial
from connectors.statements import Statement
from connectors.tds import prelogin

LOGIN_SECONDS = 15
STATEMENT_SECONDS = 20

MICROSOFT = "ODBC Driver 18 for SQL Server"
FREETDS = "FreeTDS"

# Our question is never the one that makes a client's users wait: it gives way in a deadlock, does not queue for long
# behind locks, takes none itself, and runs outside any transaction.
PREAMBLE = (
    "SET NOCOUNT ON; SET DEADLOCK_PRIORITY -10; SET LOCK_TIMEOUT 5000; SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"
)

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
        found = [
            ("ApplicationIntent", "ReadOnly"),
            ("SERVER", self.address.ip),
            ("PORT", str(self.address.port)),
            ("APP", "Service Desk"),
        ]
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


# Some of the server's views are functions; of these no row is asked for either.
_ARGUMENTS = {
    "sys.dm_os_volume_stats": "(1, 1)",
    "sys.dm_io_virtual_file_stats": "(1, 1)",
    "sys.dm_db_log_info": "(1)",
    "sys.dm_db_index_physical_stats": "(0, 0, 0, 0, NULL)",
}


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
            table = table_name(need.table) + _ARGUMENTS.get(need.table, "")
            self._execute(f"SELECT TOP (0) {columns} FROM {table}", (), 1)  # noqa: S608
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
            cursor = self.connection.cursor()
            try:
                cursor.execute(sql, *params)
                return cursor.fetchmany(rows) if rows else []
            finally:
                # What was raised would keep it open, and FreeTDS has one at a time.
                with suppress(self.driver_error):
                    cursor.close()
        except self.driver_error as error:
            raise self.translated(error, {"seconds": seconds}) from None
        except UnicodeError:
            raise ConnectorError("bad_answer", {"what": "text"}) from None

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
