"""Plans: proposing what fits an ERP, accepting it, changing limits, pausing, running now."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connectors import connector_class
from service_desk.audit.operations import record as audited
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Check
from service_desk.checks.models import CheckBreaker, CheckPlan
from service_desk.checks.schedule import phase
from service_desk.lib.errors import Invalid
from service_desk.scope import current, session
from service_desk.tenants.models import ErpConnection


def propose_plans(connection: ErpConnection) -> list[CheckPlan]:
    """Propose every check that this kind of ERP has the facts for, limits filled in; those that are there stay."""
    now = datetime.now(UTC)
    told = set(connector_class(connection.kind).readers())
    fitting = [check for check in CATALOG.values() if check.planned and set(check.kinds) <= told]
    rows = [_proposal(check, connection.id, now) for check in fitting]
    if rows:
        session().execute(upsert(CheckPlan).on_conflict_do_nothing(), rows)
    mine = select(CheckPlan).where(CheckPlan.connection_id == connection.id, CheckPlan.proposed).order_by(CheckPlan.id)
    return list(session().scalars(mine))


def _proposal(check: Check, connection_id: int, now: datetime) -> dict[str, object]:
    return {
        "connection_id": connection_id,
        "check": check.key,
        "warn": check.warn,
        "crit": check.crit,
        "clear_warn": check.clear(check.warn),
        "clear_crit": check.clear(check.crit),
        "interval_s": check.interval_s,
        "phase_s": phase(current().tenant_id, connection_id, check.interval_s),
        "confirm_n": check.confirm_n,
        "recover_n": check.recover_n,
        "proposed": True,
        "next_run_at": now,
        "created_at": now,
    }


def accept_plans(connection: ErpConnection, checks: Sequence[str] | None = None) -> int:
    """Switch proposed plans on (all, or those of these checks); they run at once. Returns how many."""
    now = datetime.now(UTC)
    statement = update(CheckPlan).where(CheckPlan.connection_id == connection.id, CheckPlan.proposed)
    if checks is not None:
        statement = statement.where(CheckPlan.check.in_(checks))
    changed = (
        session()
        .scalars(statement.values(proposed=False, next_run_at=now, heard_at=now).returning(CheckPlan.check))
        .all()
    )
    if changed:
        audited("check.accept", f"connection:{connection.id}", checks=sorted(changed))
    return len(changed)


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
