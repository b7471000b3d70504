"""How long reads from the disk take, on average since the look before."""

from collections.abc import Callable
from datetime import datetime

from connectors.facts import FileIo
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import begun, grown, measured, noted, started_at

FEWEST = 50  # operations between two looks; fewer are no measure
FILES = 400

Counts = Callable[[FileIo], tuple[float, float]]


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: the slowest file of those that were read often enough."""
    return slowest(seen, settings, now, lambda fact: (fact.reads, fact.read_ms))


def slowest(seen: Seen, settings: Settings, now: datetime, counts: Counts) -> list[Finding]:
    """The average of each file from the growth of its counters: operations, and milliseconds in all."""
    rows = seen.of(FileIo)[:FILES]
    if not rows:
        return []
    totals = {}
    for fact in rows:
        operations, took = counts(fact)
        totals[f"{fact.subject}#n"], totals[f"{fact.subject}#ms"] = operations, took
    memory = noted(totals, now)
    growth = grown(seen.before.get(""), totals, now, started_at(seen))
    if growth is None:
        return [begun(memory)]
    found = []
    for fact in rows:
        operations = growth.by.get(f"{fact.subject}#n", 0)
        if operations >= FEWEST:
            found.append((growth.by[f"{fact.subject}#ms"] / operations, fact.subject))
    if not found:
        return [Finding(state="ok", wording="idle", memory=memory)]
    found.sort(reverse=True)
    slow = [f"{name}: {ms:.0f} ms" for ms, name in found if settings.level(ms) != "ok"]
    return [measured(found[0][0], settings, rows=slow, memory=memory, ms=round(found[0][0]), name=found[0][1])]


CHECK = Check(
    key="io.read",
    group="system",
    kinds=("io",),
    also=("server",),
    unit="ms",
    warn=50,
    crit=200,
    interval_s=300,
    confirm_n=3,
    confirm_of=5,
    recover_n=2,
    priority=65,
    title=N_("Disk reads"),
    says={
        "ok": N_("Reading from the disk takes %(ms)s ms at most (%(name)s)."),
        "bad": N_("The disk is slow to read: %(ms)s ms for %(name)s."),
        "idle": N_("Hardly anything was read from the disk."),
    },
    remedy=N_("Check the storage; look for what reads so much."),
    reads=N_("Counters of reads for each database file"),
    right=rights.STATE,
    judge=judge,
)
