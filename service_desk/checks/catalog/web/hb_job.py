"""Jobs at the client's that report in by themselves: missed, timed out and failed are three different things."""

from datetime import datetime

from service_desk.checks.finding import N_, Check, Finding, HeartbeatRecord, Seen, Settings

WORDS = {"failed": "failed", "missed": "missed", "timed_out": "timed_out"}


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each heartbeat whose last run is known; a run that has not ended says nothing yet."""
    return [_finding(record) for record in seen.of(HeartbeatRecord) if record.status in ("up", *WORDS)]


def _finding(record: HeartbeatRecord) -> Finding:
    state, wording = ("ok", "") if record.status == "up" else ("crit", WORDS[record.status])
    params = {
        "name": record.name,
        "last_at": record.last_ping_at.isoformat() if record.last_ping_at else None,
        "code": record.exit_code,
    }
    if wording == "failed" and record.exit_code is not None:
        wording = "failed_code"
    return Finding(
        subject=record.key,
        state="ok" if state == "ok" else "crit",
        value=1.0 if state == "ok" else 0.0,
        params=params,
        wording=wording,
    )


CHECK = Check(
    key="hb.job",
    group="heartbeat",
    kinds=(),
    own=(HeartbeatRecord,),
    unit="",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=13,
    planned=False,
    title=N_("Heartbeat"),
    says={
        "ok": N_("%(name)s reports in on time."),
        "bad": N_("%(name)s did not report in."),
        "missed": N_("%(name)s did not report in."),
        "timed_out": N_("%(name)s started but did not come to an end in time."),
        "failed": N_("%(name)s reported a failure."),
        "failed_code": N_("%(name)s failed with exit code %(code)s."),
    },
    remedy=N_("Look at the machine the job runs on: its scheduler, its log, its disk."),
    reads=N_("What the job itself reports"),
    right=N_("The job's own address"),
    judge=judge,
)
