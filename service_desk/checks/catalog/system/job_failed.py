"""Night jobs whose last run failed."""

from datetime import datetime

from connectors.facts import Job
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, plain

CRITICAL = ("backup", "bak", "备份", "dbcc", "checkdb")


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each enabled job that has run; a failed one is critical where it guards the data."""
    critical = accepted(settings, "critical")
    return [_finding(job, critical) for job in seen.of(Job) if job.enabled and job.outcome is not None]


def _finding(job: Job, critical: frozenset[str]) -> Finding:
    params: dict[str, str | int | float | None] = {"name": job.name, "ago_s": job.last_age_s}
    if job.outcome not in ("failed", "cancelled"):
        return Finding(subject=job.subject, state="ok", value=0, params=params)
    grave = plain(job.name) in critical or any(word in job.name.casefold() for word in CRITICAL)
    rows: dict[str, str | int | float | None] = {"rows": job.message.replace("\n", " ")} if job.message else {}
    return Finding(
        subject=job.subject,
        state="crit" if grave and job.outcome == "failed" else "warn",
        value=1,
        params={**params, **rows},
        wording="cancelled" if job.outcome == "cancelled" else "",
    )


CHECK = Check(
    key="job.failed",
    group="system",
    kinds=("jobs",),
    unit="",
    warn=None,
    crit=None,
    interval_s=300,
    priority=37,
    title=N_("Failed jobs"),
    says={
        "ok": N_("Job %(name)s went well."),
        "bad": N_("Job %(name)s failed (%(ago)s ago)."),
        "cancelled": N_("Job %(name)s was cancelled (%(ago)s ago)."),
    },
    remedy=N_("Open the job's message: it says which step failed and why."),
    reads=N_("How the last run of each job ended"),
    right=rights.MSDB,
    judge=judge,
)
