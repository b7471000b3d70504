"""The reading child without a process of its own: for tests of what is read, not of how a reader is ended.

`test_conformance` and `test_ask` go through real processes; here a start-up for every small question would be waste.
"""

import io
from collections.abc import Iterator

import pytest

from connectors import ask as asking
from connectors import child


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
