"""When a client works: weekly hours, official holidays and make-up days, and single dates that differ.

Precedence: date override, then the official table, then the week. A make-up day uses the hours of one weekday
(Monday unless said otherwise); an ordinary weekend day keeps its own hours; a holiday closes a weekend day too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from service_desk.lib.clock import at_wall, local_day
from service_desk.sla.holidays import HolidayTable

# Minutes of the local day, half open: (540, 1080) is 09:00 to 18:00, 1440 is midnight at its end.
Span = tuple[int, int]
Hours = tuple[Span, ...]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SEARCH_LIMIT = timedelta(days=731)


class CalendarError(ValueError):
    """``code``: ``time`` (not HH:MM), ``span`` (ends before it begins), ``overlap`` or ``no_open_time`` (nothing open
    within two years)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Calendar:
    """Opening hours on the wall clock of ``zone``; ``weekly`` has seven entries, Monday first.

    ``holidays`` None means that no official table applies. ``makeup`` False: this client does not work the make-up
    days, they stay what their weekday is.
    """

    zone: str
    weekly: tuple[Hours, ...]
    holidays: HolidayTable | None = None
    makeup: bool = True
    makeup_weekday: int = 0
    overrides: Mapping[date, Hours] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``start`` up to, not including, ``end``; instants in UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def minute_of(wall: str) -> int:
    """Return the minute of the day of ``HH:MM``; 24:00 is 1440. Raises CalendarError ``time``."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", wall)
    minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else 1441
    if minute > 1440:
        raise CalendarError("time")
    return minute


def hours(spans: Sequence[Sequence[str]]) -> Hours:
    """Read ``[["09:00", "12:00"], ["13:30", "18:00"]]``. Raises CalendarError ``span`` or ``overlap``."""
    read = sorted((minute_of(opens), minute_of(closes)) for opens, closes in spans)
    if any(opens >= closes for opens, closes in read):
        raise CalendarError("span")
    if any(before[1] > after[0] for before, after in pairwise(read)):
        raise CalendarError("overlap")
    return tuple(read)


def week(by_day: Mapping[str, Sequence[Sequence[str]]]) -> tuple[Hours, ...]:
    """Read weekly hours given as ``{"mon": [["09:00", "18:00"]], …}``; a day that is not named stays closed."""
    return tuple(hours(by_day.get(day, ())) for day in WEEKDAYS)


def always_open(zone: str) -> Calendar:
    """Return a calendar that never closes."""
    return Calendar(zone, (((0, 1440),),) * 7)


def hours_of(calendar: Calendar, day: date) -> Hours:
    """Return the opening hours of one local day, after overrides and holidays."""
    if day in calendar.overrides:
        return calendar.overrides[day]
    if calendar.holidays is not None:
        if calendar.holidays.is_off(day):
            return ()
        if calendar.makeup and calendar.holidays.is_makeup(day):
            return calendar.weekly[calendar.makeup_weekday]
    return calendar.weekly[day.weekday()]


def open_intervals(calendar: Calendar, start: datetime, until: datetime | None = None) -> Iterator[Interval]:
    """Yield the open time from ``start`` on, in order and without overlap, up to ``until`` or without end.

    Where clocks jump, wall hours are read as ``lib.clock.at_wall`` says, so a night of 00 to 06 has five or seven
    real hours twice a year. Raises CalendarError ``no_open_time`` after two years without an opening, if there is
    no ``until``.
    """
    # The day before, too: hours that a jump of the clocks pushed over midnight begin there.
    day = local_day(start, calendar.zone) - timedelta(days=1)
    reached = start
    while until is None or at_wall(day, 0, calendar.zone) < until:
        for interval in _of_day(calendar, day):
            end = interval.end if until is None else min(interval.end, until)
            if max(interval.start, reached) < end:
                yield Interval(max(interval.start, reached), end)
                reached = end
        day += timedelta(days=1)
        if until is None and day - local_day(reached, calendar.zone) > _SEARCH_LIMIT:
            raise CalendarError("no_open_time")


def _of_day(calendar: Calendar, day: date) -> list[Interval]:
    spans = (
        Interval(at_wall(day, opens, calendar.zone), at_wall(day, closes, calendar.zone))
        for opens, closes in hours_of(calendar, day)
    )
    # A span that begins inside a gap of the clocks may end before it begins: then it does not exist that day.
    return sorted((span for span in spans if span.start < span.end), key=lambda span: span.start)


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """Return ``at`` if it is open then, else the next opening. Raises CalendarError ``no_open_time``."""
    return next(open_intervals(calendar, at)).start


def is_provisional(calendar: Calendar, start: datetime, end: datetime) -> bool:
    """True when the days from ``start`` to ``end`` touch a year whose official holidays are not known yet."""
    if calendar.holidays is None:
        return False
    first, last = local_day(start, calendar.zone).year, local_day(end, calendar.zone).year
    return any(year not in calendar.holidays.years for year in range(first, last + 1))


def working_day(calendar: Calendar) -> timedelta:
    """Return how long one working day is, for targets given in days: the commonest opening length of the week.

    Of two equally common the longer. Raises CalendarError ``no_open_time`` for a week that never opens.
    """
    lengths = Counter(sum(closes - opens for opens, closes in spans) for spans in calendar.weekly if spans)
    if not lengths:
        raise CalendarError("no_open_time")
    return timedelta(minutes=max(lengths, key=lambda length: (lengths[length], length)))
