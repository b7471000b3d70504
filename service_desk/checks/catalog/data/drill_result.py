"""How the last restore drill ended: whether it brought the data back, and within the promised time."""

from datetime import datetime

from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, DrillRecord, Finding, Seen, Settings


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each plan with a drill; one that took longer than promised is a warning."""
    return [_finding(record) for record in seen.of(DrillRecord) if record.result]


def _finding(record: DrillRecord) -> Finding:
    params: dict[str, str | int | float | None] = {
        "name": record.name,
        "step": record.failed_step,
        "took_s": None if record.minutes is None else record.minutes * 60,
        "promised_s": None if record.rto_minutes is None else record.rto_minutes * 60,
    }
    if record.result != "ok":
        wording = "failed_step" if record.failed_step else ""
        return Finding(subject=record.plan, state="crit", value=record.minutes, params=params, wording=wording)
    slow = record.minutes is not None and record.rto_minutes is not None and record.minutes > record.rto_minutes
    wording = "slow" if slow else "" if record.minutes is not None else "good"
    return Finding(
        subject=record.plan, state="warn" if slow else "ok", value=record.minutes, params=params, wording=wording
    )


CHECK = Check(
    key="drill.result",
    group="data",
    kinds=(),
    own=(DrillRecord,),
    unit="min",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=53,
    title=N_("Result of the last drill"),
    says={
        "ok": N_("%(name)s: the last drill brought the data back in %(took)s."),
        "good": N_("%(name)s: the last drill brought the data back."),
        "bad": N_("%(name)s: the last drill failed."),
        "failed_step": N_("%(name)s: the last drill failed at the step “%(step)s”."),
        "slow": N_("%(name)s: the last drill took %(took)s; %(promised)s are promised."),
    },
    remedy=N_("Repair what stopped the drill, and hold it again."),
    reads=N_("Our own record of restore drills"),
    right=rights.OURS,
    judge=judge,
)
