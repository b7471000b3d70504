"""A backup that takes much longer than it used to."""

from datetime import datetime

from connectors.facts import BackupHistory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

SHORT_S = 300  # below this, being several times slower is no matter


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each database: how many times as long as usual the last full backup took."""
    return [
        _finding(fact, fact.last_took_s, max(1, fact.usual_took_s), settings)
        for fact in seen.of(BackupHistory)
        if fact.last_took_s is not None and fact.usual_took_s is not None
    ]


def _finding(fact: BackupHistory, took: int, usual: int, settings: Settings) -> Finding:
    ratio = took / usual if took > SHORT_S else min(1.0, took / usual)
    times = round(ratio, 1)
    return measured(
        ratio, settings, subject=fact.database, database=fact.database, times=times, took_s=took, usual_s=usual
    )


CHECK = Check(
    key="bak.duration",
    group="data",
    kinds=("backup_history",),
    unit="x",
    warn=2,
    crit=4,
    interval_s=3600,
    priority=60,
    title=N_("Backup duration"),
    says={
        "ok": N_("The last backup of %(database)s took %(took)s, usually %(usual)s."),
        "bad": N_("The backup of %(database)s became %(times)s times slower (%(took)s, usually %(usual)s)."),
    },
    remedy=N_("Check the disk and the network between server and backup target."),
    reads=N_("How long the last backups took"),
    right=rights.MSDB,
    judge=judge,
)
