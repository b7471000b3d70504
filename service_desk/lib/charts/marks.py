"""The strokes: every piece of markup a chart is made of, escaped and with presentation attributes only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from service_desk.lib.charts.facts import State
from service_desk.lib.text import one_line

INK, INK_2, INK_3 = "var(--ink,#1f2328)", "var(--ink-2,#5b6168)", "var(--ink-3,#6d737a)"
LINE, ACCENT, PANEL = "var(--line,#e5e2db)", "var(--accent,#2f5d8a)", "var(--panel,#fffefc)"
FILL: dict[State, str] = {
    "ok": "var(--ok,#3d7a57)",
    "warn": "var(--warn,#a96a00)",
    "crit": "var(--crit,#b3261e)",
    "unknown": "var(--none,#7a7f87)",
    "none": "var(--line,#e5e2db)",
}
SOFT = {"warn": "var(--warn-soft,#fbf0dc)", "crit": "var(--crit-soft,#fbe7e5)"}


def svg(kind: str, size: tuple[int, int], title: str, parts: Sequence[str]) -> Markup:
    width, height = size
    # Whatever came from a person went through _safe; the rest is numbers and the constants above.
    return Markup(  # noqa: S704
        f'<svg class="chart chart-{kind}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img"><title>{_safe(title)}</title>{"".join(parts)}</svg>'
    )


def _safe(text: str) -> str:
    """Escape for XML text, without the characters XML does not know."""
    return str(escape(one_line(text, 600)))


def text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = INK_3, size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{_safe(text)}</text>'


def rule(x: float, y: float, to_x: float, stroke: str, *, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{x:.1f} {y:.1f}H{to_x:.1f}" fill="none" stroke="{stroke}"{dashed}/>'


def rect(x: float, y: float, width: float, height: float, fill: str, radius: float = 2) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" fill="{fill}"/>'


def line(spots: Sequence[tuple[float, float] | None], width: float) -> str:
    """One path; a None lifts the pen. A spot between two gaps becomes a dot (round caps)."""
    path = ""
    for before, spot in pairwise([None, *spots]):
        if spot:
            path += f"{'L' if before else 'M'}{spot[0]:.1f} {spot[1]:.1f}" + ("" if before else "h.01")
    return (
        f'<path d="{path}" fill="none" stroke="{ACCENT}" stroke-width="{width:g}" stroke-linecap="round" '
        'stroke-linejoin="round"/>'
    )


def mark(x: float, y: float, state: State, size: float = 3.5) -> str:
    """Circle for ok, triangle for warning, square for critical."""
    if state == "warn":
        path = f"M{x:.1f} {y - size:.1f}l{size:g} {2 * size:g}h{-2 * size:g}z"
    elif state == "crit":
        path = f"M{x - size:.1f} {y - size:.1f}h{2 * size:g}v{2 * size:g}h{-2 * size:g}z"
    else:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size * 0.8:g}" fill="{ACCENT}"/>'
    return f'<path d="{path}" fill="{FILL[state]}"/>'


def cells(state: State, path: str) -> str:
    if state == "unknown":
        return f'<path d="{path}" fill="none" stroke="{FILL[state]}" stroke-dasharray="2 1"/>'
    return f'<path d="{path}" fill="{FILL[state]}"/>'


def bar_fill(state: State) -> str:
    return ACCENT if state == "ok" else FILL[state]


def fit(text: str, width: float) -> str:
    """Shorten ``text`` to about ``width`` units at 12 units type: an ideograph takes 12, other characters 7."""
    used = 0.0
    for place, char in enumerate(text):
        used += 12 if ord(char) > 0x2E7F else 7
        if used > width:
            return text[: max(0, place - 1)] + "…"
    return text
