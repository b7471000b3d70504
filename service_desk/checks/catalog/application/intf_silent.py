"""Interfaces that have gone quiet: nothing came through for much longer than is usual at this hour of the week."""

from datetime import datetime

from connectors.facts import Interface
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Before, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

ENOUGH = 2  # weeks in which an hour was looked at before anything in it is called unusual
LEARNED = 0.2  # how much one look weighs in what is usual
SHORTEST = 900.0  # seconds; a usual silence below this counts as this long


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each interface: its silence beside what is usual; what is usual is learned from calm looks."""
    rows = [fact for fact in seen.of(Interface) if fact.last_success_age_s is not None]
    return [_finding(fact, float(fact.last_success_age_s or 0), seen, settings, now) for fact in rows]


def _finding(fact: Interface, silent: float, seen: Seen, settings: Settings, now: datetime) -> Finding:
    hours = _hours(seen.before.get(fact.subject))
    at = now.astimezone(settings.wall.tzinfo) if settings.wall is not None else now
    hour, week = str(at.weekday() * 24 + at.hour), at.toordinal() // 7
    weeks, usual, last = hours.get(hour, (0, silent, week))
    known = weeks - (last == week) >= ENOUGH
    ratio = silent / max(usual, SHORTEST) if known else 0.0
    if not known or settings.level(ratio) == "ok":
        weeks += weeks == 0 or last != week
        hours[hour] = (weeks, usual + (silent - usual) * (LEARNED if known else 1 / (weeks + 1)), week)
    memory = {"hours": {name: [n, round(mean), on] for name, (n, mean, on) in hours.items()}}
    wording = "" if known else "learning"
    return measured(
        ratio, settings, subject=fact.subject, wording=wording, memory=memory, name=fact.name,
        silent_s=round(silent), usual_s=round(usual),
    )  # fmt: skip


def _hours(before: Before | None) -> dict[str, tuple[int, float, int]]:
    """Hour of the week on the client's clock -> in how many weeks it was met, the usual silence (s), the last week."""
    kept = before.memory.get("hours", {}) if before is not None else {}
    return {str(hour): (int(met[0]), float(met[1]), int(met[2])) for hour, met in kept.items() if len(met) == 3}


CHECK = Check(
    key="intf.silent",
    group="application",
    kinds=("interfaces",),
    unit="x",
    warn=3,
    crit=6,
    interval_s=900,
    priority=32,
    title=N_("Silent interfaces"),
    says={
        "ok": N_("%(name)s last brought something %(silent)s ago, as usual."),
        "learning": N_("%(name)s last brought something %(silent)s ago; what is usual is still being learned."),
        "bad": N_("No orders came through %(name)s for %(silent)s, unusual for this hour (usually %(usual)s)."),
    },
    remedy=N_("Check the interface's key, its program, and the shop on the other side."),
    reads=N_("When each interface last succeeded"),
    right=rights.ERP,
    judge=judge,
)
