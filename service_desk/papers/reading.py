"""Papers with how far they are: the paper's own state, and its job's while it is being built."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, func, select

from service_desk.jobs import Job
from service_desk.papers.models import Paper
from service_desk.scope import session
from service_desk.tenants.models import Tenant

SLOT = func.concat("paper-", Paper.id)
_JOB = and_(Job.kind == "paper", Job.tenant_id == Paper.tenant_id, Job.slot == SLOT)
Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True)
class Progress:
    """How far a paper is: queued, running, done, failed or cancelled; percent, and the step's key."""

    state: str
    percent: int
    step: str


def progress(paper: Paper, job_state: str | None, percent: int | None, step: str | None) -> Progress:
    """What the bar shows. A job that gave up leaves its paper waiting; that is shown as failed."""
    if paper.state != "waiting":
        return Progress({"ready": "done"}.get(paper.state, paper.state), 100 if paper.state == "ready" else 0, "")
    state = job_state or "failed"
    return Progress("failed" if state in ("failed", "done") else state, percent or 0, step or "")


def papers(kind: str | None = None, limit: int = 60) -> Rows:
    """(paper, job state, percent, step) of the client in scope, the newest first."""
    statement = select(Paper, Job.state, Job.progress, Job.step).outerjoin(Job, _JOB)
    if kind:
        statement = statement.where(Paper.kind == kind)
    return session().execute(statement.order_by(Paper.requested_at.desc(), Paper.id.desc()).limit(limit)).all()


def one(paper_id: int) -> Row[*tuple[Any, ...]] | None:
    """The same for one paper."""
    statement = select(Paper, Job.state, Job.progress, Job.step).outerjoin(Job, _JOB).where(Paper.id == paper_id)
    return session().execute(statement).first()


def everywhere(limit: int = 60) -> Rows:
    """(paper, tenant, job state, percent, step) over all clients in scope, the newest first."""
    statement = (
        select(Paper, Tenant, Job.state, Job.progress, Job.step)
        .join(Tenant, Tenant.id == Paper.tenant_id)
        .outerjoin(Job, _JOB)
    )
    return session().execute(statement.order_by(Paper.requested_at.desc(), Paper.id.desc()).limit(limit)).all()


def released(kinds: frozenset[str], limit: int = 100) -> Sequence[Paper]:
    """What was shown to the client's people, of the kinds this person may have, the newest first."""
    shown = select(Paper).where(Paper.released_at.is_not(None), Paper.state == "ready", Paper.kind.in_(kinds))
    return session().scalars(shown.order_by(Paper.released_at.desc(), Paper.id.desc()).limit(limit)).all()


def about(kind: str, subject_id: int) -> Paper | None:
    """The newest version of the paper about one thing; None when none was asked for yet."""
    mine = select(Paper).where(Paper.kind == kind, Paper.about == f"{kind}:{subject_id}")
    return session().scalars(mine.order_by(Paper.version.desc()).limit(1)).first()
