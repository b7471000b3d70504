"""The ERP database answers. A failed connection is this one finding; every other check of it waits."""

from datetime import datetime

from connectors.facts import Reachable
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """Up or not, as seen from here; the reason is kept."""
    return [
        Finding(
            state="ok" if fact.up else "crit",
            value=1.0 if fact.up else 0.0,
            reason="" if fact.up else fact.reason or "no_answer",
            reason_params=fact.params,
        )
        for fact in seen.of(Reachable)[-1:]
    ]


CHECK = Check(
    key="db.up",
    group="system",
    kinds=("reachable",),
    unit="",
    warn=None,
    crit=None,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=1,
    alone=True,
    title=N_("Database reachable"),
    says={"ok": N_("The ERP database answers."), "bad": N_("The ERP database does not answer. %(reason)s")},
    remedy=N_("Start the database service, or bring the VPN or the line back."),
    reads=N_("Name, network, login and the smallest question there is"),
    right=N_("Right to connect"),
    judge=judge,
)
