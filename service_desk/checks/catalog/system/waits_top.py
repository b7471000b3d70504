"""What sessions mostly wait for, beside what is usual here. It is information rather than an alarm."""

from collections import defaultdict
from datetime import datetime

from connectors.facts import Wait
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import begun, grown, measured, noted, recent, spoken, started_at, usual

KEEP = 288  # looks that make up what is usual: a day at five minutes
ENOUGH = 12
LEAST = 0.5  # seconds waited per second; below it the server is idle, whatever the ratio


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: how many times as long as usual was waited, and for what."""
    by_category: dict[str, float] = defaultdict(float)
    for fact in seen.of(Wait):
        by_category[fact.category or fact.name] += fact.waited_s
    if not by_category:
        return []
    before = seen.before.get("")
    growth = grown(before, by_category, now, started_at(seen))
    kept = list(before.memory.get("recent", ())) if before else []
    if growth is None:
        return [begun({**noted(by_category, now), "recent": kept})]
    pace = sum(growth.by.values()) / growth.seconds
    past, remembered = recent(before, round(pace, 4), KEEP)
    base = usual(past) or pace
    ratio = pace / base if len(past) >= ENOUGH and pace >= LEAST and base else min(1.0, pace)
    top = [name for name, spent in sorted(growth.by.items(), key=lambda pair: -pair[1])[:5] if spent > 0]
    memory = {**noted(by_category, now), **remembered}
    wording = "" if top else "idle"
    return [
        measured(ratio, settings, rows=top, wording=wording, memory=memory, names=spoken(top), times=round(ratio, 1))
    ]


CHECK = Check(
    key="waits.top",
    group="system",
    kinds=("waits",),
    also=("server",),
    unit="x",
    warn=3,
    crit=None,
    interval_s=300,
    confirm_n=3,
    confirm_of=5,
    priority=105,
    quiet=True,
    title=N_("What is waited for"),
    says={
        "idle": N_("Nothing was waited for."),
        "ok": N_("Mostly waiting for %(names)s."),
        "bad": N_("Waiting %(times)s times as long as usual, mostly for %(names)s."),
    },
    remedy=N_("Note it; it explains other findings and needs no action by itself."),
    reads=N_("What the server's sessions waited for"),
    right=rights.STATE,
    judge=judge,
)
