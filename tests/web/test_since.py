"""What is new is counted from the visit before this one; a reload does not wipe it out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import update

from service_desk.scope import session, tenant_scope
from service_desk.tickets.operations import open_ticket
from service_desk.web.since import VISIT, last_look
from service_desk.worklog.models import Entry
from service_desk.worklog.operations import write_entry
from tests.world import World

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_it_knows_nothing_before_the_first_look() -> None:
    assert last_look({}, NOW) is None


def test_it_keeps_the_visit_before_through_a_reload() -> None:
    kept: dict[str, Any] = {}
    last_look(kept, NOW)
    later = NOW + VISIT + timedelta(seconds=1)
    assert last_look(kept, later) == NOW
    assert last_look(kept, later + timedelta(minutes=1)) == NOW


def test_it_tells_of_a_new_ticket_on_the_front_page(app: Flask, world: World) -> None:
    ada = world.sign_in(app, world.ada)
    with ada.session_transaction() as kept:
        kept["looked_at"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        open_ticket(
            title="New", body="", priority="P3", source="desk", author_name="Ada", author_person_id=None,
            now=datetime.now(UTC),
        )  # fmt: skip
    assert "1 new ticket since you last looked" in ada.get("/", headers={"Accept-Language": "en"}).text


def test_it_does_not_tell_one_person_where_another_left_off(app: Flask, world: World) -> None:
    now = datetime.now(UTC)
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        write_entry(
            started_at=now - timedelta(hours=2), ended_at=now - timedelta(hours=1), content="Ada's work", now=now
        )
    page = f"/t/{world.a.slug}/"
    assert 'class="left-off"' in world.sign_in(app, world.ada).get(page).text
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        session().execute(update(Entry).values(person_id=world.ben.id))
    assert 'class="left-off"' not in world.sign_in(app, world.ada).get(page).text
