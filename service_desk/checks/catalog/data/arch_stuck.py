"""Change logs that pile up because they cannot be archived; when they fill the disk, the database stops."""

from datetime import datetime

from connectors.facts import Archiving
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import graver

FULL = (85.0, 95.0)  # percent of the archive's room, warning and critical


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each archive: files that wait, room that is left, and whether it fails."""
    return [_finding(fact, settings) for fact in seen.of(Archiving)]


def _finding(fact: Archiving, settings: Settings) -> Finding:
    warn, crit = settings.options.get("full_pct", FULL)
    room = Settings(warn=float(warn), crit=float(crit)).level(fact.used_pct or 0.0)
    waiting = settings.level(fact.waiting or 0)
    state = graver(room, waiting, "warn" if fact.failing else "ok")
    wording = "failing" if fact.failing else "full" if room != "ok" else ""
    params: dict[str, str | int | float | None] = {
        "name": fact.name,
        "waiting": fact.waiting or 0,
        "percent": fact.used_pct,
    }
    return Finding(subject=fact.name, state=state, value=fact.waiting or 0, params=params, wording=wording)


CHECK = Check(
    key="arch.stuck",
    group="data",
    kinds=("archiving",),
    unit="",
    warn=20,
    crit=100,
    interval_s=300,
    priority=35,
    title=N_("Archiving of change logs"),
    says={
        "ok": N_("Change logs are archived (%(waiting)s wait)."),
        "bad": N_("%(waiting)s change logs wait to be archived and may fill the disk."),
        "failing": N_("Archiving to %(name)s fails; %(waiting)s change logs wait and may fill the disk."),
        "full": N_("The archive %(name)s is %(percent)s%% full."),
    },
    remedy=N_("Repair the archive target, and give it room."),
    reads=N_("How archiving stands, and how many files wait"),
    right=rights.STATE,
    judge=judge,
)
