"""What the tests of several ERPs do alike: ask for one kind of fact, and change a fixture behind the ERP's back."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from connectors.ask import Request, ask
from connectors.base import Deadline
from connectors.facts import Fact, Look
from connectors.sqlserver_base import OverSqlServer

Change = Callable[[str, str], None]
F = TypeVar("F", bound=Fact)


def facts_of(request: Request, kind: type[F]) -> list[F]:
    """The facts of one kind; fails when they are not known."""
    looks = ask(request).looks
    assert [look.unknown for look in looks] == [None] * len(looks)
    return [fact for look in looks for fact in look.facts if isinstance(fact, kind)]


def changing(folder: Path) -> Change:
    """Run statements in one of the fixture's databases."""

    def run(database: str, sql: str) -> None:
        with closing(sqlite3.connect(folder / f"{database}.sqlite")) as connection, connection:
            connection.executescript(sql)

    return run


def looks_of(system: type[OverSqlServer], folder: Path, kinds: Sequence[str]) -> dict[str, Look]:
    """The looks by kind; of several the last, of grants those of the ERP."""
    settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}
    found = system(settings, {"password": "x"}, allow_loopback=True).collect(kinds, Deadline(20))
    return {look.kind: look for look in found if look.kind != "grants" or look.account_set}


def known(look: Look) -> list[Any]:
    """The facts of a look that could be taken."""
    assert look.unknown is None, look.unknown
    return list(look.facts)
