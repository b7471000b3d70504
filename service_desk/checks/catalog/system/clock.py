"""The clock of the server: documents carry its time."""

from datetime import datetime

from connectors.facts import Server
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how far it is off, either way."""
    return [
        measured(
            abs(fact.clock_ahead_s), settings, wording=_wording(fact.clock_ahead_s, settings), off_s=fact.clock_ahead_s
        )
        for fact in seen.of(Server)[-1:]
        if fact.clock_ahead_s is not None
    ]


def _wording(ahead: float, settings: Settings) -> str:
    if settings.level(abs(ahead)) == "ok":
        return ""
    return "ahead" if ahead > 0 else "behind"


CHECK = Check(
    key="clock",
    group="system",
    kinds=("server",),
    unit="s",
    warn=30,
    crit=300,
    interval_s=3600,
    confirm_n=2,
    priority=76,
    title=N_("Clock of the server"),
    says={
        "ok": N_("The server's clock is right (off by %(off)s)."),
        "bad": N_("The server's clock is %(off)s off; document times are wrong."),
        "ahead": N_("The server's clock is %(off)s ahead; document times are wrong."),
        "behind": N_("The server's clock is %(off)s behind; document times are wrong."),
    },
    remedy=N_("Let the server set its clock from the network (NTP)."),
    reads=N_("The server's clock beside ours, half the way there taken off"),
    right=rights.CONNECT,
    judge=judge,
)
