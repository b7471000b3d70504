"""Errors that a scheduled check of the indexes found. The job runs at the client's and pushes codes `amcheck/…`."""

from datetime import datetime

from connectors.facts import LoggedError
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted

PREFIX = "amcheck"


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many indexes are broken, by name."""
    found = [fact for fact in seen.of(LoggedError) if fact.code.startswith(PREFIX) and fact.count]
    return [counted([fact.code.removeprefix(f"{PREFIX}/") for fact in found], settings)]


CHECK = Check(
    key="pg.amcheck",
    group="data",
    kinds=("errors",),
    unit="",
    warn=None,
    crit=1,
    interval_s=604800,
    priority=4,
    manual=True,
    scripted=True,  # an ERP's own log of errors, too, says nothing of indexes
    title=N_("Index check"),
    says={
        "ok": N_("The index check found no errors."),
        "bad": N_("The index check found errors in %(count)s indexes: %(names)s."),
    },
    remedy=N_("Rebuild the indexes (REINDEX) and check the disk."),
    reads=N_("What the scheduled index check reports"),
    right=rights.PUSHED,
    judge=judge,
)
