"""Vouchers that wait to be posted 未记账凭证, in each account set; the age of the oldest one counts."""

from datetime import datetime

from connectors.facts import Vouchers
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each account set that was looked into."""
    vouchers = seen.of(Vouchers)
    return [
        _finding(place or "", [fact for fact in vouchers if fact.account_set == place], settings)
        for place in seen.places
    ]


def _finding(place: str, periods: list[Vouchers], settings: Settings) -> Finding:
    name = settings.name(place)
    count = sum(fact.count for fact in periods)
    days = max((fact.oldest_age_days or 0 for fact in periods if fact.count), default=0)
    if not count:
        return Finding(subject=place, state="ok", value=0, wording="none", params={"set": name})
    params: dict[str, str | int | float | None] = {"set": name, "count": count, "days": days}
    return Finding(subject=place, state=settings.level(days), value=days, params=params)


CHECK = Check(
    key="gl.unposted",
    group="application",
    kinds=("vouchers",),
    unit="d",
    warn=3,
    crit=10,
    interval_s=7200,
    priority=40,
    title=N_("Unposted vouchers"),
    says={
        "none": N_("Every voucher of %(set)s is posted."),
        "ok": N_("%(count)s vouchers of %(set)s wait to be posted, the oldest for %(days)s days."),
        "bad": N_("%(count)s vouchers of %(set)s wait to be posted, the oldest for %(days)s days."),
    },
    remedy=N_("Remind the accountant to post; before the period is closed nothing may be left."),
    reads=N_("Vouchers that are not posted, by period"),
    right=N_("SELECT on the ERP's voucher table"),
    judge=judge,
)
