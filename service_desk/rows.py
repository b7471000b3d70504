"""Many rows of one table in one statement, whose text stays the same however many they are.

They travel as one JSON text, so that the server parses and plans the statement once, not once for each row.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Table, Text, bindparam, column, func, insert, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from service_desk.db import Base
from service_desk.scope import session


def write_rows(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows whose numbers nobody asks for; all name the same columns, the others get their defaults."""
    if rows:
        session().execute(_statement(model, tuple(rows[0])), _given(rows))


def keep_rows(kept: Sequence[Base]) -> None:
    """Insert new objects of one table, numbered in their order; the session keeps them as after a flush.

    A flush would look at every object by itself; these hang on nothing that is not written yet.
    """
    if not kept:
        return
    model = type(kept[0])
    missing = _defaults(model)
    for one in kept:
        for name in missing.keys() - one.__dict__.keys():
            set_committed_value(one, name, missing[name]())
    rows = [{name: getattr(one, name) for name in missing} for one in kept]
    numbered = _statement(model, tuple(missing)).returning(_table(model).c.id)
    # The server numbers the rows in the order in which they come, but may tell the numbers in any.
    for one, number in zip(kept, sorted(session().scalars(numbered, _given(rows))), strict=True):
        set_committed_value(one, "id", number)
        make_transient_to_detached(one)
        session().add(one)


def _given(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"rows": json.dumps(rows, default=str)}


def _table(model: type[Base]) -> Table:
    return cast("Table", model.__table__)


@cache
def _statement(model: type[Base], names: tuple[str, ...]) -> Insert:
    table = _table(model)
    read = func.jsonb_to_recordset(as_type(bindparam("rows", type_=Text), JSONB))
    found = read.table_valued(*(column(name, table.c[name].type) for name in names))
    return insert(table).from_select(names, select(*found.render_derived(with_types=True).c))


@cache
def _defaults(model: type[Base]) -> dict[str, Callable[[], Any]]:
    """What every column but the number holds where an object does not say."""
    return {one.key: _default(one.default) for one in _table(model).c if one.key != "id"}


def _default(rule: Any) -> Callable[[], Any]:
    if rule is None or rule.is_scalar:
        return lambda: rule and rule.arg
    return lambda: rule.arg(None)
