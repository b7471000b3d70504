"""Ada (engineer, owner of the practice), Ben (boss of client A) and Cai (boss of client B: the stranger)."""

import itertools
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient

from service_desk.accounts.access import token_hash
from service_desk.accounts.models import Person, Practice, PracticeMember, WebSession
from service_desk.scope import Actor, gate, person_scope, practice_scope, session, tenant_scope
from service_desk.tenants.models import Tenant, TenantMember

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
