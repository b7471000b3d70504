"""The PostgreSQL wire: one login, fixed statements, time-outs at every step, driver errors as reasons.

The greeting asks whether the server encrypts before any credentials are sent; it also tells a silent server, and one
that is something else, from a wrong password.
"""

import os
import re
import ssl
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from connectors.base import ConnectorError, Deadline, Need, milliseconds_since
from connectors.facts import Params
from connectors.reach import Address, dial
from connectors.statements import Statement

LOGIN_SECONDS = 15
STATEMENT_SECONDS = 20
SSL_REQUEST = 80877103
MODES = {"verified": "verify-full", "required": "require", "off": "disable"}

_BY_STATE = {
    "42P01": "missing_table",
    "42703": "missing_column",
    "42501": "missing_right",
    "57014": "statement_timeout",
    "55P03": "lock_timeout",
    "40P01": "deadlock",
    "53300": "too_many_connections",
    "28P01": "wrong_password",
    "28000": "login_blocked",
    "3D000": "unknown_database",
    **dict.fromkeys(("57P01", "57P02", "08000", "08003", "08006"), "connection_lost"),
    "57P03": "database_offline",
}
# During login the driver hands on a text alone, in the server's language.
_BY_TEXT = {
    "tls_refused": re.compile(r"SSL|TLS|certificate|root\.crt|证书", re.IGNORECASE),
    "wrong_password": re.compile(r"password authentication failed|no password supplied|认证失败", re.IGNORECASE),
    "login_blocked": re.compile(r"not permitted to log in|pg_hba\.conf|不允许登录|禁止登录", re.IGNORECASE),
    "too_many_connections": re.compile(r"too many (clients|connections)|connection slots|连接(数|过多)", re.IGNORECASE),
    "database_offline": re.compile(r"starting up|shutting down|recovery mode|正在启动|正在关闭", re.IGNORECASE),
    "unknown_database": re.compile(
        r"database .*(does not exist|不存在)|数据库.*(不存在|权限)|for database", re.IGNORECASE
    ),
    "connection_lost": re.compile(r"closed the connection|connection reset|could not (send|receive)", re.IGNORECASE),
}
_QUOTED = re.compile(r"[\"“]([^\"”]{1,128})[\"”]")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a login goes and how. `encryption`: verified, required (any certificate) or off."""

    address: Address
    database: str
    user: str
    password: str = field(repr=False)
    encryption: str

    def parameters(self, seconds: int) -> dict[str, str | int]:
        """What the driver is given. The judged address is dialled; the typed name is what a certificate must carry."""
        found: dict[str, str | int] = {
            "host": self.address.host,
            "hostaddr": self.address.ip,
            "port": self.address.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
            "sslmode": MODES[self.encryption],
            "gssencmode": "disable",
            # Without a password the driver would look for one in the files of the account that the desk runs as.
            "passfile": os.devnull,
            "connect_timeout": max(2, seconds),
            "application_name": "Service Desk",
            "client_encoding": "UTF8",
        }
        return found | ({"sslrootcert": authorities()} if self.encryption == "verified" else {})


def authorities() -> str:
    """The file of the certificate authorities that this machine trusts, or `system` to leave it to the driver."""
    places = (
        os.environ.get("SSL_CERT_FILE"),
        ssl.get_default_verify_paths().cafile,
        "/etc/ssl/certs/ca-certificates.crt",
    )
    return next((place for place in places if place and Path(place).is_file()), "system")


def greeting(address: Address, seconds: float) -> bool:
    """Whether the server encrypts; asked without credentials (PostgreSQL's SSLRequest).

    Raises ConnectorError silent_server, wrong_protocol, or what dialling raises.
    """
    where: Params = {"host": address.host, "port": address.port, "seconds": round(seconds, 1)}
    with dial(address, seconds) as wire:
        try:
            wire.sendall(struct.pack(">II", 8, SSL_REQUEST))
            answer = wire.recv(1)
        except TimeoutError:
            raise ConnectorError("silent_server", where) from None
        except OSError:
            raise ConnectorError("wrong_protocol", where) from None
    if answer not in (b"S", b"N"):
        raise ConnectorError("wrong_protocol", where)
    return answer == b"S"


@dataclass(frozen=True)
class Rows:
    """The rows of one statement; `truncated` when there were more than its cap."""

    rows: list[tuple[Any, ...]]
    truncated: bool


class Session:
    """One login to one database. Statements run one at a time."""

    def __init__(self, connection: "psycopg.Connection[tuple[Any, ...]]", deadline: Deadline, target: Target) -> None:
        self.connection = connection
        self.deadline = deadline
        self.user = target.user
        self.database = target.database
        self.connect_ms = 0.0

    def rows(self, statement: Statement) -> Rows:
        """Run a fixed statement. Raises ConnectorError, naming table, column and grant if missing."""
        found = self._run(statement.sql.encode(), statement.needs, statement.cap + 1)
        return Rows(found[: statement.cap], len(found) > statement.cap)

    def named(self, statement: Statement) -> dict[str, Any]:
        """The one row of a statement by the names of its columns."""
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(statement.sql.encode())
                row = cursor.fetchone() or ()
                return dict(zip((one.name for one in cursor.description or ()), row, strict=True))
            except psycopg.Error as error:
                raise translated(error, statement.needs, self.user, STATEMENT_SECONDS) from None
            except UnicodeError:
                raise ConnectorError("bad_answer", {"what": "text"}) from None

    def look_at(self, need: Need) -> None:
        """Ask for no row of the named columns: proves table, columns and the right. Raises ConnectorError."""
        columns = sql.SQL(", ").join(map(sql.Identifier, need.columns))
        table = sql.Identifier(*need.table.split("."))
        text = sql.SQL("SELECT {} FROM {} LIMIT 0").format(columns, table)
        self._run(text.as_string().encode(), (need,), 1)

    def behave(self) -> None:
        """Set the manners: never write, never wait long, neither for locks nor for an answer."""
        for setting in (
            "SET default_transaction_read_only = on",
            "SET lock_timeout = '5s'",
            "SET idle_in_transaction_session_timeout = '60s'",
        ):
            self._run(setting.encode(), (), 0)

    def _run(self, text: bytes, needs: Sequence[Need], rows: int) -> list[tuple[Any, ...]]:
        seconds = min(STATEMENT_SECONDS, max(1, round(self.deadline.left())))
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = '{seconds}s'".encode())
                cursor.execute(text)
                return cursor.fetchmany(rows) if rows else []
        except psycopg.Error as error:
            raise translated(error, needs, self.user, seconds) from None
        except UnicodeError:
            # A database in SQL_ASCII hands out whatever bytes were put in, in any encoding.
            raise ConnectorError("bad_answer", {"what": "text"}) from None


@contextmanager
def connected(target: Target, deadline: Deadline) -> Iterator[Session]:
    """Greet, log in once and set the manners. Raises ConnectorError; a wrong password is tried exactly once."""
    start = time.perf_counter()
    seconds = min(LOGIN_SECONDS, max(1, round(deadline.left())))
    encrypts = greeting(target.address, seconds)
    if target.encryption != "off" and not encrypts:
        raise ConnectorError("tls_refused")
    connection = _log_in(target, seconds)
    try:
        session = Session(connection, deadline, target)
        session.behave()
        session.connect_ms = milliseconds_since(start)
        yield session
    finally:
        connection.close()


def _log_in(target: Target, seconds: int) -> "psycopg.Connection[tuple[Any, ...]]":
    where: Params = {"host": target.address.host, "port": target.address.port, "seconds": seconds}
    try:
        return psycopg.connect(**target.parameters(seconds), autocommit=True)  # type: ignore[arg-type]
    except psycopg.errors.ConnectionTimeout:
        raise ConnectorError("silent_server", where) from None
    except psycopg.Error as error:
        reason = _BY_STATE.get(error.sqlstate or "") or _by_text(str(error))
        raise ConnectorError(reason, {**where, "database": target.database, "sqlstate": error.sqlstate}) from None
    except (ValueError, UnicodeError):
        raise ConnectorError("bad_settings", {"field": "user"}, field="user") from None


def _by_text(text: str) -> str:
    return next((reason for reason, pattern in _BY_TEXT.items() if pattern.search(text)), "driver_error")


def translated(error: psycopg.Error, needs: Sequence[Need], user: str, seconds: int) -> ConnectorError:
    """A driver error as a reason, by SQLSTATE; its text is read for a column's name and never passed on."""
    if error.sqlstate is None:
        return ConnectorError("connection_lost" if isinstance(error, psycopg.OperationalError) else "driver_error")
    reason = _BY_STATE.get(error.sqlstate, "driver_error")
    text = error.diag.message_primary or ""
    need = next((one for one in needs if one.table.rpartition(".")[2] in text), needs[0] if needs else None)
    if reason == "missing_right" and need:
        columns = ", ".join(map(quoted, need.columns))
        right = f"SELECT ({columns}) ON {need.table}"
        return ConnectorError(reason, {"table": need.table}, right=right, grant=f"GRANT {right} TO {quoted(user)};")
    if reason == "missing_table" and need:
        return ConnectorError(reason, {"table": need.table})
    if reason == "missing_column":
        # With an alias the server names alias.column, without quotes.
        name = (_QUOTED.findall(text) or [re.split(r"\s", text.partition(".")[2])[0]])[0]
        return ConnectorError(reason, {"column": name, "table": ", ".join(one.table for one in needs)})
    return ConnectorError(reason, {"seconds": seconds, "sqlstate": error.sqlstate, "native": None})


def quoted(name: str) -> str:
    """A name as PostgreSQL quotes it."""
    return '"' + name.replace('"', '""') + '"'
