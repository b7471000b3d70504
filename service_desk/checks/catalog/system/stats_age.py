"""Tables that changed so much that the database plans with old numbers."""

from datetime import datetime

from connectors.facts import Statistic
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the table that changed most, and how many there are."""
    rows = sorted(seen.of(Statistic), key=lambda fact: fact.changed_pct, reverse=True)
    bad = [f"{fact.subject}: {fact.changed_pct:.0f} %" for fact in rows if settings.level(fact.changed_pct) != "ok"]
    if not rows:
        return [Finding(state="ok", value=0, wording="none")]
    worst = rows[0]
    manual = settings.level(worst.changed_pct) != "ok" and not all(fact.automatic for fact in rows)
    return [
        measured(
            worst.changed_pct, settings, wording="off" if manual else "", rows=bad, name=worst.subject,
            percent=round(worst.changed_pct), count=len(bad),
        )
    ]  # fmt: skip


CHECK = Check(
    key="stats.age",
    group="system",
    kinds=("statistics",),
    unit="%",
    warn=20,
    crit=50,
    interval_s=86400,
    priority=96,
    heavy=True,
    title=N_("Statistics of tables"),
    says={
        "none": N_("The statistics of all tables are up to date."),
        "ok": N_("The statistics fit: at most %(percent)s%% of a table changed (%(name)s)."),
        "bad": N_("The database plans with old numbers: %(percent)s%% of %(name)s changed, %(count)s tables in all."),
        "off": N_(
            "The database plans with old numbers and does not renew them by itself: %(percent)s%% of %(name)s changed."
        ),
    },
    remedy=N_("Update the statistics, and let the database do it by itself."),
    reads=N_("How much each table changed since it was last counted"),
    right=rights.DEFINITION,
    judge=judge,
)
