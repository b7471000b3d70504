"""When a volume will be full at the pace of the last thirty days."""

from datetime import date, datetime, timedelta

from connectors.facts import Volume
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.forecast import LEAST, Daily, days_until, enough
from service_desk.checks.shapes import measured

FAR = 3650.0  # days; beyond this "about when" says nothing


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each volume, from its daily shares of free space; too few days are said to be too few."""
    today = settings.today or now.date()
    volumes = dict.fromkeys(fact.subject for fact in seen.of(Volume) if fact.role != "backup")
    return [_finding(volume, seen.history.get(volume, ()), settings, today) for volume in volumes]


def _finding(volume: str, history: Daily, settings: Settings, today: date) -> Finding:
    known = enough(history, today)
    if known < LEAST:
        params: dict[str, str | int | float | None] = {"name": volume, "known": known, "needed": LEAST}
        return Finding(subject=volume, state="ok", params=params, wording="young")
    days = days_until(history, 0.0, today)
    if days is None or days > FAR:
        return Finding(subject=volume, state="ok", params={"name": volume}, wording="steady")
    full = (today + timedelta(days=int(days))).isoformat()
    return measured(days, settings, subject=volume, name=volume, days=int(days), full=full)


SAID = N_("At this rate drive %(name)s is full in about %(days)s days (%(full)s).")

CHECK = Check(
    key="disk.days",
    group="system",
    kinds=("volumes",),
    history_of="disk.free",
    unit="d",
    warn=30,
    crit=7,
    bad="below",
    interval_s=86400,
    priority=34,
    title=N_("Days until the disk is full"),
    says={
        "ok": SAID,
        "bad": SAID,
        "steady": N_("Drive %(name)s does not fill up at any steady rate."),
        "young": N_("Drive %(name)s is known for %(known)s of the %(needed)s days that a forecast needs."),
    },
    remedy=N_("Plan the clean-up or the larger disk now."),
    reads=N_("The free space of the last thirty days"),
    right=rights.STATE,
    judge=judge,
)
