"""Backups that were thrown away: written to the empty device, they count as made and cannot be read back."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many such backups in fourteen days, and of which databases."""
    rows = [fact for fact in seen.of(BackupHistory) if fact.to_nul is not None]
    thrown = [fact.database for fact in rows if fact.to_nul]
    return [counted(thrown, settings, count=sum(fact.to_nul or 0 for fact in rows))] if rows else []


CHECK = Check(
    key="bak.nul",
    group="data",
    kinds=("backup_history",),
    unit="",
    warn=None,
    crit=1,
    interval_s=21600,
    priority=14,
    title=N_("Backups to nowhere"),
    says={
        "ok": N_("Every backup was written to a real medium."),
        "bad": N_("%(count)s backups of %(names)s were thrown away instead of stored."),
    },
    remedy=N_("Correct the backup job, or the VSS backup software that writes to NUL."),
    reads=N_("Where backups were written to"),
    right=rights.MSDB,
    judge=judge,
)
