"""The age of the last change copy 差异备份, where there are differentials: a plan of them, or one on record."""

from collections.abc import Sequence
from datetime import datetime

from connectors.facts import Backup
from service_desk.checks.catalog import rights
from service_desk.checks.catalog.data.bak_full_age import CLOSED
from service_desk.checks.finding import N_, Check, Finding, PlanRecord, Seen, Settings
from service_desk.checks.promised import TEMPLATES, Limits, by_age, covered, told_under, under
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database with differentials; a full backup since the last one starts anew."""
    plans = seen.of(PlanRecord)
    rows = [fact for fact in seen.of(Backup) if "diff" in fact.recorded]
    return [_finding(fact, settings, by_age(plans, fact.database, "diff", "h")) for fact in rows if _due(fact, plans)]


def _due(fact: Backup, plans: Sequence[PlanRecord]) -> bool:
    """Whether change copies are made or asked for. SQL Server makes none of master."""
    name = fact.database.casefold()
    if name in TEMPLATES or (fact.state or "").upper() in CLOSED:
        return False
    return fact.diff_age_s is not None or (name != "master" and covered(plans, name, "diff"))


def _finding(fact: Backup, settings: Settings, own: Limits | None) -> Finding:
    ages = [age for age in (fact.diff_age_s, fact.full_age_s) if age is not None]
    if not ages:
        return Finding(subject=fact.database, state="crit", wording="never", params={"database": fact.database})
    age = min(ages)
    found = measured(age / 3600, under(settings, own), subject=fact.database, database=fact.database, age_s=age)
    return told_under(found, own)


SAID = N_("The last change copy of %(database)s is %(age)s old.")

CHECK = Check(
    key="bak.diff.age",
    group="data",
    kinds=("backups",),
    own=(PlanRecord,),
    unit="h",
    warn=26,
    crit=50,
    interval_s=1800,
    priority=18,
    title=N_("Differential backup age"),
    says={
        "ok": SAID,
        "bad": N_("No daily change copy of %(database)s for %(age)s."),
        "never": N_("%(database)s has no change copy, though the plan asks for one."),
    },
    remedy=N_("Rerun the differential backup; make sure that the full backup it builds on is still there."),
    reads=N_("The system's own record of finished backups"),
    right=rights.MSDB,
    judge=judge,
)
