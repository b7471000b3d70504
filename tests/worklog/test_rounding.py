"""Rounding of work: local wall clock, steps, minimum, scope."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.worklog.rounding import (
    Mode,
    Rule,
    Scope,
    billable_in_scope,
    billable_minutes,
    round_entry,
    round_seconds,
    round_wall,
)

modes: st.SearchStrategy[Mode] = st.sampled_from(["default", "ceil", "floor", "closest"])
steps = st.sampled_from([1, 6, 10, 15, 30, 60])
zones = st.sampled_from(["Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo"])
seconds = st.integers(0, 200_000)
DAY = date(2026, 3, 2)


@given(seconds, steps, modes)
def test_it_moves_by_less_than_a_step_to_a_multiple(length: int, step: int, mode: Mode) -> None:
    rounded = round_seconds(length, step, mode)
    assert rounded % (step * 60) == 0
    assert abs(rounded - length) < step * 60
    if mode in ("ceil", "default"):
        assert rounded >= length
    elif mode == "floor":
        assert rounded <= length
    else:
        assert abs(rounded - length) * 2 <= step * 60
    assert round_seconds(rounded, step, mode) == rounded


@pytest.mark.parametrize(
    ("length", "mode", "expected"), [(450, "closest", 0), (451, "closest", 900), (1, "ceil", 900), (899, "floor", 0)]
)
def test_an_exact_half_goes_down(length: int, mode: Mode, expected: int) -> None:
    assert round_seconds(length, 15, mode) == expected


@given(st.integers(0, 366 * 24 * 60), zones, steps, modes)
def test_it_rounds_to_the_wall_clock_of_the_zone(minute: int, zone: str, step: int, mode: Mode) -> None:
    instant = datetime(2026, 1, 1, 0, 0, 7, tzinfo=UTC) + timedelta(minutes=minute)
    rounded = round_wall(instant, zone, step, mode)
    assert abs(rounded - instant) < timedelta(minutes=step)
    if instant.astimezone(ZoneInfo(zone)).utcoffset() == rounded.utcoffset():
        assert (rounded.hour * 60 + rounded.minute) % step == 0
        assert rounded.second == 0


def test_the_night_the_clocks_change_moves_nothing_by_an_hour() -> None:
    before = datetime(2026, 11, 1, 5, 50, tzinfo=UTC)  # 01:50, the first of two, in New York
    for mode, hour in (("ceil", 6), ("floor", 5)):
        rounded = round_wall(before, "America/New_York", 60, mode)  # type: ignore[arg-type]
        assert rounded.astimezone(UTC) == datetime(2026, 11, 1, hour, 0, tzinfo=UTC)
    got = round_entry(
        before, before + timedelta(minutes=50), "America/New_York", "default", begin_step=0, end_step=0, duration_step=0
    )
    assert got.seconds == 3000


def test_it_rounds_the_ends_first_and_the_duration_then() -> None:
    begin, end = (datetime(2026, 3, 2, 1, minute, tzinfo=UTC) for minute in (4, 31))
    got = round_entry(begin, end, "Asia/Shanghai", "default", begin_step=5, end_step=5, duration_step=20)
    assert (f"{got.begin:%H:%M}", f"{got.end:%H:%M}", got.seconds) == ("09:00", "09:35", 2400)
    down = round_entry(begin, end, "Asia/Shanghai", "floor", begin_step=5, end_step=5, duration_step=20)
    assert (f"{down.begin:%H:%M}", f"{down.end:%H:%M}", down.seconds) == ("09:00", "09:30", 1200)


def test_a_begin_rounded_past_its_end_bills_nothing_and_says_so() -> None:
    begin, end = (datetime(2026, 3, 2, 1, minute, tzinfo=UTC) for minute in (16, 18))
    got = round_entry(begin, end, "UTC", "ceil", begin_step=30, end_step=0, duration_step=0)
    assert (got.raw_seconds, got.seconds, got.clamped) == (-720, 0, True)


@given(st.integers(0, 100_000), steps, st.sampled_from([0, 30, 45, 120]), modes)
def test_it_never_bills_less_than_the_minimum_nor_anything_for_nothing(
    length: int, step: int, minimum: int, mode: Mode
) -> None:
    billed = billable_minutes(length, Rule(mode, step, minimum))
    assert (billed == 0) if not length else (billed >= minimum)
    if mode == "ceil":
        assert billed * 60 >= length
        assert billed % step == 0 or billed == minimum


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20_000)), max_size=8), steps)
def test_a_wider_scope_never_bills_more(entries: list[tuple[int, int]], step: int) -> None:
    days = [(DAY + timedelta(days=day), length) for day, length in entries]
    scopes: list[Scope] = ["entry", "day", "invoice"]
    per_entry, per_day, per_invoice = (billable_in_scope(days, Rule("ceil", step, 0, scope)) for scope in scopes)
    assert per_entry >= per_day >= per_invoice
    assert per_invoice * 60 >= sum(length for _, length in days)


def test_a_scope_rounds_its_sum() -> None:
    entries = [(DAY, 300), (DAY, 300), (DAY + timedelta(days=1), 300)]
    scopes: list[Scope] = ["entry", "day", "invoice"]
    assert [billable_in_scope(entries, Rule("ceil", 10, 0, scope)) for scope in scopes] == [30, 20, 20]
    assert [billable_in_scope(entries, Rule("ceil", 10, 25, scope)) for scope in scopes] == [90, 60, 30]


@pytest.mark.parametrize(("step", "minimum"), [(0, 0), (-1, 0), (1, -1)])
def test_it_refuses_a_rule_without_sense(step: int, minimum: int) -> None:
    with pytest.raises(ValueError, match="minutes"):
        Rule("ceil", step, minimum)
