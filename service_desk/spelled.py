"""Statements with every value written out.

The database plans a statement with parameters anew for every ask, as long as their values might make a better plan;
for a page that counts in twenty tables at once planning costs more than looking. What has no parameters is planned
once for each connection, and so it is where only a few values are `given` with each ask. What a person typed is always
given; texts come and go with the values that are written into them. Ask for `.all()` of what comes back: row by row the
driver takes three times as long.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, literal_column, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

_PLAIN = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def given(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """A value that comes with each ask and stays a parameter, of this type of the database."""
    return literal_column(f"CAST(«{name}» AS {kind.compile(dialect=_PLAIN)})", kind)


def spelled_out(statement: Select[*tuple[object, ...]]) -> TextClause:
    """The same statement as text, with no parameters but the given. Keep it: putting it together is what costs.

    Raises ValueError for a value that comes with the ask and is not `given`: it would be written out as NULL.
    """
    if missing := sorted(bind.key for bind in statement.compile(dialect=_PLAIN).binds.values() if bind.required):
        raise ValueError(f"not known before the statement is asked: {', '.join(missing)}")
    written = str(statement.compile(dialect=_PLAIN, compile_kwargs={"literal_binds": True}))
    return text(written.replace(":", "\\:").replace("«", ":").replace("»", ""))
