"""Every chart of the product, drawn as SVG: the same picture on a page and in a PDF.

Each function answers inert, well-formed markup whose ``<title>`` says in words what the picture shows; PDF readers and
screen readers take it as the alternative text. States differ in height, shape or dash, never in colour alone.
Colours are CSS custom properties of the theme with a printable fallback, written as presentation attributes, so a
content security policy without inline styles holds. ``for_paper`` picks the fallbacks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from markupsafe import Markup

from service_desk.lib.charts.axes import Plot, Scale
from service_desk.lib.charts.facts import NO_LIMITS, Bar, Limits, Point, Projection, State, project, thin
from service_desk.lib.charts.marks import (
    INK,
    INK_2,
    LINE,
    PANEL,
    bar_fill,
    cells,
    fit,
    line,
    mark,
    rect,
    rule,
    svg,
    text,
)
from service_desk.lib.charts.words import (
    WORDS,
    extent,
    number,
    series_words,
    state_words,
    strip_words,
    title_of,
    with_unit,
)
from service_desk.lib.clock import Language

__all__ = [
    "NO_LIMITS", "Bar", "Limits", "Point", "Projection", "State", "bars", "for_paper", "heat_strip", "meter", "project",
    "series", "sparkline",
]  # fmt: skip

# The PDF renderer does not pass the page's font on to an SVG; a browser does, so only papers name it.
_PAPER_FONT = "Desk Sans"

BUCKET = 5  # points of width of which the line keeps the lowest and the highest


def for_paper(markup: str) -> str:
    """Replace the theme's colours by their printable fallbacks and name the bundled font, for the PDF renderer."""
    named = str(markup).replace('<svg class="chart', f'<svg font-family="{_PAPER_FONT}" class="chart')
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
    title = title_of(label, [extent(known, unit, lang)], lang)
    if not known:
        return svg("spark", size, title, [rule(2, height / 2, width - 2, LINE, dash="2 3")])
    scale = Scale(min(known), max(known), height - 4, 4)
    step = (width - 12) / max(1, len(values) - 1)
    spots = [None if value is None else (4 + place * step, scale.y(value)) for place, value in enumerate(values)]
    last = next(spot for spot in reversed(spots) if spot)
    return svg("spark", size, title, [line(spots, 1.6), mark(*last, limits.judge(known[-1]))])


def heat_strip(days: Sequence[tuple[date, State]], *, label: str, lang: Language) -> Markup:
    """Draw one cell per day, oldest first: low for ok, taller for a warning, full height for critical."""
    return _heat_strip(tuple(days), label, lang)


@lru_cache(maxsize=2048)
def _heat_strip(days: tuple[tuple[date, State], ...], label: str, lang: Language) -> Markup:
    # A page shows dozens of strips and looks again every half minute, while a strip changes a few times a day.
    paths: dict[State, list[str]] = {}
    for place, (_, state) in enumerate(days):
        top = {"ok": 11, "warn": 6, "crit": 0, "unknown": 6.5, "none": 16}[state]
        paths.setdefault(state, []).append(f"M{place * 6 + 0.5:g} {top:g}h4V{17.5 if state == 'unknown' else 18}h-4z")
    drawn = [cells(state, "".join(path)) for state, path in paths.items()]
    title = title_of(label, strip_words(days, lang), lang)
    return svg("strip", (max(6, len(days) * 6), 18), title, drawn)


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
    title = title_of(label, series_words(points, known, lang, zone, unit, limits, projection), lang)
    if not known:
        return svg("series", size, title, [text(size[0] / 2, size[1] / 2, WORDS[lang]["empty"], anchor="middle")])
    marks = [mark for mark in (limits.warn, limits.crit, projection.limit if projection else None) if mark is not None]
    plot = Plot(points, projection, Scale.around([*known, *marks], size[1] - 24, 12), size)
    last = next(point for point in reversed(points) if point.value is not None)
    parts = [*plot.bands(limits), *plot.grid(unit), *plot.limit_lines(limits, lang), *plot.dates(zone)]
    parts.append(line(plot.spots(thin(points, size[0] // BUCKET)), 2))
    if projection:
        parts.append(plot.way(last, projection))
    x, y = plot.spot(last) or (0.0, 0.0)
    parts.append(mark(x, y, limits.judge(last.value), 4.5))
    return svg("series", size, title, parts)


def bars(rows: Sequence[Bar], *, label: str, lang: Language, width: int = 480) -> Markup:
    """Draw one horizontal bar per row, all to one scale, label before and value behind."""
    words = WORDS[lang]
    said = [f"{row.label} {row.text}{state_words(row.state, lang)}" for row in rows] or [words["empty"]]
    top = max((row.value for row in rows), default=0) or 1
    left, room = width * 0.3, width * 0.5
    parts: list[str] = []
    for place, row in enumerate(rows):
        y = place * 24 + 4
        length = max(1.0, max(0.0, row.value) / top * room)
        parts.append(text(left - 8, y + 12, fit(row.label, left - 8), anchor="end", fill=INK_2, size=12))
        parts.append(rect(left, y, length, 16, bar_fill(row.state)))
        parts.append(text(left + length + 6, y + 12, row.text + state_words(row.state, lang), fill=INK, size=12))
    return svg("bars", (width, max(1, len(rows)) * 24), title_of(label, said, lang), parts)


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
    parts = [rect(0, 0, width, height, LINE), rect(0, 0, width * share, height, bar_fill(state))]
    if value > maximum:
        parts.append(rect(width - 6, 0, 2, height, PANEL))
    said = WORDS[lang]["of"].format(number(value), number(maximum) + with_unit(unit)) + state_words(state, lang)
    return svg("meter", size, title_of(label, [said], lang), parts)
