"""Backups that are marked damaged, and backups made without a checksum, of which nobody would notice."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: damaged ones count against both limits, unchecked ones are a matter of the warning alone."""
    rows = [fact for fact in seen.of(BackupHistory) if fact.damaged is not None or fact.unchecked is not None]
    damaged = [fact.database for fact in rows if fact.damaged]
    if damaged:
        return [counted(damaged, settings, count=sum(fact.damaged or 0 for fact in rows))]
    bare = [fact.database for fact in rows if fact.unchecked]
    gentle = Settings(warn=settings.warn, bad=settings.bad)
    unchecked = counted(
        bare, gentle, count=sum(fact.unchecked or 0 for fact in rows), wording="unchecked" if bare else ""
    )
    return [unchecked] if rows else []


CHECK = Check(
    key="bak.damaged",
    group="data",
    kinds=("backup_history",),
    unit="",
    warn=1,
    crit=1,
    interval_s=21600,
    priority=12,
    title=N_("Damaged backups"),
    says={
        "ok": N_("No backup of the last fourteen days is damaged, and all carry a checksum."),
        "bad": N_("%(count)s backup files of %(names)s are marked damaged."),
        "unchecked": N_("%(count)s backups of %(names)s were made without a checksum: damage in them would not show."),
    },
    remedy=N_("Make the backup again WITH CHECKSUM, and verify it."),
    reads=N_("What the system noted of each backup file"),
    right=rights.MSDB,
    judge=judge,
)
