"""Reports that run for long in business hours; at night, on holidays and where nobody works they may."""

from collections.abc import Sequence
from datetime import datetime

from connectors.facts import LongQuery
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, HoursRecord, Seen, Settings
from service_desk.checks.shapes import measured
from service_desk.sla.calendar import CalendarError, next_open

HOURS = (8, 18)  # of the client's own clock


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: what has run longest. Outside business hours it is told and not judged.

    Business hours are those agreed with the client, with its holidays and make-up days, unless the plan has its own.
    """
    rows = sorted(seen.of(LongQuery), key=lambda fact: fact.age_s, reverse=True)
    if not rows:
        return [Finding(state="ok", value=0)]
    longest = rows[0]
    said = [f"{one.user or one.session} · {one.program or ''} · {one.age_s:.0f} s" for one in rows]
    judged = settings if _at_work(seen.of(HoursRecord), settings, now) else Settings(bad=settings.bad)
    who = longest.user or longest.program or longest.session
    return [measured(longest.age_s, judged, wording="bad", rows=said, who=who, run_s=round(longest.age_s))]


def _at_work(agreed: Sequence[HoursRecord], settings: Settings, now: datetime) -> bool:
    if agreed and "hours" not in settings.options:
        try:
            return next_open(agreed[0].calendar, now) == now
        except CalendarError:
            return False
    begin, end = settings.options.get("hours", HOURS)
    return settings.wall is None or (settings.wall.weekday() < 5 and int(begin) <= settings.wall.hour < int(end))


CHECK = Check(
    key="query.long",
    group="system",
    kinds=("long_queries",),
    own=(HoursRecord,),
    unit="s",
    warn=120,
    crit=600,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=69,
    title=N_("Long reports"),
    says={
        "ok": N_("No report has been running for long."),
        "bad": N_("A report of %(who)s has been running for %(run)s."),
    },
    remedy=N_("Tune the report, or move it to a quiet hour."),
    reads=N_("Statements that have been running for long, without their text"),
    right=rights.STATE,
    judge=judge,
)
