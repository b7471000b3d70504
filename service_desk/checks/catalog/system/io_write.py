"""How long writes to the disk take: nobody's entry is saved sooner."""

from datetime import datetime

from service_desk.checks.catalog import rights
from service_desk.checks.catalog.system.io_read import slowest
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: the slowest file of those that were written often enough."""
    return slowest(seen, settings, now, lambda fact: (fact.writes, fact.write_ms))


CHECK = Check(
    key="io.write",
    group="system",
    kinds=("io",),
    also=("server",),
    unit="ms",
    warn=20,
    crit=100,
    interval_s=300,
    confirm_n=3,
    confirm_of=5,
    recover_n=2,
    priority=66,
    title=N_("Disk writes"),
    says={
        "ok": N_("Writing to the disk takes %(ms)s ms at most (%(name)s)."),
        "bad": N_("Saving is slow: %(ms)s ms for %(name)s."),
        "idle": N_("Hardly anything was written to the disk."),
    },
    remedy=N_("Check the storage: its write cache, its battery, other machines on it."),
    reads=N_("Counters of writes for each database file"),
    right=rights.STATE,
    judge=judge,
)
