"""Count what a page asks of the database: the promise is ten statements, overhead included."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from service_desk.scope import Walls


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement of this process while the block runs."""
    heard: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    event.listen(Walls.engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(Walls.engine, "before_cursor_execute", note)
