"""Licences and yearly services of the ERP that end, by its own tables or as somebody wrote down."""

from datetime import date, datetime

from connectors.facts import Seats
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, ExpiryRecord, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each licence with an end."""
    today = settings.today or now.date()
    noted = [(record.name, record.name, record.ends_on) for record in seen.of(ExpiryRecord)]
    told = [
        (fact.subject, fact.module_name or fact.module or settings.name(fact.account_set), fact.expires_on)
        for fact in seen.of(Seats)
        if fact.expires_on is not None
    ]
    return [_finding(subject, name, ends, today, settings) for subject, name, ends in (*noted, *told)]


def _finding(subject: str, name: str, ends: date, today: date, settings: Settings) -> Finding:
    days = (ends - today).days
    wording = "over" if days < 0 else ""
    return measured(
        days, settings, subject=subject, wording=wording, name=name or "ERP", days=abs(days), ends=ends.isoformat()
    )


SAID = N_("The licence %(name)s ends in %(days)s days (%(ends)s).")

CHECK = Check(
    key="lic.expiry",
    group="application",
    kinds=(),
    also=("seats",),
    own=(ExpiryRecord,),
    unit="d",
    warn=60,
    crit=14,
    bad="below",
    interval_s=86400,
    priority=45,
    title=N_("End of licences"),
    says={
        "ok": SAID,
        "bad": SAID,
        "over": N_("The licence %(name)s ended %(days)s days ago (%(ends)s)."),
    },
    remedy=N_("Renew it; the vendor needs some weeks."),
    reads=N_("The ends of licences, as the ERP or our register knows them"),
    right=rights.ERP,
    judge=judge,
)
