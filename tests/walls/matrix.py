"""What a row of the route matrix says, and where the rows stand.

Every route has a row for each of its methods in `tests/<package>/matrix.py`:

    ROWS = {"tickets.show": Row("tenant", values=a_ticket, roles=("owner", "engineer", "assistant"))}

A route with GET and POST has a tuple of two rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from tests.world import World

TESTS = Path(__file__).resolve().parents[1]


def _nothing(_world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    """One method of one route.

    `kind`: `public` answers anybody; `person` a signed-in person about themself; `practice` the people of a practice;
    `tenant` is a page of client A (`slug` is filled in unless `values` gives it).
    `values(world)` makes what the address names, through verbs or models in scopes, and returns its values.
    `data(world)` is the form that succeeds (called after `values`; `world.kept` carries what it needs); fields that
    end in `_id` are ids of client A's rows. `roles` may: with them the request must succeed, with every other role the
    thing is not there. `status` lists what counts as success; `query` goes behind the address.
    """

    kind: Literal["public", "person", "practice", "tenant"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    values: Callable[[World], dict[str, Any]] = _nothing
    data: Callable[[World], dict[str, Any]] | None = None
    roles: tuple[str, ...] = ()
    status: tuple[int, ...] = (200, 204, 302, 303)
    query: str = ""
    csrf: bool = True  # False only for what is not a browser (a heartbeat, a payment provider's call)


DESK = ("owner", "engineer", "assistant")  # every role of the practice's people
CLIENT = ("boss", "finance", "it_contact", "user")  # every lasting role of a client's people


def rows() -> Iterator[tuple[str, Row]]:
    """Endpoint and row, of every package's matrix."""
    for file in sorted(TESTS.glob("*/matrix.py")):
        if file.parent.name == "walls":
            continue
        table: dict[str, Row | tuple[Row, ...]] = import_module(f"tests.{file.parent.name}.matrix").ROWS
        for endpoint, entry in table.items():
            for row in entry if isinstance(entry, tuple) else (entry,):
                yield endpoint, row
