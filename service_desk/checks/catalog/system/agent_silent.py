"""The agent at the client's reports: while it is silent nobody looks at what it reads. A clock that is off is told."""

from datetime import datetime

from service_desk.checks.finding import N_, AgentRecord, Check, Finding, Seen, Settings

SILENT_MIN = 4.0
AHEAD_S = 300.0


def judge(seen: Seen, _settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each agent; the value is the minutes since it was last heard of."""
    return [_finding(record, now) for record in seen.of(AgentRecord) if record.last_seen_at is not None]


def _finding(record: AgentRecord, now: datetime) -> Finding:
    assert record.last_seen_at is not None
    quiet_s = max(0.0, (now - record.last_seen_at).total_seconds())
    off_s = abs(record.clock_ahead_s or 0)
    params: dict[str, str | int | float | None] = {
        "name": record.name,
        "quiet_s": round(quiet_s),
        "off_s": round(off_s),
        "waiting": record.waiting,
    }
    if quiet_s >= SILENT_MIN * 60:
        return Finding(subject=record.key, state="crit", value=round(quiet_s / 60, 1), params=params)
    if off_s >= AHEAD_S:
        return Finding(subject=record.key, state="warn", value=0.0, params=params, wording="clock")
    return Finding(subject=record.key, state="ok", value=0.0, params=params)


CHECK = Check(
    key="agent.silent",
    group="system",
    kinds=(),
    own=(AgentRecord,),
    unit="min",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=2,
    planned=False,
    title=N_("Agent at the client's"),
    says={
        "ok": N_("The agent %(name)s reports."),
        "bad": N_("The agent %(name)s has not reported for %(quiet)s; nobody looks at what it reads."),
        "clock": N_("The clock of the machine with the agent %(name)s is off by %(off)s."),
    },
    remedy=N_(
        "See whether its machine runs and reaches this address over HTTPS, and look at agent.log there. A clock that "
        "is off is set right by switching on its time service (NTP)."
    ),
    reads=N_("What the agent itself reports"),
    right=N_("The agent's own token"),
    judge=judge,
)
