"""Memory that the machine has left."""

from datetime import datetime

from connectors.facts import Memory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each machine, in megabytes."""
    return [
        measured(fact.free_bytes / 1024**2, settings, subject=fact.host, free_b=fact.free_bytes)
        for fact in seen.of(Memory)
        if fact.free_bytes is not None
    ]


CHECK = Check(
    key="mem.os",
    group="system",
    kinds=("memory",),
    unit="MB",
    warn=1024,
    crit=256,
    bad="below",
    interval_s=300,
    confirm_n=2,
    recover_n=2,
    priority=28,
    title=N_("Free memory"),
    says={
        "ok": N_("%(free)s of memory are free."),
        "bad": N_("Only %(free)s of memory are left."),
    },
    remedy=N_("Give the database a memory limit, or the machine more memory."),
    reads=N_("The machine's free memory"),
    right=rights.STATE,
    judge=judge,
)
