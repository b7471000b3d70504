"""How busy the processors are, for ten minutes on end."""

from datetime import datetime

from connectors.facts import Cpu
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each machine: all programs together."""
    return [
        measured(busy, settings, subject=fact.host, percent=round(busy), own=round(fact.own_pct))
        for fact in seen.of(Cpu)
        for busy in [min(100.0, fact.own_pct + (fact.other_pct or 0.0))]
    ]


CHECK = Check(
    key="cpu",
    group="system",
    kinds=("cpu",),
    unit="%",
    warn=80,
    crit=95,
    interval_s=60,
    confirm_n=10,
    recover_n=2,
    priority=62,
    title=N_("Processor load"),
    says={
        "ok": N_("The processor is %(percent)s%% busy."),
        "bad": N_("The processor has been %(percent)s%% busy for minutes on end (the database %(own)s%%)."),
    },
    remedy=N_("Look at the queries that use most of the processor."),
    reads=N_("The processors' load in the last minutes"),
    right=rights.STATE,
    judge=judge,
)
