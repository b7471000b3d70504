"""Where K/3's modules stand, as closed and open periods."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import AccountSet, Spot
from connectors.k3_periods import Standing, closing_states, leave_day, standing_of

SPOT = Spot(account_set=AccountSet(code="01", name="示例"), seen_at=datetime(2026, 11, 22, tzinfo=UTC))
STANDINGS = st.lists(
    st.builds(
        Standing,
        module=st.sampled_from(["GL", "AR", "AP", "IC", "FA"]),
        year=st.integers(2000, 2100),
        period=st.integers(1, 12),
        closed=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda standing: standing.module,
)


@given(STANDINGS)
def test_what_is_before_a_closed_period_is_closed_too(standings: list[Standing]) -> None:
    told = closing_states(standings, SPOT)
    assert len(told) == (12 if standings else 0)
    for later, earlier in pairwise(told):
        assert (earlier.year, earlier.period) < (later.year, later.period)
        assert all(earlier.closed[module] for module, closed in later.closed.items() if closed)


@given(STANDINGS)
def test_the_current_period_of_a_module_is_open_unless_it_is_said_to_be_closed(standings: list[Standing]) -> None:
    told = {(one.year, one.period): one.closed for one in closing_states(standings, SPOT)}
    for standing in standings:
        if (standing.year, standing.period) in told:
            assert told[standing.year, standing.period][standing.module] is standing.closed


@given(STANDINGS)
def test_every_period_is_one_of_twelve(standings: list[Standing]) -> None:
    assert all(1 <= one.period <= 12 for one in closing_states(standings, SPOT))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([("GL", "CurrentYear", "2026"), ("GL", "CurrentPeriod", "10")], [("GL", 2026, 10)]),
        ([("gl ", "CURRENTYEAR", " 2026 "), ("GL", "currentperiod", "1")], [("GL", 2026, 1)]),
        ([("GL", "CurrentYear", "2026")], []),
        ([("GL", "CurrentYear", "2026"), ("GL", "CurrentPeriod", "")], []),
        ([("GL", "CurrentYear", "2026"), ("GL", "CurrentPeriod", "0")], []),
        ([("GL", "CurrentYear", "²"), ("GL", "CurrentPeriod", None)], []),
        ([(None, "CurrentYear", "2026"), (None, "CurrentPeriod", "1")], []),
    ],
)
def test_it_reads_the_settings(settings: list[tuple[Any, ...]], expected: list[tuple[str, int, int]]) -> None:
    assert [(one.module, one.year, one.period) for one in standing_of(settings)] == expected


@given(st.lists(st.tuples(st.none() | st.text(), st.text(), st.none() | st.text())))
def test_no_settings_break_it(settings: list[tuple[Any, ...]]) -> None:
    closing_states(standing_of(settings), SPOT)


@pytest.mark.parametrize("day", [None, date(1899, 12, 30), date(1900, 1, 1), date(9999, 12, 31)])
def test_an_empty_day_of_leaving_is_none(day: date | None) -> None:
    assert leave_day(day) is None


def test_a_day_of_leaving_is_kept() -> None:
    assert leave_day(date(2026, 11, 10)) == date(2026, 11, 10)
