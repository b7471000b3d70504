"""Orders and documents that did not get through an interface."""

from datetime import datetime

from connectors.facts import Interface
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import graver

AGE_MINUTES = (30.0, 120.0)  # of the oldest one, warning and critical


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each interface that tells: how many failed, and how long the oldest has waited to be mended."""
    return [_finding(fact, fact.failed, settings) for fact in seen.of(Interface) if fact.failed is not None]


def _finding(fact: Interface, failed: int, settings: Settings) -> Finding:
    warn, crit = settings.options.get("age_minutes", AGE_MINUTES)
    age = Settings(warn=float(warn), crit=float(crit))
    oldest = fact.oldest_failed_age_s if failed else None
    state = graver(settings.level(failed), age.level((oldest or 0) / 60))
    params: dict[str, str | int | float | None] = {
        "name": fact.name,
        "count": failed,
        "waiting": fact.waiting,
        "oldest_s": oldest,
    }
    wording = "" if not failed else "bad" if oldest is None else "aged"
    return Finding(subject=fact.subject, state=state, value=failed, params=params, wording=wording)


CHECK = Check(
    key="intf.failed",
    group="application",
    kinds=("interfaces",),
    unit="",
    warn=1,
    crit=20,
    interval_s=300,
    priority=30,
    title=N_("Failed transfers"),
    says={
        "ok": N_("Everything that came through %(name)s reached the ERP."),
        "bad": N_("%(count)s orders did not reach the ERP (%(name)s)."),
        "aged": N_("%(count)s orders did not reach the ERP (%(name)s), the oldest %(oldest)s ago."),
    },
    remedy=N_("Repair the document, or send it again."),
    reads=N_("The queues and logs of interfaces"),
    right=rights.ERP,
    judge=judge,
)
