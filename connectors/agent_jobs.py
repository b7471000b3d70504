"""What a row about a job of SQL Server Agent means. Pure: seconds in, a task or nothing out."""

from connectors.base import Spot
from connectors.facts import Task

FAILED = 0
# The Agent looks at its schedules every few seconds; a job that is due by less is on its way.
LATE_S = 60


def job_task(
    *,
    key: str,
    name: str,
    outcome: int | None,
    running_s: int | None,
    ended_s: int | None,
    due_s: int | None,
    spot: Spot,
) -> Task | None:
    """The job as a task when there is something to say about it: it runs, it is overdue, or its last run failed.

    All seconds are by the server's clock and count back from now; `due_s` is negative while the next run lies ahead.
    Only an overdue job carries an age: how long it should have run. A run that takes its time is not late, and one that
    failed is over.
    """
    state, since_s, age_s = "", None, None
    if running_s is not None:
        state, since_s = "running", running_s
    elif due_s is not None and due_s > LATE_S:
        state, since_s, age_s = "overdue", due_s, due_s
    elif outcome == FAILED:
        state, since_s = "failed", ended_s
    if not state:
        return None
    return Task(
        seen_at=spot.seen_at,
        key=f"job/{key}",
        what="job",
        name=name,
        state=state,
        since_at=spot.ago(since_s),
        age_s=age_s,
    )
