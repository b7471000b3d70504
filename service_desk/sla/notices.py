"""Which warnings and breach notices are to be sent now, and when: never twice, never stale."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from service_desk.sla.calendar import Calendar, next_open
from service_desk.sla.clock import warn_at
from service_desk.sla.timeline import Cycle

Kind = Literal["warning", "breach"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice about one cycle: ``at`` is when the threshold was passed, which a late sender states truthfully.

    ``threshold`` is how long before the due time (zero for a breach); with cycle it is what must be unique.
    """

    kind: Kind
    at: datetime
    threshold: timedelta


def notices(
    cycle: Cycle, thresholds: Sequence[timedelta], sent: Collection[timedelta], now: datetime
) -> tuple[Notice, ...]:
    """Return what is to be sent about ``cycle`` at ``now``: the breach, or the most urgent warning, or nothing.

    After an outage only the latest stage is told, with its true time: a warning about a time that has passed helps
    nobody. ``sent`` holds the thresholds already told (zero for the breach).
    """
    if not cycle.running or cycle.target is None:
        return ()
    breach = timedelta()
    if cycle.breached_at is not None:
        return () if breach in sent else (Notice("breach", cycle.breached_at, breach),)
    passed = [(threshold, at) for threshold, at in _warnings(cycle, thresholds) if at <= now]
    if not passed:
        return ()
    threshold, at = min(passed)
    return () if any(told <= threshold for told in sent) else (Notice("warning", at, threshold),)


def _warnings(cycle: Cycle, thresholds: Sequence[timedelta]) -> list[tuple[timedelta, datetime]]:
    if cycle.target is None:
        return []
    minutes = timedelta(minutes=cycle.target.minutes)
    found: list[tuple[timedelta, datetime]] = []
    for threshold in thresholds:
        at = warn_at(cycle.target.calendar, cycle.start, minutes, cycle.pauses, threshold)
        if at is not None:
            found.append((threshold, at))
    return found


def told_again(sent: Collection[timedelta], old_due: datetime | None, new_due: datetime | None) -> set[timedelta]:
    """Return which thresholds count as told after a due time moved: none when it moved later, all when it did not."""
    later = old_due is not None and (new_due is None or new_due > old_due)
    return set() if later else set(sent)


def send_at(now: datetime, *, round_the_clock: bool, waking: Calendar) -> datetime:
    """Return when a notice leaves: at once for a target that runs round the clock, else when ``waking`` is open.

    ``waking`` are the hours in which the person wants to hear; outside them it waits for the next opening.
    """
    return now if round_the_clock else next_open(waking, now)
