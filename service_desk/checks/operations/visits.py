"""A visit to a connection: what the job reads before it asks, and what it writes when there is nothing to ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from service_desk.checks.breaker import Breaker, stamp_of
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Own
from service_desk.checks.models import CheckBreaker, CheckPlan, CheckRun, CheckState
from service_desk.checks.operations.inputs import own_records
from service_desk.checks.operations.scripted import left_to_scripts
from service_desk.checks.schedule import BadCron, next_due
from service_desk.scope import load, session
from service_desk.tenants.models import ErpConnection, SealedSecret, Tenant
from service_desk.tenants.operations import open_secrets
from service_desk.tenants.operations.dependence import and_above

# Why nothing was asked without anything having gone wrong with us.
DECIDED = ("refused", "breaker_open", "parent_down")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What the job needs to know of a run, as plain values: no row is touched while the ERP is asked."""

    run_id: int
    connection_id: int | None
    plan_ids: tuple[int, ...]
    checks: tuple[str, ...]
    own: tuple[Own, ...]
    kind: str = ""
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str]
    breaker: Breaker
    stamp: str = ""
    started_at: datetime
    zone: str = "UTC"
    parent_down: bool = False
    # When its facts were seen, if they were pushed: then they are judged by this moment, and nothing else is.
    pushed_at: datetime | None = None


def begin_visit(run_id: int, attempt: int, now: datetime) -> Visit | None:
    """Open the run and read what it needs; None when nothing of it is to be done any more."""
    run = load(CheckRun, run_id)
    run.attempt, run.started_at = attempt, now
    plans = session().scalars(select(CheckPlan).where(CheckPlan.id.in_(run.plan_ids), CheckPlan.enabled)).all()
    plans = [plan for plan in plans if plan.check in CATALOG and not plan.proposed]
    if not plans:
        return None
    zone = Tenant.here().time_zone
    _follow_cron(plans, zone, now)
    connection = load(ErpConnection, run.connection_id) if run.connection_id is not None else None
    left = left_to_scripts(connection, [plan.check for plan in plans]) if connection is not None else set()
    plans = [plan for plan in plans if plan.check not in left]
    if not plans:
        return None
    checks = tuple(dict.fromkeys(plan.check for plan in plans))
    reached = _reach(connection) if connection is not None else {"settings": {}, "secrets": {}, "names": {}}
    return Visit(
        run_id=run.id,
        connection_id=run.connection_id,
        plan_ids=tuple(plan.id for plan in plans),
        checks=checks,
        own=tuple(own_records(checks, run.connection_id)),
        breaker=_breaker(run.connection_id),
        started_at=now,
        zone=zone,
        **reached,
    )


def _reach(connection: ErpConnection) -> dict[str, Any]:
    changed = session().execute(
        select(SealedSecret.field, SealedSecret.changed_at).where(SealedSecret.connection_id == connection.id)
    )
    stamps = {row.field: row.changed_at for row in changed}
    return {
        "kind": connection.kind,
        "settings": dict(connection.settings),
        "secrets": open_secrets(connection) if stamps else {},
        "names": names_of(connection),
        "stamp": stamp_of(connection.settings, stamps),
        "parent_down": is_down(connection.parent_id),
    }


def names_of(connection: ErpConnection) -> dict[str, str]:
    """What people call the account sets of a connection; what belongs to none goes by the connection's own name."""
    return {"": connection.name} | {str(found["code"]): str(found["name"]) for found in connection.account_sets}


def is_down(connection_id: int | None) -> bool:
    """Whether people were told that this connection, or one it hangs on, does not answer."""
    if connection_id is None:
        return False
    alone = [key for key, check in CATALOG.items() if check.alone]
    rows = select(CheckState.id).where(
        CheckState.connection_id.in_(and_above(connection_id)),
        CheckState.check.in_(alone),
        CheckState.told_state == "crit",
        CheckState.gone_at.is_(None),
    )
    return session().scalar(rows.limit(1)) is not None


def _breaker(connection_id: int | None) -> Breaker:
    row = session().scalar(select(CheckBreaker).where(CheckBreaker.connection_id == connection_id))
    if row is None:
        return Breaker()
    return Breaker(timeouts=row.timeouts, probe_after=row.probe_after, refused_stamp=row.refused_stamp)


def _follow_cron(plans: list[CheckPlan], zone: str, now: datetime) -> None:
    """The gate cannot read a cron line, so the worker writes the next time; a line that went bad is switched off."""
    for plan in plans:
        if plan.cron:
            try:
                plan.next_run_at = next_due(
                    now, interval_s=plan.interval_s, phase_s=plan.phase_s, cron=plan.cron, zone_name=zone,
                    seed=str(plan.id),
                )  # fmt: skip
            except BadCron:
                plan.enabled = False


def end_unasked(run_id: int, reason: str, now: datetime) -> None:
    """Close a run in which nothing was asked. Where that was our own decision, its plans count as heard of."""
    run = load(CheckRun, run_id)
    if reason in DECIDED:
        session().execute(update(CheckPlan).where(CheckPlan.id.in_(run.plan_ids)).values(heard_at=now))
    session().execute(
        update(CheckRun)
        .where(CheckRun.id == run_id)
        .values(finished_at=now, outcome="skipped", reason=reason, duration_ms=0)
    )
