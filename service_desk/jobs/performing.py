"""Performing: a job is claimed, its code is run, and how it ended is written down."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

import structlog

from service_desk.jobs.kinds import JOBS
from service_desk.jobs.ledger import Claim, Overtaken
from service_desk.lib.errors import DeskError
from service_desk.scope import gate

log = structlog.get_logger(__name__)
_under_way: set[Claim] = set()  # what this process has taken and not ended


def perform(job_id: int) -> None:
    """What a worker runs: claim the job, run its code, write down how it ended. A job that is taken is left alone."""
    if (claim := take(job_id)) is None:
        return
    _under_way.add(claim)
    try:
        _perform(claim)
    finally:
        _under_way.discard(claim)


def _perform(claim: Claim) -> None:
    if claim.attempt > JOBS[claim.kind].attempts:
        _give_up(claim, "every attempt was cut off")
        return
    try:
        _code(JOBS[claim.kind].code)(claim)
        if not claim.ended:
            with claim.scope():
                claim.end("done", progress=100)
    except Overtaken:
        log.info("job_overtaken", job=claim.job_id, attempt=claim.attempt)
    except Exception as error:
        log.exception("job_failed", job=claim.job_id, kind=claim.kind, attempt=claim.attempt)
        _fail(claim, error)


def hand_back() -> None:
    """Let go of what this process has under way, as it is about to end: others may take it from now on.

    Its attempt stays counted, so whatever is still finished here counts only until another has taken the job.
    """
    for claim in list(_under_way):
        with claim.scope():
            claim.change(lease_until=datetime.now(UTC), rung_at=None)


def take(job_id: int) -> Claim | None:
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
        claim.change(
            state="queued", due_at=datetime.now(UTC) + wait, lease_until=None, rung_at=None, outcome=_words(error)
        )


def _give_up(claim: Claim, outcome: str) -> None:
    """The end of a job whose attempts are used up, and in the same transaction what its kind says about that."""
    try:
        with claim.scope():
            claim.hold()
            if where := JOBS[claim.kind].given_up:
                _code(where)(claim)
            claim.end("failed", outcome=outcome)
    except Overtaken:
        log.info("job_overtaken", job=claim.job_id, attempt=claim.attempt)


def _words(error: Exception) -> str:
    """What is kept of an error. Only ours are made for people; what a driver or a server says may hold a secret."""
    name = type(error).__name__
    return f"{name}: {error}"[:500] if isinstance(error, DeskError) else name
