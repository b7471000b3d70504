"""How long ago somebody last proved that the backup can be restored."""

from datetime import datetime

from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, DrillRecord, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each plan; without any good drill the days count from when drills were planned."""
    return [_finding(record, settings, now) for record in seen.of(DrillRecord)]


def _finding(record: DrillRecord, settings: Settings, now: datetime) -> Finding:
    since = record.last_good_at or record.planned_at
    if since is None:
        return Finding(subject=record.plan, state="crit", wording="never", params={"name": record.name})
    days = max(0, (now - since).days)
    wording = "" if record.last_good_at else "never"
    return measured(days, settings, subject=record.plan, wording=wording, name=record.name, days=days)


CHECK = Check(
    key="drill.age",
    group="data",
    kinds=(),
    own=(DrillRecord,),
    unit="d",
    warn=90,
    crit=180,
    interval_s=86400,
    priority=54,
    title=N_("Restore drill"),
    says={
        "ok": N_("%(name)s: %(days)s days ago a drill proved that the backup can be restored."),
        "bad": N_("%(name)s: nobody has proved in %(days)s days that the backup can be restored."),
        "never": N_("%(name)s: nobody has ever proved that the backup can be restored."),
    },
    remedy=N_("Hold a restore drill and follow its steps."),
    reads=N_("Our own record of restore drills"),
    right=rights.OURS,
    judge=judge,
)
