"""Free room of every volume. A large disk with a small share free still has plenty, so gigabytes count, too."""

from datetime import datetime

from connectors.facts import Volume
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings

FLOOR_GB = 100.0  # with more than this free, no share is too small


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each volume but those for backups, which have a check of their own."""
    floor = float(settings.options.get("floor_gb", FLOOR_GB)) * 1024**3
    rows = [fact for fact in seen.of(Volume) if fact.role != "backup" and fact.total_bytes > 0]
    return [_finding(fact, settings, floor) for fact in rows]


def _finding(fact: Volume, settings: Settings, floor: float) -> Finding:
    percent = fact.free_bytes / fact.total_bytes * 100
    roomy = fact.free_bytes >= floor
    return Finding(
        subject=fact.subject,
        state="ok" if roomy else settings.level(percent),
        value=round(percent, 2),
        params={"name": fact.volume, "percent": round(percent, 1), "free_b": fact.free_bytes},
    )


SAID = N_("Drive %(name)s has %(percent)s%% free (%(free)s).")

CHECK = Check(
    key="disk.free",
    group="system",
    kinds=("volumes",),
    unit="%",
    warn=20,
    crit=10,
    bad="below",
    interval_s=300,
    recover_n=2,
    priority=6,
    title=N_("Free disk space"),
    says={"ok": SAID, "bad": SAID},
    remedy=N_("Clean up, or extend the disk, before the database stops."),
    reads=N_("Free space of the volumes that hold database files"),
    right=rights.STATE,
    judge=judge,
)
