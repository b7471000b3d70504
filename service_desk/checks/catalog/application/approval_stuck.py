"""Documents that wait for somebody's approval, in working days."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from connectors.facts import Approval
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

FARTHEST = 400  # days; what waits longer is not counted day by day


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each account set: the document that has waited longest, and how many wait."""
    approvals = seen.of(Approval)
    return [
        _finding(place or "", [fact for fact in approvals if fact.account_set == place], settings, now)
        for place in seen.places
    ]


def _finding(place: str, rows: list[Approval], settings: Settings, now: datetime) -> Finding:
    name = settings.name(place)
    if not rows:
        return Finding(subject=place, state="ok", value=0, params={"set": name})
    today = settings.today or now.date()
    off = {date.fromisoformat(day) for day in settings.options.get("days_off", ())}
    waits = sorted(((working_days(fact.age_s, today, off), fact) for fact in rows), key=lambda one: -one[1].age_s)
    days, oldest = waits[0]
    late = [f"{fact.document} → {fact.waits_for or '?'}: {waited}" for waited, fact in waits]
    return measured(
        days,
        settings,
        subject=place,
        wording="bad" if oldest.waits_for else "nobody",
        rows=late,
        set=name,
        document=f"{oldest.document_type or ''} {oldest.document}".strip(),
        who=oldest.waits_for,
        days=days,
        count=len(rows),
    )


def working_days(age_s: float, today: date, off: Collection[date] = ()) -> int:
    """How many working days lie between then and `today`: Monday to Friday without the days in `off`."""
    days = min(FARTHEST, int(age_s // 86400))
    passed = (today - timedelta(days=n) for n in range(days))
    return sum(day.weekday() < 5 and day not in off for day in passed)


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
)
