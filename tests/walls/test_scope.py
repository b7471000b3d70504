"""No scope means no rows; another client's rows are not there; the database says so itself."""

import time

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from service_desk.lib.errors import NotThere, ScopeError
from service_desk.scope import Walls, load, session, sign, tenant_scope
from service_desk.tenants.models import Contact
from tests.world import World


def test_it_shows_a_client_its_own_rows_only(world: World) -> None:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        session().add(Contact(name="of A"))
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id):
        assert session().scalars(select(Contact)).all() == []


def test_it_reads_nothing_without_a_scope(world: World) -> None:
    with Walls.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM tenant")).scalar() == 0


def test_it_raises_when_the_orm_asks_outside_a_scope(world: World) -> None:
    with Session(Walls.engine) as db, pytest.raises(ScopeError):
        db.scalars(select(Contact)).all()


def test_it_does_not_load_a_strangers_row(world: World) -> None:
    with tenant_scope(world.a.id, world.ada_actor):
        contact = Contact(name="of A")
        session().add(contact)
    with tenant_scope(world.b.id, world.ada_actor), pytest.raises(NotThere):
        load(Contact, contact.id)


@pytest.mark.parametrize("change", ["key", "expiry", "pid", "tenants"])
def test_it_refuses_a_scope_that_was_forged(world: World, change: str) -> None:
    with Walls.engine.begin() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        expiry = int(time.time()) + 60
        good = sign(Walls.key, (), None, (world.a.id,), expiry, pid)
        bad = {
            "key": sign(b"x" * 32, (), None, (world.a.id,), expiry, pid),
            "expiry": sign(Walls.key, (), None, (world.a.id,), int(time.time()) - 1, pid),
            "pid": sign(Walls.key, (), None, (world.a.id,), expiry, pid + 1),
            "tenants": good.replace(f"|{world.a.id}|", f"|{world.b.id}|"),
        }[change]
        connection.exec_driver_sql(f"SET LOCAL app.scope = '{bad}'")
        assert connection.execute(text("SELECT count(*) FROM tenant")).scalar() == 0
        connection.exec_driver_sql(f"SET LOCAL app.scope = '{good}'")
        assert connection.execute(text("SELECT count(*) FROM tenant")).scalar() == 1


def test_it_refuses_to_write_another_clients_row(world: World) -> None:
    with pytest.raises(ScopeError), tenant_scope(world.a.id, world.ada_actor):
        session().add(Contact(tenant_id=world.b.id, name="smuggled"))


def test_it_refuses_another_clients_row_in_the_database_too(world: World) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_scope(world.a.id, world.ada_actor):
        session().execute(
            text(
                "INSERT INTO contact (tenant_id, name, duty, phone, email, note, is_vendor, position) "
                "VALUES (:other, 'smuggled', '', '', '', '', false, 0)"
            ),
            {"other": world.b.id},
        )


def test_it_cannot_change_its_scope_from_within_a_query(world: World) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_scope(world.a.id, world.ada_actor):
        session().execute(text("SELECT set_config('app.scope', 'anything', true)"))


def test_it_refuses_a_second_scope_inside_the_first(world: World) -> None:
    with (
        tenant_scope(world.a.id, world.ada_actor),
        pytest.raises(ScopeError),
        tenant_scope(world.b.id, world.ada_actor),
    ):
        pass


def test_it_cannot_read_the_scopes_of_other_connections(world: World) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_scope(world.a.id, world.ada_actor):
        session().execute(text("SELECT query FROM pg_stat_activity"))
