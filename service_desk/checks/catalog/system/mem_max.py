"""Whether the database has a memory limit that leaves the machine something."""

from datetime import datetime

from connectors.facts import Memory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import flagged


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each machine: no limit, or one above what there is."""
    rows = [fact for fact in seen.of(Memory) if fact.limited is not None or fact.limit_bytes is not None]
    return [
        flagged(_faults(fact), subject=fact.host, limit_b=fact.limit_bytes, total_b=fact.total_bytes) for fact in rows
    ]


def _faults(fact: Memory) -> list[str]:
    if fact.limited is False or fact.limit_bytes is None:
        return ["bad"]
    return ["beyond"] if fact.total_bytes is not None and fact.limit_bytes > fact.total_bytes else []


CHECK = Check(
    key="mem.max",
    group="system",
    kinds=("memory",),
    unit="",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=91,
    title=N_("Memory limit of the database"),
    says={
        "ok": N_("The database may use up to %(limit)s of memory."),
        "bad": N_("The database has no memory limit and may starve the machine."),
        "beyond": N_("The memory limit of the database (%(limit)s) is above what the machine has (%(total)s)."),
    },
    remedy=N_("Set max server memory, and leave the system at least 4 GB or a tenth."),
    reads=N_("The database's memory limit and the machine's memory"),
    right=rights.DEFINITION,
    judge=judge,
)
