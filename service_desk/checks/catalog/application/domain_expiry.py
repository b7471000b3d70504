"""When a registered domain ends. Where the registry does not tell, nobody knows: that is not fine."""

from datetime import datetime

from connectors.facts import Domain
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each domain."""
    return [_finding(fact, settings, now) for fact in seen.of(Domain)]


def _finding(fact: Domain, settings: Settings, now: datetime) -> Finding:
    params: dict[str, str | int | float | None] = {"name": fact.domain, "registrar": fact.registrar}
    if fact.expires_on is None:
        return Finding(subject=fact.subject, state="unknown", params=params, reason="not_told", permanent=True)
    days = (fact.expires_on - (settings.today or now.date())).days
    wording = "over" if days < 0 else ""
    ends = fact.expires_on.isoformat()
    return measured(days, settings, subject=fact.subject, wording=wording, name=fact.domain, days=abs(days), ends=ends)


SAID = N_("The domain %(name)s ends in %(days)s days (%(ends)s).")

CHECK = Check(
    key="domain.expiry",
    group="application",
    kinds=("domains",),
    unit="d",
    warn=45,
    crit=14,
    bad="below",
    interval_s=86400,
    priority=47,
    title=N_("Domain"),
    says={
        "ok": SAID,
        "bad": SAID,
        "over": N_("The domain %(name)s ended %(days)s days ago (%(ends)s)."),
    },
    remedy=N_("Renew the domain at its registrar, and let it renew itself."),
    reads=N_("What the registry tells of the domain (RDAP)"),
    right=rights.OUTSIDE,
    judge=judge,
)
