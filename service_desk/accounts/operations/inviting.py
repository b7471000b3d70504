"""Invitations by mail, into the practice or the client whose scope is in force."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update

from service_desk.accounts import mails
from service_desk.accounts.emails import tidy
from service_desk.accounts.models import Invitation
from service_desk.accounts.roles import may_grant
from service_desk.accounts.tokens import new_token, token_hash
from service_desk.audit.operations import record
from service_desk.lib.errors import NotThere, Refused
from service_desk.scope import current, load, session

LINK_LIVES = timedelta(days=7)


def invite(
    *,
    email: str,
    name: str,
    role: str,
    place_name: str,
    language: str,
    now: datetime,
    ends_at: datetime | None = None,
) -> tuple[Invitation, str]:
    """Invite somebody into the place in scope; returns the row and the token that only the mail carries.

    An invitation of the same address that is still open is withdrawn. Raises Refused when this role, or that of the
    invitation it would replace, is not the actor's to give.
    """
    scope = current()
    _need_right_to(role)
    address, token = tidy(email), new_token()
    for waiting in session().scalars(_open(now, _here()).where(Invitation.email == address)):
        _need_right_to(waiting.role)
    withdraw_all(address, now)
    row = Invitation(
        email=address,
        name=name,
        role=role,
        language=language,
        token_hash=token_hash(token),
        invited_by=scope.actor.person_id,
        invited_by_name=scope.actor.name,
        created_at=now,
        expires_at=now + LINK_LIVES,
        ends_at=ends_at,
        **scope.owner,
    )
    session().add(row)
    session().flush()  # The mail and the record name its number.
    mails.invitation(row, place_name, token)
    record("invitation.sent", subject=f"invitation:{row.id}", to=address, role=role)
    return row, token


def open_invitations(now: datetime) -> Sequence[Invitation]:
    """The invitations of the place in scope that can still be accepted, newest first."""
    return session().scalars(_open(now, _here()).order_by(Invitation.created_at.desc())).all()


def open_invitations_of_practice(now: datetime) -> Sequence[Invitation]:
    """The invitations into the practice itself, seen from its overview, where the clients' ones are in sight too."""
    here = Invitation.practice_id == current().practice_id
    return session().scalars(_open(now, here).order_by(Invitation.created_at.desc())).all()


def withdraw(invitation_id: int, now: datetime) -> Invitation:
    """Call an invitation back.

    Raises NotThere when it is not of this place, Refused when it was accepted or its role is not the actor's to give.
    """
    row = load(Invitation, invitation_id, lock=True)
    if not _is_here(row):
        raise NotThere()
    _need_right_to(row.role)
    if row.accepted_at is not None:
        raise Refused("the invitation has been accepted")
    row.withdrawn_at = now
    record("invitation.withdrawn", subject=f"invitation:{row.id}", to=row.email)
    return row


def withdraw_all(email: str, now: datetime) -> None:
    """Call back every open invitation of this address into the place in scope."""
    still_open = update(Invitation).where(
        Invitation.email == email, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), _here()
    )
    session().execute(still_open.values(withdrawn_at=now))


def claim(invitation_id: int, now: datetime) -> Invitation:
    """Take an invitation: exactly one caller gets it. Raises NotThere when it is no longer open."""
    taken = (
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(accepted_at=now)
        .returning(Invitation)
    )
    row = session().scalars(taken).one_or_none()
    if row is None:
        raise NotThere()
    record("invitation.accepted", subject=f"invitation:{row.id}", email=row.email, role=row.role)
    return row


def _need_right_to(role: str) -> None:
    scope = current()
    if not may_grant(scope.actor.role, role, client=bool(scope.tenant_ids)):
        raise Refused("this role is not yours to give")


def _here() -> ColumnElement[bool]:
    ((column, value),) = current().owner.items()
    return getattr(Invitation, column) == value  # type: ignore[no-any-return]


def _is_here(row: Invitation) -> bool:
    ((column, value),) = current().owner.items()
    return bool(getattr(row, column) == value)


def _open(now: datetime, here: ColumnElement[bool]) -> Select[Invitation]:
    return select(Invitation).where(
        Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now, here
    )
