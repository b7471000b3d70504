"""Accounting periods that are still open long after their month has ended 未结账."""

from datetime import date, datetime

from connectors.facts import Period
from service_desk.checks.catalog import rights
from service_desk.checks.catalog.application.gl_unposted import month_end
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each account set: the oldest ended period with a module still open, in days past its end."""
    today = settings.today or now.date()
    periods = seen.of(Period)
    return [
        _finding(place or "", [fact for fact in periods if fact.account_set == place], settings, today)
        for place in seen.places
    ]


def _finding(place: str, periods: list[Period], settings: Settings, today: date) -> Finding:
    name = settings.name(place)
    late = [(_end(fact), fact) for fact in periods if _end(fact) < today and not all(fact.closed.values())]
    if not late:
        return Finding(subject=place, state="ok", value=0, params={"set": name})
    end, oldest = min(late, key=lambda pair: (pair[0], pair[1].year, pair[1].period))
    modules = _open(oldest)
    rows = [f"{fact.year}-{fact.period:02d}: {'、'.join(_open(fact))}" for _, fact in late]
    return measured(
        (today - end).days,
        settings,
        subject=place,
        wording="bad",
        rows=rows,
        set=name,
        month=f"{oldest.year}-{oldest.period:02d}",
        modules_w="|".join(modules),
        days=(today - end).days,
    )


def _open(fact: Period) -> list[str]:
    return sorted(module for module, closed in fact.closed.items() if not closed)


def _end(fact: Period) -> date:
    return fact.ends_on or month_end(fact.year, fact.period)


CHECK = Check(
    key="period.open",
    group="application",
    kinds=("periods",),
    unit="d",
    warn=10,
    crit=20,
    interval_s=86400,
    priority=42,
    title=N_("Open periods"),
    says={
        "ok": N_("Every ended period of %(set)s is closed."),
        "bad": N_("%(month)s of %(set)s is still not closed in %(modules)s, %(days)s days past its end."),
    },
    remedy=N_("Work through the closing checklist with the accountant."),
    reads=N_("The closing state of each period, by module"),
    right=rights.ERP,
    judge=judge,
)
