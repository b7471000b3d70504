"""What was written down stays, in one chain without a gap; whoever changes it is found."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from service_desk.audit import operations as audit
from service_desk.audit.models import AuditEvent
from service_desk.config import Config
from service_desk.scope import session, tenant_scope
from tests.world import World, post

Db = psycopg.Connection[tuple[object, ...]]


def _write(world: World, count: int) -> None:
    for number in range(count):
        with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
            audit.record("test.act", subject=f"thing:{number}", number=number, words="备份 ok")


def _checked(world: World, anchor: tuple[int, str] | None = None) -> audit.Verdict:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id, read_only=True):
        return audit.checked(anchor)


def _tamper(db: "Db", sql: str, world: World) -> None:
    """As somebody who owns the machine would: a superuser who switches the triggers off."""
    with db.transaction():
        db.execute("SET LOCAL session_replication_role = replica")
        db.execute(sql, [world.a.id])


def test_it_fits_when_nobody_touched_it(world: World) -> None:
    _write(world, 5)
    assert _checked(world).broken is None
    assert _checked(world).rows == 5


@pytest.mark.parametrize("change", ["detail = '{}'", "actor_name = 'somebody else'", "at = at - interval '1 day'",
                                    "act = 'another.act'", "address = '192.0.2.9'"])  # fmt: skip
def test_it_finds_a_row_that_was_edited(world: World, owner_db: "Db", change: str) -> None:
    _write(world, 5)
    _tamper(owner_db, f"UPDATE audit_event SET {change} WHERE tenant_id = %s AND chain = 3", world)
    assert _checked(world).broken == 3


def test_it_finds_a_row_that_was_taken_out(world: World, owner_db: "Db") -> None:
    _write(world, 5)
    _tamper(owner_db, "DELETE FROM audit_event WHERE tenant_id = %s AND chain = 3", world)
    assert _checked(world).broken == 3


def test_it_finds_a_chain_that_was_given_to_another_client(world: World, owner_db: "Db") -> None:
    _write(world, 5)
    _tamper(owner_db, f"UPDATE audit_event SET tenant_id = {world.b.id} WHERE tenant_id = %s", world)
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id, read_only=True):
        assert audit.checked().broken == 1


def test_it_finds_a_tail_that_was_cut_off_with_a_head_kept_elsewhere(world: World, owner_db: "Db") -> None:
    _write(world, 5)
    kept = _checked(world)
    _tamper(owner_db, "DELETE FROM audit_event WHERE tenant_id = %s AND chain > 3", world)
    assert _checked(world).broken is None
    assert _checked(world, (kept.head_chain, kept.head_hash)).broken == 4
    _write(world, 4)
    assert _checked(world, (kept.head_chain, kept.head_hash)).broken == 5


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET act = 'x'", "DELETE FROM audit_event",
                                       "TRUNCATE audit_event"])  # fmt: skip
def test_it_stays_for_every_login(world: World, config: Config, statement: str) -> None:
    _write(world, 1)
    assert config.database_owner_url is not None
    url = config.database_owner_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        owner.execute(statement)
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_scope(world.a.id, world.ada_actor):
        session().execute(text(statement))


def test_it_numbers_without_a_gap_when_six_write_at_once(world: World) -> None:
    with ThreadPoolExecutor(6) as six:
        list(six.map(lambda _: _write(world, 30), range(6)))
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id, read_only=True):
        numbers = session().scalars(select(AuditEvent.chain).order_by(AuditEvent.chain)).all()
    assert list(numbers) == list(range(1, 181))
    assert _checked(world).broken is None


def test_it_is_rolled_back_with_what_it_records(world: World) -> None:
    with pytest.raises(ZeroDivisionError), tenant_scope(world.a.id, world.ada_actor):
        audit.record("test.act")
        raise ZeroDivisionError
    assert _checked(world).rows == 0


def test_it_is_shown_with_its_head_and_checked_on_a_page(app: Flask, world: World) -> None:
    _write(world, 60)
    ada = world.sign_in(app, world.ada)
    page = ada.get(f"/t/{world.a.slug}/audit")
    assert _checked(world).head_hash in page.text
    assert "before=11" in page.text
    assert ada.get(f"/t/{world.a.slug}/audit?before=11").text.count("test.act") == 10
    assert post(ada, f"/t/{world.a.slug}/audit/verify").status_code == 200
