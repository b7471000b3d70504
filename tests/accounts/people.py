"""People with passwords, for the tests of signing in."""

import itertools
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from service_desk.accounts.models import Person, WebSession
from service_desk.accounts.operations import second_factor
from service_desk.accounts.operations.people import create_person
from service_desk.accounts.operations.sessions import load_person
from service_desk.accounts.passwords import hashed
from service_desk.scope import person_scope, session
from tests.world import World, post

PASSWORD = "six grey geese by the river"
_places = itertools.count(1)


@dataclass(frozen=True)
class Member:
    """Somebody who can sign in, with the secret on their telephone when there is one."""

    id: int
    email: str
    secret: str | None = None

    def code(self, shift: int = 0) -> str:
        """What the telephone shows; `shift` counts 30-second steps."""
        assert self.secret is not None
        return shown(self.secret, shift)


def somebody(mark: str, *, with_factor: bool = False) -> Member:
    """A person with PASSWORD, and a proven second factor if wanted. The code that proved it was of the step before."""
    email = f"p{next(_places)}-{mark}@example.test"
    person_id = create_person(email, "Pat", PASSWORD, "en", datetime.now(UTC))
    if not with_factor:
        return Member(person_id, email)
    with person_scope(person_id):
        person = load_person(person_id)
        second_factor.start(person)
        secret = second_factor.pending_secret(person)
        assert secret is not None
        second_factor.finish(person, shown(secret, -1), 0, datetime.now(UTC))
    return Member(person_id, email, secret)


def shown(secret: str, shift: int = 0) -> str:
    """What an authenticator shows for this secret; `shift` counts 30-second steps."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * shift)


def fresh_browser(app: Flask) -> FlaskClient:
    """A browser at an address of its own, so that the limits of one test do not hold another."""
    browser = app.test_client()
    number = next(_places)
    browser.environ_base["REMOTE_ADDR"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return browser


def give_password(browser: FlaskClient, email: str, password: str = PASSWORD, **options: object) -> TestResponse:
    """Send the sign-in form."""
    return post(browser, "/sign-in", {"email": email, "password": password}, **options)


def give_password_to_ada(world: World) -> None:
    """Ada's person gets PASSWORD; her browser of the tests stays signed in, which a change of hers would not allow."""
    with person_scope(world.ada.id):
        kept = [
            {column.key: getattr(row, column.key) for column in WebSession.__table__.c if column.key != "id"}
            for row in session().scalars(select(WebSession))
        ]
        session().get_one(Person, world.ada.id).password_hash = hashed(PASSWORD)
        session().flush()
        session().expunge_all()
        session().add_all(WebSession(**row) for row in kept)
