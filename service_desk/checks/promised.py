"""What a backup plan means for the checks of the database it names: how old a backup may be, what may be lost. Pure.

A plan for the whole server sets the limits of the check itself; only what names a database is judged by its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from service_desk.checks.finding import Finding, PlanRecord, Settings

# Beyond its own rhythm, how long a full or differential backup may take and drift before anybody should be told.
LEEWAY = timedelta(hours=2)
# Databases of SQL Server itself. Templates hold nothing: tempdb is made anew at every start, model is copied. Its
# affairs (logins, jobs) are worth a copy a week; nobody enters anything into them, so no work is lost with them.
TEMPLATES = frozenset({"tempdb", "model"})
AFFAIRS = frozenset({"master", "msdb"})
WEEKLY = timedelta(days=7)
UNITS = {"min": 60, "h": 3600, "d": 86400}
Limits = tuple[float, float]


def bounds(backup_type: str, every: timedelta) -> tuple[timedelta, timedelta]:
    """From which age a backup is late and from which it is overdue.

    A log backup is late after twice and overdue after four times its interval; a full or differential one gets two
    hours for running late, and is overdue when a second one is missing as well (26 and 50 hours for a daily plan).
    """
    if backup_type == "log":
        return every * 2, every * 4
    return every + LEEWAY, every * 2 + LEEWAY


def age_limits(backup_type: str, every: timedelta, unit: str) -> Limits:
    """The same in the unit of a check."""
    warn, crit = bounds(backup_type, every)
    return round(warn.total_seconds() / UNITS[unit], 2), round(crit.total_seconds() / UNITS[unit], 2)


def loss_limits(rpo_minutes: float) -> Limits:
    """Minutes of work that may be lost; a tenth of grace, since two backups never end exactly their interval apart."""
    return round(rpo_minutes * 1.1, 1), rpo_minutes * 2


def recovery_limits(rto_minutes: float) -> Limits:
    """Minutes that a recovery may take."""
    return rto_minutes, rto_minutes * 1.5


def named(records: Iterable[PlanRecord], database: str) -> list[PlanRecord]:
    """The plans that name this database, whatever the case of its letters."""
    return [one for one in records if one.database and one.database.casefold() == database.casefold()]


def covered(records: Iterable[PlanRecord], database: str, backup_type: str) -> bool:
    """True when a plan asks for such backups of this database, by its name or of all there are."""
    wanted = ("", database.casefold())
    return any(one.backup_type == backup_type and one.database.casefold() in wanted for one in records)


def holds_work(database: str) -> bool:
    """False for the databases of the server itself, with which nobody's work is lost."""
    return database.casefold() not in TEMPLATES | AFFAIRS


def by_age(records: Sequence[PlanRecord], database: str, backup_type: str, unit: str) -> Limits | None:
    """The limits of the age of such a backup by the strictest plan that names the database; None without one.

    The server's own affairs are expected once a week where no plan covers them.
    """
    every = [one.every_s for one in named(records, database) if one.backup_type == backup_type]
    if every:
        return age_limits(backup_type, timedelta(seconds=min(every)), unit)
    uncovered = database.casefold() in AFFAIRS and not covered(records, database, backup_type)
    return age_limits(backup_type, WEEKLY, unit) if uncovered and backup_type == "full" else None


def by_loss(records: Iterable[PlanRecord], database: str) -> Limits | None:
    """The limits of what may be lost of this database."""
    rpo = [one.rpo_minutes for one in named(records, database) if one.rpo_minutes is not None]
    return loss_limits(min(rpo)) if rpo else None


def by_recovery(records: Iterable[PlanRecord], database: str) -> Limits | None:
    """The limits of how long its recovery may take."""
    rto = [one.rto_minutes for one in named(records, database) if one.rto_minutes is not None]
    return recovery_limits(min(rto)) if rto else None


def under(settings: Settings, own: Limits | None) -> Settings:
    """The settings under a database's own limits, if it has any."""
    return settings if own is None else replace(settings, warn=own[0], crit=own[1])


def told_under(finding: Finding, own: Limits | None) -> Finding:
    """The finding that remembers by which limits it was judged, where these are its own."""
    return finding if own is None else replace(finding, limits=own)
