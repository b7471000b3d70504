"""What an hour costs: which rate applies, how work at odd hours is weighted, what a length of time comes to.

A rate is resolved once, when the work is logged, and stored with where it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from service_desk.lib.clock import at_wall, local_day
from service_desk.lib.money import Money, half_up
from service_desk.sla.holidays import HolidayTable

# One class per minute, the first that fits: statutory holiday, rest day, outside the normal hours, normal.
WorkClass = Literal["statutory", "rest", "outside", "normal"]
AmountMode = Literal["exact", "decimal2"]
RateSource = Literal["entry", "contract_activity", "contract_class", "client", "engineer"]

# The usual factors, the same numbers as overtime pay in the labour law; a contract may set its own.
USUAL_FACTORS: Mapping[WorkClass, Decimal] = MappingProxyType(
    {"statutory": Decimal("3.0"), "rest": Decimal("2.0"), "outside": Decimal("1.5"), "normal": Decimal("1.0")}
)
_WORKING_WEEK = frozenset(range(5))


class NoRate(LookupError):
    """Neither entry nor contract, client or engineer says what an hour costs."""


@dataclass(frozen=True)
class WorkPattern:
    """What counts as normal: ``opens`` to ``closes`` (minutes of the day) on working days in ``zone``."""

    zone: str
    holidays: HolidayTable | None = None
    opens: int = 540
    closes: int = 1080
    weekdays: frozenset[int] = _WORKING_WEEK
    factors: Mapping[WorkClass, Decimal] = field(default_factory=lambda: USUAL_FACTORS)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of work of one class; ``factor`` multiplies the rate."""

    begin: datetime
    end: datetime
    work_class: WorkClass
    factor: Decimal

    @property
    def seconds(self) -> int:
        return int((self.end - self.begin) / timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class ContractRate:
    """A line of a contract's price list. ``activity`` or ``work_class`` None stands for any."""

    hourly: Decimal
    activity: str | None = None
    work_class: WorkClass | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate of one stretch of work: ``hourly`` times ``factor`` in major units, and who said so."""

    hourly: Decimal
    factor: Decimal
    source: RateSource


def day_class(day: date, pattern: WorkPattern) -> WorkClass:
    """Return what kind of day it is: ``statutory``, ``rest`` or ``normal``. A make-up weekend day is normal."""
    table = pattern.holidays
    if table is not None:
        if table.is_statutory(day):
            return "statutory"
        if table.is_off(day):
            return "rest"
        if table.is_makeup(day):
            return "normal"
    return "normal" if day.weekday() in pattern.weekdays else "rest"


def segments(begin: datetime, end: datetime, pattern: WorkPattern) -> tuple[Segment, ...]:
    """Cut the time from ``begin`` to ``end`` where its class changes; neighbours of one class are one segment.

    Its instants are in UTC.
    """
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    cuts = sorted({begin, end, *(cut for cut in _borders(begin, end, pattern) if begin < cut < end)})
    parts: list[Segment] = []
    for start, stop in pairwise(cuts):
        kind = _class_at(start, pattern)
        if parts and parts[-1].work_class == kind:
            start = parts.pop().begin  # noqa: PLW2901 - joined with the one before
        parts.append(Segment(start, stop, kind, pattern.factors[kind]))
    return tuple(parts)


def _borders(begin: datetime, end: datetime, pattern: WorkPattern) -> list[datetime]:
    day, last = local_day(begin, pattern.zone), local_day(end, pattern.zone)
    found: list[datetime] = []
    while day <= last:
        found.extend(at_wall(day, minute, pattern.zone) for minute in (0, pattern.opens, pattern.closes))
        day += timedelta(days=1)
    return found


def _class_at(instant: datetime, pattern: WorkPattern) -> WorkClass:
    day = local_day(instant, pattern.zone)
    kind = day_class(day, pattern)
    if kind != "normal":
        return kind
    opens, closes = (at_wall(day, minute, pattern.zone) for minute in (pattern.opens, pattern.closes))
    return "normal" if opens <= instant < closes else "outside"


def weighted_hours(parts: Sequence[Segment]) -> Fraction:
    """Return the hours of ``parts``, each times its factor; exact."""
    return sum((Fraction(part.seconds, 3600) * Fraction(part.factor) for part in parts), Fraction())


def weighted_amount(parts: Sequence[Segment], hourly: Decimal, currency: str) -> Money:
    """Return what ``parts`` cost at ``hourly``, rounded once."""
    return _priced(weighted_hours(parts), hourly, currency)


def amount(seconds: int, hourly: Decimal, currency: str, mode: AmountMode = "exact") -> Money:
    """Return what ``seconds`` cost at ``hourly`` (major units), half up.

    ``exact`` rounds once at the end; ``decimal2`` first rounds the hours to two decimals, as an invoice prints them.
    """
    hours = Fraction(seconds, 3600)
    return _priced(Fraction(half_up(Decimal(seconds) / 3600)) if mode == "decimal2" else hours, hourly, currency)


def _priced(hours: Fraction, hourly: Decimal, currency: str) -> Money:
    # One major unit times the exact price: a rate finer than the currency's minor unit is not rounded too early.
    return Money.of(1, currency).times(hours * Fraction(hourly))


def resolve(
    *,
    activity: str,
    work_class: WorkClass,
    entry: Decimal | None = None,
    contract: Sequence[ContractRate] = (),
    client: Decimal | None = None,
    engineer: Decimal | None = None,
    factors: Mapping[WorkClass, Decimal] = USUAL_FACTORS,
) -> Rate:
    """Find the rate: entry, contract for activity and class, contract for the class, client, engineer; first wins.

    A rate that was set for exactly this class, or by hand on the entry, is the final price; any other is multiplied
    by the class's factor. Raises NoRate.
    """
    plain = Decimal(1)
    if entry is not None:
        return Rate(entry, plain, "entry")
    fitting = [row for row in contract if row.activity in (None, activity) and row.work_class in (None, work_class)]
    if fitting:
        best = max(fitting, key=lambda row: (row.activity is not None, row.work_class is not None))
        source: RateSource = "contract_class" if best.activity is None else "contract_activity"
        return Rate(best.hourly, plain if best.work_class else factors[work_class], source)
    if client is not None:
        return Rate(client, factors[work_class], "client")
    if engineer is not None:
        return Rate(engineer, factors[work_class], "engineer")
    raise NoRate(activity)
