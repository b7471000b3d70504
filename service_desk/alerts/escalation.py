"""When people are told of an incident, and when more of them are because nobody has acknowledged it. Pure.

With nothing agreed, an alarm is told at once at any hour. Where hours are agreed with the client they count: a critical
incident waits for them unless its priority is served round the clock, everything else always waits for them. Steps
are counted in the same hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from service_desk.sla.calendar import Calendar, next_open
from service_desk.sla.clock import due

# After being told, so many minutes of served time until each further step.
STEPS: dict[str, tuple[int, ...]] = {"crit": (30, 120), "warn": (120,), "unknown": (120,)}


@dataclass(frozen=True)
class Served:
    """When a client is served: its agreed hours (None: nothing is agreed), and the priorities served at any hour."""

    calendar: Calendar | None = None
    round_the_clock: frozenset[str] = frozenset()

    def hours(self, severity: str, priority: str) -> Calendar | None:
        """The hours that count for an incident; None: every hour does."""
        return None if severity == "crit" and priority in self.round_the_clock else self.calendar


def told_at(severity: str, priority: str, at: datetime, served: Served) -> datetime:
    """When people are told of what became known at `at`. Raises CalendarError when the hours never open."""
    hours = served.hours(severity, priority)
    return at if hours is None else next_open(hours, at)


def next_step(step: int, severity: str, priority: str, told: datetime, served: Served) -> datetime | None:
    """When the step after `step` is due (0: told once), counted from `told`; None after the last."""
    left = STEPS.get(severity, ())[step:]
    if not left:
        return None
    hours, length = served.hours(severity, priority), timedelta(minutes=left[0])
    return told + length if hours is None else due(hours, told, length)
