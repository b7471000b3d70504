"""Seats of the ERP's licence that are taken."""

from datetime import datetime

from connectors.facts import Seats
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each module with a limit; what is seen from here may be less than what is taken."""
    return [_finding(fact, fact.limit, settings) for fact in seen.of(Seats) if fact.limit]


def _finding(fact: Seats, limit: int, settings: Settings) -> Finding:
    return measured(
        fact.used / limit * 100,
        settings,
        subject=fact.subject,
        wording="at_least" if fact.at_least else "",
        module=fact.module_name or fact.module or settings.name(fact.account_set),
        used=fact.used,
        limit=limit,
    )


SAID = N_("%(used)s of %(limit)s seats of the ERP are taken (%(module)s).")

CHECK = Check(
    key="lic.seats",
    group="application",
    kinds=("seats",),
    unit="%",
    warn=85,
    crit=100,
    interval_s=300,
    confirm_n=2,
    recover_n=2,
    priority=44,
    title=N_("Licence seats"),
    says={
        "ok": SAID,
        "bad": SAID,
        "at_least": N_("At least %(used)s of %(limit)s seats of the ERP are taken (%(module)s)."),
    },
    remedy=N_("Free the seats of people who left their window open, or buy more."),
    reads=N_("Seats in use and how many there are"),
    right=rights.ERP,
    judge=judge,
)
