"""What a row about a job of SQL Server Agent means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.agent_jobs import job_task
from connectors.base import Spot
from connectors.facts import Task

SPOT = Spot(account_set=None, seen_at=datetime(2026, 11, 22, 2, tzinfo=UTC))
SECONDS = st.none() | st.integers(-(10**8), 10**8)


def job(
    outcome: int | None = 1, running: int | None = None, ended: int | None = None, due: int | None = None
) -> Task | None:
    """The task of one row."""
    return job_task(key="k", name="每日备份", outcome=outcome, running_s=running, ended_s=ended, due_s=due, spot=SPOT)


@pytest.mark.parametrize(
    ("row", "state", "age"),
    [
        ({"running": 7200, "due": 90000}, "running", None),
        ({"due": 7200}, "overdue", 7200),
        ({"due": 7200, "outcome": 0, "ended": 90000}, "overdue", 7200),
        ({"outcome": 0, "ended": 300, "due": -3600}, "failed", None),
        ({"outcome": 0}, "failed", None),
    ],
)
def test_it_says_what_is_the_matter(row: dict[str, int], state: str, age: int | None) -> None:
    task = job(**row)
    assert task is not None
    assert (task.what, task.name, task.state, task.age_s) == ("job", "每日备份", state, age)


@pytest.mark.parametrize("row", [{}, {"due": -1}, {"due": 60}, {"outcome": 3}, {"outcome": None}, {"outcome": 5}])
def test_a_job_in_order_is_nothing_to_say(row: dict[str, int]) -> None:
    assert job(**row) is None


def test_a_failed_run_is_dated_to_its_end() -> None:
    task = job(outcome=0, ended=300)
    assert task is not None
    assert task.since_at == SPOT.seen_at - timedelta(seconds=300)


@given(st.none() | st.integers(0, 5), SECONDS, SECONDS, SECONDS)
def test_only_what_is_overdue_has_an_age_and_it_is_never_in_the_future(
    outcome: int | None, running: int | None, ended: int | None, due: int | None
) -> None:
    task = job(outcome, running, ended, due)
    if task is None:
        assert outcome != 0
        return
    assert (task.age_s is not None) == (task.state == "overdue")
    assert task.age_s is None or task.age_s > 0
