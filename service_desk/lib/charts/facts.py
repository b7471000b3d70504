"""What a chart is given: states, limits, measurements, and where a trend leads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal, NamedTuple

State = Literal["ok", "warn", "crit", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where warning and critical begin, and on which side: ``above`` for fill levels, ``below`` for free space."""

    warn: float | None = None
    crit: float | None = None
    bad: Literal["above", "below"] = "above"

    def judge(self, value: float | None) -> State:
        """Return the state of ``value``; a limit that is reached exactly counts as crossed. None is ``none``."""
        if value is None:
            return "none"
        for state, limit in (("crit", self.crit), ("warn", self.warn)):
            if limit is not None and (value >= limit if self.bad == "above" else value <= limit):
                return "crit" if state == "crit" else "warn"
        return "ok"


NO_LIMITS = Limits()


class Point(NamedTuple):
    """One measurement; ``value`` None means that it could not be taken, which the line shows as a gap."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Projection:
    """Where a line leads: change per day, the instant it reaches the limit, whole days until then."""

    per_day: float
    reaches: datetime
    days: int
    limit: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart; ``text`` is what stands behind the bar (the value with its unit)."""

    label: str
    value: float
    text: str
    state: State = "ok"


def project(points: Sequence[Point], limit: float, *, horizon: timedelta = timedelta(days=1095)) -> Projection | None:
    """Extend the trend of ``points`` to ``limit``; None when there is no trend towards it within ``horizon``.

    The slope is the median of all pairwise slopes (Theil-Sen), so a single clean-up or import does not bend it; it
    needs five points over three days. The line starts at the last measurement.
    """
    known = [(point.at, point.value) for point in thin(points, 60) if point.value is not None]
    if len(known) < 5 or known[-1][0] - known[0][0] < timedelta(days=3):
        return None
    slopes = [
        (later[1] - earlier[1]) / ((later[0] - earlier[0]) / timedelta(days=1))
        for place, earlier in enumerate(known)
        for later in known[place + 1 :]
        if later[0] > earlier[0]
    ]
    at, value = known[-1]
    slope = median(slopes)
    days = (limit - value) / slope if slope else math.inf
    if not 0 <= days <= horizon / timedelta(days=1):
        return None
    return Projection(slope, at + timedelta(days=days), int(days), limit)


def thin(points: Sequence[Point], buckets: int) -> list[Point]:
    """Keep the lowest and highest of each bucket, in their order, so that no peak is lost and no byte wasted."""
    if len(points) <= 2 * buckets:
        return list(points)
    size = math.ceil(len(points) / buckets)
    kept: list[Point] = []
    for start in range(0, len(points), size):
        kept += _telling(points[start : start + size])
    return kept


def _telling(group: Sequence[Point]) -> list[Point]:
    """The first of the lowest, the last of the highest and the first gap, in their order."""
    values = [point.value for point in group]
    known = [value for value in values if value is not None]
    if not known:
        return [group[0]]
    low, high = values.index(min(known)), len(values) - 1 - values[::-1].index(max(known))
    places = (low, high) if len(known) == len(values) else (low, high, values.index(None))
    return [group[place] for place in sorted({*places})]
