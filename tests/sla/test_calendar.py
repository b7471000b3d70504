"""Calendars: precedence, forms, working days and years that are not known yet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from service_desk.sla.calendar import (
    Calendar,
    CalendarError,
    always_open,
    hours,
    hours_of,
    is_provisional,
    minute_of,
    next_open,
    open_intervals,
    week,
    working_day,
)
from service_desk.sla.holidays import seed_rows, table

DAY = hours([["09:00", "17:30"]])
SHOP = Calendar(
    "Asia/Shanghai",
    week({"mon": [["08:00", "12:00"]], "tue": [["09:00", "17:30"]], "sat": [["10:00", "14:00"]]}),
    holidays=table(seed_rows([2025]), [2025]),
    overrides={date(2025, 10, 1): DAY},
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 10, 1), "09:00"),  # an override beats the holiday
        (date(2025, 10, 4), None),  # a holiday closes the Saturday
        (date(2025, 10, 11), "08:00"),  # a make-up Saturday has Monday's hours
        (date(2025, 10, 18), "10:00"),  # an ordinary Saturday keeps its own
        (date(2025, 10, 13), "08:00"),
        (date(2025, 10, 15), None),
    ],
)
def test_its_precedence_is_override_then_table_then_week(day: date, expected: str | None) -> None:
    found = hours_of(SHOP, day)
    assert (found[0][0] if found else None) == (minute_of(expected) if expected else None)


def test_a_client_may_ignore_makeup_days_or_take_another_weekday_for_them() -> None:
    makeup = date(2025, 10, 11)
    assert hours_of(replace(SHOP, makeup=False), makeup) == hours([["10:00", "14:00"]])
    assert hours_of(replace(SHOP, makeup_weekday=1), makeup) == DAY


@pytest.mark.parametrize(
    ("spans", "code"),
    [
        ([["9", "10:00"]], "time"),
        ([["09:60", "10:00"]], "time"),
        ([["09:00", "24:01"]], "time"),
        ([["10:00", "10:00"]], "span"),
        ([["22:00", "06:00"]], "span"),
        ([["09:00", "12:00"], ["11:59", "13:00"]], "overlap"),
    ],
)
def test_it_refuses_hours_that_make_no_sense(spans: Sequence[Sequence[str]], code: str) -> None:
    with pytest.raises(CalendarError) as caught:
        hours(spans)
    assert caught.value.code == code


def test_it_joins_days_without_a_seam() -> None:
    start = datetime(2026, 3, 2, 5, tzinfo=UTC)
    whole = list(open_intervals(always_open("Europe/Berlin"), start, start + timedelta(days=40)))
    assert whole[0].start == start
    assert whole[-1].end == start + timedelta(days=40)
    assert all(one.end == other.start for one, other in pairwise(whole))


def test_it_finds_the_next_opening() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert next_open(SHOP, datetime(2025, 10, 2, 12, tzinfo=zone)) == datetime(2025, 10, 11, 8, tzinfo=zone)
    inside = datetime(2025, 10, 11, 9, tzinfo=zone)
    assert next_open(SHOP, inside) == inside


def test_an_opening_after_more_than_two_years_is_none() -> None:
    seldom = Calendar("Asia/Shanghai", ((),) * 7, overrides={date(2028, 3, 1): DAY})
    near, far = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)
    assert next_open(seldom, near).year == 2028
    with pytest.raises(CalendarError, match="no_open_time"):
        next_open(seldom, far)


def test_a_due_time_in_an_unknown_year_is_provisional() -> None:
    old, new = datetime(2025, 12, 31, 9, tzinfo=UTC), datetime(2025, 12, 31, 17, tzinfo=UTC)
    assert not is_provisional(SHOP, old, old)
    assert is_provisional(SHOP, old, new)  # already New Year's Day in Shanghai
    assert not is_provisional(replace(SHOP, holidays=None), old, new)
    assert hours_of(SHOP, date(2027, 1, 1)) == ()  # a statutory day is known without a notice


def test_a_working_day_is_the_commonest_length_of_the_week() -> None:
    assert working_day(SHOP) == timedelta(hours=4)
    assert working_day(always_open("UTC")) == timedelta(days=1)
    assert working_day(Calendar("UTC", (DAY, hours([["09:00", "12:00"]]), (), (), (), (), ()))) == timedelta(hours=8.5)
    with pytest.raises(CalendarError, match="no_open_time"):
        working_day(Calendar("UTC", ((),) * 7))
