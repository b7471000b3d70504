"""Many rows of one table in one statement, whose text stays the same however many they are."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Table, Text, bindparam, column, func, insert, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import JSONB

from service_desk.db import Base
from service_desk.scope import session


def write_rows(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows whose numbers nobody asks for; all name the same columns, the others get their defaults.

    They travel as one JSON text, so that the server parses and plans the statement once, not once for each row.
    """
    if rows:
        session().execute(_statement(model, tuple(rows[0])), {"rows": json.dumps(rows, default=str)})


@cache
def _statement(model: type[Base], names: tuple[str, ...]) -> Insert:
    table = cast("Table", model.__table__)
    read = func.jsonb_to_recordset(as_type(bindparam("rows", type_=Text), JSONB))
    found = read.table_valued(*(column(name, table.c[name].type) for name in names))
    return insert(table).from_select(names, select(*found.render_derived(with_types=True).c))
