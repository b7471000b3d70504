"""Databases without any full backup ever; a new one has a day of grace."""

from datetime import datetime

from connectors.facts import Backup
from service_desk.checks.catalog import rights
from service_desk.checks.catalog.data.bak_full_age import CLOSED
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.promised import TEMPLATES
from service_desk.checks.shapes import counted

GRACE_HOURS = 24


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many databases there are without a backup, and which."""
    grace = float(settings.options.get("grace_hours", GRACE_HOURS)) * 3600
    rows = [fact for fact in seen.of(Backup) if "full" in fact.recorded]
    bare = [
        fact.database
        for fact in rows
        if fact.full_age_s is None
        and fact.database.lower() not in TEMPLATES
        and (fact.state or "").upper() not in CLOSED
        and (fact.created_age_s is None or fact.created_age_s > grace)
    ]
    return [counted(sorted(bare), settings)] if rows else []


CHECK = Check(
    key="bak.none",
    group="data",
    kinds=("backups",),
    unit="",
    warn=1,
    crit=1,
    interval_s=3600,
    priority=10,
    quiet=True,  # the age of the full backup tells the same of each database
    title=N_("Databases never backed up"),
    says={
        "ok": N_("Every database has been backed up at least once."),
        "bad": N_("%(count)s databases have never been backed up: %(names)s."),
    },
    remedy=N_("Add them to the backup plan and run a full backup now."),
    reads=N_("Databases and the record of their backups"),
    right=rights.MSDB,
    judge=judge,
)
