"""How the temporary area is laid out."""

from datetime import datetime

from connectors.facts import TempSpace
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import flagged


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding, about the gravest fault of the layout."""
    return [flagged(_faults(fact), files=fact.files) for fact in seen.of(TempSpace)[-1:] if fact.files is not None]


def _faults(fact: TempSpace) -> list[str]:
    faults = {"drive": fact.on_system_drive, "single": fact.files == 1, "uneven": fact.uneven}
    return [name for name, there in faults.items() if there]


CHECK = Check(
    key="tempdb.files",
    group="system",
    kinds=("temp_space",),
    unit="",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=92,
    title=N_("Layout of the temporary area"),
    says={
        "ok": N_("The temporary area has %(files)s files of one size."),
        "bad": N_("The database's temporary area is badly set up."),
        "drive": N_("The database's temporary area lies on the system drive."),
        "single": N_("The database's temporary area has a single file."),
        "uneven": N_("The files of the database's temporary area differ in size."),
    },
    remedy=N_("Use several files of one size on a drive of their own."),
    reads=N_("The files of the temporary area"),
    right=rights.DEFINITION,
    judge=judge,
)
