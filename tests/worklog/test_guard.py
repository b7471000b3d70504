"""A forgotten timer, and the holes in a day."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service_desk.worklog.gaps import SHORTEST, gaps
from service_desk.worklog.guard import FORGOTTEN_AFTER, measured

NOON = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
MINUTES = st.integers(min_value=0, max_value=2000)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@given(MINUTES, MINUTES)
def test_it_never_measures_more_than_ran_nor_nothing(active: int, ran: int) -> None:
    found = measured(NOON, at(min(active, ran)), at(ran))
    assert timedelta(minutes=1) <= found.end - found.begin <= timedelta(minutes=max(ran, 1))
    assert found.forgotten is (at(ran) - NOON > FORGOTTEN_AFTER)
    assert found.forgotten or found.end - NOON <= FORGOTTEN_AFTER


def test_it_cuts_at_the_last_sign_of_work() -> None:
    assert measured(NOON, at(30), at(481)).end == at(30)
    assert measured(NOON, at(30), at(480)).end == at(480)


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 120)), max_size=12))
def test_it_finds_only_time_nobody_wrote_down(spans: list[tuple[int, int]]) -> None:
    worked = [(at(begin), at(begin + length)) for begin, length in spans]
    found = gaps(worked)
    assert all(end - begin >= SHORTEST for begin, end in found)
    assert not any(begin < done and start < end for begin, end in found for start, done in worked)


def test_it_leaves_small_holes_alone() -> None:
    assert gaps([(at(0), at(10)), (at(24), at(30)), (at(45), at(50))]) == [(at(30), at(45))]
