"""From worked seconds to billable minutes: a rule of the contract, applied to the local wall clock.

Three numbers stay apart: worked seconds (never rounded), billable minutes (after this rule), billed minutes (on the
invoice).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from service_desk.lib.clock import local

# default: begin down, end up, duration up. closest: strictly more than half goes up, an exact half down.
Mode = Literal["default", "ceil", "floor", "closest"]
Scope = Literal["entry", "day", "invoice"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How a contract bills time: round each ``scope`` to ``step`` minutes by ``mode``, at least ``minimum`` minutes.

    Nothing worked bills nothing, whatever the minimum. A step of 1 bills whole minutes.
    """

    mode: Mode = "ceil"
    step: int = 1
    minimum: int = 0
    scope: Scope = "entry"

    def __post_init__(self) -> None:
        if self.step < 1 or self.minimum < 0:
            raise ValueError("step and minimum are minutes: step >= 1, minimum >= 0")


@dataclass(frozen=True, slots=True)
class Rounded:
    """An entry after rounding its ends: ``raw_seconds`` is plain arithmetic and may be negative when a begin was
    rounded past the end; ``seconds`` never is, and ``clamped`` then says that a person should be told."""

    begin: datetime
    end: datetime
    raw_seconds: int

    @property
    def seconds(self) -> int:
        return max(0, self.raw_seconds)

    @property
    def clamped(self) -> bool:
        return self.raw_seconds < 0


def round_seconds(seconds: int, step_minutes: int, mode: Mode) -> int:
    """Round a length (or a position in the day) in seconds to ``step_minutes``; a step of 0 leaves it as it is."""
    step = step_minutes * 60
    if not step:
        return seconds
    floor, over = seconds // step * step, seconds % step
    up = {"default": over > 0, "ceil": over > 0, "floor": False, "closest": 2 * over > step}[mode]
    return floor + step if up else floor


def round_wall(instant: datetime, zone: str, step_minutes: int, mode: Mode) -> datetime:
    """Round ``instant`` to steps of the wall clock in ``zone``, counted from its midnight; answers on that clock.

    Zones with :30 and :45 offsets round to their own full hours. The offset in force at ``instant`` is kept while
    rounding, so it moves by less than a step even on the night the clocks change.
    """
    wall = local(instant, zone)
    since_midnight = wall.hour * 3600 + wall.minute * 60 + wall.second
    moved = round_seconds(since_midnight, step_minutes, mode) - since_midnight
    exact = instant - timedelta(microseconds=wall.microsecond) if step_minutes else instant
    return local(exact + timedelta(seconds=moved), zone)


def round_entry(
    begin: datetime, end: datetime, zone: str, mode: Mode, *, begin_step: int, end_step: int, duration_step: int
) -> Rounded:
    """Round begin and end, then the duration between them; steps are minutes, 0 means leave alone.

    ``default`` rounds the begin down and the other two up; the other modes treat all three alike.
    """
    first = round_wall(begin, zone, begin_step, "floor" if mode == "default" else mode)
    last = round_wall(end, zone, end_step, mode)
    # Datetimes of one zone subtract their wall times; only in UTC is the difference what really passed.
    seconds = int((last.astimezone(UTC) - first.astimezone(UTC)) / timedelta(seconds=1))
    return Rounded(first, last, round_seconds(seconds, duration_step, mode))


def billable_minutes(seconds: int, rule: Rule) -> int:
    """Return the minutes to bill for ``seconds`` of work in one scope; nothing for nothing, never below the minimum."""
    if seconds <= 0:
        return 0
    raised = max(seconds, rule.minimum * 60)
    return max(rule.minimum, round_seconds(raised, rule.step, rule.mode) // 60)


def billable_in_scope(entries: Iterable[tuple[date, int]], rule: Rule) -> int:
    """Return the minutes to bill for entries given as (local day, worked seconds), rounded per entry, day or invoice.

    An entry that took no time counts for nothing; what is rounded is the sum of the scope, not its parts.
    """
    groups: dict[object, int] = {}
    for place, (day, seconds) in enumerate(entries):
        key = {"entry": place, "day": day, "invoice": None}[rule.scope]
        groups[key] = groups.get(key, 0) + seconds
    return sum(billable_minutes(seconds, rule) for seconds in groups.values())
