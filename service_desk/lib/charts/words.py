"""What a chart shows, in words: the alternative text of every picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from service_desk.lib.charts.facts import Limits, Point, Projection, State
from service_desk.lib.clock import Language, local

WORDS: dict[Language, dict[str, str]] = {
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


def number(value: float) -> str:
    """At most two decimals, thousands grouped: 1,234 / 17.5 / 0.03."""
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown


def with_unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def title_of(label: str, facts: Sequence[str], lang: Language) -> str:
    said = WORDS[lang]["sep"].join(fact for fact in facts if fact)
    return f"{label}{'：' if lang == 'zh' else ': '}{said}{WORDS[lang]['stop'].strip()}"


def state_words(state: State, lang: Language) -> str:
    if state == "ok":
        return ""
    return f"（{WORDS[lang][state]}）" if lang == "zh" else f" ({WORDS[lang][state]})"


def extent(known: Sequence[float], unit: str, lang: Language) -> str:
    words = WORDS[lang]
    if not known:
        return words["empty"]
    ends = f"{words['low']} {number(min(known))}{words['sep']}{words['high']} {number(max(known))}"
    return f"{words['now']} {number(known[-1])}{with_unit(unit)}{words['sep']}{ends}"


def strip_words(days: Sequence[tuple[date, State]], lang: Language) -> list[str]:
    words = WORDS[lang]
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


def series_words(
    points: Sequence[Point],
    known: Sequence[float],
    lang: Language,
    zone: str,
    unit: str,
    limits: Limits,
    projection: Projection | None,
) -> list[str]:
    words = WORDS[lang]
    said = [extent(known, unit, lang)]
    if points:
        first, last = (f"{local(point.at, zone):%Y-%m-%d}" for point in (points[0], points[-1]))
        said.append(f"{first} {words['to']} {last}")
    for state, limit in (("warn", limits.warn), ("crit", limits.crit)):
        if limit is not None:
            said.append(f"{words['limit'].format(words[state])} {number(limit)}")
    gaps = sum(1 for before, after in pairwise(points) if before.value is not None and after.value is None)
    if gaps:
        said.append(words["gaps"].format(gaps))
    if projection:
        day = f"{local(projection.reaches, zone):%Y-%m-%d}"
        said.append(words["reach"].format(day, number(projection.limit) + with_unit(unit)))
    return said
