"""The worst moment of the week: the longest time between two backups, which is what a crash in it had cost."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, PlanRecord, Seen, Settings
from service_desk.checks.promised import Limits, by_loss, holds_work, told_under, under
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database whose backups of the week are known; the server's own hold nobody's work."""
    plans = seen.of(PlanRecord)
    rows = [(fact, by_loss(plans, fact.database)) for fact in seen.of(BackupHistory)]
    return [
        _finding(fact.database, fact.worst_gap_s, settings, own)
        for fact, own in rows
        if fact.worst_gap_s is not None and (own is not None or holds_work(fact.database))
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
