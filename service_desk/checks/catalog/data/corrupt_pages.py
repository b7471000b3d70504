"""Damaged pages. That none is known any more does not mend the data, so somebody must acknowledge it."""

from datetime import datetime

from connectors.facts import Integrity
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many damaged pages are on record, and in which databases."""
    rows = [fact for fact in seen.of(Integrity) if fact.damaged_pages is not None]
    found = [fact.database for fact in rows if fact.damaged_pages]
    return [counted(found, settings, count=sum(fact.damaged_pages or 0 for fact in rows))] if rows else []


CHECK = Check(
    key="corrupt.pages",
    group="data",
    kinds=("integrity",),
    unit="",
    warn=None,
    crit=1,
    interval_s=900,
    priority=3,
    manual=True,
    title=N_("Damaged data"),
    says={
        "ok": N_("No damaged data page is on record."),
        "bad": N_("%(count)s damaged data pages were found in %(names)s. Do not restart; do not overwrite backups."),
    },
    remedy=N_("Stop the rotation of backups so that no good one is overwritten, and escalate at once."),
    reads=N_("The system's own record of damaged pages"),
    right=rights.MSDB,
    judge=judge,
)
