"""Whether the interface of a cloud ERP, or any address, answers."""

from datetime import datetime

from connectors.facts import Endpoint
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each address; the reason is kept."""
    return [
        Finding(
            subject=fact.subject,
            state="ok" if fact.up else "crit",
            value=float(fact.up),
            params={"url": fact.url, "status": fact.status},
            reason="" if fact.up else fact.reason or "",
            reason_params=fact.params,
        )
        for fact in seen.of(Endpoint)
        if fact.keyword_found is None
    ]


CHECK = Check(
    key="api.up",
    group="heartbeat",
    kinds=("endpoints",),
    unit="",
    warn=None,
    crit=None,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=19,
    title=N_("Cloud interface"),
    says={
        "ok": N_("%(url)s answers."),
        "bad": N_("%(url)s does not answer. %(reason)s"),
    },
    remedy=N_("See the vendor's status page, then the line to it."),
    reads=N_("The answer of the address"),
    right=rights.OUTSIDE,
    judge=judge,
)
