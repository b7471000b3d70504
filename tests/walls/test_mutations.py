"""The matrix itself is tried: a route without a guard, without a row, or that keeps everybody out turns it red."""

import pytest
from flask import Flask, request

from service_desk import create_app
from service_desk.accounts.access import require
from service_desk.config import Config
from service_desk.scope import SYSTEM, Walls, session, tenant_scope
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.tenants.models import Contact, Tenant
from tests.walls import test_matrix as matrix
from tests.walls.matrix import Row
from tests.world import World

LEAK = Row("tenant", roles=("owner",))


@pytest.fixture
def mutant(app: Flask, config: Config) -> Flask:
    """An application of this test's own, to add routes to; it uses the wires of the other one."""
    wires = Walls.engine
    mutant = create_app(config, TESTING=True, SERVER_NAME="desk.test")
    Walls.engine.dispose()
    Walls.install(wires, config.scope_key)
    return mutant


def test_it_notices_a_route_without_a_row(mutant: Flask) -> None:
    mutant.add_url_rule("/backdoor", "backdoor", lambda: "open")
    with pytest.raises(AssertionError, match="backdoor"):
        matrix.test_it_has_a_row_for_every_route_and_a_route_for_every_row(mutant)


def test_it_notices_a_page_that_does_not_ask_who_may(mutant: Flask, world: World, owner_db: matrix.Database) -> None:
    known = {world.a.slug: world.a.id, world.b.slug: world.b.id}

    def page(slug: str) -> str:
        require()
        if slug not in known:
            return mutant.make_response(("", 404))  # type: ignore[return-value]
        with tenant_scope(known[slug], SYSTEM, read_only=True):
            return session().get_one(Tenant, known[slug]).name

    mutant.add_url_rule("/t/<slug>/open", "open", page)
    with pytest.raises(AssertionError):
        matrix.test_it_is_not_there_for_strangers(mutant, world, owner_db, "open", LEAK)


def test_it_notices_a_page_that_names_the_wrong_right(mutant: Flask, world: World, owner_db: matrix.Database) -> None:
    pages = TenantBlueprint("loose", __name__)
    pages.page("/loose", needs="client.read")(lambda: "for every engineer")
    mutant.register_blueprint(pages)
    with pytest.raises(AssertionError):
        matrix.test_it_is_not_there_for_strangers(mutant, world, owner_db, "loose.<lambda>", LEAK)


def test_it_notices_a_refusal_that_has_written_something(
    mutant: Flask, world: World, owner_db: matrix.Database
) -> None:
    def page(slug: str) -> tuple[str, int]:
        if request.method == "GET" and slug == world.a.slug:
            with tenant_scope(world.a.id, world.ada_actor):
                session().add(Contact(name="somebody was here"))
        return "not there", 404

    mutant.add_url_rule("/t/<slug>/noisy", "noisy", page)
    with pytest.raises(AssertionError):
        matrix.test_it_is_not_there_for_strangers(mutant, world, owner_db, "noisy", LEAK)


def test_it_notices_a_wall_that_keeps_everybody_out(mutant: Flask, world: World, owner_db: matrix.Database) -> None:
    mutant.add_url_rule("/t/<slug>/shut", "shut", lambda slug: ("not there", 404))
    with pytest.raises(AssertionError):
        matrix.test_it_succeeds_for_whoever_may(mutant, world, owner_db, "shut", LEAK)


def test_it_notices_a_missing_thing_that_looks_different(
    mutant: Flask, world: World, owner_db: matrix.Database
) -> None:
    def page(slug: str) -> tuple[str, int]:
        return ("not yours" if slug == world.a.slug else "not there"), 404

    mutant.add_url_rule("/t/<slug>/talkative", "talkative", page)
    with pytest.raises(AssertionError):
        matrix.test_it_is_not_there_for_strangers(mutant, world, owner_db, "talkative", LEAK)


def test_it_notices_a_page_that_writes_when_it_is_only_looked_at(
    mutant: Flask, world: World, owner_db: matrix.Database
) -> None:
    def page(slug: str) -> str:
        require(slug)
        with tenant_scope(world.a.id, world.ada_actor):
            session().add(Contact(name="counted", note=slug))
        return "seen"

    mutant.add_url_rule("/t/<slug>/counting", "counting", page)
    with pytest.raises(AssertionError, match="only looked at"):
        matrix.test_it_succeeds_for_whoever_may(mutant, world, owner_db, "counting", LEAK)
