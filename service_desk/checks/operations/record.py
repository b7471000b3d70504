"""Judging what a visit saw and writing it down, in the one transaction that also ends the job."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connectors.facts import Look, Unknown
from service_desk.checks import breaker
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Before, Settings
from service_desk.checks.judging import Verdict, down_reason, verdict
from service_desk.checks.life import FLAPS_BELOW_S, Rule
from service_desk.checks.maintenance import open_until
from service_desk.checks.models import CheckBreaker, CheckPlan, CheckRun, CheckState
from service_desk.checks.operations import states
from service_desk.checks.operations.bounds import within
from service_desk.checks.operations.inputs import history_of
from service_desk.checks.operations.states import Change, Key
from service_desk.checks.operations.visits import Visit
from service_desk.checks.operations.windows import live_windows
from service_desk.checks.schedule import SPREAD_S, retry_at, stable
from service_desk.jobs import enqueue
from service_desk.lib.clock import local, local_day
from service_desk.scope import current, session
from service_desk.tenants.operations.dependence import below

__all__ = ["Visit", "record", "wait_for_parent"]


def record(visit: Visit, looks: Sequence[Look], now: datetime) -> int:
    """Judge the checks of a visit and write states, flips, series, breaker and run; returns the number of flips.

    The plans are locked first, so two runs of one connection never judge at once.
    """
    plans = _plans(visit)
    known = states.known_states(visit.connection_id, [plan.check for plan in plans])
    windows, at = live_windows(), visit.pushed_at or now
    changes: list[Change] = []
    for plan in plans:
        end = open_until(windows, plan.connection_id, plan.check, at) if windows else None
        found = _changes(plan, _verdict(plan, visit, looks, known, at), known, at, maintained=end is not None)
        _after_window(plan, found, end)
        changes += found
    changes = within(visit.connection_id, changes, known)
    flips = states.write(changes, now, f"run-{visit.run_id}")
    why = down_reason(looks)
    _hear(plans, visit, now)
    if visit.connection_id is not None:
        _note_breaker(visit, plans, why, now)
        _awaken(visit.connection_id, changes, now)
    _look_again(plans, changes, now)
    _close(visit, why, now)
    return flips


def _hear(plans: Sequence[CheckPlan], visit: Visit, now: datetime) -> None:
    """Something was told of these plans. What had fallen silent says that it is heard again."""
    if any(plan.silent_since is not None for plan in plans):
        enqueue("blind", 0, slot=f"heard-{visit.run_id}")
    heard = update(CheckPlan).where(CheckPlan.id.in_([plan.id for plan in plans]))
    session().execute(heard.values(heard_at=now, silent_since=None).execution_options(synchronize_session=False))


def wait_for_parent(visit: Visit, now: datetime) -> None:
    """What this connection hangs on does not answer: it is not asked, and its states wait."""
    rows = session().scalars(states.whole().where(CheckState.connection_id == visit.connection_id))
    states.write(states.waiting(rows, now), now, f"run-{visit.run_id}")


def _plans(visit: Visit) -> Sequence[CheckPlan]:
    """The due plans, and those that judge the connection itself: they are told by every login."""
    alone = [key for key, check in CATALOG.items() if check.alone and visit.pushed_at is None]
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


def _verdict(
    plan: CheckPlan, visit: Visit, looks: Sequence[Look], known: Mapping[Key, CheckState], now: datetime
) -> Verdict:
    check, today = CATALOG[plan.check], local_day(now, visit.zone)
    before = {
        row.subject: Before(value=row.value, memory=row.memory, seen_at=row.seen_at)
        for row in known.values()
        if row.check == plan.check and row.gone_at is None
    }
    settings = Settings(
        warn=plan.warn,
        crit=plan.crit,
        bad=check.bad,
        options=plan.settings,
        names=visit.names,
        today=today,
        wall=local(now, visit.zone),
        system=visit.kind,
    )
    history = history_of(check, plan.connection_id, today)
    return verdict(check, looks, visit.own, settings, now, before=before, history=history)


def _changes(
    plan: CheckPlan, found: Verdict, known: dict[Key, CheckState], now: datetime, *, maintained: bool
) -> list[Change]:
    mine = [row for row in known.values() if row.check == plan.check]
    if found.waits:
        return states.waiting(mine, now)
    rule = Rule(
        confirm_n=plan.confirm_n,
        confirm_of=plan.confirm_of,
        recover_n=plan.recover_n,
        flaps=plan.interval_s <= FLAPS_BELOW_S,
        clear_warn=plan.clear_warn,
        clear_crit=plan.clear_crit,
        bad=found.check.bad,
    )
    there = [row.subject for row in mine if row.gone_at is None]
    findings = found.about(there)
    changes = states.judged(plan.connection_id, plan.check, findings, known, rule, found.seen_at, maintained=maintained)
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


def _after_window(plan: CheckPlan, changes: Sequence[Change], end: datetime | None) -> None:
    """What is not fine in a maintenance window is looked at when it ends, so that what outlives it is told then."""
    if end is not None and any(change.after.state != "ok" for change in changes):
        plan.next_run_at = min(plan.next_run_at, end)


def _awaken(connection_id: int, changes: Sequence[Change], now: datetime) -> None:
    """A connection that answers again: what waited for it runs at once, spread over a minute by connection.

    What hangs on it is asked again, too. Nothing alarms before it was looked at anew.
    """
    back = any(
        change.before is not None and change.before.told_state == "crit" and change.after.told == "ok"
        for change in changes
        if CATALOG[change.key[1]].alone
    )
    if not back:
        return
    for mine in (connection_id, *session().scalars(below([connection_id]))):
        soon = now + timedelta(seconds=stable(f"{current().tenant_id}/{mine}", SPREAD_S))
        theirs = (CheckPlan.connection_id == mine, CheckPlan.next_run_at > soon)
        session().execute(update(CheckPlan).where(*theirs).values(next_run_at=soon))


def _note_breaker(visit: Visit, plans: Sequence[CheckPlan], why: Unknown | None, now: datetime) -> None:
    """Keep the breaker, and look again when it says so: the connection's own checks run with its small question."""
    after = breaker.after(visit.breaker, why, visit.stamp, now)
    if after.open and after.probe_after is not None:
        for plan in plans:
            if CATALOG[plan.check].alone:
                plan.next_run_at = min(plan.next_run_at, after.probe_after)
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
