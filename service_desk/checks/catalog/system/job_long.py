"""Jobs that run much longer than usual."""

from datetime import datetime

from connectors.facts import Job
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

SHORT_S = 600  # below this, being several times slower is no matter


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the job that has run longest beside its usual time."""
    running = [(job.running_s / max(1, job.usual_took_s), job) for job in seen.of(Job) if job.running_s is not None
               and job.usual_took_s is not None and job.running_s > SHORT_S]  # fmt: skip
    if not running:
        return [Finding(state="ok", value=0)]
    ratio, job = max(running, key=lambda pair: pair[0])
    rows = [f"{one.name}: {times:.1f} x" for times, one in running if settings.level(times) != "ok"]
    return [
        measured(
            ratio, settings, wording="bad" if settings.level(ratio) != "ok" else "running", rows=rows, name=job.name,
            times=round(ratio, 1), run_s=job.running_s, usual_s=job.usual_took_s,
        )
    ]  # fmt: skip


CHECK = Check(
    key="job.long",
    group="system",
    kinds=("jobs",),
    unit="x",
    warn=3,
    crit=10,
    interval_s=300,
    priority=72,
    title=N_("Long jobs"),
    says={
        "ok": N_("No job runs unusually long."),
        "running": N_("Job %(name)s has been running for %(run)s, usually %(usual)s."),
        "bad": N_("Job %(name)s is taking unusually long: %(run)s, usually %(usual)s."),
    },
    remedy=N_("Is it blocked, or is there more data than before?"),
    reads=N_("Jobs that run now, and how long they usually take"),
    right=rights.MSDB,
    judge=judge,
)
