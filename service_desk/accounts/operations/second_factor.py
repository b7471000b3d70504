"""The second factor of the person in scope: enrolment, codes, recovery codes."""

from datetime import datetime

from sqlalchemy import delete, func, select, update

from service_desk.accounts import totp
from service_desk.accounts.keyring import data_key, new_data_key
from service_desk.accounts.models import Person, RecoveryCode, WebSession
from service_desk.audit.operations import record
from service_desk.lib import vault
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import session


def _place(person: Person, column: str) -> vault.Place:
    # A person belongs to no client: tenant 0 is nobody's number.
    return vault.Place(0, "person", str(person.id), column)


def start(person: Person) -> None:
    """Make a new secret and keep it aside, sealed, until a code proves that the telephone has it."""
    if person.wrapped_key is None:
        person.wrapped_key = new_data_key("person", person.id)
    key = data_key(person.wrapped_key, "person", person.id)
    person.totp_pending = vault.seal(key, totp.new_secret(), _place(person, "totp_pending"))


def pending_secret(person: Person) -> str | None:
    """The secret that waits for its first code; shown to the person alone, as a picture and as letters."""
    if person.totp_pending is None:
        return None
    key = data_key(person.wrapped_key, "person", person.id)
    return vault.unseal(key, person.totp_pending, _place(person, "totp_pending"))


def finish(person: Person, code: str, session_id: int, now: datetime) -> list[str]:
    """The first code proves the new secret: it replaces the old one. Returns recovery codes, shown this once.

    Every other session of the person ends; this one has the second factor from now on. Raises Invalid.
    """
    secret = pending_secret(person)
    if secret is None:
        raise Refused("no enrolment has been started")
    step = totp.step_of(secret, code, now)
    if step is None:
        raise Invalid("the code does not fit", field="code")
    key = data_key(person.wrapped_key, "person", person.id)
    person.totp_secret = vault.seal(key, secret, _place(person, "totp_secret"))
    person.totp_pending, person.totp_confirmed_at, person.totp_last_step = None, now, step
    session().execute(delete(WebSession).where(WebSession.id != session_id))
    session().execute(update(WebSession).where(WebSession.id == session_id).values(second_factor_at=now))
    record("second_factor.set")
    return renew_recovery_codes()


def accept_code(person: Person, typed: str, now: datetime) -> bool:
    """Take a code or a recovery code once: the row is compared and set, so of twenty at a time one gets through."""
    if person.totp_secret is None:
        return False
    key = data_key(person.wrapped_key, "person", person.id)
    step = totp.step_of(vault.unseal(key, person.totp_secret, _place(person, "totp_secret")), typed, now)
    if step is None:
        return _use_recovery_code(typed, now)
    later = update(Person).where(Person.id == person.id, Person.totp_last_step < step).values(totp_last_step=step)
    return session().execute(later.returning(Person.id)).first() is not None


def _use_recovery_code(typed: str, now: datetime) -> bool:
    unused = update(RecoveryCode).where(
        RecoveryCode.code_hash == totp.recovery_hash(typed), RecoveryCode.used_at.is_(None)
    )
    used = session().execute(unused.values(used_at=now).returning(RecoveryCode.id)).first()
    if used is not None:
        record("second_factor.recovery_code_used")
    return used is not None


def renew_recovery_codes() -> list[str]:
    """Fresh recovery codes of the person in scope; the old ones are no longer good. Shown this once."""
    codes = totp.new_recovery_codes()
    session().execute(delete(RecoveryCode))
    session().add_all(RecoveryCode(code_hash=totp.recovery_hash(code)) for code in codes)
    record("second_factor.recovery_codes_renewed")
    return codes


def recovery_codes_left() -> int:
    """How many recovery codes of the person in scope are still good."""
    unused = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.used_at.is_(None))
    return session().scalars(unused).one()


def remove(person: Person) -> None:
    """Do without the second factor again; the caller has checked that nobody requires it."""
    person.totp_secret = person.totp_pending = person.totp_confirmed_at = None
    session().execute(delete(RecoveryCode))
    session().execute(update(WebSession).values(second_factor_at=None))
    record("second_factor.removed")
