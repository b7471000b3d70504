"""The wire to MySQL and MariaDB: one login, fixed statements, time-outs at every step, driver errors as reasons.

We dial the judged address ourselves and hand the connection to the driver, so nothing is resolved twice.
"""

import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pymysql
from pymysql.constants import CLIENT

from connectors.base import ConnectorError, Deadline, Need, milliseconds_since
from connectors.facts import Params
from connectors.https import trusting
from connectors.reach import Address, dial
from connectors.statements import Statement

LOGIN_SECONDS = 15
STATEMENT_SECONDS = 20
NO_ENCRYPTION, CLOSED = 2026, 0
LOST = frozenset({CLOSED, 2006, 2013, 2055})

_BY_NUMBER = {
    **dict.fromkeys((1045, 1698), "wrong_password"),
    **dict.fromkeys((1129, 1130, 1820, 1862, 3118, 4151), "login_blocked"),
    **dict.fromkeys((1044, 1049), "unknown_database"),
    **dict.fromkeys((1040, 1203, 1226), "too_many_connections"),
    **dict.fromkeys((1142, 1143, 1227, 1345, 1370), "missing_right"),
    **dict.fromkeys((1109, 1146), "missing_table"),
    1054: "missing_column",
    1205: "lock_timeout",
    1213: "deadlock",
    **dict.fromkeys((1969, 3024, 1317), "statement_timeout"),
    1053: "connection_lost",
    NO_ENCRYPTION: "tls_refused",
}
_COLUMN = re.compile(r"column '([^']{1,64})'", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a login goes and how. `encryption`: verified, required (any certificate) or off."""

    address: Address
    user: str
    password: str = field(repr=False)
    database: str | None
    encryption: str
    authority: str | None = None

    def context(self) -> ssl.SSLContext | None:
        """How the connection is encrypted; None: it is not. Raises ConnectorError."""
        if self.encryption == "off":
            return None
        context = trusting(self.authority)
        if self.encryption == "required":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True)
class Rows:
    """The rows of one statement and the names of its columns; `truncated` when there were more than its cap."""

    rows: list[tuple[Any, ...]]
    truncated: bool
    names: tuple[str, ...]


class Session:
    """One login. Statements run one at a time."""

    def __init__(self, connection: "pymysql.Connection[Any]", deadline: Deadline, target: Target) -> None:
        self.connection = connection
        self.deadline = deadline
        self.user = target.user
        self.host = target.address.host
        self.connect_ms = 0.0
        self.version = str(connection.get_server_info())

    @property
    def mariadb(self) -> bool:
        """Whose server it is; they differ in the names of some views."""
        return "mariadb" in self.version.lower()

    def rows(self, statement: Statement) -> Rows:
        """Run a fixed statement. Raises ConnectorError, naming table, column and grant if missing."""
        rows, names = self._run(statement.sql, statement.needs, statement.cap + 1)
        return Rows(rows[: statement.cap], len(rows) > statement.cap, names)

    def pairs(self, statement: Statement) -> dict[str, str]:
        """A statement of names and values, the names in lower case."""
        return {str(name).lower(): str(value) for name, value, *_ in self.rows(statement).rows}

    def look_at(self, need: Need) -> None:
        """Ask for no row of the named columns: proves table, columns and the right. Raises ConnectorError."""
        columns = ", ".join(map(quoted, need.columns))
        table = ".".join(map(quoted, need.table.split(".")))
        self._run(f"SELECT {columns} FROM {table} LIMIT 0", (need,), 1)  # noqa: S608 - names of our own files, quoted

    def behave(self) -> None:
        """Set the manners: never write, never wait long for locks, and no answer may take long."""
        self._run("SET SESSION TRANSACTION READ ONLY", (), 0)
        self._run("SET SESSION lock_wait_timeout = 5, innodb_lock_wait_timeout = 5", (), 0)
        limit = (
            f"max_statement_time = {STATEMENT_SECONDS}"
            if self.mariadb
            else f"max_execution_time = {STATEMENT_SECONDS}000"
        )
        with suppress(ConnectorError):  # Servers before 5.7 and 10.1 have no such limit; ours holds all the same.
            self._run(f"SET SESSION {limit}", (), 0)

    def _run(self, text: str, needs: Sequence[Need], rows: int) -> tuple[list[tuple[Any, ...]], tuple[str, ...]]:
        seconds = min(STATEMENT_SECONDS, max(1, round(self.deadline.left())))
        try:
            self.connection._read_timeout = seconds
            with self.connection.cursor() as cursor:
                cursor.execute(text)
                names = tuple(str(one[0]) for one in cursor.description or ())
                return (list(cursor.fetchmany(rows)) if rows else []), names
        except UnicodeError:
            # What is left of this answer must not be read as the next one.
            self.connection.close()
            raise ConnectorError("bad_answer", {"what": "text"}) from None
        except (pymysql.Error, OSError, ValueError) as error:
            raise translated(error, needs, self.user, seconds) from None


@contextmanager
def connected(target: Target, deadline: Deadline) -> Iterator[Session]:
    """Dial, log in once and set the manners. Raises ConnectorError; a wrong password is tried exactly once."""
    start = time.perf_counter()
    seconds = min(LOGIN_SECONDS, max(1, round(deadline.left())))
    connection = _log_in(target, seconds)
    try:
        session = Session(connection, deadline, target)
        session.behave()
        session.connect_ms = milliseconds_since(start)
        yield session
    finally:
        with suppress(pymysql.Error, OSError):
            connection.close()


def _log_in(target: Target, seconds: int) -> "pymysql.Connection[Any]":
    where: Params = {"host": target.address.host, "port": target.address.port, "seconds": seconds}
    wire = dial(target.address, seconds)
    try:
        connection: pymysql.Connection[Any] = pymysql.connect(
            host=target.address.host,
            port=target.address.port,
            user=target.user,
            password=target.password,
            database=target.database or None,
            ssl=target.context(),
            ssl_disabled=target.encryption == "off",
            read_timeout=seconds,
            write_timeout=seconds,
            connect_timeout=seconds,
            charset="utf8mb4",
            autocommit=True,
            local_infile=False,
            client_flag=CLIENT.CONNECT_ATTRS,
            program_name="Service Desk",
            defer_connect=True,
        )
        connection.connect(wire)
    except (pymysql.Error, OSError, ValueError, IndexError, UnicodeError) as error:
        wire.close()
        raise _refused(error, where, target) from None
    return connection


def _refused(error: Exception, where: Params, target: Target) -> ConnectorError:
    """Why there was no login. A server that says nothing, one that is no such server, and one that says no differ."""
    cause = error.__cause__ or error.__context__ or getattr(error, "original_exception", None)
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    if isinstance(cause, ssl.SSLError) or isinstance(error, ssl.SSLError):
        return ConnectorError("tls_refused")
    if isinstance(cause, TimeoutError) or "timed out" in str(error):
        return ConnectorError("silent_server", where)
    if number in _BY_NUMBER:
        return ConnectorError(_BY_NUMBER[number], {**where, "database": target.database or ""})
    if number in LOST:
        return ConnectorError("connection_lost")
    return ConnectorError("wrong_protocol", where)


def translated(error: Exception, needs: Sequence[Need], user: str, seconds: int) -> ConnectorError:
    """A driver error as a reason, by its number; its text is read for a column's name and never passed on."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return ConnectorError("statement_timeout", {"seconds": seconds})
    if number is None or number in LOST:
        return ConnectorError("connection_lost")
    reason = _BY_NUMBER.get(number, "driver_error")
    text = str(error.args[1]) if len(error.args) > 1 else ""
    need = next(
        (one for one in needs if one.table.rpartition(".")[2].lower() in text.lower()), needs[0] if needs else None
    )
    if reason == "missing_right":
        return missing_right(need.table if need else "", user)
    if reason == "missing_table" and need:
        return ConnectorError(reason, {"table": need.table})
    if reason == "missing_column":
        column = _COLUMN.search(text)
        return ConnectorError(reason, {"column": column[1] if column else "", "table": need.table if need else ""})
    return ConnectorError(reason, {"seconds": seconds, "sqlstate": None, "native": number, "database": ""})


def missing_right(table: str, user: str) -> ConnectorError:
    """The refusal of a table, with the grant that mends it: PROCESS for what sessions do, SELECT for a table."""
    right = f"SELECT ON {table}" if table.startswith("mysql.") else "PROCESS ON *.*"
    grant = f"GRANT {right} TO {quoted(user)}@'%';"
    return ConnectorError("missing_right", {"table": table}, right=right, grant=grant)


def quoted(name: str) -> str:
    """A name as MySQL quotes it."""
    return "`" + name.replace("`", "``") + "`"
