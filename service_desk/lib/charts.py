"""Every chart of the product, drawn as SVG: the same picture on a page and in a PDF.

Each function answers inert, well-formed markup whose ``<title>`` says in words what the picture shows; PDF readers and
screen readers take it as the alternative text. States differ in height, shape or dash, never in colour alone.
Colours are CSS custom properties of the theme with a printable fallback, written as presentation attributes, so a
content security policy without inline styles holds. ``for_paper`` picks the fallbacks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

from markupsafe import Markup, escape

from service_desk.lib.clock import Language, local
from service_desk.lib.text import one_line

State = Literal["ok", "warn", "crit", "unknown", "none"]

_INK, _INK_2, _INK_3 = "var(--ink,#1f2328)", "var(--ink-2,#5b6168)", "var(--ink-3,#6d737a)"
_LINE, _ACCENT = "var(--line,#e5e2db)", "var(--accent,#2f5d8a)"
_FILL: dict[State, str] = {
    "ok": "var(--ok,#3d7a57)",
    "warn": "var(--warn,#a96a00)",
    "crit": "var(--crit,#b3261e)",
    "unknown": "var(--none,#7a7f87)",
    "none": "var(--line,#e5e2db)",
}
_SOFT = {"warn": "var(--warn-soft,#fbf0dc)", "crit": "var(--crit-soft,#fbe7e5)"}
_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "ok": "正常", "warn": "注意", "crit": "严重", "unknown": "未知", "none": "无数据", "now": "现在", "low": "最低",
        "high": "最高", "to": "至", "days": "{} 天", "limit": "{}线", "reach": "预计 {} 到达 {}", "empty": "没有数据",
        "gaps": "中断 {} 处", "stop": "。", "sep": "，", "of": "{} / {}",
    },
    "en": {
        "ok": "OK", "warn": "Warning", "crit": "Critical", "unknown": "Unknown", "none": "No data", "now": "now",
        "low": "lowest", "high": "highest", "to": "to", "days": "{} d", "limit": "{} at", "reach": "reaches {1} on {0}",
        "empty": "no data", "gaps": "{} gaps", "stop": ". ", "sep": ", ", "of": "{} of {}",
    },
}  # fmt: skip
# The PDF renderer does not pass the page's font on to an SVG; a browser does, so only papers name it.
_PAPER_FONT = "Desk Sans"


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


@dataclass(frozen=True, slots=True)
class Point:
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
    known = [(point.at, point.value) for point in _thin(points, 60) if point.value is not None]
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


def for_paper(markup: str) -> str:
    """Replace the theme's colours by their printable fallbacks and name the bundled font, for the PDF renderer."""
    named = markup.replace('<svg class="chart', f'<svg font-family="{_PAPER_FONT}" class="chart')
    return re.sub(r'="var\(--[a-z0-9-]+,(#[0-9a-f]{6})\)"', r'="\1"', named)


def sparkline(
    values: Sequence[float | None],
    *,
    label: str,
    lang: Language,
    unit: str = "",
    limits: Limits = NO_LIMITS,
    size: tuple[int, int] = (120, 28),
) -> Markup:
    """Draw a small line without axes; the dot at its end has the shape of the last value's state."""
    width, height = size
    known = [value for value in values if value is not None]
    title = _title(label, [_extent(known, unit, lang)], lang)
    if not known:
        return _svg("spark", size, title, [_rule(2, height / 2, width - 2, _LINE, dash="2 3")])
    scale = _Scale(min(known), max(known), height - 4, 4)
    step = (width - 12) / max(1, len(values) - 1)
    spots = [None if value is None else (4 + place * step, scale.y(value)) for place, value in enumerate(values)]
    last = next(spot for spot in reversed(spots) if spot)
    return _svg("spark", size, title, [_line(spots, 1.6), _mark(*last, limits.judge(known[-1]))])


def heat_strip(days: Sequence[tuple[date, State]], *, label: str, lang: Language) -> Markup:
    """Draw one cell per day, oldest first: low for ok, taller for a warning, full height for critical."""
    paths: dict[State, list[str]] = {}
    for place, (_, state) in enumerate(days):
        top = {"ok": 11, "warn": 6, "crit": 0, "unknown": 6.5, "none": 16}[state]
        paths.setdefault(state, []).append(f"M{place * 6 + 0.5:g} {top:g}h4V{17.5 if state == 'unknown' else 18}h-4z")
    cells = [_cells(state, "".join(path)) for state, path in paths.items()]
    title = _title(label, _strip_words(days, lang), lang)
    return _svg("strip", (max(6, len(days) * 6), 18), title, cells)


def series(
    points: Sequence[Point],
    *,
    label: str,
    lang: Language,
    zone: str,
    unit: str = "",
    limits: Limits = NO_LIMITS,
    projection: Projection | None = None,
    size: tuple[int, int] = (640, 190),
) -> Markup:
    """Draw measurements over time with both limits, gaps where nothing was read, and the dashed way to a limit."""
    known = [point.value for point in points if point.value is not None]
    title = _title(label, _series_words(points, known, lang, zone, unit, limits, projection), lang)
    if not known:
        return _svg("series", size, title, [_text(size[0] / 2, size[1] / 2, _WORDS[lang]["empty"], anchor="middle")])
    marks = [mark for mark in (limits.warn, limits.crit, projection.limit if projection else None) if mark is not None]
    plot = _Plot(points, projection, _Scale.around([*known, *marks], size[1] - 24, 12), size)
    last = next(point for point in reversed(points) if point.value is not None)
    parts = [*plot.bands(limits), *plot.grid(unit), *plot.limit_lines(limits, lang), *plot.dates(zone)]
    parts.append(_line([plot.spot(point) for point in _thin(points, size[0])], 2))
    if projection:
        parts.append(plot.way(last, projection))
    x, y = plot.spot(last) or (0.0, 0.0)
    parts.append(_mark(x, y, limits.judge(last.value), 4.5))
    return _svg("series", size, title, parts)


def bars(rows: Sequence[Bar], *, label: str, lang: Language, width: int = 480) -> Markup:
    """Draw one horizontal bar per row, all to one scale, label before and value behind."""
    words = _WORDS[lang]
    said = [f"{row.label} {row.text}{_state_words(row.state, lang)}" for row in rows] or [words["empty"]]
    top = max((row.value for row in rows), default=0) or 1
    left, room = width * 0.3, width * 0.5
    parts: list[str] = []
    for place, row in enumerate(rows):
        y = place * 24 + 4
        length = max(1.0, max(0.0, row.value) / top * room)
        parts.append(_text(left - 8, y + 12, _fit(row.label, left - 8), anchor="end", fill=_INK_2, size=12))
        parts.append(_rect(left, y, length, 16, _bar_fill(row.state)))
        parts.append(_text(left + length + 6, y + 12, row.text + _state_words(row.state, lang), fill=_INK, size=12))
    return _svg("bars", (width, max(1, len(rows)) * 24), _title(label, said, lang), parts)


def meter(
    value: float,
    maximum: float,
    *,
    label: str,
    lang: Language,
    state: State = "ok",
    unit: str = "",
    size: tuple[int, int] = (160, 8),
) -> Markup:
    """Draw how much of ``maximum`` is used: hours of a pack, time of a service level. Beyond it a notch."""
    width, height = size
    share = min(1.0, max(0.0, value / maximum)) if maximum > 0 else 1.0
    parts = [_rect(0, 0, width, height, _LINE), _rect(0, 0, width * share, height, _bar_fill(state))]
    if value > maximum:
        parts.append(_rect(width - 6, 0, 2, height, "var(--panel,#fffefc)"))
    said = _WORDS[lang]["of"].format(_number(value), _number(maximum) + _unit(unit)) + _state_words(state, lang)
    return _svg("meter", size, _title(label, [said], lang), parts)


class _Scale:
    """Maps values to heights: ``low`` at ``bottom``, ``high`` at ``top`` (SVG counts downwards)."""

    def __init__(self, low: float, high: float, bottom: float, top: float) -> None:
        self.low, self.high = (low, high) if high > low else (low - 0.5, high + 0.5)
        self.bottom, self.top = bottom, top

    @classmethod
    def around(cls, values: Sequence[float], bottom: float, top: float) -> _Scale:
        """Choose round ends; start at zero when the values come near enough to it to mislead otherwise."""
        low, high = min(values), max(values)
        low = 0.0 if 0 <= low < high * 0.6 else low
        step = _step((high - low) or abs(high) or 1.0)
        return cls(math.floor(low / step) * step, math.ceil(high / step) * step, bottom, top)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        step = _step(self.high - self.low)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [place * step for place in range(first, last + 1)]


def _step(span: float) -> float:
    """The round distance (1, 2 or 5 times a power of ten) that cuts ``span`` into two to five pieces."""
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= span / 4.0001)


class _Plot:
    """The area between the axes of a series."""

    left, right_margin = 46.0, 74.0

    def __init__(
        self, points: Sequence[Point], projection: Projection | None, scale: _Scale, size: tuple[int, int]
    ) -> None:
        self.scale, self.start = scale, points[0].at
        self.end = max(points[-1].at, projection.reaches) if projection else points[-1].at
        self.right = size[0] - self.right_margin
        self.foot = size[1] - 6.0

    def x(self, at: datetime) -> float:
        span = (self.end - self.start) / timedelta(seconds=1) or 1.0
        return self.left + (at - self.start) / timedelta(seconds=1) / span * (self.right - self.left)

    def spot(self, point: Point) -> tuple[float, float] | None:
        return None if point.value is None else (self.x(point.at), self.scale.y(point.value))

    def grid(self, unit: str) -> list[str]:
        parts: list[str] = []
        for tick in self.scale.ticks():
            y = self.scale.y(tick)
            parts.append(_rule(self.left, y, self.right, _LINE))
            parts.append(_text(self.left - 6, y + 4, _number(tick), anchor="end"))
        unit_label = [_text(self.left, self.scale.top - 3, _fit(unit, 60))] if unit else []
        return parts + unit_label

    def bands(self, limits: Limits) -> list[str]:
        edge = self.scale.top if limits.bad == "above" else self.scale.bottom
        parts: list[str] = []
        for state, limit in (("warn", limits.warn), ("crit", limits.crit)):
            if limit is not None:
                y = self.scale.y(limit)
                parts.append(_rect(self.left, min(y, edge), self.right - self.left, abs(y - edge), _SOFT[state], 0))
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
                parts.append(_rule(self.left, y, self.right, _FILL[state], dash=dash))
                words = f"{_WORDS[lang][state]} {_number(limit)}"
                parts.append(_text(self.right + 8, spot, words, fill=_FILL[state]))
        return parts

    def dates(self, zone: str) -> list[str]:
        short = self.end - self.start < timedelta(days=2)
        middle = self.start + (self.end - self.start) / 2
        anchors = ((self.start, "start"), (middle, "middle"), (self.end, "end"))
        return [
            _text(self.x(at), self.foot, f"{local(at, zone):{'%m-%d %H:%M' if short else '%m-%d'}}", anchor=anchor)
            for at, anchor in anchors
        ]

    def way(self, last: Point, projection: Projection) -> str:
        x, y = self.spot(last) or (0.0, 0.0)
        to_x, to_y = self.x(projection.reaches), self.scale.y(projection.limit)
        return (
            f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" fill="none" stroke="{_ACCENT}" '
            'stroke-width="1.6" stroke-dasharray="5 5"/>'
        )


def _away(y: float, taken: float) -> float:
    return 13.0 if y + 4 >= taken else -13.0


def _thin(points: Sequence[Point], buckets: int) -> list[Point]:
    """Keep the lowest and highest of each bucket, in their order, so that no peak is lost and no byte wasted."""
    if len(points) <= 2 * buckets:
        return list(points)
    size = math.ceil(len(points) / buckets)
    kept: list[Point] = []
    for start in range(0, len(points), size):
        group = points[start : start + size]
        known = [(point.value, place) for place, point in enumerate(group) if point.value is not None]
        gap = [place for place, point in enumerate(group) if point.value is None][:1]
        ends = {min(known)[1], max(known)[1]} if known else set()
        kept.extend(group[place] for place in sorted(ends.union(gap)))
    return kept


def _svg(kind: str, size: tuple[int, int], title: str, parts: Sequence[str]) -> Markup:
    width, height = size
    return Markup(
        f'<svg class="chart chart-{kind}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img"><title>{_safe(title)}</title>{"".join(parts)}</svg>'
    )


def _safe(text: str) -> str:
    """Escape for XML text, without the characters XML does not know."""
    return str(escape(one_line(text, 600)))


def _text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = _INK_3, size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{_safe(text)}</text>'


def _rule(x: float, y: float, to_x: float, stroke: str, *, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{x:.1f} {y:.1f}H{to_x:.1f}" fill="none" stroke="{stroke}"{dashed}/>'


def _rect(x: float, y: float, width: float, height: float, fill: str, radius: float = 2) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" fill="{fill}"/>'


def _line(spots: Sequence[tuple[float, float] | None], width: float) -> str:
    """One path; a None lifts the pen. A spot between two gaps becomes a dot (round caps)."""
    path = ""
    for before, spot in pairwise([None, *spots]):
        if spot:
            path += f"{'L' if before else 'M'}{spot[0]:.1f} {spot[1]:.1f}" + ("" if before else "h.01")
    return (
        f'<path d="{path}" fill="none" stroke="{_ACCENT}" stroke-width="{width:g}" stroke-linecap="round" '
        'stroke-linejoin="round"/>'
    )


def _mark(x: float, y: float, state: State, size: float = 3.5) -> str:
    """Circle for ok, triangle for warning, square for critical."""
    if state == "warn":
        path = f"M{x:.1f} {y - size:.1f}l{size:g} {2 * size:g}h{-2 * size:g}z"
    elif state == "crit":
        path = f"M{x - size:.1f} {y - size:.1f}h{2 * size:g}v{2 * size:g}h{-2 * size:g}z"
    else:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size * 0.8:g}" fill="{_ACCENT}"/>'
    return f'<path d="{path}" fill="{_FILL[state]}"/>'


def _cells(state: State, path: str) -> str:
    if state == "unknown":
        return f'<path d="{path}" fill="none" stroke="{_FILL[state]}" stroke-dasharray="2 1"/>'
    return f'<path d="{path}" fill="{_FILL[state]}"/>'


def _bar_fill(state: State) -> str:
    return _ACCENT if state == "ok" else _FILL[state]


def _fit(text: str, width: float) -> str:
    """Shorten ``text`` to about ``width`` units at 12 units type: an ideograph takes 12, other characters 7."""
    used = 0.0
    for place, char in enumerate(text):
        used += 12 if ord(char) > 0x2E7F else 7
        if used > width:
            return text[: max(0, place - 1)] + "…"
    return text


def _number(value: float) -> str:
    """At most two decimals, thousands grouped: 1,234 / 17.5 / 0.03."""
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def _title(label: str, facts: Sequence[str], lang: Language) -> str:
    said = _WORDS[lang]["sep"].join(fact for fact in facts if fact)
    return f"{label}{'：' if lang == 'zh' else ': '}{said}{_WORDS[lang]['stop'].strip()}"


def _state_words(state: State, lang: Language) -> str:
    if state == "ok":
        return ""
    return f"（{_WORDS[lang][state]}）" if lang == "zh" else f" ({_WORDS[lang][state]})"


def _extent(known: Sequence[float], unit: str, lang: Language) -> str:
    words = _WORDS[lang]
    if not known:
        return words["empty"]
    ends = f"{words['low']} {_number(min(known))}{words['sep']}{words['high']} {_number(max(known))}"
    return f"{words['now']} {_number(known[-1])}{_unit(unit)}{words['sep']}{ends}"


def _strip_words(days: Sequence[tuple[date, State]], lang: Language) -> list[str]:
    words = _WORDS[lang]
    if not days:
        return [words["empty"]]
    said = [f"{days[0][0]:%Y-%m-%d} {words['to']} {days[-1][0]:%Y-%m-%d}"]
    order: tuple[State, ...] = ("crit", "warn", "unknown", "none", "ok")
    for state in order:
        on = [day for day, seen in days if seen == state]
        if on:
            which = f" ({', '.join(f'{day:%m-%d}' for day in on[-5:])})" if state in ("crit", "warn") else ""
            said.append(f"{words[state]} {words['days'].format(len(on))}{which}")
    return said


def _series_words(
    points: Sequence[Point],
    known: Sequence[float],
    lang: Language,
    zone: str,
    unit: str,
    limits: Limits,
    projection: Projection | None,
) -> list[str]:
    words = _WORDS[lang]
    said = [_extent(known, unit, lang)]
    if points:
        first, last = (f"{local(point.at, zone):%Y-%m-%d}" for point in (points[0], points[-1]))
        said.append(f"{first} {words['to']} {last}")
    for state, limit in (("warn", limits.warn), ("crit", limits.crit)):
        if limit is not None:
            said.append(f"{words['limit'].format(words[state])} {_number(limit)}")
    gaps = sum(1 for before, after in pairwise(points) if before.value is not None and after.value is None)
    if gaps:
        said.append(words["gaps"].format(gaps))
    if projection:
        day = f"{local(projection.reaches, zone):%Y-%m-%d}"
        said.append(words["reach"].format(day, _number(projection.limit) + _unit(unit)))
    return said
