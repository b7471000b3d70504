"""Who belongs to a client, which of the desk's people work for it, and how somebody invited comes in."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from service_desk.accounts.models import Invitation, Practice, PracticeMember
from service_desk.accounts.operations import inviting
from service_desk.accounts.operations.people import join
from service_desk.accounts.roles import may_grant
from service_desk.accounts.tokens import token_hash
from service_desk.audit.operations import record
from service_desk.lib.errors import NotThere, Refused
from service_desk.scope import SYSTEM, Actor, Scope, current, gate, load, practice_scope, session, tenant_scope
from service_desk.tenants.models import Tenant, TenantAssignment, TenantMember


def members() -> Sequence[TenantMember]:
    """The people of the client in scope, present ones first."""
    return (
        session().scalars(select(TenantMember).order_by(TenantMember.ended_at.nulls_first(), TenantMember.name)).all()
    )


def change_role(member_id: int, role: str, ends_at: datetime | None = None) -> TenantMember:
    """Give somebody at the client another role; their sessions end. Raises Refused when it is not theirs to give."""
    row = load(TenantMember, member_id, lock=True)
    giver = current().actor.role
    if not (may_grant(giver, role, client=True) and may_grant(giver, row.role, client=True)):
        raise Refused("this role is not yours to give")
    before, row.role, row.ends_at = row.role, role, ends_at
    record("member.role_changed", subject=f"person:{row.person_id}", before=before, after=role)
    return row


def end_member(member_id: int, now: datetime) -> TenantMember:
    """Somebody no longer belongs to the client: sessions and open invitations end in this transaction."""
    row = load(TenantMember, member_id, lock=True)
    if not may_grant(current().actor.role, row.role, client=True):
        raise Refused("this role is not yours to end")
    if row.person_id == current().actor.person_id:
        raise Refused("nobody ends their own access")
    if row.ended_at is None:
        row.ended_at = now
        inviting.withdraw_all(row.email, now)
        record("member.ended", subject=f"person:{row.person_id}", role=row.role)
    return row


def assigned() -> frozenset[int]:
    """The persons of the desk who work for the client in scope (owners need no assignment)."""
    return frozenset(session().scalars(select(TenantAssignment.person_id)))


def staff() -> Sequence[PracticeMember]:
    """The present members of the practice, as seen from one of its clients."""
    return (
        session()
        .scalars(select(PracticeMember).where(PracticeMember.ended_at.is_(None)).order_by(PracticeMember.name))
        .all()
    )


def assign(person_ids: Iterable[int], now: datetime) -> None:
    """Say which members of the practice work for the client in scope. Strangers to the practice are passed over."""
    wanted = {row.person_id for row in staff() if row.role != "owner"} & set(person_ids)
    present = assigned()
    for person_id in sorted(wanted - present):
        session().add(TenantAssignment(person_id=person_id, created_at=now))
        record("assignment.made", subject=f"person:{person_id}")
    for person_id in sorted(present - wanted):
        session().execute(delete(TenantAssignment).where(TenantAssignment.person_id == person_id))
        record("assignment.ended", subject=f"person:{person_id}")


@dataclass(frozen=True)
class Offer:
    """What an open invitation says: where to, as what, for which address; `person_id` when that address is known."""

    invitation_id: int
    practice_id: int
    tenant_id: int | None
    place_name: str
    email: str
    name: str
    role: str
    language: str
    invited_by: str
    person_id: int | None


def offer(token: str, now: datetime) -> Offer:
    """The invitation behind a link. Raises NotThere when it is used, withdrawn, out of date or made up."""
    found = gate("gate_invitation", p_token=token_hash(token), p_now=now)
    if not found:
        raise NotThere()
    place = found[0]
    with _place(place.practice_id, place.tenant_id, SYSTEM, read_only=True):
        row = load(Invitation, place.invitation_id)
        name = session().get_one(Tenant, place.tenant_id).name if place.tenant_id else _practice_name()
        email, invited = row.email, (row.name, row.role, row.language, row.invited_by_name)
    known = gate("gate_person_by_email", p_email=email)
    person_id = int(known[0].person_id) if known else None
    return Offer(place.invitation_id, place.practice_id, place.tenant_id, name, email, *invited, person_id)


def _practice_name() -> str:
    return session().get_one(Practice, current().practice_id).name


def _place(
    practice_id: int, tenant_id: int | None, actor: Actor, *, read_only: bool = False
) -> AbstractContextManager[Scope]:
    if tenant_id is not None:
        return tenant_scope(tenant_id, actor, read_only=read_only)
    return practice_scope(practice_id, actor, writing=not read_only)


def accept(taken: Offer, person_id: int, name: str, now: datetime) -> None:
    """Join as the offer says: invitation and membership in one transaction, for exactly one caller. Raises NotThere."""
    actor = Actor("person", name, "none", person_id)
    with _place(taken.practice_id, taken.tenant_id, actor):
        row = inviting.claim(taken.invitation_id, now)
        if taken.tenant_id is None:
            join(person_id, row.role, name, row.email, now)
        else:
            _join_client(person_id, row, name, now)


def _join_client(person_id: int, invitation: Invitation, name: str, now: datetime) -> None:
    row = session().scalars(select(TenantMember).where(TenantMember.person_id == person_id)).one_or_none()
    if row is None:
        row = TenantMember(person_id=person_id, name=name, email=invitation.email, created_at=now)
        session().add(row)
    row.role, row.ends_at, row.ended_at = invitation.role, invitation.ends_at, None
    row.name, row.email = name, invitation.email
    record("member.joined", subject=f"person:{person_id}", role=row.role, email=row.email)


def set_assigned(person_id: int, works: bool, now: datetime) -> None:
    """Say that one member of the practice works for the client in scope, or no longer does."""
    present = assigned()
    if works != (person_id in present):
        assign(present ^ {person_id}, now)
