"""Vouchers that wait to be posted 未记账凭证, in each account set.

A month's vouchers are commonly posted together when it is over, so those of the running month are on time; what counts
is how many days ago the month of the oldest one ended.
"""

from datetime import date, datetime, timedelta

from connectors.facts import Vouchers
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each account set that was looked into."""
    vouchers = seen.of(Vouchers)
    today = settings.today or now.date()
    return [
        _finding(place or "", [fact for fact in vouchers if fact.account_set == place and fact.count], settings, today)
        for place in seen.places
    ]


def _finding(place: str, periods: list[Vouchers], settings: Settings, today: date) -> Finding:
    late = [fact for fact in periods if month_end(fact.year, fact.period) < today]
    params: dict[str, str | int | float | None] = {
        "set": settings.name(place),
        "count": sum(fact.count for fact in late or periods),
    }
    if not late:
        return Finding(subject=place, state="ok", value=0, params=params, wording="running" if periods else "none")
    oldest = min(late, key=lambda fact: (fact.year, fact.period))
    days = (today - month_end(oldest.year, oldest.period)).days
    params |= {"days": days, "month": f"{oldest.year}-{oldest.period:02d}"}
    return Finding(subject=place, state=settings.level(days), value=days, params=params)


def month_end(year: int, period: int) -> date:
    """The last day of an accounting period; a fiscal year is the calendar year, its periods are the months.

    A year that no calendar has counts as the nearest: whoever writes one into the books must not end the judging.
    """
    late = date(min(9998, max(1, year)), min(12, max(1, period)), 28)
    return (late + timedelta(days=4)).replace(day=1) - timedelta(days=1)


LATE = N_("%(count)s vouchers of %(set)s wait to be posted; the oldest are of %(month)s, %(days)s days past its end.")

CHECK = Check(
    key="gl.unposted",
    group="application",
    kinds=("vouchers",),
    unit="d",
    warn=3,
    crit=10,
    interval_s=7200,
    priority=41,
    title=N_("Unposted vouchers"),
    says={
        "none": N_("Every voucher of %(set)s is posted."),
        "running": N_("%(count)s vouchers of %(set)s wait to be posted, all of them of this month."),
        "ok": LATE,
        "bad": LATE,
    },
    remedy=N_("Remind the accountant to post; before the period is closed nothing may be left."),
    reads=N_("Vouchers that are not posted, by period"),
    right=N_("SELECT on the ERP's voucher table"),
    judge=judge,
)
