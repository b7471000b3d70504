"""Other programs that use the ERP's server."""

from datetime import datetime

from connectors.facts import Cpu
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each machine whose load can be told apart."""
    return [
        measured(fact.other_pct, settings, subject=fact.host, percent=round(fact.other_pct))
        for fact in seen.of(Cpu)
        if fact.other_pct is not None
    ]


CHECK = Check(
    key="cpu.other",
    group="system",
    kinds=("cpu",),
    unit="%",
    warn=25,
    crit=50,
    interval_s=60,
    confirm_n=3,
    confirm_of=5,
    recover_n=2,
    priority=89,
    title=N_("Load by other programs"),
    says={
        "ok": N_("Other programs use %(percent)s%% of the ERP's server."),
        "bad": N_("Another program uses the ERP's server: %(percent)s%% of its processors."),
    },
    remedy=N_("Move that program to another machine, or let it run at night."),
    reads=N_("The processors' load by program"),
    right=rights.STATE,
    judge=judge,
)
