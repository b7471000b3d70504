"""Waits that nobody should ever meet: no worker thread, no memory, a failing disk."""

from datetime import datetime

from connectors.facts import Wait
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import begun, grown, last_hour, measured, noted, spoken, started_at


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: seconds of the last hour, and which waits they were."""
    rows = [fact for fact in seen.of(Wait) if fact.poison]
    before, started = seen.before.get(""), started_at(seen)
    by_name = {fact.name: fact.waited_s for fact in rows}
    waited, samples = last_hour(before, sum(by_name.values()), now, started)
    memory = {**noted(by_name, now), **samples}
    growth = grown(before, by_name, now, started)
    if waited is None or growth is None:
        return [begun(memory)]
    grew = sorted(((spent, name) for name, spent in growth.by.items() if spent > 0), reverse=True)
    names = [name for _, name in grew] or [str((before.memory.get("names") if before else "") or "—")]
    memory["names"] = spoken(names)
    lines = [f"{name}: {spent:.1f} s" for spent, name in grew]
    return [measured(waited, settings, rows=lines, memory=memory, names=spoken(names), waited_s=round(waited, 1))]


CHECK = Check(
    key="waits.poison",
    group="system",
    kinds=("waits",),
    also=("server",),
    unit="s/h",
    warn=1,
    crit=60,
    interval_s=300,
    recover_n=2,
    priority=64,
    title=N_("Severe waits"),
    says={
        "ok": N_("Nobody was refused or had to wait severely in the last hour."),
        "bad": N_("Users are refused or must wait: %(waited)s in the last hour (%(names)s)."),
    },
    remedy=N_("Act by the kind of wait: threads, memory, or the disk."),
    reads=N_("What the server's sessions waited for"),
    right=rights.STATE,
    judge=judge,
)
