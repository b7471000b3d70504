"""Maintenance windows: when they are open, computed from their rule and never stored. Pure; time is an argument.

A window begins on the wall clock of its zone and lasts so many minutes by a stop watch. Where clocks jump, its
beginning is read as `lib.clock.at_wall` says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice

from dateutil.rrule import rrule, rruleset, rrulestr

from service_desk.lib.clock import at_wall, local

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
LONGEST = 7 * 24 * 60  # minutes
MOST = 500  # occurrences computed at once


class BadRule(ValueError):
    """The text is not a rule of RFC 5545, comes more often than daily, or never."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """One window as its row describes it; "" and None cover everything of the client."""

    id: int = 0
    connection_id: int | None = None
    check: str = ""
    title: str = ""
    first_day: date
    at_minute: int
    minutes: int
    rule: str = ""
    zone: str

    def covers(self, connection_id: int | None, check: str) -> bool:
        """Whether a check of a connection lies in it at all."""
        return self.connection_id in (None, connection_id) and self.check in ("", check)


@dataclass(frozen=True)
class Span:
    """One occurrence: from `start` up to, not including, `end`; instants in UTC."""

    start: datetime
    end: datetime


def read_rule(text: str, first: datetime) -> rrule:
    """The rule of a window that begins at `first` (a wall time without zone). Raises BadRule."""
    parts = dict(part.partition("=")[::2] for part in text.upper().split(";"))
    if parts.get("FREQ") not in FREQUENCIES or {"BYHOUR", "BYMINUTE", "BYSECOND"} & parts.keys():
        raise BadRule(text)
    try:
        found = rrulestr(text, dtstart=first)
        if isinstance(found, rruleset) or next(iter(found), None) is None:
            raise BadRule(text)
    except (ValueError, TypeError) as error:
        raise BadRule(text) from error
    return found


def occurrences(window: Window, since: datetime, until: datetime) -> Iterator[Span]:
    """Every time the window is open between `since` and `until`, in order, those that began earlier included."""
    length = timedelta(minutes=window.minutes)
    first = datetime.combine(window.first_day, time()) + timedelta(minutes=window.at_minute)
    if window.rule:
        # A day more on either side: wall clocks and UTC differ by less.
        begin = local(since, window.zone).replace(tzinfo=None) - length - timedelta(days=1)
        end = local(until, window.zone).replace(tzinfo=None) + timedelta(days=1)
        starts: Iterable[datetime] = read_rule(window.rule, first).xafter(begin, inc=True)
        starts = (wall for wall in _up_to(starts, end))
    else:
        starts = (first,)
    for wall in islice(starts, MOST):
        start = at_wall(wall.date(), window.at_minute, window.zone)
        if start < until and start + length > since:
            yield Span(start, start + length)


@lru_cache(maxsize=2048)
def _of_day(window: Window, day: date) -> tuple[Span, ...]:
    """The times a window is open on a day of UTC. A rule is counted from its first day on, so it is asked once a day.

    Every check of every visit asks: a nightly window of some years would cost more than all that is judged.
    """
    midnight = datetime.combine(day, time(), UTC)
    return tuple(occurrences(window, midnight, midnight + timedelta(days=1)))


def _up_to(walls: Iterable[datetime], end: datetime) -> Iterator[datetime]:
    for wall in walls:
        if wall > end:
            return
        yield wall


def open_until(windows: Iterable[Window], connection_id: int | None, check: str, at: datetime) -> datetime | None:
    """When the time in which nobody is told ends, for a check at `at`; None when no window is open.

    Windows that follow one another without a gap are one.
    """
    mine = [window for window in windows if window.covers(connection_id, check)]
    reached, moved = at, True
    while moved:
        moved = False
        for window in mine:
            for span in _of_day(window, reached.astimezone(UTC).date()):
                if span.start <= reached < span.end:
                    reached, moved = span.end, True
        if reached - at > timedelta(days=60):
            break
    return reached if reached > at else None
