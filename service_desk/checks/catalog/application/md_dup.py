"""Customers, vendors and items that stand twice in the master data."""

from datetime import datetime

from connectors.facts import Duplicates
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import graver, measured

WORDS = {"customers": "customers", "vendors": "vendors", "items": "items"}


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each kind of record: groups of doubles; more than at the look before is a warning."""
    return [_finding(fact, seen, settings) for fact in seen.of(Duplicates)]


def _finding(fact: Duplicates, seen: Seen, settings: Settings) -> Finding:
    was = seen.before.get(fact.subject)
    grew = was is not None and was.value is not None and fact.groups > was.value
    finding = measured(
        fact.groups, settings, subject=fact.subject, count=fact.groups, master_w=fact.master, example=fact.example,
        set=settings.name(fact.account_set),
    )  # fmt: skip
    state = graver(finding.state, "warn" if grew else "ok")
    wording = WORDS.get(fact.master, "bad") if fact.groups else ""
    return Finding(subject=fact.subject, state=state, value=finding.value, params=finding.params, wording=wording)


CHECK = Check(
    key="md.dup",
    group="application",
    kinds=("duplicates",),
    unit="",
    warn=None,
    crit=50,
    interval_s=86400,
    priority=103,
    title=N_("Doubled master data"),
    says={
        "ok": N_("No %(master)s of %(set)s stand twice."),
        "bad": N_("%(count)s groups of %(master)s of %(set)s stand twice, e.g. %(example)s."),
        "customers": N_("%(count)s customers of %(set)s exist twice, e.g. %(example)s."),
        "vendors": N_("%(count)s vendors of %(set)s exist twice, e.g. %(example)s."),
        "items": N_("%(count)s items of %(set)s exist twice, e.g. %(example)s."),
    },
    remedy=N_("Work through the list with the client, and merge."),
    reads=N_("Tax numbers, names and specifications of the master data"),
    right=rights.ERP,
    judge=judge,
)
