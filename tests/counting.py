"""Hear what a page asks of the database: the promise is ten statements, overhead included."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from service_desk.scope import Walls


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement of this process while the block runs."""
    heard: list[str] = []
    with _telling(lambda statement, _values: heard.append(statement)):
        yield heard


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """Every statement of this process while the block runs, with its values."""
    heard: list[tuple[str, Any]] = []
    with _telling(lambda statement, values: heard.append((statement, values))):
        yield heard


@contextmanager
def _telling(note: Callable[[str, Any], None]) -> Iterator[None]:
    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        note(statement, values)

    event.listen(Walls.engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(Walls.engine, "before_cursor_execute", hear)
