"""Plans: proposing what fits an ERP, accepting it, changing limits, pausing, running now."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connectors import connector_class
from service_desk.audit.operations import record as audited
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Check, Own
from service_desk.checks.models import CheckBreaker, CheckPlan, CheckState
from service_desk.checks.operations import states
from service_desk.checks.schedule import on_cron, phase, stable
from service_desk.lib.errors import Invalid
from service_desk.scope import current, session
from service_desk.tenants.models import ErpConnection, Tenant

WEEK_S = 604800


def propose_plans(connection: ErpConnection, pushed: Collection[str] = ()) -> list[CheckPlan]:
    """Propose every check that this connection has the facts for, limits filled in; those that are there stay.

    The facts are those its connector tells, unless nobody asks it, and the kinds that are `pushed` by scripts.
    """
    now = datetime.now(UTC)
    read = () if connection.road == "push" else connector_class(connection.kind).readers()
    told = {*read, *pushed}
    _add([check for check in CATALOG.values() if fits(check, told)], connection.id, now, proposed=True)
    mine = select(CheckPlan).where(CheckPlan.connection_id == connection.id, CheckPlan.proposed, CheckPlan.enabled)
    return list(session().scalars(mine.order_by(CheckPlan.id)))


def fits(check: Check, told: Collection[str]) -> bool:
    """True when a connection that tells these kinds has what the check judges."""
    if not check.planned or check.scripted or not (check.kinds or check.also):
        return False
    return set(check.kinds) <= set(told) and (bool(check.kinds) or not set(check.also).isdisjoint(told))


def switch_on(connection_id: int | None, checks: Sequence[str], now: datetime) -> None:
    """Have these checks run, whether they were proposed, left out or not there; what runs already is left alone."""
    _add([CATALOG[key] for key in checks], connection_id, now, proposed=False)
    mine = CheckPlan.connection_id.is_not_distinct_from(connection_id)
    waiting = update(CheckPlan).where(mine, CheckPlan.proposed, CheckPlan.check.in_(checks))
    session().execute(waiting.values(proposed=False, enabled=True, next_run_at=now))


def follow_records(record: type[Own], connection_id: int | None, now: datetime) -> None:
    """Switch on what judges only records of this kind: whoever hands them down wants them judged."""
    judging = [check for check in CATALOG.values() if record in check.own and not check.kinds and check.planned]
    _add(judging, connection_id, now, proposed=False)


def _add(checks: Sequence[Check], connection_id: int | None, now: datetime, *, proposed: bool) -> None:
    if checks:
        night = tonight(now, Tenant.here().time_zone)
        rows = [_plan(check, connection_id, now, night) | {"proposed": proposed} for check in checks]
        session().execute(upsert(CheckPlan).on_conflict_do_nothing(), rows)


def _plan(check: Check, connection_id: int | None, now: datetime, night: datetime) -> dict[str, object]:
    return {
        "connection_id": connection_id,
        "check": check.key,
        "warn": check.warn,
        "crit": check.crit,
        "clear_warn": check.clear(check.warn),
        "clear_crit": check.clear(check.crit),
        "interval_s": check.interval_s,
        "phase_s": phase(current().tenant_id, connection_id, check.interval_s),
        "cron": cron_of(check, current().tenant_id),
        "confirm_n": check.confirm_n,
        "confirm_of": check.confirm_of,
        "recover_n": check.recover_n,
        "next_run_at": night if check.heavy else now,
        "created_at": now,
    }


def tonight(now: datetime, zone: str) -> datetime:
    """The next time that it is three in the morning at the client's."""
    return on_cron(now, "0 3 * * *", zone)


def cron_of(check: Check, seed: int) -> str | None:
    """The cron line of a heavy check: at three in the client's night, on Sundays when it runs once a week."""
    if not check.heavy:
        return None
    minute = stable(f"{seed}/{check.key}", 60)
    return f"{minute} 3 * * {0 if check.interval_s >= WEEK_S else '*'}"


def accept_plans(connection: ErpConnection, checks: Collection[str] | None = None) -> int:
    """Switch proposed plans on; the others of the proposal are left out. Returns how many were switched on.

    `checks`: those that were chosen; None means all but the quiet ones. They run at once, the heavy ones next night.
    """
    now = datetime.now(UTC)
    mine = (CheckPlan.connection_id == connection.id, CheckPlan.proposed)
    # What was left out before comes back only when somebody chooses it.
    offered = mine if checks is not None else (*mine, CheckPlan.enabled)
    waiting = set(session().scalars(select(CheckPlan.check).where(*offered)))
    chosen = {
        key for key in waiting & CATALOG.keys() if (key in checks if checks is not None else not CATALOG[key].quiet)
    }
    on = update(CheckPlan).where(*mine, CheckPlan.check.in_(chosen))
    due = case((CheckPlan.cron.is_(None), now), else_=CheckPlan.next_run_at)
    session().execute(on.values(proposed=False, enabled=True, next_run_at=due))
    session().execute(update(CheckPlan).where(*mine).values(enabled=False))
    if chosen:
        audited("check.accept", f"connection:{connection.id}", checks=sorted(chosen))
    return len(chosen)


def switch_off(plan: CheckPlan) -> None:
    """Leave a check out from now on; what it knew is gone, and can be switched on again from the list of checks."""
    now = datetime.now(UTC)
    plan.enabled, plan.proposed, plan.heard_at, plan.silent_since = False, True, None, None
    mine = CheckState.connection_id.is_not_distinct_from(plan.connection_id)
    rows = session().scalars(states.whole().where(mine, CheckState.check == plan.check)).all()
    states.write(states.gone(rows, now), now, f"off-{plan.id}-{now.timestamp():.0f}")
    audited("check.off", f"plan:{plan.id}", check=plan.check)


def change_limits(plan: CheckPlan, warn: float | None, crit: float | None) -> None:
    """Set both limits; the points at which a state ends again follow. Raises Invalid when they stand the wrong way."""
    check = CATALOG[plan.check]
    if warn is not None and crit is not None and (warn > crit if check.bad == "above" else warn < crit):
        raise Invalid(_l("The warning must come before the critical limit."), "warn")
    audited("check.limits", f"plan:{plan.id}", check=plan.check, was=[plan.warn, plan.crit], now=[warn, crit])
    plan.warn, plan.crit = warn, crit
    plan.clear_warn, plan.clear_crit = check.clear(warn), check.clear(crit)
    plan.next_run_at = datetime.now(UTC)


def pause_plan(plan: CheckPlan, until: datetime) -> None:
    """Leave the check alone until then."""
    plan.paused_until, plan.next_run_at = until, until
    audited("check.pause", f"plan:{plan.id}", check=plan.check, until=until.isoformat())


def resume_plan(plan: CheckPlan) -> None:
    """End a pause; the check runs at once."""
    plan.paused_until, plan.next_run_at, plan.heard_at = None, datetime.now(UTC), datetime.now(UTC)
    audited("check.resume", f"plan:{plan.id}", check=plan.check)


def run_now(plan: CheckPlan) -> None:
    """Run the check at the clock's next round, and lift the breaker: a person asks, so we may log in again."""
    plan.next_run_at = datetime.now(UTC)
    session().execute(delete(CheckBreaker).where(CheckBreaker.connection_id == plan.connection_id))
