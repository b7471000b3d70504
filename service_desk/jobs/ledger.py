"""The ledger: a row per piece of work, and what its worker may do with it for as long as it holds the claim."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, LedgerRow, one_of
from service_desk.jobs.doorbell import ring
from service_desk.jobs.kinds import JOBS
from service_desk.scope import SYSTEM, Scope, after_commit, current, person_scope, practice_scope, tenant_scope


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
_LEDGER = Job.__table__
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
            if not self.end("done", outcome=outcome, progress=100):
                raise Overtaken(f"job {self.job_id} attempt {self.attempt}")
        self.ended.append(outcome)

    def report(self, progress: int, step: str) -> None:
        """Say how far the work is (percent, and a word for people), and keep the lease alive."""
        with self.scope():
            self.change(progress=progress, step=step, lease_until=datetime.now(UTC) + JOBS[self.kind].lease)

    def cancelled(self) -> bool:
        """True when somebody has called the work off."""
        with self.scope():
            return current().session.scalar(select(Job.state).where(Job.id == self.job_id)) == "cancelled"

    def hold(self) -> None:
        """Keep the job for the rest of the transaction. Raises Overtaken."""
        if current().session.scalar(_HOLD, self.held) is None:
            raise Overtaken(f"job {self.job_id} attempt {self.attempt}")

    def end(self, state: str, **more: Any) -> bool:
        """Change the job for the last time; False like `change`."""
        return self.change(state=state, finished_at=datetime.now(UTC), lease_until=None, **more)

    def change(self, **values: Any) -> bool:
        """Change the job; False when another attempt has taken it meanwhile, or it was called off."""
        done = current().session.execute(_CHANGE.values(**values), self.held)
        return bool(getattr(done, "rowcount", 0))

    @property
    def held(self) -> dict[str, int]:
        """The parameters of `IS_HELD`."""
        return {"held_id": self.job_id, "held_attempt": self.attempt}


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
    common = {"kind": kind, "created_at": now, "rung_at": now, **current().owner}
    rows = [common | {"subject_id": one, "slot": slot, "due_at": due_at or now} for one, slot, due_at in wanted]
    for job in current().session.execute(_QUEUE, rows).all():
        if job.due_at <= now:
            after_commit(lambda job_id=job.id: ring(kind, job_id))  # type: ignore[misc]


def cancel(kind: str, slot: str) -> bool:
    """Call work off that is not finished; True when there was something to call off."""
    statement = update(Job).where(Job.kind == kind, Job.slot == slot, Job.state.in_(("queued", "running")))
    done = current().session.execute(statement.values(state="cancelled", finished_at=datetime.now(UTC)))
    return bool(getattr(done, "rowcount", 0))
