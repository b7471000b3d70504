"""Checks of this client that are switched on and have had no result for more than three intervals."""

from datetime import datetime

from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, BlindRecord, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for the client: how many checks are blind, by connection."""
    records = seen.of(BlindRecord)
    connections = list(dict.fromkeys(record.connection for record in records))
    lines = [f"{one}: {sum(record.connection == one for record in records)}" for one in connections]
    return [counted(lines, settings, count=len(records))]


CHECK = Check(
    key="self.stale",
    group="heartbeat",
    kinds=(),
    own=(BlindRecord,),
    unit="",
    warn=1,
    crit=None,
    interval_s=300,
    priority=106,
    planned=False,  # the clock itself marks what nobody looks at
    title=N_("Blind checks"),
    says={
        "ok": N_("Every check of this client has fresh results."),
        "bad": N_("%(count)s checks are blind (%(names)s)."),
    },
    remedy=N_("Look at the connection: is it refused, is its agent off?"),
    reads=N_("When each check last had a result"),
    right=rights.OURS,
    judge=judge,
)
