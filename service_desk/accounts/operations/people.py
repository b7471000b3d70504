"""The members of the practice in scope, and people as such."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from service_desk.accounts import passwords
from service_desk.accounts.emails import tidy
from service_desk.accounts.models import Person, PersonToken, PracticeMember, RecoveryCode, WebSession
from service_desk.accounts.operations import inviting
from service_desk.accounts.roles import may_grant
from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid, NotThere, Refused
from service_desk.scope import SYSTEM, current, gate, load, person_scope, session


def create_person(email: str, name: str, password: str, language: str, now: datetime) -> int:
    """A new person with a password, in a transaction of its own; returns their number.

    Raises Invalid `email` when somebody has this address, `password` when the rules refuse it.
    """
    address = tidy(email)
    if (fault := passwords.fault(password, address)) is not None:
        raise Invalid(fault, field="password")
    if gate("gate_person_by_email", p_email=address):
        raise Invalid("taken", field="email")
    person_id = int(gate("gate_new_ids", p_kind="person")[0].id)
    row = Person(id=person_id, email=address, name=name, language=language, created_at=now)
    row.password_hash = passwords.hashed(password)
    try:
        with person_scope(person_id):
            session().add(row)
            session().flush()  # The record's owner must be there.
            record("person.created")
    except IntegrityError:
        # Whose sign-in was closed is not found by the gate and still has the address, as has who was a moment faster.
        raise Invalid("taken", field="email") from None
    return person_id


def members() -> Sequence[PracticeMember]:
    """The members of the practice in scope, present ones first."""
    return (
        session()
        .scalars(select(PracticeMember).order_by(PracticeMember.ended_at.nulls_first(), PracticeMember.name))
        .all()
    )


def join(person_id: int, role: str, name: str, email: str, now: datetime) -> PracticeMember:
    """Make a person a member of the practice in scope, or bring a former one back.

    Raises Refused when it would take the last owner's role.
    """
    _hold_owners()
    row = session().scalars(select(PracticeMember).where(PracticeMember.person_id == person_id)).one_or_none()
    if row is None:
        row = PracticeMember(person_id=person_id, role=role, name=name, email=email, created_at=now)
        session().add(row)
    else:
        if row.role == "owner" and row.ended_at is None and role != "owner":
            _need_another_owner(row)
        row.role, row.ended_at, row.name, row.email = role, None, name, email
    record("member.joined", subject=f"person:{person_id}", role=role, email=email)
    return row


def change_role(member_id: int, role: str) -> PracticeMember:
    """Give a member another role; their sessions end. Raises Refused for the last owner."""
    _hold_owners()
    row = load(PracticeMember, member_id, lock=True)
    if not may_grant(current().actor.role, role, client=False):
        raise Refused("this role is not yours to give")
    if row.ended_at is not None:
        raise Refused("this person is no longer a member")
    if row.role == "owner" and role != "owner":
        _need_another_owner(row)
    before, row.role = row.role, role
    record("member.role_changed", subject=f"person:{row.person_id}", before=before, after=role)
    return row


def end_member(member_id: int, now: datetime) -> PracticeMember:
    """Somebody leaves the practice: sessions and open invitations end in this transaction.

    Raises Refused for the last owner.
    """
    _hold_owners()
    row = load(PracticeMember, member_id, lock=True)
    if row.ended_at is not None:
        return row
    if row.role == "owner":
        _need_another_owner(row)
    row.ended_at = now
    inviting.withdraw_all(row.email, now)
    record("member.ended", subject=f"person:{row.person_id}", role=row.role)
    return row


def _hold_owners() -> None:
    """Lock the practice's owners, so that two of them cannot remove each other at the same time."""
    owners = select(PracticeMember.id).where(PracticeMember.role == "owner").order_by(PracticeMember.id)
    session().execute(owners.with_for_update())


def _need_another_owner(row: PracticeMember) -> None:
    others = select(PracticeMember.id).where(
        PracticeMember.role == "owner", PracticeMember.ended_at.is_(None), PracticeMember.id != row.id
    )
    if session().execute(others.limit(1)).first() is None:
        raise Refused("the last owner stays")


def disable_person(email: str, now: datetime) -> None:
    """Close a person's sign-in on this installation: sessions and half-done sign-ins end with it. Raises NotThere."""
    with person_scope(_known(email), SYSTEM):
        session().get_one(Person, current().person_id).disabled_at = now
        record("person.disabled")


def set_operator(email: str, flag: bool) -> None:
    """Make a person an operator of the installation, or no longer one; their sessions end. Raises NotThere."""
    with person_scope(_known(email), SYSTEM):
        session().get_one(Person, current().person_id).is_operator = flag
        record("person.operator_set", flag=flag)


def reset_second_factor(email: str) -> None:
    """For somebody who lost telephone and codes: the next sign-in leads to a new enrolment. Raises NotThere."""
    with person_scope(_known(email), SYSTEM):
        person = session().get_one(Person, current().person_id)
        person.totp_secret = person.totp_pending = person.totp_confirmed_at = None
        for model in (RecoveryCode, PersonToken, WebSession):
            session().execute(delete(model))
        record("second_factor.reset_by_operator")


def _known(email: str) -> int:
    found = gate("gate_person_by_email", p_email=tidy(email))
    if not found:
        raise NotThere(f"nobody here signs in with {email} / 没有人用 {email} 登录")
    return int(found[0].person_id)
