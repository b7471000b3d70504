"""Crashes inside the database server that left a dump."""

from datetime import datetime

from connectors.facts import Dump
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

FRESH_DAYS = 30


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding; dumps of which the latest is older than a month are history."""
    rows = seen.of(Dump)
    count = sum(fact.count for fact in rows if _fresh(fact, settings))
    ages = [fact.latest_age_s for fact in rows if fact.latest_age_s is not None and fact.count]
    wording = "bad" if count else ""
    return [measured(count, settings, wording=wording, count=count, ago_s=min(ages, default=None))] if rows else []


def _fresh(fact: Dump, settings: Settings) -> bool:
    days = float(settings.options.get("fresh_days", FRESH_DAYS))
    return fact.latest_age_s is None or fact.latest_age_s < days * 86400


CHECK = Check(
    key="dumps",
    group="system",
    kinds=("dumps",),
    unit="",
    warn=1,
    crit=3,
    interval_s=86400,
    priority=75,
    title=N_("Crash dumps"),
    says={
        "ok": N_("The database left no crash dump in the last month."),
        "bad": N_("The database crashed internally: %(count)s dumps, the last %(ago)s ago."),
    },
    remedy=N_("Install the patch for this fault; keep the dumps for the vendor."),
    reads=N_("Crash dumps of the server"),
    right=rights.STATE,
    judge=judge,
)
