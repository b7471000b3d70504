"""Until when the installed version gets security fixes."""

from datetime import datetime

from connectors.facts import Server
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding, where the end of support is known."""
    today = settings.today or now.date()
    found = []
    for fact in seen.of(Server)[-1:]:
        if fact.supported_until_on is not None:
            days = (fact.supported_until_on - today).days
            version = " ".join(part for part in (fact.version, fact.patch_level) if part)
            until = fact.supported_until_on.isoformat()
            found.append(
                measured(days, settings, wording="over" if days < 0 else "", version=version, until=until, days=days)
            )
    return found


SAID = N_("This version (%(version)s) gets security fixes until %(until)s.")

CHECK = Check(
    key="build",
    group="system",
    kinds=("server",),
    unit="d",
    warn=180,
    crit=0,
    bad="below",
    interval_s=604800,
    priority=90,
    title=N_("Support of the version"),
    says={
        "ok": SAID,
        "bad": N_("This version (%(version)s) gets no security fixes after %(until)s."),
        "over": N_("This version (%(version)s) has had no security fixes since %(until)s."),
    },
    remedy=N_("Plan the upgrade with the ERP's vendor."),
    reads=N_("The version of the server and until when it is supported"),
    right=rights.CONNECT,
    judge=judge,
)
