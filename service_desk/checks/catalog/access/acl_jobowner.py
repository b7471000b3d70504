"""Jobs that belong to a person: they stop when the account is closed."""

from datetime import datetime

from connectors.facts import Job
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, counted, plain


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: enabled jobs whose owner is no service account; where no system tells, there is nothing to say."""
    told = [fact for fact in seen.of(Job) if fact.owner_is_service is not None and fact.enabled]
    allowed = accepted(settings)
    owned = [fact for fact in told if not fact.owner_is_service and plain(fact.owner or "") not in allowed]
    if len(owned) == 1:
        return [counted([owned[0].name], settings, wording="one", job=owned[0].name, owner=owned[0].owner)]
    return [counted([f"{fact.name} ({fact.owner})" for fact in owned], settings)] if told else []


CHECK = Check(
    key="acl.jobowner",
    group="access",
    kinds=("jobs",),
    unit="",
    warn=1,
    crit=None,
    interval_s=86400,
    priority=88,
    title=N_("Jobs that belong to people"),
    says={
        "ok": N_("Every job belongs to a service account."),
        "bad": N_("%(count)s jobs stop when their owner leaves: %(names)s."),
        "one": N_("Job %(job)s stops when %(owner)s leaves."),
    },
    remedy=N_("Give the jobs to a service account."),
    reads=N_("The owners of scheduled jobs"),
    right=rights.MSDB,
    judge=judge,
)
