"""Document numbers that run out: identity columns and sequences near their end."""

from datetime import datetime

from connectors.facts import NumberRange
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.forecast import days_until
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: the range that has used most, and when it is used up at the pace of the last month."""
    rows = sorted(seen.of(NumberRange), key=lambda fact: fact.used_pct, reverse=True)
    if not rows:
        return [Finding(state="ok", value=0, wording="none")]
    worst = rows[0]
    near = [f"{fact.subject}: {fact.used_pct:.0f} %" for fact in rows if settings.level(fact.used_pct) != "ok"]
    days = days_until(seen.history.get("", ()), 100.0, settings.today or now.date())
    wording = "soon" if days is not None and settings.level(worst.used_pct) != "ok" else ""
    return [
        measured(
            worst.used_pct, settings, wording=wording, rows=near, name=worst.subject, percent=round(worst.used_pct),
            days=None if days is None else int(days),
        )
    ]  # fmt: skip


CHECK = Check(
    key="id.exhaust",
    group="system",
    kinds=("number_ranges",),
    history_of="id.exhaust",
    unit="%",
    warn=80,
    crit=90,
    interval_s=86400,
    priority=25,
    title=N_("Document numbers"),
    says={
        "none": N_("No numbered column is near its end."),
        "ok": N_("Of no range of numbers is more than %(percent)s%% used (%(name)s)."),
        "bad": N_("The numbers of %(name)s are %(percent)s%% used."),
        "soon": N_("The numbers of %(name)s are %(percent)s%% used and run out in about %(days)s days."),
    },
    remedy=N_("Widen the range with the vendor before it ends."),
    reads=N_("How far identity columns and sequences are used up"),
    right=rights.DEFINITION,
    judge=judge,
)
