"""The least-privilege scripts: what a client's administrator runs so that a login may read exactly this, and the undo.

Worked out from what the statements declare, so that a script never gives more than is read, nor less.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.base import Need

PASSWORD = "<choose a long password>"  # noqa: S105 - what the administrator replaces


@dataclass(frozen=True, kw_only=True)
class Script:
    """Statements for an administrator: `run` gives the rights, `undo` takes every one of them away again."""

    run: str
    undo: str


def sql_server(
    user: str,
    wanted: Iterable[tuple[str, Need]],
    server_rights: Sequence[str] = (),
    *,
    unsure: Sequence[Iterable[tuple[str, Need]]] = (),
    enter: Iterable[str] = (),
    password: str = PASSWORD,
) -> Script:
    """The script for SQL Server 2008 and later, from pairs of database and need.

    The login is made without any server role; in each database it becomes a user who may SELECT the named columns and
    nothing else; `enter` are databases of which it only sees how they are made. `unsure` are needs that not every
    version can meet, the surest first: their columns stand in lines of their own, so that a line which names what is
    not there fails alone. Undoing drops the users and the login.
    """
    login = bracketed(user)
    made = [f"CREATE LOGIN {login} WITH PASSWORD = {text(password)}, CHECK_POLICY = ON;"]
    made += [f"GRANT {right} TO {login};" for right in server_rights]
    layers = [_columns(layer) for layer in (wanted, *unsure)]
    wished = dict.fromkeys([name for layer in layers for name in layer] + list(enter))
    # Tools may end a batch at a line GO, brackets or not: whoever named a database would speak as the administrator.
    databases = [name for name in wished if name.splitlines() == [name]]
    for database in databases:
        # Every login may enter master already, but a right on one of its objects needs a user there too.
        made += ["", f"USE {bracketed(database)};", f"CREATE USER {login} FOR LOGIN {login};"]
        given: set[tuple[str, str]] = set()
        for tables in (layer.get(database, {}) for layer in layers):
            for table, columns in tables.items():
                fresh = [column for column in columns if (table, column) not in given]
                given |= {(table, column) for column in fresh}
                if fresh:
                    named = ", ".join(bracketed(column) for column in fresh)
                    made.append(f"GRANT SELECT ON {_table(table)} ({named}) TO {login};")
    gone = [f"USE {bracketed(database)}; DROP USER {login};" for database in databases]
    return Script(
        run="\n".join(["USE [master];", *made]), undo="\n".join([*gone, f"USE [master]; DROP LOGIN {login};"])
    )


def _columns(wanted: Iterable[tuple[str, Need]]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Database -> table -> every column that some statement reads. The server's own views need no grant."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for database, need in wanted:
        if not need.table.lower().startswith(("sys.", "information_schema.")):
            tables = found.setdefault(database, {})
            tables[need.table] = tuple(dict.fromkeys((*tables.get(need.table, ()), *need.columns)))
    return found


def _table(table: str) -> str:
    schema, _, name = table.rpartition(".")
    return f"[{schema or 'dbo'}].[{name}]"


def bracketed(name: str) -> str:
    """A name as SQL Server quotes it."""
    return "[" + name.replace("]", "]]") + "]"


def text(value: str) -> str:
    """A text as SQL Server quotes it."""
    return "N'" + value.replace("'", "''") + "'"
