"""A SQL Server that holds a fixture: the TDS server of the tests, answering a system's known statements from files."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from connectors.base import Deadline
from connectors.fixture import FixtureSession
from connectors.odbc import PREAMBLE
from connectors.statements import Statement
from tests.connectors.tds_server import Error, Outcome, Table

NO_TABLE = re.compile(r"no such table", re.IGNORECASE)


class FixtureServer:
    """Answers the system's own statements, `USE`, and questions for no rows; everything else is an error.

    `instead`: statement name -> outcome, to lead the driver astray at one place.
    """

    def __init__(self, folder: Path, statements: Mapping[str, Statement]) -> None:
        self.folder = folder
        self.statements = statements
        self.database = "master"
        self.instead: dict[str, Outcome] = {}

    def __call__(self, text: str) -> Outcome:
        text = text.rstrip("\x00")
        if text in (PREAMBLE, "sp_unprepare") or text.startswith("SET "):
            return None
        used = re.fullmatch(r"USE \[([\w-]+)\]", text.strip())
        if used:
            return self._use(used[1])
        statement = next((one for one in self.statements.values() if _same(text, one.sql)), None)
        if statement is None and not text.startswith("SELECT TOP (0) "):
            return Error(50000, "a statement that nobody declared")
        if statement and statement.name in self.instead:
            return self.instead[statement.name]
        return self._rows(statement or _question(text))

    def _use(self, name: str) -> Outcome:
        if not (self.folder / f"{name}.sqlite").is_file():
            return Error(911, f"Database '{name}' does not exist.")
        self.database = name
        return None

    def _rows(self, statement: Statement) -> Outcome:
        session = FixtureSession(self.folder, Deadline(10), "reader")
        session.enter("master" if statement.database == "any" and "TOP (0)" not in statement.sql else self.database)
        params = ("001", datetime.now(UTC).year)[: statement.sql.count("?")]
        cursor = session.connection.cursor()
        try:
            cursor.execute(session.spelled(statement), *params)
            rows = [tuple(_typed(value) for value in row) for row in cursor.fetchall()]
            return Table(tuple(part[0] for part in cursor.description), rows)
        except session.driver_error as error:
            found = session.translated(error, {})
            name = found.params.get("table") or found.params.get("column")
            if found.reason == "missing_table":
                return Error(208, f"对象名 '{name}' 无效。")
            return Error(207, f"列名 '{name}' 无效。")
        finally:
            session.close()


def _same(text: str, sql: str) -> bool:
    # A bound value travels as a numbered parameter.
    numbers = count(1)
    return text.strip() == sql or (
        "?" in sql and text.strip().startswith(re.sub(r"\?", lambda _: f"@P{next(numbers)}", sql))
    )


def _question(text: str) -> Statement:
    return Statement(name="", title="", database="any", sql=text, cap=1, needs=())


def _typed(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value
