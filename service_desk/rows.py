"""Many rows of one table in one statement, whose text stays the same however many they are.

They travel as one JSON text, so that the server parses and plans the statement once, not once for each row.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any

from sqlalchemy import ColumnClause, Insert, TableValuedAlias, Text, bindparam, column, func, insert, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningInsert

from service_desk.db import Base
from service_desk.scope import session


def write_rows(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows whose numbers nobody asks for; all name the same columns, the others get their defaults."""
    if rows:
        session().execute(_statement(model, tuple(rows[0])), given(rows))


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
    rows = [{name: one.__dict__[name] for name in missing} for one in kept]
    # The server numbers the rows in the order in which they come, but may tell the numbers in any.
    numbers = sorted(session().scalars(_numbered(model), given(rows)))
    for one, number in zip(kept, numbers, strict=True):
        set_committed_value(one, "id", number)
        make_transient_to_detached(one)
    session().add_all(kept)


def source(*columns: ColumnClause[Any]) -> TableValuedAlias:
    """The rows of the parameter `given` as a table with these columns."""
    read = func.jsonb_to_recordset(as_type(bindparam("rows", type_=Text), JSONB))
    return read.table_valued(*columns).render_derived(with_types=True)


def given(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameter of a statement that reads from `source`."""
    try:
        return {"rows": json.dumps(rows, default=_in_words, allow_nan=False)}
    except ValueError:  # JSON has no form for a figure that is none; the database reads it from a word.
        told = [{name: _finite(value) for name, value in row.items()} for row in rows]
        return {"rows": json.dumps(told, default=_in_words, allow_nan=False)}


def _finite(value: object) -> object:
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _in_words(value: object) -> str:
    """What JSON has no form for, as the database reads it. Raises TypeError for bytes and whatever else is none."""
    if isinstance(value, date | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not travel as JSON")


@cache
def _statement(model: type[Base], names: tuple[str, ...]) -> Insert:
    table = model.__table__
    found = source(*(column(name, table.c[name].type) for name in names))
    return insert(table).from_select(names, select(*found.c))


@cache
def _numbered(model: type[Base]) -> ReturningInsert[int]:
    return _statement(model, tuple(_defaults(model))).returning(model.__table__.c.id)


@cache
def _defaults(model: type[Base]) -> dict[str, Callable[[], Any]]:
    """What every column but the number holds where an object does not say."""
    return {one.key: _default(one.default) for one in model.__table__.c if one.key != "id"}


def _default(rule: Any) -> Callable[[], Any]:
    if rule is None or rule.is_scalar:
        return lambda: rule and rule.arg
    return lambda: rule.arg(None)
