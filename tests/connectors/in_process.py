"""The reading child without a process of its own: for tests of what is read, not of how a reader is ended.

`test_conformance` and `test_ask` go through real processes; here a start-up for every small question would be waste.
"""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from connectors import ask as asking
from connectors import base, child

# A minute before midnight in China and a minute after it, on the last evening of a month, and the day there.
MIDNIGHT = pytest.mark.parametrize(
    ("moment", "today"),
    [
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), date(2026, 10, 31)),
        (datetime(2026, 10, 31, 16, 1, tzinfo=UTC), date(2026, 11, 1)),
    ],
    ids=["before", "after"],
)


class InProcess:
    """Stands in for `connectors.process.Child`."""

    def __init__(self, module: str, seconds: float) -> None:
        assert module == "connectors.child"

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def lines(self, question: str) -> Iterator[str]:
        """The answer, line by line."""
        sink = io.StringIO()
        child.main(io.StringIO(question), sink)
        yield from sink.getvalue().splitlines()

    def status(self) -> int:
        """Ended well."""
        return 0


def patched(patch: pytest.MonkeyPatch) -> None:
    """Read in this process, which no alarm may end."""
    patch.setattr(asking, "Child", InProcess)
    patch.setattr(child, "_end_after", lambda seconds: None)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for one test."""
    patched(monkeypatch)


@pytest.fixture
def at_moment(in_process: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let every look be taken at this moment, whatever time it is."""

    def freeze(moment: datetime) -> None:
        monkeypatch.setattr(base, "now", lambda: moment)

    return freeze
