"""The age of the last full backup of every database, by the database server's own clock."""

from collections.abc import Sequence
from datetime import datetime

from connectors.facts import Backup
from service_desk.checks.finding import N_, Check, Finding, Level, PlanRecord, Seen, Settings
from service_desk.checks.promised import TEMPLATES, Limits, by_age, covered, holds_work, told_under, under
from service_desk.checks.shapes import measured

CLOSED = frozenset({"OFFLINE", "RESTORING"})


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database; never backed up is critical and has no age.

    The server's own affairs are due once a week where no plan covers them, and without any copy a warning.
    Nothing is said of a system that keeps no record of full backups: there, not knowing one is no sign of none.
    """
    plans = seen.of(PlanRecord)
    rows = [fact for fact in seen.of(Backup) if "full" in fact.recorded and (fact.state or "").upper() not in CLOSED]
    return [
        _finding(fact, settings, by_age(plans, fact.database, "full", "h"), _bare(fact.database, plans))
        for fact in rows
        if fact.database.casefold() not in TEMPLATES
    ]


def _bare(database: str, plans: Sequence[PlanRecord]) -> Level:
    """How grave it is to have no copy of this database at all."""
    return "crit" if holds_work(database) or covered(plans, database, "full") else "warn"


def _finding(fact: Backup, settings: Settings, own: Limits | None, bare: Level) -> Finding:
    if fact.full_age_s is None:
        return Finding(subject=fact.database, state=bare, wording="never", params={"database": fact.database})
    hours = fact.full_age_s / 3600
    found = measured(hours, under(settings, own), subject=fact.database, database=fact.database, age_s=fact.full_age_s)
    return told_under(found, own)


CHECK = Check(
    key="bak.full.age",
    group="data",
    kinds=("backups",),
    own=(PlanRecord,),
    unit="h",
    warn=26,
    crit=50,
    interval_s=1800,
    priority=11,
    title=N_("Full backup age"),
    says={
        "ok": N_("The last complete copy of %(database)s is %(age)s old."),
        "bad": N_("The last complete copy of %(database)s is %(age)s old."),
        "never": N_("%(database)s has never been backed up."),
    },
    remedy=N_("Run a full backup now; check the backup job, the disk and the account it runs as."),
    reads=N_("SQL Server's own record of finished backups (msdb)"),
    right=N_("SELECT on msdb.dbo.backupset"),
    judge=judge,
)
