"""What other limits would have meant: how often a series would have alarmed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service_desk.checks.life import Rule
from service_desk.lib.charts.facts import Limits, Point


@dataclass(frozen=True)
class Alarm:
    """One alarm that would have been: from its first bad hour to its last, and the worst it reached."""

    since: datetime
    until: datetime
    state: str


def alarms(points: Sequence[Point], limits: Limits, rule: Rule) -> list[Alarm]:
    """The alarms these limits would have raised over the points, oldest first.

    A gap in the series neither opens nor ends an alarm. It ends where the value has come back inside the clear limit.
    """
    found: list[Alarm] = []
    running: Alarm | None = None
    for point in points:
        if point.value is None:
            continue
        state = limits.judge(point.value)
        if state in ("warn", "crit"):
            worst = "crit" if "crit" in (state, running.state if running else "") else "warn"
            running = Alarm(running.since if running else point.at, point.at, worst)
        elif running is not None and _cleared(point.value, rule):
            found.append(running)
            running = None
    return found + ([running] if running else [])


def _cleared(value: float, rule: Rule) -> bool:
    if rule.clear_warn is None:
        return True
    return value <= rule.clear_warn if rule.bad == "above" else value >= rule.clear_warn
