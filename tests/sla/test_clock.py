"""Business time: the interval algorithm against stepping minute by minute, and cases worked by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_desk.sla.calendar import Calendar, CalendarError, Hours, always_open, hours, hours_of, week
from service_desk.sla.clock import (
    Pause,
    breach_of,
    due,
    elapsed,
    paused_by_reason,
    remaining,
    reopened,
    retargeted,
    share_of,
    warn_at,
)
from service_desk.sla.holidays import HolidayRow, table

MINUTE = timedelta(minutes=1)
OFFICE = [["08:30", "12:00"], ["13:00", "17:30"]]
CHINA = Calendar("Asia/Shanghai", week(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), tuple(OFFICE))))
# Zones that jump by an hour, by half an hour, at midnight, and one that never does.
ZONES = ["Europe/Lisbon", "America/Chicago", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "Asia/Shanghai"]
ROWS = [HolidayRow(date(2026, 3, 30), "off", "x", "x"), HolidayRow(date(2026, 3, 28), "work", "x", "x")]


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def spans() -> st.SearchStrategy[Hours]:
    """Up to two spans on full quarters."""
    cuts = st.lists(st.integers(0, 96), min_size=4, max_size=4, unique=True).map(sorted)
    two = cuts.map(lambda cut: ((cut[0] * 15, cut[1] * 15), (cut[2] * 15, cut[3] * 15)))
    return st.one_of(st.just(()), two, two.map(lambda pair: pair[:1]))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    return Calendar(
        zone=draw(st.sampled_from(ZONES)),
        weekly=tuple(draw(spans()) for _ in range(7)),
        holidays=draw(st.sampled_from([None, table(ROWS, [2026])])),
        makeup=draw(st.booleans()),
        overrides=draw(st.dictionaries(st.sampled_from([date(2026, 3, 27), date(2026, 3, 31)]), spans(), max_size=2)),
    )


# The last days of March 2026: summer time begins in Lisbon, soon after in Lord Howe it ends.
starts = st.integers(0, 9 * 96).map(lambda quarter: datetime(2026, 3, 26, tzinfo=UTC) + timedelta(minutes=15 * quarter))
targets = st.integers(0, 40 * 4).map(lambda quarter: timedelta(minutes=15 * quarter))


@st.composite
def pause_lists(draw: st.DrawFn) -> list[Pause]:
    pairs = draw(st.lists(st.tuples(starts, st.integers(0, 300)), max_size=4))
    return [Pause(start, start + timedelta(minutes=15 * length)) for start, length in pairs]


def is_open(calendar: Calendar, instant: datetime) -> bool:
    """Look at a clock on the wall: slow, and right wherever no opening or closing falls into a gap."""
    wall = instant.astimezone(ZoneInfo(calendar.zone))
    minute = wall.hour * 60 + wall.minute
    return any(opens <= minute < closes for opens, closes in hours_of(calendar, wall.date()))


def jumps(calendar: Calendar, start: datetime, days: int) -> bool:
    zone = ZoneInfo(calendar.zone)
    return len({(start + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in range(-24, 24 * days)}) > 1


def stepped(calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause]) -> timedelta:
    total, now = timedelta(), start
    while now < end:
        held = any(pause.start <= now and (pause.end is None or now < pause.end) for pause in pauses)
        total += timedelta(minutes=15) if is_open(calendar, now) and not held else timedelta()
        now += timedelta(minutes=15)
    return total


@settings(max_examples=200, deadline=None)
@given(calendars(), starts, st.integers(0, 5 * 96), pause_lists())
def test_it_counts_as_stepping_does(calendar: Calendar, start: datetime, quarters: int, pauses: list[Pause]) -> None:
    end = start + timedelta(minutes=15 * quarters)
    if jumps(calendar, start, 8):
        return
    assert elapsed(calendar, start, end, pauses) == stepped(calendar, start, end, pauses)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), starts, st.integers(0, 5 * 96))
def test_it_counts_real_time_where_clocks_jump(zone: str, start: datetime, quarters: int) -> None:
    end = start + timedelta(minutes=15 * quarters)
    assert elapsed(always_open(zone), start, end) == end - start


@settings(max_examples=200, deadline=None)
@given(calendars(), starts, targets, pause_lists())
def test_what_has_passed_at_the_due_time_is_the_target(
    calendar: Calendar, start: datetime, target: timedelta, pauses: list[Pause]
) -> None:
    try:
        found = due(calendar, start, target, pauses)
    except CalendarError:
        assert not any(calendar.weekly)
        return
    assert found is not None
    assert elapsed(calendar, start, found, pauses) == target
    assert remaining(calendar, start, target, pauses, found) == timedelta()
    if target:
        assert elapsed(calendar, start, found - timedelta(seconds=1), pauses) < target
    else:
        assert found == start


@settings(max_examples=150, deadline=None)
@given(calendars().filter(lambda one: any(one.weekly)), starts, targets, targets, pause_lists())
def test_a_longer_target_is_never_due_earlier(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta, pauses: list[Pause]
) -> None:
    short, long = (due(calendar, start, target, pauses) for target in sorted((one, other)))
    assert short is not None
    assert long is not None
    assert short <= long


@settings(max_examples=150, deadline=None)
@given(calendars().filter(lambda one: any(one.weekly)), starts, targets, pause_lists(), st.data())
def test_pauses_only_delay_and_may_be_split(
    calendar: Calendar, start: datetime, target: timedelta, pauses: list[Pause], data: st.DataObject
) -> None:
    plain, paused = due(calendar, start, target), due(calendar, start, target, pauses)
    assert plain is not None
    assert paused is not None
    assert plain <= paused
    split: list[Pause] = []
    for pause in pauses:
        assert pause.end is not None
        middle = pause.start + (pause.end - pause.start) * data.draw(st.sampled_from([0, 0.25, 0.5, 1]))
        split += [Pause(middle, pause.end), Pause(pause.start, middle)]
    assert due(calendar, start, target, split) == paused


def test_it_is_due_at_closing_not_at_the_next_opening() -> None:
    assert due(CHINA, at("2026-05-13 15:30"), timedelta(hours=2)) == at("2026-05-13 17:30")
    assert due(CHINA, at("2026-05-13 15:30"), timedelta(hours=2, seconds=1)) == at("2026-05-14 08:30:01")


def test_an_open_pause_has_no_due_time_unless_the_target_was_used_up_before() -> None:
    start = at("2026-05-13 09:00")
    assert due(CHINA, start, timedelta(hours=2), [Pause(at("2026-05-13 10:00"), None)]) is None
    assert due(CHINA, start, timedelta(hours=1), [Pause(at("2026-05-13 10:00"), None)]) == at("2026-05-13 10:00")
    assert due(CHINA, start, timedelta(hours=1), [Pause(at("2026-05-13 08:00"), None)]) is None
    left = remaining(CHINA, start, timedelta(hours=2), [Pause(at("2026-05-13 10:00"), None)], at("2026-05-20 10:00"))
    assert left == timedelta(hours=1)


def test_an_open_pause_in_a_calendar_that_never_opens_asks_no_question() -> None:
    never = Calendar("Asia/Shanghai", ((),) * 7)
    assert due(never, at("2026-05-13 09:00"), MINUTE, [Pause(at("2026-05-14 09:00"), None)]) is None
    assert elapsed(never, at("2020-01-01 00:00"), at("2026-01-01 00:00")) == timedelta()
    with pytest.raises(CalendarError, match="no_open_time"):
        due(never, at("2026-05-13 09:00"), MINUTE)


def test_it_warns_in_business_time() -> None:
    start, target = at("2026-05-13 16:30"), timedelta(hours=4)
    assert warn_at(CHINA, start, target, [], timedelta(hours=2)) == at("2026-05-14 09:30")
    assert warn_at(CHINA, start, target, [], share_of(target, 75)) == at("2026-05-14 10:30")
    assert warn_at(CHINA, start, target, [], timedelta(hours=9)) == start


def test_a_changed_target_keeps_its_pauses() -> None:
    start, changed = at("2026-05-13 08:30"), at("2026-05-13 11:30")
    pauses = [Pause(at("2026-05-13 09:30"), at("2026-05-13 10:30"))]
    assert retargeted(CHINA, start, changed, timedelta(hours=1), pauses, "from_start") == at("2026-05-13 09:30")
    assert retargeted(CHINA, start, changed, timedelta(hours=3), pauses, "from_start") == at("2026-05-13 13:30")
    assert retargeted(CHINA, start, changed, timedelta(hours=1), pauses, "from_change") == at("2026-05-13 13:30")
    assert breach_of(at("2026-05-13 09:30"), changed) == changed
    assert breach_of(at("2026-05-13 14:00"), changed) == at("2026-05-13 14:00")


def test_a_reopened_ticket_goes_on_or_starts_afresh() -> None:
    start, solved, again = at("2026-05-13 08:30"), at("2026-05-13 10:30"), at("2026-05-15 13:00")
    resumed, pauses = reopened(start, (), solved, again, "resume")
    assert due(CHINA, resumed, timedelta(hours=4), pauses) == at("2026-05-15 15:00")
    fresh, none = reopened(start, pauses, solved, again, "new_cycle")
    assert due(CHINA, fresh, timedelta(hours=4), none) == at("2026-05-15 17:00")


def test_it_tells_paused_time_by_reason_once() -> None:
    start, end = at("2026-05-13 08:30"), at("2026-05-14 17:30")
    pauses = [
        Pause(at("2026-05-13 10:00"), at("2026-05-13 14:00"), "waiting_client"),
        Pause(at("2026-05-13 13:30"), at("2026-05-13 15:00"), "waiting_vendor"),
        Pause(at("2026-05-13 20:00"), at("2026-05-13 22:00"), "scheduled"),
    ]
    held = paused_by_reason(CHINA, start, end, pauses)
    assert held == {
        "waiting_client": timedelta(hours=3),
        "waiting_vendor": timedelta(hours=1),
        "scheduled": timedelta(),
    }
    assert elapsed(CHINA, start, end, pauses) == timedelta(hours=12)


def test_a_night_shift_has_the_hours_the_night_really_has() -> None:
    night = Calendar("America/Chicago", (hours([["00:00", "05:00"]]),) * 7)
    spring, autumn = at("2026-03-08 00:00", "America/Chicago"), at("2026-11-01 00:00", "America/Chicago")
    assert elapsed(night, spring, spring + timedelta(hours=20)) == timedelta(hours=4)
    assert elapsed(night, autumn, autumn + timedelta(hours=20)) == timedelta(hours=6)


def test_hours_around_a_gap_are_not_counted_twice() -> None:
    # 02:15 to 02:45 does not exist and is read an hour later, where 03:00 to 04:00 is open already.
    odd = Calendar("America/Chicago", (hours([["02:15", "02:45"], ["03:00", "04:00"]]),) * 7)
    start = at("2026-03-08 00:00", "America/Chicago")
    assert elapsed(odd, start, start + timedelta(hours=12)) == timedelta(hours=1)
