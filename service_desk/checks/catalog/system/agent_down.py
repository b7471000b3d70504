"""The scheduler inside the database server: without it no backup job runs."""

from datetime import datetime

from connectors.facts import Service
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each scheduler service; one that is not meant to start is a warning."""
    agents = [fact for fact in seen.of(Service) if _is_agent(fact.name)]
    return [
        Finding(
            subject=fact.subject,
            state="ok" if fact.running else "crit" if fact.automatic else "warn",
            value=float(fact.running),
            params={"name": fact.name},
        )
        for fact in agents
    ]


def _is_agent(name: str) -> bool:
    said = name.casefold()
    return "sql server agent" in said or said.startswith(("sqlserveragent", "sqlagent"))


CHECK = Check(
    key="agent.down",
    group="system",
    kinds=("services",),
    unit="",
    warn=None,
    crit=None,
    interval_s=300,
    confirm_n=2,
    recover_n=2,
    priority=16,
    title=N_("Scheduler of the database"),
    says={
        "ok": N_("The scheduler %(name)s runs."),
        "bad": N_("The scheduler %(name)s is off: backups and night jobs will not run."),
    },
    remedy=N_("Start the service, and let it start by itself."),
    reads=N_("The services of the database server"),
    right=rights.STATE,
    judge=judge,
)
