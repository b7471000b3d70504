"""How long a full recovery would take: reading the longest chain back at the pace at which it was written."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, PlanRecord, Seen, Settings
from service_desk.checks.promised import Limits, by_recovery, told_under, under
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database whose chain is known."""
    plans = seen.of(PlanRecord)
    return [
        _finding(fact.database, fact.restore_s, settings, by_recovery(plans, fact.database))
        for fact in seen.of(BackupHistory)
        if fact.restore_s is not None
    ]


def _finding(database: str, seconds: float, settings: Settings, own: Limits | None) -> Finding:
    found = measured(seconds / 60, under(settings, own), subject=database, database=database, time_s=seconds)
    return told_under(found, own)


SAID = N_("A full recovery of %(database)s would take about %(time)s.")

CHECK = Check(
    key="bak.rto",
    group="data",
    kinds=("backup_history",),
    own=(PlanRecord,),
    unit="min",
    warn=240,
    crit=360,
    interval_s=86400,
    priority=52,
    title=N_("Recovery time (RTO)"),
    says={"ok": SAID, "bad": SAID},
    remedy=N_("Add differentials, so that fewer log backups must be read back, or use a faster disk."),
    reads=N_("Size and pace of the longest chain of backups"),
    right=rights.MSDB,
    judge=judge,
)
