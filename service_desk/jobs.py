"""The ledger of jobs, and the doorbell.

PostgreSQL holds the truth: a row per piece of work, claimed with a lease, finished in the same transaction as its
effect. RQ only rings: it carries a job's id, nothing else, and may only call `perform`. A lost Redis loses nothing,
because the clock rings again; a killed worker's lease runs out and the next attempt starts; a late worker that was
overtaken cannot finish, because the attempt number it holds is no longer the row's.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, ClassVar, cast

import structlog
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Index, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, LedgerRow, one_of
from service_desk.lib.errors import DeskError
from service_desk.scope import SYSTEM, Scope, after_commit, current, gate, person_scope, practice_scope, tenant_scope

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Work:
    """What a kind of job is: where its code stands, on which queue, how long a lease lasts, how often it is tried.

    `given_up` names what is written down, in the job's own scope, when the last attempt is used up.
    """

    code: str
    queue: str
    lease: timedelta = timedelta(seconds=90)
    attempts: int = 5
    given_up: str = ""


# The only list of what a worker may run. Code says what may run; rows say when and whether.
JOBS: dict[str, Work] = {
    "collect": Work(
        "service_desk.checks.jobs:collect",
        "collect",
        lease=timedelta(seconds=120),
        attempts=2,
        given_up="service_desk.checks.jobs:given_up",
    ),
    "propose": Work("service_desk.checks.jobs:propose", "desk"),
    "heartbeat": Work("service_desk.checks.jobs:judge_heartbeats", "desk"),
    "agents": Work("service_desk.checks.jobs:judge_agents", "desk"),
    "blind": Work("service_desk.checks.jobs:judge_blind", "desk"),
    "probe": Work("service_desk.tenants.jobs:probe", "collect", lease=timedelta(seconds=120), attempts=2),
    "access_review": Work(
        "service_desk.safeguards.jobs:look",
        "collect",
        lease=timedelta(seconds=600),
        attempts=2,
        given_up="service_desk.safeguards.jobs:given_up",
    ),
    "safeguard_paper": Work("service_desk.papers.jobs:of_safeguard", "desk", attempts=8),
    "notice": Work("service_desk.alerts.jobs:notice", "desk"),
    "tell": Work("service_desk.alerts.jobs:tell_due", "desk"),
    "deliver": Work(
        "service_desk.alerts.delivery.jobs:deliver",
        "outward",
        lease=timedelta(seconds=60),
        attempts=2,
        given_up="service_desk.alerts.delivery.jobs:given_up",
    ),
    "try_channel": Work("service_desk.alerts.delivery.jobs:try_channel", "outward", lease=timedelta(seconds=60)),
    "ticket_mail": Work("service_desk.tickets.jobs:told", "desk"),
    "revocations": Work("service_desk.tickets.jobs:follow_review", "desk"),
    "mail": Work(
        "service_desk.mail:deliver",
        "desk",
        lease=timedelta(seconds=60),
        attempts=8,
        given_up="service_desk.mail:given_up",
    ),
    "invoice_paper": Work("service_desk.billing.jobs:make_paper", "papers", lease=timedelta(seconds=120)),
    "paper": Work("service_desk.papers.jobs:build", "papers", lease=timedelta(seconds=300), attempts=3),
}
QUEUES = ("desk", "outward", "collect", "papers")


class Job(LedgerRow, Base):
    """One piece of work. `slot` makes it unique within its kind and owner: the same work is never queued twice."""

    __tablename__ = "job"

    kind: Mapped[str]
    subject_id: Mapped[int]
    slot: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    due_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    progress: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        LedgerRow.one_owner(),
        one_of("state", "queued", "running", "done", "failed", "cancelled"),
        Index(
            "uq_job_slot",
            "kind",
            "tenant_id",
            "practice_id",
            "person_id",
            "slot",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_job_open", "due_at", postgresql_where="state in ('queued', 'running')"),
    )


# Statements that every job needs are put together once, over the bare table: nobody keeps a job as an object.
_LEDGER = cast("Table", Job.__table__)
_HELD = (
    (_LEDGER.c.id == bindparam("held_id"))
    & (_LEDGER.c.attempt == bindparam("held_attempt"))
    & (_LEDGER.c.state == "running")
)
_HOLD = select(_LEDGER.c.id).where(_HELD).with_for_update()
# What a statement on another table asks for, with the parameters of `Claim.held`, to be done by this attempt only.
IS_HELD = select(_LEDGER.c.id).where(_HELD).exists()
_CHANGE = update(_LEDGER).where(_HELD)
_QUEUE = insert(_LEDGER).on_conflict_do_nothing().returning(_LEDGER.c.id, _LEDGER.c.due_at)


class Overtaken(RuntimeError):
    """Another attempt holds this job now; whatever this one did is rolled back."""


@dataclass(frozen=True)
class Claim:
    """A job as its worker holds it: who it belongs to, what it is about, and which attempt this is."""

    job_id: int
    kind: str
    tenant_id: int | None
    practice_id: int | None
    person_id: int | None
    subject_id: int
    attempt: int
    due_at: datetime
    ended: list[str] = field(default_factory=list, compare=False)  # outcomes that are committed

    @contextmanager
    def scope(self, *, read_only: bool = False) -> Iterator[Scope]:
        """The scope of the job's owner, as the system."""
        if self.tenant_id is not None:
            opened = tenant_scope(self.tenant_id, SYSTEM, practice_id=self.practice_id, read_only=read_only)
        elif self.practice_id is not None:
            opened = practice_scope(self.practice_id, SYSTEM, writing=True)
        else:
            assert self.person_id is not None
            opened = person_scope(self.person_id, SYSTEM)
        with opened as inside:
            yield inside

    @contextmanager
    def finishing(self, outcome: str = "") -> Iterator[Scope]:
        """The scope in which the job's effect and its end are committed together, or neither is.

        Raises Overtaken when another attempt has taken the job meanwhile; the effect is rolled back then.
        """
        with self.scope() as inside:
            yield inside
            if not self._end("done", outcome=outcome, progress=100):
                raise Overtaken(f"job {self.job_id} attempt {self.attempt}")
        self.ended.append(outcome)

    def report(self, progress: int, step: str) -> None:
        """Say how far the work is (percent, and a word for people), and keep the lease alive."""
        with self.scope():
            self._set(progress=progress, step=step, lease_until=datetime.now(UTC) + JOBS[self.kind].lease)

    def cancelled(self) -> bool:
        """True when somebody has called the work off."""
        with self.scope():
            return current().session.scalar(select(Job.state).where(Job.id == self.job_id)) == "cancelled"

    def _hold(self) -> None:
        """Keep the job for the rest of the transaction. Raises Overtaken."""
        if current().session.scalar(_HOLD, self.held) is None:
            raise Overtaken(f"job {self.job_id} attempt {self.attempt}")

    def _end(self, state: str, **more: Any) -> bool:
        return self._set(state=state, finished_at=datetime.now(UTC), lease_until=None, **more)

    def _set(self, **values: Any) -> bool:
        """Change the job; False when another attempt has taken it meanwhile, or it was called off."""
        done = current().session.execute(_CHANGE.values(**values), self.held)
        return bool(getattr(done, "rowcount", 0))

    @property
    def held(self) -> dict[str, int]:
        """The parameters of `IS_HELD`."""
        return {"held_id": self.job_id, "held_attempt": self.attempt}


class Bell:
    """The wire to Redis; `Bell.install` is called once at the start."""

    redis: ClassVar["Redis | None"] = None

    @classmethod
    def install(cls, url: str) -> None:
        cls.redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)


def enqueue(kind: str, subject_id: int, *, slot: str, due_at: datetime | None = None) -> None:
    """Queue work for the owner of the scope in force. The same kind and slot again changes nothing.

    The doorbell rings after the commit, so a worker never looks for a row that is not there yet.
    """
    _queue(kind, [(subject_id, slot, due_at)])


def enqueue_many(kind: str, subjects: Mapping[int, datetime], *, slot: str) -> None:
    """Queue one job for each subject (id -> when it is due) in one statement; `slot` is put before the subject's id."""
    _queue(kind, [(one, f"{slot}{one}", due_at) for one, due_at in subjects.items()])


def _queue(kind: str, wanted: Sequence[tuple[int, str, datetime | None]]) -> None:
    """Jobs of one kind (subject, slot, when it is due) in one statement."""
    if kind not in JOBS:
        raise LookupError(kind)
    if not wanted:
        return
    now = datetime.now(UTC)
    common = {"kind": kind, "created_at": now, "rung_at": now, **owner_of_scope()}
    rows = [common | {"subject_id": one, "slot": slot, "due_at": due_at or now} for one, slot, due_at in wanted]
    for job in current().session.execute(_QUEUE, rows).all():
        if job.due_at <= now:
            after_commit(lambda job_id=job.id: ring(kind, job_id))  # type: ignore[misc]


def owner_of_scope() -> dict[str, int | None]:
    """Whose a row of the ledger or the outbox is that is written now: the client's, else the practice's, a person's."""
    scope_now = current()
    if len(scope_now.tenant_ids) == 1:
        return {"tenant_id": scope_now.tenant_id}
    if scope_now.practice_id is not None:
        return {"practice_id": scope_now.practice_id}
    return {"person_id": scope_now.person_id}


def cancel(kind: str, slot: str) -> bool:
    """Call work off that is not finished; True when there was something to call off."""
    statement = update(Job).where(Job.kind == kind, Job.slot == slot, Job.state.in_(("queued", "running")))
    done = current().session.execute(statement.values(state="cancelled", finished_at=datetime.now(UTC)))
    return bool(getattr(done, "rowcount", 0))


def queue(name: str) -> Queue:
    """The RQ queue of this name; its jobs are JSON."""
    if Bell.redis is None:
        raise RuntimeError("the doorbell is not installed")
    return Queue(name, connection=Bell.redis, serializer=JSONSerializer)


def ring(kind: str, job_id: int) -> None:
    """Tell a worker that there is something to do. Ringing twice is harmless: the second finds the job taken."""
    queue(JOBS[kind].queue).enqueue_call(
        "service_desk.jobs.perform",
        args=(job_id,),
        timeout=int(JOBS[kind].lease.total_seconds()),
        result_ttl=0,
        failure_ttl=3600,
    )


def ring_open_jobs(now: datetime) -> int:
    """Ring for all that is due and was not rung lately, or whose lease ran out; returns how many."""
    rows = gate("gate_jobs_to_ring", p_now=now, p_limit=500)
    for row in rows:
        ring(row.kind, row.job_id)
    return len(rows)


def perform(job_id: int) -> None:
    """What a worker runs: claim the job, run its code, write down how it ended. A job that is taken is left alone."""
    if (claim := _claim(job_id)) is None:
        return
    if claim.attempt > JOBS[claim.kind].attempts:
        _give_up(claim, "every attempt was cut off")
        return
    try:
        _code(JOBS[claim.kind].code)(claim)
        if not claim.ended:
            with claim.scope():
                claim._end("done", progress=100)
    except Overtaken:
        log.info("job_overtaken", job=job_id, attempt=claim.attempt)
    except Exception as error:
        log.exception("job_failed", job=job_id, kind=claim.kind, attempt=claim.attempt)
        _fail(claim, error)


def _claim(job_id: int) -> Claim | None:
    """Take the job for as long as its kind may take; None when it is taken or not due."""
    leases = json.dumps({kind: int(work.lease.total_seconds()) for kind, work in JOBS.items()})
    rows = gate("gate_claim_job", p_job=job_id, p_now=datetime.now(UTC), p_leases=leases)
    if not rows:
        return None
    row = rows[0]
    return Claim(
        job_id, row.kind, row.tenant_id, row.practice_id, row.person_id, row.subject_id, row.attempt, row.due_at
    )


def _code(where: str) -> Callable[[Claim], None]:
    module, _, name = where.partition(":")
    code: Callable[[Claim], None] = getattr(import_module(module), name)
    return code


def _fail(claim: Claim, error: Exception) -> None:
    """Try again later, each time after twice the wait, until the attempts are used up."""
    if claim.attempt >= JOBS[claim.kind].attempts:
        _give_up(claim, _words(error))
        return
    wait = timedelta(seconds=min(3600, 15 * 2**claim.attempt))
    with claim.scope():
        claim._set(
            state="queued", due_at=datetime.now(UTC) + wait, lease_until=None, rung_at=None, outcome=_words(error)
        )


def _give_up(claim: Claim, outcome: str) -> None:
    """The end of a job whose attempts are used up, and in the same transaction what its kind says about that."""
    try:
        with claim.scope():
            claim._hold()
            if where := JOBS[claim.kind].given_up:
                _code(where)(claim)
            claim._end("failed", outcome=outcome)
    except Overtaken:
        log.info("job_overtaken", job=claim.job_id, attempt=claim.attempt)


def _words(error: Exception) -> str:
    """What is kept of an error. Only ours are made for people; what a driver or a server says may hold a secret."""
    name = type(error).__name__
    return f"{name}: {error}"[:500] if isinstance(error, DeskError) else name
