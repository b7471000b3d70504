"""Backups on the disk that they are to protect from."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: of how many databases backups of the last fourteen days lie beside the data."""
    rows = [fact for fact in seen.of(BackupHistory) if fact.same_drive is not None]
    return [counted([fact.database for fact in rows if fact.same_drive], settings)] if rows else []


CHECK = Check(
    key="bak.samedrive",
    group="data",
    kinds=("backup_history",),
    unit="",
    warn=1,
    crit=None,
    interval_s=86400,
    priority=59,
    title=N_("Backups beside the data"),
    says={
        "ok": N_("Backups lie on another disk than the data."),
        "bad": N_(
            "Backups of %(count)s databases lie on the same disk as the data (%(names)s): they are lost with it."
        ),
    },
    remedy=N_("Write the backups to a NAS or to the cloud."),
    reads=N_("The drives of data files and of backups"),
    right=rights.MSDB,
    judge=judge,
)
