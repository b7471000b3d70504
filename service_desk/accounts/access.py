"""From a browser's token to who this is and where they may go: one question to the database per request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import abort, current_app, g, redirect, request, session, url_for

from service_desk.accounts.operations.sessions import touch
from service_desk.accounts.roles import DESK_ROLES, Right, allows
from service_desk.accounts.tokens import token_hash
from service_desk.scope import Actor, gate

__all__ = ("Access", "Place", "made_for_another", "require", "token_hash", "who")


@dataclass(frozen=True)
class Place:
    """A practice with the clients a person may see in it, or one client a person belongs to."""

    practice_id: int
    role: str
    tenant_ids: tuple[int, ...]
    named: int | None
    slug: str | None = None

    @property
    def is_desk(self) -> bool:
        return self.role in DESK_ROLES


@dataclass(frozen=True)
class Access:
    """Who asks, and every place this person has. `fresh`: the password was shown within the last five minutes."""

    session_id: int
    person_id: int
    name: str
    is_operator: bool
    second_factor: bool
    fresh: bool
    stale: bool
    places: tuple[Place, ...]

    def desk(self) -> Place | None:
        """The practice this person works in; the chosen one where there are several."""
        desks = [place for place in self.places if place.is_desk]
        chosen = [place for place in desks if place.practice_id == session.get("practice")]
        return next(iter(chosen or desks), None)

    def client(self, right: Right) -> Place | None:
        """The place through which the client named in the address is reached with this right."""
        return next((place for place in self.places if place.named and allows(place.role, right)), None)

    def actor(self, place: Place | None) -> Actor:
        """The actor this person is in that place; a client's people carry no practice."""
        if place is None:
            return Actor("person", self.name, "operator" if self.is_operator else "none", self.person_id)
        practice_id = place.practice_id if place.is_desk else None
        return Actor("person", self.name, place.role, self.person_id, practice_id)


def who(slug: str | None = None) -> Access | None:
    """Who sends this request, or None; asked once per request and address."""
    token = session.get("token")
    if not token:
        return None
    rows = gate("gate_open_request", p_token=token_hash(token), p_slug=slug, p_now=datetime.now(UTC))
    if not rows:
        session.pop("token", None)
        return None
    first = rows[0]
    places: Sequence[Place] = tuple(
        Place(row.practice_id, row.role, tuple(row.tenant_ids), row.named, row.slug) for row in rows if row.practice_id
    )
    return Access(
        session_id=first.session_id,
        person_id=first.person_id,
        name=session.get("name", ""),
        is_operator=first.is_operator,
        second_factor=first.second_factor,
        fresh=first.fresh,
        stale=first.stale,
        places=tuple(places),
    )


def require(slug: str | None = None, *, enrolling: bool = False) -> Access:
    """Who sends this request; a stranger is sent to the sign-in page, which brings them back here.

    Somebody who needs the second factor and has none is led to it before anything else (`enrolling` is that page).
    """
    access = who(slug)
    if access is None:
        abort(401)
    g.access = access
    if not enrolling and not access.second_factor and second_factor_due(access):
        abort(redirect(url_for("accounts.second_factor"), 303))
    if access.stale:
        touch(access.person_id, access.session_id, datetime.now(UTC))
    return access


def second_factor_due(access: Access) -> bool:
    """A practice's people and operators need it, unless this installation says otherwise (demo and tests only)."""
    needed = access.is_operator or any(place.is_desk for place in access.places)
    return needed and not current_app.config["DESK"].second_factor_optional


def made_for_another(slug: str) -> bool:
    """True when the posted form says it was made for another client than the address names: a stale tab."""
    return request.form.get("made_for", slug) != slug
