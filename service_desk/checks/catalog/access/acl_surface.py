"""Features that open ways into the server and that few ERPs need."""

from datetime import datetime

from connectors.facts import Setting
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, counted, plain

OFF = frozenset({"", "0", "off", "false", "no", "none"})


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: risky settings that are on and not accepted for this client."""
    allowed = accepted(settings)
    risky = [fact.subject for fact in seen.of(Setting) if fact.risky and fact.value.strip().casefold() not in OFF]
    return [counted(sorted(one for one in risky if plain(one) not in allowed), settings)]


CHECK = Check(
    key="acl.surface",
    group="access",
    kinds=("settings",),
    unit="",
    warn=1,
    crit=None,
    interval_s=86400,
    priority=83,
    title=N_("Risky features"),
    says={
        "ok": N_("No risky feature is switched on."),
        "bad": N_("%(count)s risky features are switched on: %(names)s."),
    },
    remedy=N_("Turn them off, or write down why they are needed and accept the risk."),
    reads=N_("Settings of the server and its databases"),
    right=rights.DEFINITION,
    judge=judge,
)
