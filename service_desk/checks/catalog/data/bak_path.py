"""The room that is left where backups are written, and how long it will last."""

from datetime import datetime

from connectors.facts import Volume
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.forecast import days_until
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each volume that takes backups."""
    return [
        _finding(fact, seen, settings, now) for fact in seen.of(Volume) if fact.role == "backup" and fact.total_bytes
    ]


def _finding(fact: Volume, seen: Seen, settings: Settings, now: datetime) -> Finding:
    free = fact.free_bytes / fact.total_bytes * 100
    days = days_until(seen.history.get(fact.subject, ()), 0.0, settings.today or now.date())
    return measured(
        free,
        settings,
        subject=fact.subject,
        wording="lasting" if days is not None and days < 365 else "",
        name=fact.volume,
        percent=round(free, 1),
        free_b=fact.free_bytes,
        days=None if days is None else int(days),
    )


SAID = N_("The backup disk %(name)s has %(percent)s%% left (%(free)s).")

CHECK = Check(
    key="bak.path",
    group="data",
    kinds=("volumes",),
    history_of="bak.path",
    unit="%",
    warn=20,
    crit=10,
    bad="below",
    interval_s=1800,
    priority=56,
    title=N_("Room for backups"),
    says={
        "ok": SAID,
        "bad": SAID,
        "lasting": N_("The backup disk %(name)s has %(percent)s%% left (%(free)s), enough for about %(days)s days."),
    },
    remedy=N_("Remove old backups by the plan, or extend the disk."),
    reads=N_("Free space of the volumes that take backups"),
    right=rights.STATE,
    judge=judge,
)
