"""A forgotten password: a link by mail, good once and for an hour. It never stands in for the second factor."""

from datetime import datetime, timedelta

from sqlalchemy import update

from service_desk.accounts import mails, passwords
from service_desk.accounts.emails import tidy
from service_desk.accounts.models import Person, PersonToken
from service_desk.accounts.operations.sessions import Browser
from service_desk.accounts.operations.signing_in import NOBODY, issue_token, use_token
from service_desk.accounts.tokens import token_hash
from service_desk.audit.operations import record
from service_desk.lib.errors import NotThere
from service_desk.scope import gate, person_scope, session

LINK_LIVES = timedelta(hours=1)


def request_reset(email: str, browser: Browser, now: datetime) -> None:
    """Mail a reset link to this address when somebody has it; the caller answers the same either way."""
    found = gate("gate_person_by_email", p_email=tidy(email))
    person_id = found[0].person_id if found else NOBODY
    with person_scope(person_id):
        record("reset.requested", address=browser.address)
        person = session().get(Person, person_id)
        if person is not None:
            _end_links(now)
            mails.reset(person, issue_token("reset", now, LINK_LIVES))


def _end_links(now: datetime) -> None:
    """A new link ends the ones before it."""
    older = update(PersonToken).where(PersonToken.purpose == "reset", PersonToken.used_at.is_(None))
    session().execute(older.values(used_at=now))


def reset_is_open(token: str, now: datetime) -> bool:
    """True while this link is good."""
    return bool(gate("gate_person_by_token", p_purpose="reset", p_token=token_hash(token), p_now=now))


def reset_password(token: str, password: str, browser: Browser, now: datetime) -> None:
    """Set a new password with a link from a mail. Every session ends; nobody is signed in by it.

    Raises NotThere when the link is used, out of date or made up. The caller has checked the password's rules.
    """
    found = gate("gate_person_by_token", p_purpose="reset", p_token=token_hash(token), p_now=now)
    if not found:
        raise NotThere()
    hashed = passwords.hashed(password)
    with person_scope(found[0].person_id):
        if not use_token(found[0].token_id, now):
            raise NotThere()
        person = session().get_one(Person, found[0].person_id)
        person.password_hash = hashed
        record("reset.done", address=browser.address)
