"""Write down who did what, in the transaction that does it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from service_desk.audit.chain import START, first_break, link_hash
from service_desk.audit.models import AuditEvent
from service_desk.scope import current


def record(act: str, subject: str = "", *, address: str = "", **detail: Any) -> AuditEvent:
    """Add one act to the chain of the scope in force (client, else practice, else person).

    Writers of one chain queue behind an advisory lock, so its numbers have no gap; the act and the business change are
    committed together. `detail` must never hold a secret.
    """
    scope = current()
    owner = _owner()
    ((column, value),) = owner.items()
    scope.session.execute(select(func.pg_advisory_xact_lock(_lock_class(column), value)))
    last = scope.session.scalars(
        select(AuditEvent).where(_mine(owner)).order_by(AuditEvent.chain.desc()).limit(1)
    ).first()
    event = AuditEvent(
        chain=last.chain + 1 if last else 1,
        at=datetime.now(UTC),
        actor_kind=scope.actor.kind,
        actor_person=scope.actor.person_id,
        actor_name=scope.actor.name,
        act=act,
        subject=subject,
        detail=detail,
        address=address,
        previous_hash=last.hash if last else START,
        **owner,
    )
    event.hash = link_hash(event)
    scope.session.add(event)
    scope.session.flush()  # The next act in this transaction must find this one.
    return event


def verify() -> int | None:
    """The number of the first row of the chain in scope that does not fit, or None."""
    statement = select(AuditEvent).where(_mine(_owner())).order_by(AuditEvent.chain)
    return first_break(current().session.scalars(statement.execution_options(yield_per=500)))


def _owner() -> dict[str, int]:
    scope = current()
    if len(scope.tenant_ids) == 1:
        return {"tenant_id": scope.tenant_id}
    if scope.practice_id is not None:
        return {"practice_id": scope.practice_id}
    assert scope.person_id is not None
    return {"person_id": scope.person_id}


def _mine(owner: dict[str, int]) -> ColumnElement[bool]:
    ((column, value),) = owner.items()
    return getattr(AuditEvent, column) == value  # type: ignore[no-any-return]


def _lock_class(column: str) -> int:
    return {"tenant_id": 7001, "practice_id": 7002, "person_id": 7003}[column]
