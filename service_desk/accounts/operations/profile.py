"""What a person changes about themself."""

from datetime import datetime

from service_desk.accounts import passwords
from service_desk.accounts.operations.sessions import Browser, SignedIn, begin, load_person
from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid
from service_desk.scope import person_scope, session


def change_profile(person_id: int, **values: str) -> None:
    """Change name, language or theme of the person in scope."""
    person = load_person(person_id)
    changed = sorted(name for name, value in values.items() if getattr(person, name) != value)
    for name in changed:
        setattr(person, name, values[name])
    if "name" in changed:
        record("person.changed", fields=changed)


def change_password(person_id: int, current: str, new: str, browser: Browser, now: datetime) -> SignedIn:
    """Choose a new password, showing the current one. Every session ends; this browser gets a new one.

    Raises Invalid for the field `current` or `password`.
    """
    with person_scope(person_id, read_only=True):
        person = load_person(person_id)
        stored, email, second_factor = person.password_hash, person.email, person.totp_confirmed_at is not None
    if not passwords.fits(stored, current):
        with person_scope(person_id):
            record("password.change_failed", address=browser.address)
        raise Invalid("wrong", field="current")
    if (fault := passwords.fault(new, email)) is not None:
        raise Invalid(fault, field="password")
    hashed = passwords.hashed(new)
    with person_scope(person_id):
        person = load_person(person_id, lock=True)
        person.password_hash = hashed
        session().flush()  # Ends every session; the one that begins now must not be among them.
        record("password.changed", address=browser.address)
        return begin(person, browser, now, second_factor=second_factor)
