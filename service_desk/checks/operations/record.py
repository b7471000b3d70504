"""Judging what a visit saw and writing it down, in the one transaction that also ends the job."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connectors.facts import Look, Unknown
from service_desk.checks import breaker
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Settings
from service_desk.checks.judging import Verdict, down_reason, verdict
from service_desk.checks.life import Rule
from service_desk.checks.models import CheckBreaker, CheckPlan, CheckRun, CheckState
from service_desk.checks.operations import states
from service_desk.checks.operations.states import Change, Key
from service_desk.checks.operations.visits import Visit
from service_desk.checks.schedule import retry_at
from service_desk.lib.clock import local_day
from service_desk.scope import session

__all__ = ["Visit", "record"]


def record(visit: Visit, looks: Sequence[Look], now: datetime) -> int:
    """Judge the checks of a visit and write states, flips, series, breaker and run; returns the number of flips.

    The plans are locked first, so two runs of one connection never judge at once.
    """
    plans = _plans(visit)
    known = states.known_states(visit.connection_id, [plan.check for plan in plans])
    changes: list[Change] = []
    for plan in plans:
        changes += _changes(plan, _verdict(plan, visit, looks, now), known, now)
    flips = states.write(changes, now, f"run-{visit.run_id}")
    why = down_reason(looks)
    if visit.connection_id is not None:
        _note_breaker(visit, why, now)
    _look_again(plans, changes, now)
    _close(visit, why, now)
    return flips


def _plans(visit: Visit) -> Sequence[CheckPlan]:
    """The due plans, and those that judge the connection itself: they are told by every login."""
    alone = [key for key, check in CATALOG.items() if check.alone]
    mine = CheckPlan.connection_id.is_not_distinct_from(visit.connection_id)
    return (
        session()
        .scalars(
            select(CheckPlan)
            .where(mine, CheckPlan.enabled, or_(CheckPlan.id.in_(visit.plan_ids), CheckPlan.check.in_(alone)))
            .order_by(CheckPlan.id)
            .with_for_update()
        )
        .all()
    )


def _verdict(plan: CheckPlan, visit: Visit, looks: Sequence[Look], now: datetime) -> Verdict:
    check = CATALOG[plan.check]
    settings = Settings(
        warn=plan.warn,
        crit=plan.crit,
        bad=check.bad,
        options=plan.settings,
        names=visit.names,
        today=local_day(now, visit.zone),
    )
    return verdict(check, looks, visit.own, settings, now)


def _changes(plan: CheckPlan, found: Verdict, known: dict[Key, CheckState], now: datetime) -> list[Change]:
    mine = [row for row in known.values() if row.check == plan.check]
    if found.waits:
        return states.waiting(mine, now)
    rule = Rule(
        confirm_n=plan.confirm_n,
        recover_n=plan.recover_n,
        clear_warn=plan.clear_warn,
        clear_crit=plan.clear_crit,
        bad=found.check.bad,
    )
    there = [row.subject for row in mine if row.gone_at is None]
    findings = found.about(there)
    changes = states.judged(plan.connection_id, plan.check, findings, known, rule, found.seen_at)
    if found.complete and len(findings) <= states.SUBJECTS:
        named = {finding.subject for finding in findings}
        changes += states.gone((row for row in mine if row.subject not in named), found.seen_at)
    return changes


def _look_again(plans: Sequence[CheckPlan], changes: Sequence[Change], now: datetime) -> None:
    """A change that waits for its confirmation is looked at again soon, not a whole interval later."""
    unsure = {change.key[1] for change in changes if change.after.pending is not None}
    for plan in plans:
        if plan.check in unsure:
            plan.next_run_at = min(plan.next_run_at, retry_at(now, plan.interval_s))


def _note_breaker(visit: Visit, why: Unknown | None, now: datetime) -> None:
    after = breaker.after(visit.breaker, why, visit.stamp, now)
    if after == visit.breaker:
        return
    values = {
        "timeouts": after.timeouts,
        "probe_after": after.probe_after,
        "refused_stamp": after.refused_stamp,
        "reason": why.reason if why else "",
        "reason_params": dict(why.params) if why else {},
        "changed_at": now,
    }
    session().execute(
        upsert(CheckBreaker)
        .values(connection_id=visit.connection_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "connection_id"], set_=values)
    )


def _close(visit: Visit, why: Unknown | None, now: datetime) -> None:
    took = max(0, round((now - visit.started_at).total_seconds() * 1000))
    session().execute(
        update(CheckRun)
        .where(CheckRun.id == visit.run_id)
        .values(
            finished_at=now,
            outcome="no_connection" if why else "looked",
            reason=why.reason if why else "",
            duration_ms=took,
        )
    )
