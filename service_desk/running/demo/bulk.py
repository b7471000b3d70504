"""Many rows in one statement. COPY does not pass the walls, an INSERT from arrays does."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql

from service_desk.db import Base
from service_desk.scope import current

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
MOST = 20_000  # rows in one statement


def pour(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert plain rows of the client (or practice) in scope. All name the same columns, none an array or JSON."""
    table = model.__table__
    scope = current()
    owner = scope.tenant_id if model.__kind__ == "tenant" else scope.practice_id
    for start in range(0, len(rows), MOST):
        part = rows[start : start + MOST]
        names = list(part[0])
        listed = ", ".join(f'"{name}"' for name in names)
        arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect=_DIALECT)}[]" for name in names)
        statement = f"INSERT INTO {table.name} ({model.__kind__}_id, {listed}) SELECT {owner}, * FROM unnest({arrays})"  # noqa: S608
        values = tuple([row[name] for row in part] for name in names)
        scope.session.connection().exec_driver_sql(statement, values)
