"""Ada (engineer, owner of the practice), Ben (boss of client A) and Cai (boss of client B: the stranger)."""

import hashlib
import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from service_desk.accounts.access import token_hash
from service_desk.accounts.models import Person, Practice, PracticeMember, WebSession
from service_desk.accounts.roles import DESK_ROLES
from service_desk.scope import Actor, gate, person_scope, practice_scope, session, tenant_scope
from service_desk.tenants.models import Tenant, TenantAssignment, TenantMember

_count = itertools.count(1)


@dataclass(frozen=True)
class Somebody:
    """A person of the tests, with the token of a signed-in browser."""

    id: int
    name: str
    email: str
    token: str


@dataclass(frozen=True)
class Company:
    """A client of the tests."""

    id: int
    slug: str
    name: str


@dataclass(frozen=True)
class World:
    """One practice with two clients and their people."""

    practice_id: int
    ada: Somebody
    ben: Somebody
    cai: Somebody
    a: Company
    b: Company
    kept: dict[str, Any] = field(default_factory=dict)  # what one step of a test leaves for the next

    @property
    def ada_actor(self) -> Actor:
        """Ada as the owner of the practice."""
        return Actor("person", self.ada.name, "owner", self.ada.id, self.practice_id)

    @property
    def ben_actor(self) -> Actor:
        """Ben as the boss of client A."""
        return Actor("person", self.ben.name, "boss", self.ben.id)

    def sign_in(self, app: Flask, person: Somebody) -> FlaskClient:
        """A browser in which this person is signed in, second factor included."""
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["token"], cookie["name"] = person.token, person.name
        return browser

    def somebody(self, role: str, company: Company | None = None) -> Somebody:
        """A person with this role: in the practice for a desk role (assigned to `company`), else in `company`."""
        company = company or self.a
        known = {("owner", self.a.id): self.ada, ("owner", self.b.id): self.ada}
        known |= {("boss", self.a.id): self.ben, ("boss", self.b.id): self.cai}
        people: dict[tuple[str, int], Somebody] = self.kept.setdefault("people", known)
        if (role, company.id) not in people:
            people[role, company.id] = self._join(role, company)
        return people[role, company.id]

    def _join(self, role: str, company: Company) -> Somebody:
        now = datetime.now(UTC)
        person = _person(role.capitalize(), f"{os.getpid()}x{next(_count)}", now)
        member = {"person_id": person.id, "role": role, "name": person.name, "email": person.email, "created_at": now}
        if role in DESK_ROLES:
            with practice_scope(self.practice_id, self.ada_actor, writing=True):
                session().add(PracticeMember(**member))
        with tenant_scope(company.id, self.ada_actor, practice_id=self.practice_id):
            if role in DESK_ROLES:
                session().add(TenantAssignment(person_id=person.id, created_at=now))
            else:
                session().add(TenantMember(**member))
        return person


def csrf_token(browser: FlaskClient) -> str:
    """The token a page would hand to this browser's forms."""
    with browser.session_transaction() as cookie:
        raw = cookie.setdefault("csrf_token", hashlib.sha1(os.urandom(64)).hexdigest())
    secret = browser.application.config["SECRET_KEY"]
    return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw))


def post(browser: FlaskClient, url: str, data: Mapping[str, Any] | None = None, **options: Any) -> TestResponse:
    """Send a form as a person would: with the token of this browser's session."""
    return browser.post(url, data={"csrf_token": csrf_token(browser), **(data or {})}, **options)


def make_world() -> World:
    """A fresh practice, two clients, three people; nothing of it is visible from any other."""
    mark = f"{os.getpid()}x{next(_count)}"
    now = datetime.now(UTC)
    ada, ben, cai = (_person(name, mark, now) for name in ("Ada", "Ben", "Cai"))
    practice_id = int(gate("gate_new_ids", p_kind="practice")[0].id)
    owner = Actor("person", ada.name, "owner", ada.id, practice_id)
    with practice_scope(practice_id, owner, writing=True):
        session().add(Practice(id=practice_id, name=f"Practice {mark}", created_at=now))
        session().flush()
        session().add(PracticeMember(person_id=ada.id, role="owner", name=ada.name, email=ada.email, created_at=now))
    a = _company("Company A", f"a-{mark}", practice_id, owner, ben, now)
    b = _company("Company B", f"b-{mark}", practice_id, owner, cai, now)
    return World(practice_id, ada, ben, cai, a, b)


def _person(name: str, mark: str, now: datetime) -> Somebody:
    person_id = int(gate("gate_new_ids", p_kind="person")[0].id)
    somebody = Somebody(person_id, name, f"{name.lower()}-{mark}@example.test", f"token-{name}-{mark}")
    with person_scope(person_id):
        session().add(Person(id=person_id, email=somebody.email, name=name, created_at=now))
        session().flush()
        session().add(
            WebSession(
                token_hash=token_hash(somebody.token),
                created_at=now,
                seen_at=now,
                second_factor_at=now,
                expires_at=now.replace(year=now.year + 1),
            )
        )
    return somebody


def _company(name: str, slug: str, practice_id: int, owner: Actor, boss: Somebody, now: datetime) -> Company:
    tenant_id = int(gate("gate_new_ids", p_kind="tenant")[0].id)
    with tenant_scope(tenant_id, owner, practice_id=practice_id):
        session().add(
            Tenant(
                id=tenant_id,
                practice_id=practice_id,
                slug=slug,
                name=name,
                short_name=name,
                initial=name[-1],
                created_at=now,
            )
        )
        session().flush()
        session().add(TenantMember(person_id=boss.id, role="boss", name=boss.name, email=boss.email, created_at=now))
    return Company(tenant_id, slug, name)
