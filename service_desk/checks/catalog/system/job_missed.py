"""Jobs that should have run and did not, and jobs that were switched off since the look before."""

from datetime import datetime

from connectors.facts import Job
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, counted, plain

LATE_S = 900  # a queue at the full hour is not a missed run


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: overdue jobs by name; a job switched off stays told until it is on again or accepted."""
    allowed = accepted(settings)
    jobs = [job for job in seen.of(Job) if plain(job.name) not in allowed]
    overdue = [job.name for job in jobs if job.enabled and job.overdue_s is not None and job.overdue_s > LATE_S]
    memory = seen.before[""].memory if "" in seen.before else {}
    running = {job.name for job in jobs if job.enabled and job.scheduled}
    stopped = {job.name for job in jobs if not job.enabled or not job.scheduled}
    off = sorted(stopped & {*memory.get("on", ()), *memory.get("off", ())})
    finding = counted([*overdue, *off], settings, memory={"on": sorted(running), "off": off})
    wording = "off" if off and not overdue else "one" if len(overdue) == 1 and not off else finding.wording
    return [Finding(state=finding.state, value=finding.value, params=finding.params, memory=finding.memory,
                    wording=wording)]  # fmt: skip


CHECK = Check(
    key="job.missed",
    group="system",
    kinds=("jobs",),
    unit="",
    warn=1,
    crit=None,
    interval_s=900,
    priority=71,
    title=N_("Missed jobs"),
    says={
        "ok": N_("Every job ran when it should."),
        "bad": N_("%(count)s jobs did not run or were switched off: %(names)s."),
        "one": N_("Job %(names)s did not run."),
        "off": N_("%(count)s jobs were switched off: %(names)s."),
    },
    remedy=N_("Is the scheduler on? Was the job's schedule switched off, and by whom?"),
    reads=N_("The jobs' schedules and their last runs"),
    right=rights.MSDB,
    judge=judge,
)
