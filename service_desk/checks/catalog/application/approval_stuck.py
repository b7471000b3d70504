"""Documents that wait for somebody's approval, in the client's working days."""

from datetime import datetime, timedelta

from connectors.facts import Approval
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, HoursRecord, Seen, Settings
from service_desk.checks.shapes import LISTED, measured
from service_desk.sla.calendar import Calendar, CalendarError, open_intervals, week, working_day
from service_desk.sla.promises import USUAL_WEEK

FARTHEST = timedelta(days=400)  # what waits longer is not counted hour by hour


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each account set: the document that has waited longest, and how many wait."""
    approvals, agreed = seen.of(Approval), seen.of(HoursRecord)
    calendar = agreed[0].calendar if agreed else Calendar("UTC", week(USUAL_WEEK))
    return [
        _finding(place or "", [fact for fact in approvals if fact.account_set == place], settings, calendar)
        for place in seen.places
    ]


def _finding(place: str, rows: list[Approval], settings: Settings, calendar: Calendar) -> Finding:
    name = settings.name(place)
    if not rows:
        return Finding(subject=place, state="ok", value=0, params={"set": name})
    ordered = sorted(rows, key=lambda fact: -fact.age_s)
    oldest, days = ordered[0], working_days(ordered[0], calendar)
    late = [f"{fact.document} → {fact.waits_for or '?'}: {working_days(fact, calendar):g}" for fact in ordered[:LISTED]]
    return measured(
        days,
        settings,
        subject=place,
        wording="bad" if oldest.waits_for else "nobody",
        rows=late,
        set=name,
        document=f"{oldest.document_type or ''} {oldest.document}".strip(),
        who=oldest.waits_for,
        days=int(days) if days == int(days) else days,
        count=len(rows),
    )


def working_days(fact: Approval, calendar: Calendar) -> float:
    """How many of the client's working days a document has waited when it was seen, to a tenth, never rounded up.

    It is the open time in between, in days of the calendar's usual length; of a client without any usual day the days
    as the sun counts them.
    """
    waited = timedelta(seconds=min(FARTHEST.total_seconds(), max(0, fact.age_s)))
    try:
        length = working_day(calendar)
    except CalendarError:
        return waited / timedelta(days=1) * 10 // 1 / 10
    served = open_intervals(calendar, fact.seen_at - waited, fact.seen_at)
    return sum((one.length for one in served), timedelta()) / length * 10 // 1 / 10


CHECK = Check(
    key="approval.stuck",
    group="application",
    kinds=("approvals",),
    unit="d",
    warn=2,
    crit=5,
    interval_s=3600,
    priority=43,
    title=N_("Waiting approvals"),
    says={
        "ok": N_("No document of %(set)s waits for approval."),
        "bad": N_("%(document)s has waited %(days)s working days for %(who)s (%(count)s wait in %(set)s)."),
        "nobody": N_("%(document)s has waited %(days)s working days for approval (%(count)s wait in %(set)s)."),
    },
    remedy=N_("Remind the person, or delegate the approval."),
    reads=N_("Documents that wait for approval, since when and for whom"),
    right=rights.ERP,
    judge=judge,
    own=(HoursRecord,),
)
