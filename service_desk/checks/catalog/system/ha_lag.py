"""How far a standby copy is behind, and whether it is fed at all."""

from datetime import datetime

from connectors.facts import Replica
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each standby; one that is not fed is critical, whatever it says of its lag."""
    return [_finding(fact, settings) for fact in seen.of(Replica)]


def _finding(fact: Replica, settings: Settings) -> Finding:
    params: dict[str, str | int | float | None] = {"name": fact.name, "state": fact.state, "lag_s": fact.lag_s}
    if not fact.healthy:
        return Finding(subject=fact.subject, state="crit", value=fact.lag_s, params=params, wording="broken")
    if fact.lag_s is None:
        return Finding(subject=fact.subject, state="ok", params=params, wording="fed")
    return measured(fact.lag_s, settings, subject=fact.subject, name=fact.name, state=fact.state, lag_s=fact.lag_s)


SAID = N_("The standby copy %(name)s is %(lag)s behind.")

CHECK = Check(
    key="ha.lag",
    group="system",
    kinds=("replicas",),
    unit="s",
    warn=60,
    crit=600,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=36,
    title=N_("Standby copy"),
    says={
        "ok": SAID,
        "bad": SAID,
        "fed": N_("The standby copy %(name)s is being fed."),
        "broken": N_("The standby copy %(name)s is not being fed (%(state)s)."),
    },
    remedy=N_("Check the link between the two, and the log of the standby."),
    reads=N_("The state of standby copies"),
    right=rights.STATE,
    judge=judge,
)
