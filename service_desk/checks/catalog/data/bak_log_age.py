"""What would be lost if the server died now: the age of the last log backup of databases that keep their log."""

from datetime import datetime

from connectors.facts import Backup
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, PlanRecord, Seen, Settings
from service_desk.checks.promised import TEMPLATES, Limits, by_age, told_under, under
from service_desk.checks.shapes import measured

KEEPING = frozenset({"FULL", "BULK_LOGGED", "ARCHIVELOG"})
CLOSED = frozenset({"OFFLINE", "RESTORING"})


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database that keeps its log or has log backups; model is a template without data."""
    rows = [fact for fact in seen.of(Backup) if "log" in fact.recorded and fact.database.casefold() not in TEMPLATES]
    plans = seen.of(PlanRecord)
    return [_finding(fact, settings, by_age(plans, fact.database, "log", "min")) for fact in rows if _keeps(fact)]


def _keeps(fact: Backup) -> bool:
    if (fact.state or "").upper() in CLOSED:
        return False
    return fact.log_age_s is not None or (fact.recovery_model or "").upper() in KEEPING


def _finding(fact: Backup, settings: Settings, own: Limits | None) -> Finding:
    # A full or differential backup saves the same entries, so the newest of the three bounds the loss.
    ages = [age for age in (fact.log_age_s, fact.diff_age_s, fact.full_age_s) if age is not None]
    if fact.log_age_s is None and not ages:
        return Finding(subject=fact.database, state="crit", wording="never", params={"database": fact.database})
    wording = "without" if fact.log_age_s is None else ""
    lost = min(ages)
    limits, name = under(settings, own), fact.database
    found = measured(lost / 60, limits, subject=name, wording=wording, database=name, lost_s=lost)
    return told_under(found, own)


SAID = N_("If the server crashed now, about %(lost)s of entries in %(database)s would be lost.")

CHECK = Check(
    key="bak.log.age",
    group="data",
    kinds=("backups",),
    own=(PlanRecord,),
    unit="min",
    warn=60,
    crit=240,
    interval_s=300,
    priority=17,
    title=N_("Log backup age"),
    says={
        "ok": SAID,
        "bad": SAID,
        "without": N_(
            "%(database)s keeps its log but makes no log backups: if the server crashed now, about %(lost)s of "
            "entries would be lost."
        ),
        "never": N_("%(database)s has no backup of any kind: a crash would lose everything."),
    },
    remedy=N_("Start the log backup job; check that its schedule is on and its target can be written to."),
    reads=N_("The system's own record of finished backups"),
    right=rights.MSDB,
    judge=judge,
)
