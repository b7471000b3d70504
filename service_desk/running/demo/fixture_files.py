"""The files that fixture databases are made of: one SQLite file for each database of a SQL Server installation.

Tables and types come from the dictionaries beside the connectors' statements, so a statement that names a column which
the system does not have fails here as it would there.
"""

import csv
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date, datetime
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


def clear(folder: Path) -> None:
    """Make the folder, without the databases of an earlier build."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.sqlite"):
        old.unlink()


def write(path: Path, tables: Tables, rows: Rows) -> None:
    """Write one database with all tables of its part and what SQL Server keeps in each, and these rows."""
    # The files have no schemas: dbo.x is x, sys.x is sys_x.
    everywhere = {**dictionary("sqlserver")["own"], **tables}
    named = {name.removeprefix("dbo.").replace(".", "_"): types for name, types in everywhere.items()}
    with closing(sqlite3.connect(path)) as database, database:
        # One write for all tables, and none that is waited for: a fixture is made anew at each start.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = MEMORY")
        database.execute("BEGIN")
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


def months_back(day: date, back: int) -> date:
    """The first day of the month that lies this many months before the day's own."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)
