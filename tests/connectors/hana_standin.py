"""A stand-in for SAP's driver: the same calls, answered from fixture databases of Business One.

No HANA can be had here, so this proves what reaches the driver and what is made of its answers, and nothing about HANA
itself. Any other port than its own goes to the real driver. A statement runs as it stands in the data file; only what
SQLite spells differently is carried over.
"""

import re
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hdbcli import dbapi

from connectors import hana_wire
from connectors.ask import Request
from tests.connectors.in_process import InProcess, patched

__all__ = ["InProcess", "Standin", "hana_request", "standing_in"]

PASSWORD = "correct-horse-7"


class Standin:
    """What stands in for the module `hdbcli.dbapi`. `trouble`: the error that the next statements raise."""

    Error = dbapi.Error

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.logins = 0
        self.trouble: Exception | None = None
        self.privileges: list[tuple[str, str, str]] = []
        self.views: dict[str, list[dict[str, Any]]] = {}
        self.seen: list[str] = []

    def connect(self, **options: Any) -> Any:
        """Log in, or try the real driver where the stand-in does not live."""
        if options["port"] != self.port:
            return dbapi.connect(**options)
        self.logins += 1
        if options["password"] != PASSWORD:
            raise dbapi.Error(10, "authentication failed")
        return Connection(self)


class Connection:
    """A connection whose schemas are files."""

    def __init__(self, outer: Standin) -> None:
        self.outer = outer
        self.files = sqlite3.connect(":memory:")
        for path in outer.folder.glob("*.sqlite"):
            name = {"SBO-COMMON": "SBOCOMMON"}.get(path.stem, path.stem)
            if name.startswith("SBO"):
                self.files.execute(f"ATTACH DATABASE '{path}' AS [{name}]")
        self.files.execute("ATTACH DATABASE ':memory:' AS SYS")
        self.files.execute("CREATE TABLE DUMMY AS SELECT 'X' AS DUMMY")
        self.files.execute(
            "CREATE TABLE SYS.M_DATABASE AS SELECT '2.00.076.00' AS VERSION, 'HDB' AS DATABASE_NAME, "
            "DATETIME('now', '-3 days') AS START_TIME"
        )
        self.files.execute("CREATE TABLE SYS.EFFECTIVE_PRIVILEGES (USER_NAME, SCHEMA_NAME, PRIVILEGE)")
        self.files.executemany("INSERT INTO SYS.EFFECTIVE_PRIVILEGES VALUES (?, ?, ?)", outer.privileges)
        for view, rows in outer.views.items():
            self.files.execute(f"CREATE TABLE SYS.{view} ({', '.join(rows[0])})")
            marks = ", ".join("?" for _ in rows[0])
            self.files.executemany(f"INSERT INTO SYS.{view} VALUES ({marks})", [tuple(row.values()) for row in rows])
        for name, count, formula in FUNCTIONS:
            self.files.create_function(name, count, _evaluated(formula))

    def setautocommit(self, on: bool) -> None:
        """Nothing is ever written."""
        assert on

    def cursor(self) -> "Cursor":
        return Cursor(self)

    def close(self) -> None:
        self.files.close()


class Cursor:
    """What the wire uses of a cursor."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.rows: list[Any] = []

    def setquerytimeout(self, seconds: int) -> None:
        """HANA would end the statement by then."""
        assert 0 < seconds <= hana_wire.STATEMENT_SECONDS

    def execute(self, sql: str, params: Sequence[Any]) -> None:
        """Run a statement; refusals come as HANA numbers them."""
        outer = self.connection.outer
        outer.seen.append(sql)
        if sql == "SET TRANSACTION READ ONLY":
            return
        if outer.trouble is not None:
            raise outer.trouble
        try:
            self.rows = self.connection.files.execute(carried_over(sql), params).fetchall()
        except sqlite3.OperationalError as error:
            raise _numbered(str(error)) from None

    def fetchmany(self, count: int) -> list[Any]:
        return self.rows[:count]

    def close(self) -> None:
        """Nothing to give back."""


# What SQLite does not have of HANA's functions, in its own words.
FUNCTIONS = (
    ("SECONDS_BETWEEN", 2, "SELECT CAST(ROUND((JULIANDAY(?2) - JULIANDAY(?1)) * 86400) AS INTEGER)"),
    ("DAYS_BETWEEN", 2, "SELECT CAST(JULIANDAY(DATE(?2)) - JULIANDAY(DATE(?1)) AS INTEGER)"),
    ("ADD_DAYS", 2, "SELECT DATE(?1, ?2 || ' days')"),
    ("MOD", 2, "SELECT ?1 % ?2"),
    ("FLOOR", 1, "SELECT CAST(?1 AS INTEGER)"),
)


def _evaluated(formula: str) -> Any:
    pocket = sqlite3.connect(":memory:", check_same_thread=False)
    return lambda *values: pocket.execute(formula, values).fetchone()[0]


def carried_over(sql: str) -> str:
    """A statement for HANA as SQLite understands it; a name in quotes stays a name."""
    found = re.sub(r'"([^"]+)"', r"[\1]", sql).replace("CURRENT_UTCTIMESTAMP", "STRFTIME('%Y-%m-%d %H:%M:%f', 'now')")
    top = re.search(r"\bTOP (\d+) ", found)
    return found if top is None else f"{found.replace(top[0], '', 1)} LIMIT {top[1]}"


def _numbered(text: str) -> Exception:
    table = re.search(r"no such table: (?:(\w+)\.)?(\w+)", text)
    if table:
        told = f"invalid table name:  Could not find table/view {table[2]} in schema {table[1]}: line 1 col 15"
        return _error(259, told)
    column = re.search(r"no such column: ([\w.]+)", text)
    return _error(260, f"invalid column name: {column[1]}: line 1 col 8") if column else _error(2, text)


def _error(code: int, text: str) -> Exception:
    made: Exception = dbapi.Error(code, text)
    return made


@contextmanager
def standing_in(folder: Path) -> Iterator[Standin]:
    """The stand-in, listening on a port of its own, in the place of the driver."""
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.MonkeyPatch.context() as patch:
        found = Standin(folder, listener.getsockname()[1])
        patch.setattr(hana_wire, "driver", lambda: found)
        patched(patch)
        yield found


def hana_request(server: Standin, **change: Any) -> Request:
    """A question to Business One on HANA."""
    settings = {"host": "127.0.0.1", "port": server.port, "user": "reader", "encryption": "off"}
    settings |= change.pop("settings", {})
    secrets = {"password": change.pop("password", PASSWORD)}
    given: dict[str, Any] = {"op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(kind="sap_b1_hana", settings=settings, secrets=secrets, **given)
