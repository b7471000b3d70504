"""Looks that were pushed, by an agent or a collector script: judged like those of our own visits, by their own time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from connectors.facts import Look
from service_desk.checks import pushed
from service_desk.checks.breaker import Breaker
from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckPlan, CheckRun, PushSeen
from service_desk.checks.operations.inputs import own_records
from service_desk.checks.operations.record import Visit, record
from service_desk.checks.operations.scripted import left_to_scripts
from service_desk.checks.operations.visits import names_of
from service_desk.checks.schedule import BadCron, next_due
from service_desk.scope import load, session
from service_desk.tenants.models import ErpConnection, Tenant

REMEMBERED = timedelta(days=31)  # how long the id of a push is kept: older looks are refused anyway


def push_looks(connection_id: int, looks: Sequence[Look], now: datetime, *, checks: Sequence[str] | None = None) -> int:
    """Judge what was pushed for a connection, by the moment it was seen; returns the number of flips.

    The checks judged (of `checks`, if given) are those that are switched on and for which the push has all kinds of
    facts; what scripts answer is left out of a push that is none's. Looks older than what is known reach the series
    only. Raises NotThere.
    """
    connection = load(ErpConnection, connection_id)
    plans = _plans(connection_id, looks, now)
    left = left_to_scripts(connection, [plan.check for plan in plans]) if checks is None else set()
    plans = [plan for plan in plans if plan.check not in left and (checks is None or plan.check in checks)]
    if not plans:
        return 0
    zone = Tenant.here().time_zone
    at = pushed.seen_at(looks, now)
    run = CheckRun(
        connection_id=connection_id, due_at=at, plan_ids=[plan.id for plan in plans], job_id=0, started_at=now
    )
    session().add(run)
    session().flush()
    for plan in plans:
        _move_on(plan, zone, now)
    judged = tuple(plan.check for plan in plans)
    visit = Visit(
        run_id=run.id,
        connection_id=connection_id,
        plan_ids=tuple(run.plan_ids),
        checks=judged,
        own=tuple(own_records(judged, connection_id)),
        kind=connection.kind,
        settings={},
        secrets={},
        names=names_of(connection),
        breaker=Breaker(),
        started_at=now,
        zone=zone,
        pushed_at=at,
    )
    return record(visit, looks, now)


def _plans(connection_id: int, looks: Sequence[Look], now: datetime) -> list[CheckPlan]:
    """The plans that these looks tell everything for; a paused one is left alone."""
    awake = or_(CheckPlan.paused_until.is_(None), CheckPlan.paused_until <= now)
    rows = select(CheckPlan).where(
        CheckPlan.connection_id == connection_id, CheckPlan.enabled, ~CheckPlan.proposed, awake
    )
    plans = session().scalars(rows.order_by(CheckPlan.id))
    return [plan for plan in plans if plan.check in CATALOG and pushed.covers(looks, CATALOG[plan.check])]


def _move_on(plan: CheckPlan, zone: str, now: datetime) -> None:
    """What was just told is due at its next time; what was asked for by a person is done with it."""
    if plan.next_run_at > now:
        return
    try:
        plan.next_run_at = next_due(
            now, interval_s=plan.interval_s, phase_s=plan.phase_s, cron=plan.cron, zone_name=zone, seed=str(plan.id)
        )
    except BadCron:
        plan.enabled = False


def first_time(source: str, push_id: str, now: datetime) -> bool:
    """Note the id of a push; False when it was taken before. Ids that are too old to matter are forgotten."""
    session().execute(delete(PushSeen).where(PushSeen.received_at < now - REMEMBERED))
    noted = upsert(PushSeen).values(source=source, push_id=push_id, received_at=now).on_conflict_do_nothing()
    return session().scalar(noted.returning(PushSeen.id)) is not None
