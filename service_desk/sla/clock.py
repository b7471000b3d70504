"""Business time: how much of it has passed, and when a target is used up.

Business time is real elapsed time inside the opening hours, minus pauses. A due time is the earliest instant at which
the target is used up, so it may be the very instant of closing, never the next opening. Pauses are half open, may
overlap (their union counts) and only their part inside opening hours matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from service_desk.sla.calendar import Calendar, Interval, open_intervals

RetargetMode = Literal["from_start", "from_change"]
ReopenMode = Literal["resume", "new_cycle"]
_FOREVER = datetime.max.replace(tzinfo=UTC)
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still from ``start`` to ``end`` (None: still does), because of ``reason``."""

    start: datetime
    end: datetime | None
    reason: str = "waiting_client"


def due(calendar: Calendar, start: datetime, target: timedelta, pauses: Sequence[Pause] = ()) -> datetime | None:
    """Return when ``target`` of business time after ``start`` is used up (UTC); None while an open pause prevents it.

    Raises CalendarError ``no_open_time`` when the calendar does not open for two years.
    """
    left = target
    if left <= NOTHING:
        return start.astimezone(UTC)
    for interval in _running(calendar, start, pauses):
        if left <= interval.length:
            return interval.start + left
        left -= interval.length
    return None


def elapsed(calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> timedelta:
    """Return the business time between two instants, pauses taken out; nothing when ``end`` is not after ``start``."""
    total = NOTHING
    for interval in _running(calendar, start, [*pauses, Pause(end, None)]):
        total += interval.length
    return total


def remaining(
    calendar: Calendar, start: datetime, target: timedelta, pauses: Sequence[Pause], now: datetime
) -> timedelta:
    """Return how much of ``target`` is left at ``now``; negative once it is overdue."""
    return target - elapsed(calendar, start, now, pauses)


def warn_at(
    calendar: Calendar, start: datetime, target: timedelta, pauses: Sequence[Pause], before: timedelta
) -> datetime | None:
    """Return the instant that lies ``before`` (business time) ahead of the due time; ``start`` if that is earlier."""
    return due(calendar, start, target - before, pauses)


def share_of(target: timedelta, percent: int) -> timedelta:
    """Return how long before the due time ``percent`` of ``target`` is used up, for thresholds such as 80 %."""
    return target * (100 - percent) / 100


def retargeted(
    calendar: Calendar,
    start: datetime,
    changed_at: datetime,
    target: timedelta,
    pauses: Sequence[Pause],
    mode: RetargetMode,
) -> datetime | None:
    """Return the due time after the target was changed at ``changed_at``; pauses survive the change.

    ``from_start`` counts the new target from the ticket's start (the due time may already have passed),
    ``from_change`` from the change.
    """
    return due(calendar, start if mode == "from_start" else changed_at, target, pauses)


def breach_of(due_at: datetime, valid_from: datetime) -> datetime:
    """Return when a due time is breached: a due time that a change put into the past is breached by that change."""
    return max(due_at, valid_from)


def reopened(
    start: datetime, pauses: Sequence[Pause], solved_at: datetime, reopened_at: datetime, mode: ReopenMode
) -> tuple[datetime, tuple[Pause, ...]]:
    """Return (start, pauses) of the clock after a reopening: ``resume`` treats the solved time as a pause,
    ``new_cycle`` starts afresh."""
    if mode == "new_cycle":
        return reopened_at, ()
    return start, (*pauses, Pause(solved_at, reopened_at, "solved"))


def paused_by_reason(
    calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause]
) -> dict[str, timedelta]:
    """Return the business time each reason held the clock between ``start`` and ``end``.

    Where pauses overlap the time goes to the one that began first, so that the sum is never more than was paused.
    """
    held: dict[str, timedelta] = {}
    told: list[Pause] = []
    for pause in sorted(pauses, key=lambda one: one.start):
        within = replace(pause, start=max(pause.start, start), end=min(pause.end or end, end))
        if within.end is not None and within.start < within.end:
            length = elapsed(calendar, within.start, within.end, told)
            held[pause.reason] = held.get(pause.reason, NOTHING) + length
            told.append(within)
    return held


def _union(pauses: Iterable[Pause]) -> list[Interval]:
    merged: list[Interval] = []
    for pause in sorted(pauses, key=lambda one: one.start):
        end = pause.end.astimezone(UTC) if pause.end else _FOREVER
        start = pause.start.astimezone(UTC)
        if merged and start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, end))
        elif start < end:
            merged.append(Interval(start, end))
    return merged


def _running(calendar: Calendar, start: datetime, pauses: Sequence[Pause]) -> Iterator[Interval]:
    """Yield the intervals in which the clock runs; ends where an open pause begins."""
    stops = _union(pauses)
    until = stops.pop().start if stops and stops[-1].end == _FOREVER else None
    for interval in open_intervals(calendar, start.astimezone(UTC), until):
        reached = interval.start
        for stop in stops:
            if stop.end <= reached or stop.start >= interval.end:
                continue
            if stop.start > reached:
                yield Interval(reached, stop.start)
            reached = stop.end
        if reached < interval.end:
            yield Interval(reached, interval.end)
