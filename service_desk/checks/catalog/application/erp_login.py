"""Whether people can open the ERP: its address answers, and shows what its login page should show."""

from datetime import datetime

from connectors.facts import Endpoint
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each address of which a keyword is expected."""
    return [_finding(fact) for fact in seen.of(Endpoint) if fact.keyword_found is not None]


def _finding(fact: Endpoint) -> Finding:
    good = fact.up and bool(fact.keyword_found)
    params: dict[str, str | int | float | None] = {"url": fact.url, "status": fact.status}
    wording = "" if good else "keyword" if fact.up else "bad"
    return Finding(
        subject=fact.subject,
        state="ok" if good else "crit",
        value=float(good),
        params=params,
        wording=wording,
        reason="" if fact.up else fact.reason or "",
        reason_params=fact.params,
    )


CHECK = Check(
    key="erp.login",
    group="application",
    kinds=("endpoints",),
    unit="",
    warn=None,
    crit=None,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=20,
    title=N_("ERP login page"),
    says={
        "ok": N_("People can open the ERP."),
        "bad": N_("Users cannot open the ERP. %(reason)s"),
        "keyword": N_("The ERP's address answers, but does not show its login page (status %(status)s)."),
    },
    remedy=N_("Restart the ERP's web service; look at the server behind it."),
    reads=N_("The login page, as anybody sees it"),
    right=rights.OUTSIDE,
    judge=judge,
)
