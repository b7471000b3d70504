"""Write down who did what, in the transaction that does it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from service_desk.audit.chain import START, first_break, link_hash
from service_desk.audit.models import AuditEvent
from service_desk.scope import current

PORTION = 500


def record(act: str, subject: str = "", *, address: str = "", **detail: Any) -> AuditEvent:
    """Add one act to the chain of the scope in force (client, else practice, else person).

    Writers of one chain queue behind an advisory lock, so its numbers have no gap; the act and the business change are
    committed together. `detail` must never hold a secret.
    """
    scope = current()
    owner = scope.owner
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
    return first_break(_links())


def _links() -> Iterator[AuditEvent]:
    """The chain in scope, in portions, so that stopping early leaves no cursor behind."""
    reached = 0
    rows = select(AuditEvent).where(_mine(current().owner)).order_by(AuditEvent.chain).limit(PORTION)
    while portion := current().session.scalars(rows.where(AuditEvent.chain > reached)).all():
        yield from portion
        reached = portion[-1].chain
        for event in portion:
            current().session.expunge(event)


def _mine(owner: dict[str, int]) -> ColumnElement[bool]:
    ((column, value),) = owner.items()
    return getattr(AuditEvent, column) == value  # type: ignore[no-any-return]


def _lock_class(column: str) -> int:
    return {"tenant_id": 7001, "practice_id": 7002, "person_id": 7003}[column]


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found: how many rows, the first that does not fit (or None), and the head."""

    rows: int
    broken: int | None
    head_chain: int
    head_hash: str


def head() -> AuditEvent | None:
    """The last row of the chain in scope; its number and hash, kept elsewhere, show a tail that was cut off."""
    return current().session.scalars(_chain().order_by(AuditEvent.chain.desc()).limit(1)).first()


def latest(limit: int) -> Sequence[AuditEvent]:
    """The newest rows of the chain in scope."""
    return current().session.scalars(_chain().order_by(AuditEvent.chain.desc()).limit(limit)).all()


def page(before: int | None, size: int = 50) -> dict[str, Any]:
    """One page of the chain, newest first: `events`, the `head`, and the number to go on before (`older`)."""
    rows = _chain().order_by(AuditEvent.chain.desc()).limit(size + 1)
    if before is not None:
        rows = rows.where(AuditEvent.chain < before)
    events = current().session.scalars(rows).all()
    top = events[0] if events and before is None else head()
    return {"events": events[:size], "head": top, "older": events[size - 1].chain if len(events) > size else None}


def checked(anchor: tuple[int, str] | None = None) -> Verdict:
    """Verify every link of the chain in scope.

    `anchor` is a head kept elsewhere (number, hash in hex): a chain that no longer reaches it is broken at its end.
    """
    last: AuditEvent | None = None

    def watched() -> Iterator[AuditEvent]:
        nonlocal last
        for event in _links():
            if anchor is not None and event.chain == anchor[0] and event.hash.hex() != anchor[1]:
                raise _Unlike(event.chain)
            last = event
            yield event

    try:
        broken = first_break(watched())
    except _Unlike as unlike:
        broken = unlike.chain
    reached = last.chain if last is not None else 0
    if broken is None and anchor is not None and reached < anchor[0]:
        broken = reached + 1
    return Verdict(reached, broken, reached, last.hash.hex() if last is not None else "")


class _Unlike(Exception):
    """The row at the anchor's number is another one."""

    def __init__(self, chain: int) -> None:
        super().__init__(chain)
        self.chain = chain


def _chain() -> Select[AuditEvent]:
    return select(AuditEvent).where(_mine(current().owner))
