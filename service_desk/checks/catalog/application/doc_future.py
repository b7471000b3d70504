"""Documents with impossible dates."""

from datetime import datetime

from connectors.facts import OddDates
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each account set: how many documents, by type."""
    rows = seen.of(OddDates)
    return [
        _finding(place or "", [fact for fact in rows if fact.account_set == place and fact.count], settings)
        for place in seen.places
    ]


def _finding(place: str, rows: list[OddDates], settings: Settings) -> Finding:
    total = sum(fact.count for fact in rows)
    lines = [f"{fact.document_type}: {fact.count} · {fact.example or ''}" for fact in rows]
    example = next((fact.example for fact in rows if fact.example), None)
    return measured(
        total, settings, subject=place, wording="bad" if total else "", rows=lines, count=total,
        set=settings.name(place), example=example,
    )  # fmt: skip


CHECK = Check(
    key="doc.future",
    group="application",
    kinds=("odd_dates",),
    unit="",
    warn=1,
    crit=10,
    interval_s=86400,
    priority=101,
    title=N_("Impossible dates"),
    says={
        "ok": N_("No document of %(set)s has an impossible date."),
        "bad": N_("%(count)s documents of %(set)s carry impossible dates, e.g. %(example)s."),
    },
    remedy=N_("Have the date corrected before the period is closed."),
    reads=N_("The dates of documents"),
    right=rights.ERP,
    judge=judge,
)
