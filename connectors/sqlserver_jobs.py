"""The jobs of SQL Server Agent. Times are the server's own local ones, compared with its own clock."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from connectors import odbc
from connectors.agent_jobs import LATE_S
from connectors.base import Seen, Spot, fact
from connectors.facts import Job
from connectors.sqlserver_core import SHARED, SqlServerCore
from connectors.sqlserver_readings import length_s, since_s
from connectors.statements import needs
from connectors.values import whole

OUTCOMES = {0: "failed", 1: "ok", 2: "retry", 3: "cancelled"}
SUCCEEDED = 1
# Whoever bears such a name does not leave the company.
SERVICES = ("sa", "nt service\\", "nt authority\\", "##ms_")


class Jobs(SqlServerCore):
    """Scheduled jobs and how they went."""

    @fact("jobs", per="connection", needs=needs(SHARED, "agent_jobs"))
    def jobs(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "agent_jobs")
        local_now = str(self.ask(session, "local_clock").rows[0][0])
        runs: dict[str, list[Any]] = defaultdict(list)
        for run in self.ask_if_there(session, "job_runs") or []:
            runs[str(run[0])].append(run)
        facts = [_job(row, runs[str(row[0])], local_now, spot) for row in found.rows]
        return Seen(facts=_one_each(facts), truncated=found.truncated)


def _job(row: Any, runs: Sequence[Any], local_now: str, spot: Spot) -> Job:
    _, name, enabled, owner, schedules, outcome, day, moment, took, running, overdue = row
    usual = [length_s(run[2]) or 0 for run in runs if run[1] == SUCCEEDED]
    late = whole(overdue)
    failed = runs[0][3] if runs and outcome == 0 else None
    return Job(
        seen_at=spot.seen_at,
        name=name,
        enabled=bool(enabled),
        scheduled=bool(schedules),
        owner=owner,
        owner_is_service=None if owner is None else str(owner).lower().startswith(SERVICES[1:]) or owner == SERVICES[0],
        outcome=OUTCOMES.get(int(outcome)) if outcome is not None and day else None,
        message=failed,
        last_age_s=since_s(day, moment, local_now),
        last_took_s=length_s(took) if day else None,
        usual_took_s=round(median(usual)) if usual else None,
        running_s=whole(running),
        overdue_s=late if late is not None and late > LATE_S and running is None and enabled else None,
    )


def _one_each(jobs: Sequence[Job]) -> list[Job]:
    """The names of jobs are unique on a server; should two come all the same, the first is told."""
    return list({job.name: job for job in reversed(jobs)}.values())[::-1]
