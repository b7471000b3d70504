"""The fixed statements, one data file for each system. The files are also the page that tells a client what is read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from connectors.base import Need

HERE = files("connectors.statements")  # also inside the one file that runs at a client's


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One fixed SELECT within one database, in the system's own dialect, values bound as `?`.

    `database`: which one, by the role it plays for the system. `cap`: most rows that are kept; the statement asks for
    one more, so that a cut is noticed. `optional`: its absence leaves a gap in the facts but not an unknown.
    `fallback`: asked only where another statement cannot be. `partial`: an answer with hidden rows will do.
    """

    name: str
    title: str
    database: str
    sql: str
    cap: int
    needs: tuple[Need, ...]
    optional: bool = False
    fallback: bool = False
    partial: bool = False


def load(name: str) -> dict[str, Statement]:
    """All statements of one data file by name, in the file's order."""
    with (HERE / f"{name}.toml").open("rb") as source:
        return {key: _statement(key, entry) for key, entry in tomllib.load(source).items()}


def _statement(name: str, entry: Mapping[str, object]) -> Statement:
    reads: dict[str, list[str]] = entry.get("reads", {})  # type: ignore[assignment]
    database = str(entry["database"])
    return Statement(
        name=name,
        title=str(entry["title"]),
        database=database,
        sql=str(entry["sql"]).strip(),
        cap=int(str(entry["cap"])),
        needs=tuple(Need(table=table, columns=tuple(columns), database=database) for table, columns in reads.items()),
        optional=entry.get("optional") is True,
        fallback=entry.get("fallback") is True,
        partial=entry.get("partial") is True,
    )


def needs(statements: Mapping[str, Statement], *names: str) -> tuple[Need, ...]:
    """Everything that these statements read."""
    return tuple(need for name in names for need in statements[name].needs)
