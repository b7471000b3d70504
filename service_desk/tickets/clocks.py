"""From what happened to a ticket to its clocks, and from a clock to words. Pure; `now` is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from service_desk.sla.clock import remaining, share_of, warn_at
from service_desk.sla.timeline import Actor, Cycle, Event

REOPEN_DAYS = 7
_SOLVED = {"solved": "resolved"}
_SIDES: dict[str, Actor] = {"desk": "engineer", "client": "client", "machine": "system"}


class Said(Protocol):
    """A message, as far as clocks care."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def side(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def opening(self) -> bool: ...


class Stood(Protocol):
    """An interval of a status."""

    @property
    def status(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...


class Changed(Protocol):
    """A change of priority or assignee."""

    @property
    def at(self) -> datetime: ...
    @property
    def field(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...


def events(
    opened_at: datetime,
    opened_by: Actor,
    priority: str,
    said: Iterable[Said],
    stood: Iterable[Stood],
    changed: Iterable[Changed],
) -> list[Event]:
    """The ticket's story for its clocks. `priority` is the present one; the first is found through the changes."""
    changes = sorted((one for one in changed if one.field == "priority"), key=lambda one: one.at)
    first = changes[0].before if changes else priority
    story = [Event(opened_at, "created", opened_by, first)]
    story += [_message(one) for one in said if not one.opening]
    story += [Event(one.started_at, "status", to=_SOLVED.get(one.status, one.status)) for one in stood]
    story += [Event(one.at, "priority", to=one.after) for one in changes]
    return sorted(story, key=lambda one: (one.at, one.kind != "created", one.kind != "message"))


def _message(one: Said) -> Event:
    return Event(one.created_at, "message" if one.public else "note", _SIDES[one.side], automatic=one.side == "machine")


def warning_at(cycle: Cycle, percent: int) -> datetime | None:
    """When `percent` of the target is used up."""
    if cycle.target is None:
        return None
    target = timedelta(minutes=cycle.target.minutes)
    return warn_at(cycle.target.calendar, cycle.start, target, cycle.pauses, share_of(target, percent))


@dataclass(frozen=True)
class Reading:
    """How a clock stands: `left` is service time (negative when overdue), None when it no longer runs."""

    clock: str
    standing: Literal["met", "late", "missed", "running", "soon", "paused", "stopped"]
    due: datetime | None
    left: timedelta | None
    target: timedelta
    met_at: datetime | None
    paused_by: str = ""


def readings(cycles: Sequence[Cycle], now: datetime, percent: int = 80) -> list[Reading]:
    """The latest run of every promised clock, in the order a person asks for them."""
    latest = {cycle.clock: cycle for cycle in cycles if cycle.target is not None}
    order = ("first_response", "next_reply", "next_update", "resolution")
    return [_reading(latest[name], now, percent) for name in order if name in latest]


def _reading(cycle: Cycle, now: datetime, percent: int) -> Reading:
    assert cycle.target is not None
    target = timedelta(minutes=cycle.target.minutes)
    open_pause = next((pause for pause in cycle.pauses if pause.end is None), None)
    if not cycle.running:
        standing: Literal["met", "missed", "stopped"]
        standing = "missed" if cycle.breached_at else "met" if cycle.met_at else "stopped"
        return Reading(cycle.clock, standing, cycle.due, None, target, cycle.met_at)
    left = remaining(cycle.target.calendar, cycle.start, target, cycle.pauses, now)
    if cycle.breached_at:
        return Reading(cycle.clock, "late", cycle.due, left, target, None)
    if open_pause:
        return Reading(cycle.clock, "paused", None, left, target, None, open_pause.reason)
    soon = left <= share_of(target, percent)
    return Reading(cycle.clock, "soon" if soon else "running", cycle.due, left, target, None)
