"""A named question of the business that takes much longer than at the same hour of other days."""

from datetime import datetime

from connectors.facts import Timing
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Before, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured, percentile

KEEP = 28  # looks at the same hour: four weeks of one a day
ENOUGH = 5
SHORT_MS = 10_000.0  # what takes less is fast enough, however fast it was before


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each report: its time beside the time that 95 % of the looks at this hour stayed below."""
    return [_finding(fact, seen.before.get(fact.subject), settings, now) for fact in seen.of(Timing)]


def _finding(fact: Timing, before: Before | None, settings: Settings, now: datetime) -> Finding:
    hours = {str(hour): list(kept) for hour, kept in (before.memory.get("hours", {}) if before else {}).items()}
    past = hours.get(str(now.hour), [])
    base = percentile(past, 0.95) if len(past) >= ENOUGH else None
    ratio = fact.took_ms / base if base else 0.0
    if fact.took_ms <= SHORT_MS:
        ratio = min(ratio, 1.0)
    hours[str(now.hour)] = [*past, round(fact.took_ms)][-KEEP:]
    return measured(
        ratio,
        settings,
        subject=fact.subject,
        wording="" if base else "learning",
        memory={"hours": hours},
        name=fact.report,
        took_s=fact.took_ms / 1000,
        usual_s=None if base is None else base / 1000,
    )


CHECK = Check(
    key="report.slow",
    group="application",
    kinds=("timings",),
    unit="x",
    warn=2,
    crit=5,
    interval_s=3600,
    confirm_n=2,
    priority=99,
    title=N_("Slow reports"),
    says={
        "ok": N_("%(name)s needs %(took)s, as usual (%(usual)s)."),
        "learning": N_("%(name)s needs %(took)s; what is usual is still being learned."),
        "bad": N_("%(name)s needs %(took)s, it used to need %(usual)s."),
    },
    remedy=N_("Add the missing index, or let the report read a snapshot."),
    reads=N_("How long a named question of the business takes"),
    right=rights.ERP,
    judge=judge,
)
