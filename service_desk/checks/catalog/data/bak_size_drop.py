"""A backup much smaller than usual is probably not complete."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.promised import holds_work
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database with a usual size: the difference of the last full backup in percent.

    The server's own affairs are left out: whoever tidies the history of jobs makes msdb small, and nothing is missing.
    """
    return [
        _finding(fact, fact.last_bytes, fact.usual_bytes, settings)
        for fact in seen.of(BackupHistory)
        if fact.last_bytes is not None and fact.usual_bytes and holds_work(fact.database)
    ]


def _finding(fact: BackupHistory, last: int, usual: int, settings: Settings) -> Finding:
    change = (last - usual) / usual * 100
    return measured(
        change,
        settings,
        subject=fact.database,
        wording="larger" if change >= 0 else "",
        database=fact.database,
        percent=round(abs(change)),
        size_b=last,
    )


SMALLER = N_("The last backup of %(database)s is %(percent)s%% smaller than usual (%(size)s).")

CHECK = Check(
    key="bak.size.drop",
    group="data",
    kinds=("backup_history",),
    unit="%",
    warn=-30,
    crit=-60,
    bad="below",
    interval_s=3600,
    priority=39,
    title=N_("Backup size"),
    says={
        "ok": SMALLER,
        "bad": N_(
            "The last backup of %(database)s is %(percent)s%% smaller than usual (%(size)s) and may not be complete."
        ),
        "larger": N_("The last backup of %(database)s is as large as usual or larger (%(size)s)."),
    },
    remedy=N_("Look into the backup: were tables emptied, or was only a part saved?"),
    reads=N_("The sizes of the last backups of the same type"),
    right=rights.MSDB,
    judge=judge,
)
