"""Scales and the area between the axes of a series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from service_desk.lib.charts.facts import Limits, Point, Projection, State
from service_desk.lib.charts.marks import ACCENT, FILL, LINE, SOFT, fit, rect, rule, text
from service_desk.lib.charts.words import WORDS, number
from service_desk.lib.clock import Language, local

SMALLEST = 1e-290  # A span below this has no tenth that a float can still tell from zero.


class Scale:
    """Maps values to heights: ``low`` at ``bottom``, ``high`` at ``top`` (SVG counts downwards)."""

    def __init__(self, low: float, high: float, bottom: float, top: float) -> None:
        self.low, self.high = (low, high) if high > low else (low - 0.5, high + 0.5)
        self.bottom, self.top = bottom, top

    @classmethod
    def around(cls, values: Sequence[float], bottom: float, top: float) -> Scale:
        """Choose round ends; start at zero when the values come near enough to it to mislead otherwise."""
        low, high = min(values), max(values)
        low = 0.0 if 0 <= low < high * 0.6 else low
        step = _step(max(high - low or abs(high) or 1.0, SMALLEST))
        return cls(math.floor(low / step) * step, math.ceil(high / step) * step, bottom, top)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        inside = 0.0 if share < 0 else min(share, 1.0)
        return self.bottom - inside * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        step = _step(self.high - self.low)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [place * step for place in range(first, last + 1)]


def _step(span: float) -> float:
    """The round distance (1, 2 or 5 times a power of ten) that cuts ``span`` into two to five pieces."""
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= span / 4.0001)


class Plot:
    """The area between the axes of a series."""

    left, right_margin = 46.0, 74.0

    def __init__(
        self, points: Sequence[Point], projection: Projection | None, scale: Scale, size: tuple[int, int]
    ) -> None:
        self.scale, self.start = scale, points[0].at
        self.end = max(points[-1].at, projection.reaches) if projection else points[-1].at
        self.right = size[0] - self.right_margin
        self.foot = size[1] - 6.0
        self.per_second = (self.right - self.left) / ((self.end - self.start).total_seconds() or 1.0)

    def x(self, at: datetime) -> float:
        return self.left + (at - self.start).total_seconds() * self.per_second

    def spot(self, point: Point) -> tuple[float, float] | None:
        return None if point.value is None else (self.x(point.at), self.scale.y(point.value))

    def spots(self, points: Sequence[Point]) -> list[tuple[float, float] | None]:
        """Where each measurement lies; None for a gap."""
        x, y = self.x, self.scale.y
        return [None if value is None else (x(at), y(value)) for at, value in points]

    def grid(self, unit: str) -> list[str]:
        parts: list[str] = []
        for tick in self.scale.ticks():
            y = self.scale.y(tick)
            parts.append(rule(self.left, y, self.right, LINE))
            parts.append(text(self.left - 6, y + 4, number(tick), anchor="end"))
        unit_label = [text(self.left, self.scale.top - 3, fit(unit, 60))] if unit else []
        return parts + unit_label

    def bands(self, limits: Limits) -> list[str]:
        edge = self.scale.top if limits.bad == "above" else self.scale.bottom
        parts: list[str] = []
        for state, limit in (("warn", limits.warn), ("crit", limits.crit)):
            if limit is not None:
                y = self.scale.y(limit)
                parts.append(rect(self.left, min(y, edge), self.right - self.left, abs(y - edge), SOFT[state], 0))
        return parts

    def limit_lines(self, limits: Limits, lang: Language) -> list[str]:
        parts: list[str] = []
        taken: list[float] = []
        named: tuple[tuple[State, float | None, str], ...] = (("crit", limits.crit, ""), ("warn", limits.warn, "6 4"))
        for state, limit, dash in named:
            if limit is not None:
                y = self.scale.y(limit)
                spot = y + 4 if all(abs(y + 4 - other) >= 13 for other in taken) else taken[0] + _away(y, taken[0])
                taken.append(spot)
                parts.append(rule(self.left, y, self.right, FILL[state], dash=dash))
                words = f"{WORDS[lang][state]} {number(limit)}"
                parts.append(text(self.right + 8, spot, words, fill=FILL[state]))
        return parts

    def dates(self, zone: str) -> list[str]:
        short = self.end - self.start < timedelta(days=2)
        middle = self.start + (self.end - self.start) / 2
        # One measurement has one date: three at one place could not be read.
        ends = ((middle, "middle"), (self.end, "end")) if self.end > self.start else ()
        anchors = ((self.start, "start"), *ends)
        return [
            text(self.x(at), self.foot, f"{local(at, zone):{'%m-%d %H:%M' if short else '%m-%d'}}", anchor=anchor)
            for at, anchor in anchors
        ]

    def way(self, last: Point, projection: Projection) -> str:
        x, y = self.spot(last) or (0.0, 0.0)
        to_x, to_y = self.x(projection.reaches), self.scale.y(projection.limit)
        return (
            f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" fill="none" stroke="{ACCENT}" '
            'stroke-width="1.6" stroke-dasharray="5 5"/>'
        )


def _away(y: float, taken: float) -> float:
    return 13.0 if y + 4 >= taken else -13.0
