"""A stand-in for an Oracle login: the driver's calls, answered from tables that carry the names of Oracle's own views.

No Oracle can be had here, so this proves what reaches the driver and what is made of its answers, and nothing about
Oracle itself. Any other port than its own goes to the real driver. A statement runs as it stands in the data file; only
what SQLite spells differently is carried over. Moments are days since noon of 1 January 4713 BC, as SQLite counts them.
"""

import re
import socket
import sqlite3
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import oracledb
import pytest

from connectors import ask as asking
from connectors import child, oracle_wire
from connectors.ask import Request
from connectors.oracle_state import STATEMENTS
from connectors.oracle_wire import Target
from tests.connectors.in_process import InProcess

PASSWORD = "correct-horse-7"
EPOCH = 2440587.5


def today(days_ago: float = 0) -> float:
    """A moment as the stand-in keeps it."""
    return time.time() / 86400 + EPOCH - days_ago


def planted() -> dict[str, list[dict[str, Any]]]:
    """View -> its rows: a database with a fault of every kind."""
    return {
        "dual": [{"dummy": "X"}],
        "v$instance": [
            {"instance_name": "ORCL", "version": "19.0.0.0.0", "startup_time": today(3), "host_name": "db1"}
        ],
        "v$database": [{"name": "ORCL", "open_mode": "READ WRITE", "log_mode": "ARCHIVELOG"}],
        "v$resource_limit": [{"resource_name": "sessions", "current_utilization": 90, "limit_value": "      100"}],
        "dba_tablespaces": [{"tablespace_name": "USERS", "block_size": 8192}],
        "dba_tablespace_usage_metrics": [{"tablespace_name": "USERS", "used_space": 95, "tablespace_size": 100}],
        "dba_users": [
            _user("王会计", status="OPEN", last=today(200)),
            _user("SCOTT", status="EXPIRED & LOCKED", last=None),
            _user("READER", status="OPEN", last=today()),
            _user("SYS", status="OPEN", last=None, brought="Y"),
        ],
        "dba_role_privs": [
            {"grantee": "王会计", "granted_role": "DBA"},
            {"grantee": "SYS", "granted_role": "DBA"},
        ],
        "dba_sys_privs": [
            {"grantee": "王会计", "privilege": "UNLIMITED TABLESPACE"},
            {"grantee": "PUBLIC", "privilege": "CREATE TABLE"},
        ],
        "dba_users_with_defpwd": [{"username": "王会计"}, {"username": "SCOTT"}],
        "dba_scheduler_jobs": [
            {"owner": "王会计", "job_name": "月结", "enabled": "TRUE", "state": "SCHEDULED",
             "last_start_date": today(1), "next_run_date": today(0.5), "last_run_duration": 60.0},
        ],
        "dba_scheduler_job_run_details": [
            {"owner": "王会计", "job_name": "月结", "status": "SUCCEEDED", "error#": 0, "log_id": 1},
            {"owner": "王会计", "job_name": "月结", "status": "FAILED", "error#": 1653, "log_id": 2},
        ],
        "v$rman_backup_job_details": [
            _backup("DB FULL", 9, "COMPLETED", took=3600, size=90_000_000_000),
            _backup("DB INCR", 2, "COMPLETED WITH WARNINGS", took=600, size=9_000_000_000),
            _backup("DB FULL", 0.1, "FAILED", took=5, size=0),
            _backup("ARCHIVELOG", 0.25, "COMPLETED", took=60, size=900_000_000),
        ],
        "v$recovery_file_dest": [{"name": "+FRA", "space_used": 90, "space_reclaimable": 0, "space_limit": 100}],
        "v$archive_dest": [{"dest_name": "LOG_ARCHIVE_DEST_1", "status": "ERROR"}],
        "v$database_block_corruption": [{"blocks": 4}],
        "v$session": [
            _session(11, "王会计", status="INACTIVE", saddr="A1"),
            _session(12, "李出纳", status="ACTIVE", last_call_et=300, blocking_session=11, seconds_in_wait=290),
        ],
        "v$transaction": [{"ses_addr": "A1", "start_date": today(0.01)}],
        "v$system_event": [
            {"event": "db file sequential read", "wait_class": "User I/O", "time_waited_micro": 5_000_000},
            {"event": "SQL*Net message from client", "wait_class": "Idle", "time_waited_micro": 9e12},
        ],
        "v$sysstat": [{"name": "enqueue deadlocks", "value": 3}],
        "v$osstat": [
            {"stat_name": "PHYSICAL_MEMORY_BYTES", "value": 8_000_000_000},
            {"stat_name": "FREE_MEMORY_BYTES", "value": 1_000_000_000},
        ],
        "v$sysmetric": [{"metric_name": "Host CPU Utilization (%)", "value": 42.04, "group_id": 2}],
        "v$system_parameter": [{"name": "remote_os_authent", "value": "TRUE", "isdefault": "FALSE"}],
        "session_privs": [{"privilege": "CREATE SESSION"}],
    }  # fmt: skip


def _user(name: str, *, status: str, last: float | None, brought: str = "N") -> dict[str, Any]:
    expiry = today(-10)
    return {"username": name, "account_status": status, "expiry_date": expiry, "oracle_maintained": brought,
            "last_login": last}  # fmt: skip


def _backup(kind: str, days_ago: float, status: str, *, took: int, size: int) -> dict[str, Any]:
    return {"input_type": kind, "end_time": today(days_ago), "status": status, "elapsed_seconds": took,
            "output_bytes": size}  # fmt: skip


def _session(sid: int, user: str, **more: Any) -> dict[str, Any]:
    kept = {"sid": sid, "username": user, "machine": "PC-财务", "program": "ERP.exe", "type": "USER", "audsid": sid,
            "saddr": "", "last_call_et": 0, "blocking_session": None, "seconds_in_wait": 0}  # fmt: skip
    return kept | more


class Standin:
    """A database that lives on a port. `hidden`: views that may not be read; `trouble`: what every question raises.

    `sysdate`: what its machine shows, as SQLite is asked for it.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.views = planted()
        self.hidden: set[str] = set()
        self.trouble: Exception | None = None
        self.logins = 0
        self.sysdate = "JULIANDAY('now')"
        self.seen: list[str] = []

    def opened(self, target: Target, seconds: int) -> Coroutine[Any, Any, Any]:
        """Log in, or try the real driver where the stand-in does not live."""
        return self._login(target) if target.address.port == self.port else oracle_wire._opened(target, seconds)

    async def _login(self, target: Target) -> "Connection":
        self.logins += 1
        if target.password != PASSWORD:
            raise oracledb.DatabaseError("ORA-01017: invalid username/password; logon denied")
        return Connection(self)


class Connection:
    """A connection whose views are tables."""

    def __init__(self, outer: Standin) -> None:
        self.outer = outer
        self.tables = sqlite3.connect(":memory:")
        self.tables.create_function("SYS_CONTEXT", 2, lambda space, name: -1)
        for view, rows in outer.views.items():
            names = ", ".join(f"[{name}]" for name in rows[0])
            self.tables.execute(f"CREATE TABLE [{view}] ({names})")
            marks = ", ".join("?" for _ in rows[0])
            self.tables.executemany(f"INSERT INTO [{view}] VALUES ({marks})", [tuple(row.values()) for row in rows])

    def cursor(self) -> "Cursor":
        return Cursor(self)

    async def close(self) -> None:
        self.tables.close()


class Cursor:
    """What the wire uses of a cursor."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.rows: list[tuple[Any, ...]] = []

    def __enter__(self) -> "Cursor":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""

    async def execute(self, sql: str) -> None:
        """Run a statement; refusals come as Oracle numbers them."""
        outer = self.connection.outer
        outer.seen.append(sql)
        if sql == "SET TRANSACTION READ ONLY":
            return
        if outer.trouble is not None:
            raise outer.trouble
        for view in outer.hidden:
            if re.search(rf"\b{re.escape(view)}\b", sql):
                schema, _, name = view.upper().rpartition(".")
                text = f'table or view "{schema or "SYS"}"."{name}" does not exist'
                raise oracledb.DatabaseError(f"ORA-00942: {text}")
        try:
            found = self.connection.tables.execute(carried_over(sql, outer.sysdate)).fetchall()
        except sqlite3.OperationalError as error:
            raise _numbered(str(error)) from None
        self.rows = [tuple(map(_moment, row)) for row in found]

    async def fetchmany(self, count: int) -> list[tuple[Any, ...]]:
        return self.rows[:count]


def _moment(value: Any) -> Any:
    """A day in the years that dates lie in is a date; nothing else that is told has that size."""
    if isinstance(value, float) and 2_450_000 < value < 2_480_000:
        return datetime.fromtimestamp((value - EPOCH) * 86400)  # noqa: DTZ006 - Oracle's DATE carries no zone
    return value


def carried_over(sql: str, sysdate: str = "JULIANDAY('now')") -> str:
    """A statement for Oracle as SQLite understands it, at this time of the machine."""
    found = re.sub(r"FETCH FIRST (\d+) ROWS ONLY", r"LIMIT \1", sql).replace("error#", "[error#]").replace("apps.", "")
    found = found.replace("CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE)", "JULIANDAY('now')")
    found = found.replace("SYSDATE", sysdate).replace("DATE '1970-01-01'", str(EPOCH))
    found = re.sub(r"EXTRACT\(SECOND FROM ([\w.]+)\)", r"\1", found)
    found = re.sub(r"EXTRACT\(\w+ FROM [\w.]+\)", "0", found)
    return re.sub(r"CAST\(([\w.]+) AS DATE\)", r"\1", found)


def _numbered(text: str) -> Exception:
    column = re.search(r"no such column: (?:\w+\.)?([\w$#]+)", text)
    if column:
        return oracledb.DatabaseError(f'ORA-00904: "X"."{column[1].upper()}": invalid identifier')
    return oracledb.DatabaseError(f"ORA-00600: {text}")


@contextmanager
def standing_in() -> Iterator[Standin]:
    """The stand-in, listening on a port of its own, in the place of the driver's login."""
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.MonkeyPatch.context() as patch:
        found = Standin(listener.getsockname()[1])
        patch.setattr(oracle_wire, "opened", found.opened)
        patch.setattr(asking, "Child", InProcess)
        patch.setattr(child, "_end_after", lambda seconds: None)
        yield found


@pytest.fixture
def oracle_server(socket_enabled: None) -> Iterator[Standin]:
    """The stand-in."""
    with standing_in() as found:
        yield found


def oracle_request(server: Standin, **change: Any) -> Request:
    """A question to the database."""
    settings = {"host": "127.0.0.1", "port": server.port, "user": "reader", "service": "ORCL"}
    settings |= change.pop("settings", {})
    secrets = {"password": change.pop("password", PASSWORD)}
    given: dict[str, Any] = {"kind": "oracle", "op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(settings=settings, secrets=secrets, **given)


__all__ = ["PASSWORD", "STATEMENTS", "Standin", "oracle_request", "oracle_server"]
