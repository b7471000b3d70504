"""How many of the allowed connections are taken."""

from datetime import datetime

from connectors.facts import Connections
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the share that is taken; a server without a limit has nothing to judge."""
    return [
        measured(share, settings, percent=round(share), used=fact.used, limit=fact.limit)
        for fact in seen.of(Connections)[-1:]
        if fact.limit > 0
        for share in [fact.used / fact.limit * 100]
    ]


CHECK = Check(
    key="conn.pct",
    group="system",
    kinds=("connections",),
    unit="%",
    warn=80,
    crit=90,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=27,
    title=N_("Connections taken"),
    says={
        "ok": N_("%(used)s of %(limit)s connections of the database are taken."),
        "bad": N_("Nearly no free seats in the database: %(percent)s%% of its connections are taken."),
    },
    remedy=N_("Look for a program that opens connections and never closes them."),
    reads=N_("Connections in use and how many are allowed"),
    right=rights.STATE,
    judge=judge,
)
