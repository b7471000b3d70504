"""One act on many tickets of several clients: each client in a scope of its own, and the way back kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import Actor, session, tenant_scope
from service_desk.tickets.models import STATUSES, Ticket
from service_desk.tickets.operations import assign, set_status

MOST = 50


@dataclass(frozen=True)
class Act:
    """What is to be done: another status, or another assignee (person 0: nobody)."""

    status: str = ""
    assignee: int | None = None
    assignee_name: str = ""


@dataclass(frozen=True)
class Before:
    """How a ticket stood, so that it can be put back."""

    tenant_id: int
    number: int
    status: str
    assignee: int | None
    assignee_name: str


def picked(values: Iterable[str], allowed: Sequence[int]) -> dict[int, list[int]]:
    """`tenant:number` as posted -> numbers by client. Raises NotThere for a client that is not this person's."""
    found: dict[int, list[int]] = {}
    for value in list(values)[:MOST]:
        tenant, _, number = value.partition(":")
        if not (tenant.isdecimal() and number.isdecimal()) or int(tenant) not in allowed:
            raise NotThere()
        found.setdefault(int(tenant), []).append(int(number))
    if not found:
        raise Invalid(_l("Pick at least one ticket."))
    return found


def do(picks: dict[int, list[int]], act: Act, actor: Actor, now: datetime) -> list[Before]:
    """Do it to every picked ticket; returns how they stood before."""
    if act.status and act.status not in STATUSES:
        raise Invalid(_l("There is no such status."))
    before: list[Before] = []
    for tenant_id, numbers in sorted(picks.items()):
        with tenant_scope(tenant_id, actor, practice_id=actor.practice_id):
            rows = session().scalars(select(Ticket).where(Ticket.number.in_(numbers)).order_by(Ticket.id)).all()
            before += [_one(ticket, act, now) for ticket in rows]
    return before


def _one(ticket: Ticket, act: Act, now: datetime) -> Before:
    stood = Before(ticket.tenant_id, ticket.number, ticket.status, ticket.assignee_person_id, ticket.assignee_name)
    if act.status:
        set_status(ticket, act.status, now=now)
    if act.assignee is not None:
        assign(ticket, act.assignee or None, act.assignee_name, now=now)
    return stood


def undo(before: Sequence[Before], actor: Actor, now: datetime) -> int:
    """Put tickets back as they stood; returns how many."""
    for stood in before:
        act = Act(stood.status, stood.assignee or 0, stood.assignee_name)
        do({stood.tenant_id: [stood.number]}, act, actor, now)
    return len(before)
