"""Logs that are cut into so many pieces that starting and restoring take long."""

from datetime import datetime

from connectors.facts import LogPieces
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the log with the most pieces."""
    rows = sorted(seen.of(LogPieces), key=lambda fact: fact.pieces, reverse=True)
    many = [f"{fact.database}: {fact.pieces}" for fact in rows if settings.level(fact.pieces) != "ok"]
    return [measured(one.pieces, settings, rows=many, database=one.database, count=one.pieces) for one in rows[:1]]


CHECK = Check(
    key="vlf",
    group="system",
    kinds=("log_pieces",),
    unit="",
    warn=1000,
    crit=5000,
    interval_s=604800,
    priority=94,
    heavy=True,
    title=N_("Pieces of the log"),
    says={
        "ok": N_("No log is cut into too many pieces (at most %(count)s, %(database)s)."),
        "bad": N_("Start-up and restore of %(database)s will be slow: its log is cut into %(count)s pieces."),
    },
    remedy=N_("Shrink the log file and let it grow again in steps of one size."),
    reads=N_("Into how many pieces each log is cut"),
    right=rights.STATE,
    judge=judge,
)
