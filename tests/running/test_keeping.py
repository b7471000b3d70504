"""What whoever keeps an installation types now and then does what it says."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from service_desk.accounts.models import Person
from service_desk.accounts.operations import people
from service_desk.audit import operations as audit
from service_desk.config import Config, ConfigError
from service_desk.running import keeping
from service_desk.running.__main__ import main
from service_desk.scope import Walls, person_scope, session, tenant_scope
from tests.world import World

Db = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def here(app: Flask, config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands find the settings of the tests; the wires they lay are taken up again."""
    monkeypatch.setattr(keeping, "settings", lambda: config)
    wires = Walls.engine
    yield
    if Walls.engine is not wires:
        Walls.engine.dispose()
        Walls.install(wires, config.scope_key)


@pytest.mark.usefixtures("here")
def test_it_names_the_client_whose_audit_was_edited(world: World, owner_db: Db) -> None:
    for number in range(3):
        with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
            audit.record("test.act", subject=f"thing:{number}")
    mine = f"client {world.a.id}: event 2 does not fit"
    assert not [line for line in keeping.verify_audit() if line.startswith(f"client {world.a.id}:")]
    with owner_db.transaction():
        owner_db.execute("SET LOCAL session_replication_role = replica")
        owner_db.execute("UPDATE audit_event SET act = 'other' WHERE tenant_id = %s AND chain = 2", [world.a.id])
    assert [line for line in keeping.verify_audit() if line.startswith(mine)]


def test_it_says_that_it_needs_the_backup_login(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "settings", lambda: replace(config, database_backup_url=None))
    with pytest.raises(ConfigError):
        keeping.verify_audit()


@pytest.mark.usefixtures("here")
def test_it_sets_up_a_practice_whose_owner_can_let_herself_in(app: Flask, client: FlaskClient) -> None:
    address = keeping.create_practice("Ada & Co", f"ada-{id(client)}@keeping.example", "Ada")
    assert client.get(urlsplit(address).path).status_code == 200


@pytest.mark.usefixtures("here")
def test_it_leaves_no_key_unturned(world: World) -> None:
    assert "0 left" in keeping.rotate_keys()


def _typed(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.mark.usefixtures("here")
def test_it_lets_somebody_in_again_who_lost_telephone_and_codes(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    assert browser.get("/me").status_code == 200
    assert _typed("reset-second-factor", world.ada.email).exit_code == 0
    assert browser.get("/me").status_code == 302
    with person_scope(world.ada.id, read_only=True):
        person = session().get_one(Person, world.ada.id)
        assert (person.totp_secret, person.totp_confirmed_at) == (None, None)


@pytest.mark.usefixtures("here")
def test_it_closes_a_sign_in(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ben)
    assert _typed("disable-person", world.ben.email).exit_code == 0
    assert browser.get("/me").status_code == 302


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("more", "is_one"), [((), True), (("--no-longer",), False)])
def test_it_makes_an_operator_and_takes_it_back(world: World, more: tuple[str, ...], is_one: bool) -> None:
    people.set_operator(world.cai.email, not is_one)
    assert _typed("set-operator", world.cai.email, *more).exit_code == 0
    with person_scope(world.cai.id, read_only=True):
        assert session().get_one(Person, world.cai.id).is_operator is is_one


@pytest.mark.usefixtures("here")
def test_it_says_in_a_sentence_that_there_is_nobody(world: World) -> None:
    told = _typed("disable-person", "nobody@keeping.example")
    assert (told.exit_code, "nobody@keeping.example" in told.output, "Traceback" in told.output) == (1, True, False)
