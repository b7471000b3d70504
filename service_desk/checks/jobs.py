"""What workers run for checks: visit a connection, and judge heartbeats that brought news."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.ask import Request, ask
from connectors.facts import Look
from service_desk.checks import breaker, judging, operations
from service_desk.checks.catalog import kinds_needed
from service_desk.checks.operations import Visit
from service_desk.checks.operations.scripts import kinds_pushed
from service_desk.jobs import Claim
from service_desk.scope import load
from service_desk.tenants.jobs import Reach
from service_desk.tenants.models import ErpConnection

FULL_SECONDS, FULL_DEADLINE = 45, 52  # what the child may take, and when it is ended
PROBE_SECONDS, PROBE_DEADLINE = 5, 8


def collect(claim: Claim) -> None:
    """Visit one connection: read what is due, ask outside any transaction, then judge and write in one."""
    start, now = time.monotonic(), datetime.now(UTC)
    with claim.scope():
        visit = operations.begin_visit(claim.subject_id, claim.attempt, now)
    way = breaker.road(visit.breaker, visit.stamp, now) if visit is not None else "skip"
    if visit is None or visit.parent_down or way == "skip":
        with claim.finishing("skipped"):
            if visit is not None and visit.parent_down:
                operations.wait_for_parent(visit, now)
            operations.end_unasked(claim.subject_id, _why_not(visit), now)
        return
    looks = asked(visit, probing=way == "probe")
    after = now + timedelta(seconds=time.monotonic() - start)
    with claim.finishing():
        operations.record(visit, looks, after)


def _why_not(visit: Visit | None) -> str:
    """Why a visit asks nothing."""
    if visit is None:
        return "nothing_due"
    if visit.parent_down:
        return "parent_down"
    return "refused" if visit.breaker.refused_stamp else "breaker_open"


def given_up(claim: Claim) -> None:
    """Close the run of a visit that broke off in every attempt: nothing was seen, and what was known grows old."""
    operations.end_unasked(claim.subject_id, "cut_off", datetime.now(UTC))


def asked(visit: Visit, *, probing: bool) -> Sequence[Look]:
    """The looks of a visit. Behind an open breaker the smallest question goes first, and alone when it fails."""
    if visit.connection_id is None:
        return ()
    if probing:
        looks = _ask(visit, ["reachable"], PROBE_SECONDS, PROBE_DEADLINE)
        if judging.connection_down(looks):
            return looks
    return _ask(visit, kinds_needed(list(visit.checks)), FULL_SECONDS, FULL_DEADLINE)


def _ask(visit: Visit, kinds: list[str], seconds: float, deadline: float) -> Sequence[Look]:
    request = Request(
        op="collect",
        kind=visit.kind,
        settings=visit.settings,
        secrets=visit.secrets,
        kinds=kinds,
        budget_seconds=seconds,
        allow_loopback=Reach.allow_loopback,
    )
    return ask(request, deadline).looks


def judge_agents(claim: Claim) -> None:
    """Turn the news of agents into states; whichever job comes first judges all that wait."""
    with claim.finishing():
        operations.judge_agents(datetime.now(UTC), f"job-{claim.job_id}")


def propose(claim: Claim) -> None:
    """Propose the checks that fit a connection; what scripts push for it counts, too."""
    with claim.finishing():
        connection = load(ErpConnection, claim.subject_id)
        operations.propose_plans(connection, kinds_pushed(connection.id))


def judge_heartbeats(claim: Claim) -> None:
    """Turn the news of heartbeats into states; whichever job comes first judges all that wait."""
    with claim.finishing():
        operations.judge_unjudged(datetime.now(UTC), f"job-{claim.job_id}")


def judge_blind(claim: Claim) -> None:
    """Say of what nobody has looked at for too long that there is no data, and of the rest that there is again."""
    with claim.finishing():
        operations.judge_blind(datetime.now(UTC), f"job-{claim.job_id}")
