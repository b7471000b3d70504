"""A chain of backups that broke: after the break, recovery to a point in time is not possible until the next full."""

from datetime import datetime

from connectors.facts import Backup, BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database whose chain is recorded; a full backup newer than the break mends it."""
    fulls = {fact.database: fact.full_age_s for fact in seen.of(Backup)}
    known = [fact for fact in seen.of(BackupHistory) if fact.chain_recorded]
    return [_finding(fact, fulls.get(fact.database), settings) for fact in known]


def _finding(fact: BackupHistory, full_age_s: int | None, settings: Settings) -> Finding:
    broken = fact.broken_age_s is not None
    mended = fact.broken_age_s is not None and full_age_s is not None and full_age_s < fact.broken_age_s
    wording = "mended" if mended else "bad" if broken else ""
    return measured(
        float(broken and not mended),
        settings,
        subject=fact.database,
        wording=wording,
        database=fact.database,
        broken_s=fact.broken_age_s,
    )


CHECK = Check(
    key="bak.chain",
    group="data",
    kinds=("backup_history",),
    also=("backups",),
    unit="",
    warn=None,
    crit=1,
    interval_s=3600,
    priority=15,
    title=N_("Backup chain"),
    says={
        "ok": N_("The backups of %(database)s follow on one another without a gap."),
        "bad": N_(
            "The backup chain of %(database)s broke %(broken)s ago; recovery to a point in time after that is not"
            " possible."
        ),
        "mended": N_(
            "The backup chain of %(database)s broke %(broken)s ago; a full backup since then has begun a new one."
        ),
    },
    remedy=N_("Take a full backup now; stop the second tool that makes backups beside the plan."),
    reads=N_("How log backups follow on one another"),
    right=rights.MSDB,
    judge=judge,
)
