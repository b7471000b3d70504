"""Collisions in which the database had to give up somebody's work."""

from datetime import datetime

from connectors.facts import Counter
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import begun, last_hour, measured, started_at


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: how many there were in the last hour, all databases together."""
    rows = [fact for fact in seen.of(Counter) if "deadlock" in fact.name.casefold()]
    if not rows:
        return []
    count, memory = last_hour(seen.before.get(""), sum(fact.count for fact in rows), now, started_at(seen))
    if count is None:
        return [begun(memory)]
    return [measured(count, settings, wording="bad" if count else "", memory=memory, count=round(count))]


CHECK = Check(
    key="deadlocks",
    group="system",
    kinds=("counters",),
    also=("server",),
    unit="/h",
    warn=3,
    crit=20,
    interval_s=300,
    recover_n=2,
    priority=68,
    title=N_("Deadlocks"),
    says={
        "ok": N_("No entry had to be redone in the last hour."),
        "bad": N_("%(count)s collisions in the last hour; entries had to be redone."),
    },
    remedy=N_("Add the missing index, or let both programs take their locks in the same order."),
    reads=N_("The server's count of deadlocks"),
    right=rights.STATE,
    judge=judge,
)
