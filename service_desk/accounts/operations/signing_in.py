"""Signing in: the password, then the code where there is one.

Known and unknown addresses take the same road (same look-ups, same hashing, same record written), so neither the answer
nor its time tells them apart. No transaction is open while a password is hashed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update

from service_desk.accounts import passwords
from service_desk.accounts.emails import tidy
from service_desk.accounts.models import Person, PersonToken
from service_desk.accounts.operations.second_factor import accept_code
from service_desk.accounts.operations.sessions import Browser, SignedIn, begin
from service_desk.accounts.tokens import new_token, token_hash
from service_desk.audit.operations import record
from service_desk.scope import gate, person_scope, session

NOBODY = -1  # whose chain the failures with an unknown address stand in
CODE_WAITS = timedelta(minutes=10)


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right; the token names this half-done sign-in until the code comes."""

    token: str


def give_password(email: str, password: str, browser: Browser, now: datetime) -> SignedIn | CodeNeeded | None:
    """Sign in with a password. None when it does not fit, whatever the reason."""
    found = gate("gate_person_by_email", p_email=tidy(email))
    person_id = found[0].person_id if found else NOBODY
    with person_scope(person_id, read_only=True):
        person = session().get(Person, person_id)
        stored = person.password_hash if person else None
    fits = passwords.fits(stored, password)
    with person_scope(person_id):
        person = session().get(Person, person_id, with_for_update=True)
        if not fits or person is None or person.password_hash != stored:
            record("sign_in.failed", address=browser.address)
            return None
        if stored is not None and passwords.outdated(stored):
            person.password_hash = passwords.hashed(password)
            session().flush()  # Ends what was signed in with the old hash, before the new session begins.
        if person.totp_confirmed_at is None:
            return begin(person, browser, now, second_factor=False)
        return CodeNeeded(issue_token("second_factor", now, CODE_WAITS))


def give_code(token: str, code: str, browser: Browser, now: datetime) -> SignedIn | None:
    """Finish a sign-in with a code of the second factor or a recovery code. None when it does not fit."""
    found = gate("gate_person_by_token", p_purpose="second_factor", p_token=token_hash(token), p_now=now)
    if not found:
        return None
    with person_scope(found[0].person_id):
        person = session().get(Person, found[0].person_id, with_for_update=True)
        if person is None or not accept_code(person, code, now):
            record("second_factor.failed", address=browser.address)
            return None
        if not use_token(found[0].token_id, now):
            return None
        return begin(person, browser, now, second_factor=True)


def issue_token(purpose: str, now: datetime, lifetime: timedelta) -> str:
    """A fresh token of the person in scope."""
    token = new_token()
    row = PersonToken(purpose=purpose, token_hash=token_hash(token), created_at=now, expires_at=now + lifetime)
    session().add(row)
    return token


def use_token(token_id: int, now: datetime) -> bool:
    """Claim a token of the person in scope: True for exactly one caller."""
    claimed = update(PersonToken).where(PersonToken.id == token_id, PersonToken.used_at.is_(None))
    return session().execute(claimed.values(used_at=now).returning(PersonToken.id)).first() is not None
