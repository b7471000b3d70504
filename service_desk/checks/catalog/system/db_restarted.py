"""A restart of the database server: planned or not, somebody should know of it."""

from datetime import datetime

from connectors.facts import Server
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how long the server has been up."""
    return [
        measured(fact.started_age_s / 60, settings, up_s=fact.started_age_s)
        for fact in seen.of(Server)[-1:]
        if fact.started_age_s is not None
    ]


CHECK = Check(
    key="db.restarted",
    group="system",
    kinds=("server",),
    unit="min",
    warn=60,
    crit=None,
    bad="below",
    interval_s=300,
    priority=74,
    title=N_("Restart of the server"),
    says={
        "ok": N_("The server has been up for %(up)s."),
        "bad": N_("The server restarted %(up)s ago."),
    },
    remedy=N_("Confirm that it was planned; if nobody knows of it, read the system's log."),
    reads=N_("When the server was started"),
    right=rights.STATE,
    judge=judge,
)
