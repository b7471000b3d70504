"""The files that fixture databases are made of: one SQLite file for each database of a SQL Server installation.

Tables and types come from the dictionaries beside the connectors' statements, so a statement that names a column which
the system does not have fails here as it would there.
"""

import csv
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import connectors

STATEMENTS = Path(connectors.__file__).parent / "statements"

Rows = Mapping[str, Iterable[Mapping[str, Any]]]
Tables = Mapping[str, Mapping[str, str]]


@cache
def dictionary(name: str) -> dict[str, dict[str, dict[str, str]]]:
    """A system's dictionary: database part -> table -> column -> type."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    with (STATEMENTS / f"{name}_columns.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            found.setdefault(row["database"], {}).setdefault(row["table"], {})[row["column"]] = row["type"]
    return found


# A server as it is after its installation, with a login for us and one nightly job that ran well.
LOGINS: Rows = {
    "sys_server_principals": [
        {"name": name, "principal_id": number, "type": kind, "type_desc": described, "is_disabled": disabled}
        for number, name, kind, described, disabled in (
            (1, "sa", "S", "SQL_LOGIN", 0),
            (2, "public", "R", "SERVER_ROLE", 0),
            (3, "sysadmin", "R", "SERVER_ROLE", 0),
            (101, "##MS_PolicyEventProcessingLogin##", "S", "SQL_LOGIN", 1),
            (259, "BUILTIN\\Administrators", "G", "WINDOWS_GROUP", 0),
            (265, "reader", "S", "SQL_LOGIN", 0),
            (266, "erp_old", "S", "SQL_LOGIN", 1),
        )
    ],
    "sys_server_role_members": [{"role_principal_id": 3, "member_principal_id": number} for number in (1, 259)],
}
JOBS: Rows = {
    "sysjobs": [{"job_id": "6F9619FF-8B86-D011-B42D-00C04FC964FF", "name": "每日完整备份", "enabled": 1}],
    "sysjobservers": [{"job_id": "6F9619FF-8B86-D011-B42D-00C04FC964FF", "server_id": 0, "last_run_outcome": 1}],
    "syssessions": [{"session_id": 1}, {"session_id": 2}],
}


def clear(folder: Path) -> None:
    """Make the folder, without the databases of an earlier build."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.sqlite"):
        old.unlink()


def write(path: Path, tables: Tables, rows: Rows) -> None:
    """Write one database with all tables of its part, and these rows."""
    # The files have no schemas: dbo.x is x, sys.x is sys_x.
    named = {name.removeprefix("dbo.").replace(".", "_"): types for name, types in tables.items()}
    with closing(sqlite3.connect(path)) as database, database:
        for table, types in named.items():
            spelled = ", ".join(f"{column} {kind}" for column, kind in types.items())
            database.execute(f"CREATE TABLE {table} ({spelled})")
        for table, entries in rows.items():
            for entry in entries:
                names, marks = ", ".join(entry), ", ".join("?" * len(entry))
                database.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - names of the builders
                    [_stored(value) for value in entry.values()],
                )


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return f"{value} 00:00:00" if isinstance(value, date) else value


def write_server(
    folder: Path, names: Sequence[str], backups: Rows, *, writable: bool = False, sees_all: bool = True
) -> None:
    """Write master and msdb: what the server tells of itself, the names of its databases, and its backups.

    `writable`: the login may change data. `sees_all`: it sees databases and logins that are not its own.
    """
    own = dictionary("sqlserver")
    write(folder / "msdb.sqlite", own["msdb"], {**backups, **JOBS})
    write(folder / "master.sqlite", own["master"], LOGINS)
    with closing(sqlite3.connect(folder / "master.sqlite")) as database, database:
        database.execute("CREATE TABLE fixture_server (version nvarchar(128), edition nvarchar(128), db_owner int, "
                         "sees_all int)")  # fmt: skip
        database.execute(
            "INSERT INTO fixture_server VALUES (?, ?, ?, ?)",
            ("13.0.6300.2", "Standard Edition (64-bit)", int(writable), int(sees_all)),
        )
        database.execute("CREATE TABLE fixture_databases (name nvarchar(128))")
        database.executemany(
            "INSERT INTO fixture_databases VALUES (?)", [(name,) for name in ("master", "msdb", *names)]
        )


def backups(names: Sequence[str], logged: Sequence[str], full_hours: float | None, now: datetime) -> Rows:
    """The server's record of backups: a full one of each database this long ago, and logs of `logged`."""
    hours = {"master": 8.0, "msdb": 8.0, **dict.fromkeys(names, full_hours)}
    made = [(name, "D", age, 1_800_000_000) for name, age in hours.items() if age is not None]
    made += [(name, "L", 0.5, 12_000_000) for name in logged]
    return {
        "sys_databases": [
            {"name": name, "state_desc": "ONLINE", "recovery_model_desc": "FULL" if name in logged else "SIMPLE"}
            for name in (*hours, "tempdb")
        ],
        "backupset": [
            {"database_name": name, "type": kind, "backup_finish_date": now - timedelta(hours=age), "backup_size": size,
             "is_snapshot": 0, "server_name": "FIXTURE"}
            for name, kind, age, size in made
        ],
    }  # fmt: skip


def months_back(day: date, back: int) -> date:
    """The first day of the month that lies this many months before the day's own."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)
