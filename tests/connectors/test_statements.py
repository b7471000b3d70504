"""Every statement for SQL Server, resolved against its system's own column dictionary.

And proved unable to write, to reach out of its database, or to read a password.
"""

import re
from collections.abc import Set

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from connectors import CONNECTORS, connector_class
from connectors.fixture import functions_as_tables
from connectors.sqlserver_base import SHARED, OverSqlServer
from connectors.statements import Statement
from connectors.yonyou_u8 import STATEMENTS
from service_desk.running.demo import fixture_files

# What the server has for itself; in every other database stands what SQL Server keeps in each.
SERVER_PARTS = ("master", "msdb", "tempdb", "any")
OVER_SQL_SERVER = {kind: found for kind in CONNECTORS if issubclass(found := connector_class(kind), OverSqlServer)}
EVERY: list[tuple[str, Statement]] = [("sqlserver", statement) for statement in SHARED.values()]
EVERY += [
    (kind, statement)
    for kind, found in OVER_SQL_SERVER.items()
    for name, statement in found.statements.items()
    if name not in SHARED
]
ALL = pytest.mark.parametrize(("system", "statement"), EVERY, ids=[f"{kind}-{one.name}" for kind, one in EVERY])

# What a statement may call. Anything else could reach out of the database (OPENROWSET, OPENQUERY) or change something.
FUNCTIONS = {"ServerProperty", "Coalesce", "DateDiff", "CurrentTimestamp", "Sum", "Count", "Max", "Min", "Cast", "Case"}
FUNCTIONS |= {
    "Abs",
    "CurrentTimestampLTZ",
    "DateAdd",
    "Substring",
    "Trim",
    "Upper",
    "If",
    "And",
    "Or",
    "Anonymous",
    "Convert",
    "CurrentDatabase",
    "CurrentUser",
    "Extract",
    "Host",
    "Add",
    "TimeStrToTime",
}
# The server's views that are functions, and functions that answer with one value; none of them changes anything.
ANONYMOUS = {"DM_OS_VOLUME_STATS", "DM_IO_VIRTUAL_FILE_STATS", "DM_DB_LOG_INFO", "DM_DB_INDEX_PHYSICAL_STATS"}
ANONYMOUS |= {"DATABASEPROPERTYEX", "LOGINPROPERTY", "FILEPROPERTY", "DATALENGTH", "SYSUTCDATETIME", "DB_ID"}
ANONYMOUS |= {"SERVERPROPERTY", "IS_SRVROLEMEMBER", "IS_MEMBER", "HAS_PERMS_BY_NAME", "DB_NAME", "QUOTENAME"}


def dictionary(system: str, part: str) -> dict[str, dict[str, str]]:
    """Table (without its schema) -> column -> type, of the part of an installation that a statement runs in."""
    known = [fixture_files.dictionary(name) for name in dict.fromkeys((system, "sqlserver"))]
    return {
        table.split(".")[-1]: dict(columns)
        for parts in known
        for name, tables in parts.items()
        if part in (name, "any") or (name == "own" and part not in SERVER_PARTS)
        for table, columns in tables.items()
    }


def read_by(sql: str, schema: dict[str, dict[str, str]], dialect: str = "tsql") -> dict[str, set[str]]:
    """Table -> columns that a statement touches. Raises when one is not in the schema, or stands without its table."""
    tree = functions_as_tables(sqlglot.parse_one(sql, read=dialect))
    known = {name.lower(): name for name in schema}
    for table in tree.find_all(exp.Table):
        table.set("db", None)
        if table.name.lower() not in known:
            raise LookupError(f"no such table: {table.name}")
    tree = qualify(tree, dialect=dialect, schema=dict(schema), validate_qualify_columns=True, quote_identifiers=False)
    tables = {str(table.alias_or_name).lower(): known[str(table.name).lower()] for table in tree.find_all(exp.Table)}
    touched = [(tables[column.table.lower()], column.name) for column in tree.find_all(exp.Column)
               if column.table.lower() in tables]  # fmt: skip
    return {
        name: {_spelled(schema[name], column) for one, column in touched if one == name} for name in tables.values()
    }


def _spelled(columns: dict[str, str], name: str) -> str:
    for column in columns:
        if column.lower() == name.lower():
            return column
    raise LookupError(f"no such column: {name}")


@ALL
def test_it_reads_only_what_exists_and_says_what(system: str, statement: Statement) -> None:
    schema = dictionary(system, statement.database)
    declared = {need.table.split(".")[-1]: set(need.columns) for need in statement.needs}
    assert read_by(statement.sql, schema) == declared


@pytest.mark.parametrize("wrong", ["cPersonCode", "iQuantitiy"])
def test_it_notices_a_column_that_u8_does_not_have(wrong: str) -> None:
    sql = STATEMENTS["stock"].sql.replace("iQuantity", wrong)
    with pytest.raises((LookupError, sqlglot.errors.OptimizeError)):
        read_by(sql, dictionary("yonyou_u8", "account_set"))


def test_it_notices_a_table_of_another_database() -> None:
    with pytest.raises(LookupError):
        read_by("SELECT u.cUser_Id FROM UA_User u", dictionary("yonyou_u8", "account_set"))


def refusal(sql: str, dialect: str = "tsql", may_call: Set[str] = frozenset(ANONYMOUS)) -> str | None:
    """Why a text is not a harmless SELECT; None when it is one."""
    trees = sqlglot.parse(sql, read=dialect)
    if len(trees) != 1 or not isinstance(trees[0], exp.Select):
        return "not one SELECT"
    for node in trees[0].walk():
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Anonymous):
            continue  # a view that is a function; its name is looked at when the walk comes to it
        if isinstance(node, (exp.DML, exp.DDL, exp.Command, exp.Into, exp.WithTableHint, exp.Lock)) and not isinstance(
            node, (exp.Select, exp.Subquery)
        ):
            return type(node).__name__
        if isinstance(node, exp.Anonymous) and node.name.upper() not in may_call:
            return node.name
        if isinstance(node, exp.Func) and type(node).__name__ not in FUNCTIONS:
            return type(node).__name__
        if isinstance(node, exp.Table) and (node.catalog or not node.name):
            return "another database"
    return None


@ALL
def test_it_cannot_write(system: str, statement: Statement) -> None:
    assert refusal(statement.sql) is None
    assert ";" not in statement.sql
    assert "--" not in statement.sql


@pytest.mark.parametrize(
    "hostile",
    [
        "UPDATE UA_User SET nState = 1",
        "SELECT 1; DELETE FROM UA_Task",
        "SELECT cUser_Id INTO copy FROM UA_User",
        "SELECT * FROM OPENROWSET('SQLNCLI', 'x', 'delete from y')",
        "SELECT * FROM other.dbo.UA_User",
        "SELECT NEXT VALUE FOR numbers",
        "SELECT * FROM UA_User WITH (TABLOCKX)",
        "EXEC xp_cmdshell 'dir'",
        "WITH x AS (SELECT 1 AS a) DELETE FROM UA_Task",
        "SELECT dbo.do_something(1)",
    ],
)
def test_the_proof_of_harmlessness_is_not_blind(hostile: str) -> None:
    assert refusal(hostile) is not None


@ALL
def test_it_reads_no_password(system: str, statement: Statement) -> None:
    assert not re.search(r"passw|\bpwd|secret", statement.sql, re.IGNORECASE)
    # Every column by its name; a star that multiplies stands behind a number.
    assert not re.search(r"(?:\bSELECT|\bDISTINCT|[,.()])\s*\*", statement.sql.replace("COUNT(*)", ""))


def test_the_dictionary_holds_the_password_columns_that_are_avoided() -> None:
    assert {"cPassword", "cSysUserPassword"} <= set(dictionary("yonyou_u8", "system")["UA_User"])


@ALL
def test_it_asks_for_one_row_more_than_it_keeps(system: str, statement: Statement) -> None:
    top = re.search(r"\bTOP \((\d+)\)", statement.sql)
    if statement.cap > 1:
        assert top
        assert int(top[1]) == statement.cap + 1
