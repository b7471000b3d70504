"""A child is heard while it works, and neither silence, a flood nor deafness keeps its parent."""

import time
from pathlib import Path

import pytest

from connectors import process
from connectors.process import Child, Hung

ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


@pytest.fixture(params=["selects", "threads"])
def says(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module `said` of a child is whatever the test writes here; heard in the way of each kind of system."""
    monkeypatch.setattr(process, "SELECTS", request.param == "selects")
    monkeypatch.setattr(process, "PASSED_ON", (*process.PASSED_ON, "PYTHONPATH"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "said.py"


def heard(question: str = "", seconds: float = 20) -> tuple[list[str], int | None]:
    """The lines of the child, and its status; None when it hung."""
    lines: list[str] = []
    with Child("said", seconds) as child:
        try:
            lines += child.lines(question)
            return lines, child.status()
        except Hung:
            return lines, None


def test_it_passes_a_long_question_on_while_it_listens(says: Path) -> None:
    says.write_text(ECHO)
    question = "".join(f"{n} 账套{'x' * 200}\n" for n in range(5000))
    assert heard(question) == (question.splitlines(), 0)


def test_a_line_ends_at_its_end_alone(says: Path) -> None:
    says.write_text(ECHO)
    odd = "仓库\u2028一\x85二\x1c三"  # other ends of a line, as a text may hold them
    assert heard(odd + "\nhalf a line") == ([odd], 0)


def test_it_ends_a_flood_in_time(says: Path) -> None:
    says.write_text("while True: print('x' * 1000)")
    start = time.monotonic()
    lines, status = heard(seconds=1)
    assert (lines[0], status) == ("x" * 1000, None)
    assert time.monotonic() - start < 10


def test_it_ends_one_that_says_nothing_more(says: Path) -> None:
    says.write_text("import os, time\nprint('one', flush=True)\nos.close(1)\ntime.sleep(60)")
    start = time.monotonic()
    assert heard(seconds=1.5) == (["one"], None)
    assert time.monotonic() - start < 10


def test_it_is_not_stopped_by_one_that_does_not_listen(says: Path) -> None:
    says.write_text("import os\nos.close(0)\nprint('deaf', flush=True)\nos._exit(3)")
    assert heard("x" * 1_000_000) == (["deaf"], 3)
