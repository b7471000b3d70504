"""Keys turn over without a sealed value left behind, and a start with other keys is noticed."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.accounts.keyring import Keyring
from service_desk.alerts.delivery.operations import destinations
from service_desk.alerts.delivery.sealing import open_sealed
from service_desk.config import Config
from service_desk.lib.vault import CannotOpen, wrapped_by
from service_desk.scope import SYSTEM, person_scope, practice_scope, session, tenant_scope
from service_desk.tenants import secrets as sealed
from service_desk.tenants.models import ErpConnection, Tenant
from service_desk.tenants.operations import add_connection
from tests.world import World

pytestmark = pytest.mark.usefixtures("empty_database")
NEW = ("new", secrets.token_bytes(32))


@pytest.fixture(autouse=True)
def _keys_again(config: Config) -> Iterator[None]:
    yield
    Keyring.install(config.credential_keys)


def _sealed(world: World) -> None:
    for company in (world.a, world.b):
        with tenant_scope(company.id, world.ada_actor, practice_id=world.practice_id):
            settings = {"host": "192.0.2.7", "user": "reader"}
            add_connection("yonyou_u8", "U8", "test", settings, {"password": company.name}, now=datetime.now(UTC))
    with person_scope(world.ada.id):
        from service_desk.accounts.operations import second_factor
        from service_desk.accounts.operations.sessions import load_person

        second_factor.start(load_person(world.ada.id))


def _opened(world: World) -> list[str]:
    found = []
    for company in (world.a, world.b):
        with tenant_scope(company.id, SYSTEM, read_only=True):
            found.append(sealed.open_secrets(session().scalars(select(ErpConnection)).one())["password"])
    return found


def test_it_wraps_every_key_anew_and_needs_the_old_one_no_more(app: Flask, world: World, config: Config) -> None:
    _sealed(world)
    Keyring.install((NEW, *config.credential_keys))
    assert sealed.rotate_keys() == sealed.Rotation(3, 0)
    assert sealed.rotate_keys() == sealed.Rotation(0, 0)
    Keyring.install((NEW,))
    assert _opened(world) == [world.a.name, world.b.name]


def test_it_turns_the_key_of_a_practice_too(app: Flask, world: World, config: Config) -> None:
    values = {"url": "https://hook.example/x", "secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
    with practice_scope(world.practice_id, SYSTEM, writing=True):
        kept = destinations.add("webhook", "Ops", values, destinations.Wanted(), None, now=datetime.now(UTC))
    assert sealed.keys_open(config)
    assert not sealed.keys_open(replace(config, credential_keys=(NEW,)))
    Keyring.install((NEW, *config.credential_keys))
    assert sealed.rotate_keys() == sealed.Rotation(1, 0)
    Keyring.install((NEW,))
    with practice_scope(world.practice_id, SYSTEM):
        assert open_sealed(kept) == {"secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}


def test_it_goes_on_after_it_was_stopped(
    app: Flask, world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sealed(world)
    Keyring.install((NEW, *config.credential_keys))
    turned = sealed._rotate

    def stops(owner: str, owner_id: int) -> bool:
        if (owner, owner_id) == ("tenant", world.b.id):
            raise KeyboardInterrupt
        return turned(owner, owner_id)

    monkeypatch.setattr(sealed, "_rotate", stops)
    with pytest.raises(KeyboardInterrupt):
        sealed.rotate_keys()
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert wrapped_by(session().get_one(Tenant, world.a.id).wrapped_key or b"") == "new"
    assert _opened(world) == [world.a.name, world.b.name]
    monkeypatch.undo()
    assert sealed.rotate_keys().left == 0


def test_it_notices_keys_that_do_not_fit(app: Flask, world: World, config: Config) -> None:
    _sealed(world)
    assert sealed.keys_open(config)
    assert sealed.keys_open(replace(config, credential_keys=(NEW, *config.credential_keys)))
    same_name = ((config.credential_keys[0][0], secrets.token_bytes(32)),)
    assert not sealed.keys_open(replace(config, credential_keys=same_name))
    assert not sealed.keys_open(replace(config, credential_keys=(NEW,)))
    Keyring.install((NEW,))
    with pytest.raises(CannotOpen):
        _opened(world)
