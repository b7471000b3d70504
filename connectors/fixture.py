"""The fixture road: a system's databases as SQLite files in a folder, for the demo and the tests only.

The product's statements stay as they are written for SQL Server. Here, and nowhere else, they are carried over to
SQLite through its ODBC driver, so that the same reading, capping and error handling runs. It is offered only where
loopback targets are allowed, and the probe says of every step on the way that it is a fixture.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from connectors import odbc
from connectors.base import ConnectorError, Deadline, milliseconds_since
from connectors.driver_errors import login_error
from connectors.facts import Params
from connectors.statements import Statement

# What only SQL Server can tell of itself stands in a table of the fixture instead.
OWN_ANSWERS = {
    "version": "SELECT version, edition FROM fixture_server",
    "build": "SELECT version, edition, level, updates FROM fixture_server",
    "clock": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now', clock_shift || ' seconds') AS utc_now FROM fixture_server",
    "local_clock": "SELECT strftime('%Y-%m-%dT%H:%M:%S', 'now') AS local_now",
    "sight": "SELECT sees_all AS any_database, sees_all AS any_definition, sees_all AS server_state "
    "FROM fixture_server",
    "databases": "SELECT name FROM fixture_databases",
    "write_rights": "SELECT db_owner FROM fixture_server",
    "writable_tables": "SELECT name FROM fixture_databases WHERE 1 = 0",
}
HOME = "master"

_MISSING = {
    "missing_table": re.compile(r"no such table: (?:\w+\.)?(\w+)"),
    "missing_column": re.compile(r"no such column: (?:\w+\.)?(\w+)"),
}


def folder_of(settings: Mapping[str, Any], *, allow_loopback: bool) -> Path:
    """The folder of the fixture. Raises ConnectorError where fixtures are not offered, or there is no such folder."""
    if not allow_loopback:
        raise ConnectorError("forbidden_address", {"host": "fixture"}, field="driver")
    folder = Path(settings.get("folder") or "")
    if not (folder / f"{HOME}.sqlite").is_file():
        raise ConnectorError("unknown_name", {"host": "fixture"}, field="folder")
    return folder


@contextmanager
def connected(settings: Mapping[str, Any], deadline: Deadline, *, allow_loopback: bool) -> Iterator["FixtureSession"]:
    """Open the fixture's home database. Raises ConnectorError."""
    start = time.perf_counter()
    session = FixtureSession(folder_of(settings, allow_loopback=allow_loopback), deadline, settings["user"])
    session.enter(HOME)
    session.connect_ms = milliseconds_since(start)
    try:
        yield session
    finally:
        session.close()


class FixtureSession(odbc.Session):
    """A session whose databases are files; entering one opens it."""

    def __init__(self, folder: Path, deadline: Deadline, user: str) -> None:
        super().__init__(None, deadline, user)
        self.folder = folder
        self._open: dict[str, Any] = {}

    def enter(self, database: str) -> None:
        if database not in self._open:
            self._open[database] = self._opened(database)
        self.connection = self._open[database]

    def _opened(self, database: str) -> Any:
        path = self.folder / f"{database}.sqlite"
        if not re.fullmatch(r"[\w-]+", database) or not path.is_file():
            raise ConnectorError("unknown_database", {"database": database})
        text = odbc.build([("DRIVER", "SQLite3"), ("Database", str(path)), ("NoCreat", "1")])
        try:
            return odbc.driver_manager().connect(text, autocommit=True)
        except self.driver_error as error:
            raise login_error(error, {"driver": "SQLite3", "database": database}) from None

    def close(self) -> None:
        """Close every file."""
        for connection in self._open.values():
            connection.close()

    def rows(self, statement: Statement, database: str | None = None, params: Sequence[Any] = ()) -> odbc.Rows:
        if statement.name in OWN_ANSWERS:
            database = HOME
        return super().rows(statement, database, params)

    def spelled(self, statement: Statement) -> str:
        return OWN_ANSWERS.get(statement.name) or carried_over(statement.sql)

    def _execute(self, sql: str, params: Sequence[Any], rows: int = 0) -> list[Any]:
        return super()._execute(carried_over(sql) if sql.startswith("SELECT TOP (0)") else sql, params, rows)

    def translated(self, error: Exception, params: Params) -> ConnectorError:
        text = str(error.args[1]) if len(error.args) > 1 else ""
        for reason, pattern in _MISSING.items():
            found = pattern.search(text)
            if found:
                name = re.sub(r"^sys_", "sys.", found[1])
                return ConnectorError(reason, {reason.removeprefix("missing_"): name})
        return super().translated(error, params)


@cache
def carried_over(sql: str) -> str:
    """A T-SQL SELECT as SQLite understands it."""
    return str(functions_as_tables(sqlglot.parse_one(sql, read="tsql")).transform(_as_sqlite).sql(dialect="sqlite"))


# Views of the server that are functions -> the columns of their rows that repeat what they are asked for.
_FUNCTIONS = {
    "dm_os_volume_stats": ("database_id", "file_id"),
    "dm_io_virtual_file_stats": ("database_id", "file_id"),
    "dm_db_log_info": ("database_id",),
    "dm_db_index_physical_stats": ("database_id", "object_id", "index_id"),
}


def functions_as_tables(tree: Any) -> Any:
    """The same with `CROSS APPLY f(a.x) v` as a join with a table on what f is asked for, and `f(...)` as the table."""
    for join in list(tree.find_all(exp.Join)):
        if isinstance(join.this, exp.Lateral):
            function, alias = join.this.this.expression, join.this.alias
            columns = zip(_FUNCTIONS[function.name.lower()], function.expressions, strict=False)
            asked = [exp.column(name, alias).eq(value) for name, value in columns if isinstance(value, exp.Column)]
            table = exp.alias_(exp.to_table(f"sys.{function.name}"), alias, table=True)
            join.replace(exp.Join(this=table, on=exp.and_(*asked)))
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Anonymous):
            table.set("this", exp.to_identifier(table.this.name))
    return tree


# What a function of the server answers here.
_ANSWERS: dict[str, Callable[[list[Any]], Any]] = {
    "SERVERPROPERTY": lambda _: exp.Literal.string("FIXTURE"),
    "LOGINPROPERTY": lambda _: exp.Null(),
    "DATALENGTH": lambda asked: exp.Anonymous(this="LENGTH", expressions=asked),
    # Files of a fixture are full.
    "FILEPROPERTY": lambda asked: exp.column("size", asked[0].table),
    "DATABASEPROPERTYEX": lambda asked: exp.Subquery(
        this=exp.select("g.checked").from_("fixture_databases g").where(exp.column("name", "g").eq(asked[0]))
    ),
}


def _as_sqlite(node: Any) -> Any:
    if isinstance(node, exp.Anonymous) and node.name.upper() in _ANSWERS:
        return _ANSWERS[node.name.upper()](node.expressions)
    if isinstance(node, exp.CurrentTimestampLTZ):
        return exp.CurrentTimestamp()
    if isinstance(node, exp.Identifier):
        # SQLite takes an unknown name in double quotes for a text, which would hide a missing column.
        node.set("quoted", False)
    if isinstance(node, exp.Table) and node.db:
        # Its files have no schemas: sys.databases is called sys_databases, dbo.x just x.
        name = node.name if node.db.lower() == "dbo" else f"{node.db}_{node.name}"
        return exp.to_table(name, alias=node.alias or None)
    if isinstance(node, exp.Sum):
        # The driver takes a column's type from its first row, and 7.000000 looks like a whole number to it.
        return exp.Sum(this=exp.cast(node.this, "real"))
    return node
