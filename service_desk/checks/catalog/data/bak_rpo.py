"""The worst moment of the week: the longest time between two backups, which is what a crash in it had cost."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, PlanRecord, Seen, Settings
from service_desk.checks.promised import Limits, by_loss, told_under, under
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database whose backups of the week are known."""
    plans = seen.of(PlanRecord)
    return [
        _finding(fact.database, fact.worst_gap_s, settings, by_loss(plans, fact.database))
        for fact in seen.of(BackupHistory)
        if fact.worst_gap_s is not None
    ]


def _finding(database: str, seconds: float, settings: Settings, own: Limits | None) -> Finding:
    found = measured(seconds / 60, under(settings, own), subject=database, database=database, gap_s=seconds)
    return told_under(found, own)


SAID = N_("In the worst moment of this week, %(gap)s of work in %(database)s was unprotected.")

CHECK = Check(
    key="bak.rpo",
    group="data",
    kinds=("backup_history",),
    own=(PlanRecord,),
    unit="min",
    warn=1560,
    crit=3120,
    interval_s=21600,
    priority=51,
    title=N_("Work at risk (RPO)"),
    says={"ok": SAID, "bad": SAID},
    remedy=N_("Shorten the interval of the log backups, or add differentials between the full ones."),
    reads=N_("The times between backups of the last seven days"),
    right=rights.MSDB,
    judge=judge,
)
