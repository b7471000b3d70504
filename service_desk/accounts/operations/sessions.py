"""Web sessions: rows that end when they are told to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from service_desk.accounts import passwords
from service_desk.accounts.models import Person, WebSession
from service_desk.accounts.tokens import new_token, token_hash
from service_desk.audit.operations import record
from service_desk.lib.errors import NotThere
from service_desk.lib.text import one_line
from service_desk.scope import load, person_scope, session

LIFETIME = timedelta(days=30)


@dataclass(frozen=True)
class Browser:
    """What is kept of the browser that asks: its address and how it names itself."""

    address: str
    agent: str


@dataclass(frozen=True)
class SignedIn:
    """A new session: what the browser carries, and how the person wants the pages."""

    token: str
    person_id: int
    name: str
    language: str
    theme: str


def begin(person: Person, browser: Browser, now: datetime, *, second_factor: bool) -> SignedIn:
    """A session of the person in scope, with a fresh token. Runs inside the verb that has checked who it is."""
    token = new_token()
    row = WebSession(
        token_hash=token_hash(token),
        created_at=now,
        seen_at=now,
        expires_at=now + LIFETIME,
        second_factor_at=now if second_factor else None,
        address=browser.address,
        browser=one_line(browser.agent, 160),
    )
    session().add(row)
    record("session.begun", address=browser.address, second_factor=second_factor)
    return SignedIn(token, person.id, person.name, person.language, person.theme)


def touch(person_id: int, session_id: int, now: datetime) -> None:
    """Note that a session is in use, in a transaction of its own: the page that follows may be read-only."""
    with person_scope(person_id):
        session().execute(update(WebSession).where(WebSession.id == session_id).values(seen_at=now))


def end(person_id: int, session_id: int, address: str) -> None:
    """Sign out: the session is gone, and a copy of its cookie opens nothing."""
    with person_scope(person_id):
        session().execute(delete(WebSession).where(WebSession.id == session_id))
        record("session.ended", address=address)


def own() -> Sequence[WebSession]:
    """The open sessions of the person in scope, the one used last first."""
    return session().scalars(select(WebSession).order_by(WebSession.seen_at.desc())).all()


def end_one(session_id: int) -> None:
    """End one session of the person in scope. Raises NotThere when it is not theirs."""
    session().delete(load(WebSession, session_id))
    record("session.ended_elsewhere", subject=f"session:{session_id}")


def confirm(person_id: int, session_id: int, password: str, browser: Browser, now: datetime) -> bool:
    """The person shows the password again; for five minutes the session then counts as fresh."""
    with person_scope(person_id, read_only=True):
        stored = load_person(person_id).password_hash
    fits = passwords.fits(stored, password)
    with person_scope(person_id):
        if fits:
            session().execute(update(WebSession).where(WebSession.id == session_id).values(confirmed_at=now))
        record("session.confirmed" if fits else "session.confirmation_failed", address=browser.address)
    return fits


def load_person(person_id: int, *, lock: bool = False) -> Person:
    """The person whose scope is in force. Raises NotThere when they are gone or disabled."""
    person = session().get(Person, person_id, with_for_update=lock or None, populate_existing=lock)
    if person is None or person.disabled_at is not None:
        raise NotThere()
    return person
