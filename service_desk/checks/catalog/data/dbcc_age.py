"""When the data was last checked for damage."""

from datetime import datetime

from connectors.facts import Integrity
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database; never checked is a warning until somebody sets up the check."""
    return [_finding(fact, settings) for fact in seen.of(Integrity) if fact.database.lower() != "tempdb"]


def _finding(fact: Integrity, settings: Settings) -> Finding:
    if "checked" not in fact.recorded:
        # Versions before 2016 SP2 keep no record that a login like ours may read.
        missing = "when data was last checked for damage (from SQL Server 2016 SP2 on)"
        params = {"missing": missing}
        return Finding(
            subject=fact.database, state="unknown", reason="unsupported", reason_params=params, permanent=True
        )
    if fact.checked_age_s is None:
        return Finding(subject=fact.database, state="warn", wording="never", params={"database": fact.database})
    days = fact.checked_age_s / 86400
    return measured(days, settings, subject=fact.database, database=fact.database, days=int(days))


SAID = N_("%(database)s was checked for damage %(days)s days ago.")

CHECK = Check(
    key="dbcc.age",
    group="data",
    kinds=("integrity",),
    unit="d",
    warn=14,
    crit=30,
    interval_s=86400,
    priority=55,
    title=N_("Integrity check"),
    says={
        "ok": SAID,
        "bad": N_("%(database)s has not been checked for damage in %(days)s days."),
        "never": N_("%(database)s has never been checked for damage, as far as is on record."),
    },
    remedy=N_("Schedule a weekly integrity check (SQL Server: DBCC CHECKDB)."),
    reads=N_("When the last integrity check succeeded"),
    right=rights.DEFINITION,
    judge=judge,
)
