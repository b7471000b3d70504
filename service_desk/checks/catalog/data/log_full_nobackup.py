"""A log that grows without end: kept for log backups that nobody makes."""

from datetime import datetime

from connectors.facts import Database
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

DAY = 86400
SMALL = 256 * 1024**2  # a log below this is no matter, however small the data


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the log that is largest beside its data, of databases that keep it and do not back it up."""
    rows = [fact for fact in seen.of(Database) if fact.data_bytes and fact.log_bytes is not None]
    endless = [(_ratio(fact), fact) for fact in rows if _kept(fact)]
    if not endless:
        return [measured(0, settings, wording="none")] if rows else []
    ratio, worst = max(endless, key=lambda pair: pair[0])
    over = [fact.database for one, fact in endless if settings.level(one) != "ok"]
    return [
        measured(ratio, settings, rows=over, database=worst.database, times=round(ratio, 1), size_b=worst.log_bytes)
    ]


def _kept(fact: Database) -> bool:
    full = (fact.recovery_model or "").upper() in ("FULL", "BULK_LOGGED")
    backed = fact.log_age_s is not None and fact.log_age_s < DAY
    return full and not backed and (fact.log_bytes or 0) >= SMALL


def _ratio(fact: Database) -> float:
    return (fact.log_bytes or 0) / (fact.data_bytes or 1)


CHECK = Check(
    key="log.full_nobackup",
    group="data",
    kinds=("databases",),
    unit="x",
    warn=1,
    crit=3,
    interval_s=21600,
    priority=58,
    title=N_("Logs that only grow"),
    says={
        "none": N_("Every log is backed up or cleared by itself."),
        "ok": N_("The log of %(database)s is not backed up; it is still smaller than the data (%(size)s)."),
        "bad": N_("The log of %(database)s grows without end: %(size)s, %(times)s times its data."),
    },
    remedy=N_("Set up log backups, or switch to the simple recovery model if a day may be lost."),
    reads=N_("Sizes of data and log, and the last log backup"),
    right=rights.STATE,
    judge=judge,
)
