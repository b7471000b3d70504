"""Downloads: attachments only, only through their thing, only one's own; and a client's room is not endless."""

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from service_desk.files import operations as files
from service_desk.files.models import Blob, StoredFile
from service_desk.lib.errors import NotThere, Refused
from service_desk.scope import session, tenant_scope
from tests.world import World


def kept(world: World, purpose: str = "attachment", *, shown: bool = False, data: bytes = b"<script>1</script>") -> int:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        return files.keep("截图/../x.txt", "text/plain", data, purpose, about="ticket:1", shown_to_client=shown).id


def test_it_hands_a_file_out_as_an_attachment_that_nothing_runs(app: Flask, world: World) -> None:
    answer = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/files/{kept(world)}")
    assert answer.data == b"<script>1</script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "/" not in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_keeps_files_of_the_desk_from_the_client(app: Flask, world: World) -> None:
    hidden, shown = kept(world), kept(world, shown=True)
    ben, cai = world.sign_in(app, world.ben), world.sign_in(app, world.cai)
    assert ben.get(f"/portal/{world.a.slug}/files/{shown}").status_code == 200
    assert ben.get(f"/portal/{world.a.slug}/files/{hidden}").status_code == 404
    assert ben.get(f"/t/{world.a.slug}/files/{shown}").status_code == 404
    for slug in (world.a.slug, world.b.slug):
        assert cai.get(f"/portal/{slug}/files/{shown}").status_code == 404


@pytest.mark.parametrize("purpose", ["invoice", "paper"])
def test_it_gives_issued_papers_only_through_their_own_page(app: Flask, world: World, purpose: str) -> None:
    number = kept(world, purpose, shown=True)
    assert world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/files/{number}").status_code == 404
    assert world.sign_in(app, world.ben).get(f"/portal/{world.a.slug}/files/{number}").status_code == 404


def test_it_stops_at_the_room_of_a_client(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROOM", 100)
    kept(world, data=b"a" * 60)
    kept(world, data=b"a" * 60)  # the same bytes take no more room
    with pytest.raises(Refused):
        kept(world, data=b"b" * 60)
    kept(world, "invoice", data=b"c" * 60)  # what was issued is always kept


@pytest.mark.parametrize("change", ["bytes", "name"])
def test_it_does_not_change_what_is_kept(world: World, change: str) -> None:
    kept(world, "invoice")
    statement = {"bytes": update(Blob).values(data=b"x"), "name": update(StoredFile).values(name="x")}[change]
    with pytest.raises(IntegrityError), tenant_scope(world.a.id, world.ada_actor):
        session().execute(statement)


def test_it_refuses_bytes_that_no_longer_fit_their_hash(world: World, owner_db: object) -> None:
    number = kept(world)
    owner_db.execute("ALTER TABLE blob DISABLE TRIGGER blob_stands")  # type: ignore[attr-defined]
    owner_db.execute("UPDATE blob SET data = 'damaged' WHERE tenant_id = %s", [world.a.id])  # type: ignore[attr-defined]
    owner_db.execute("ALTER TABLE blob ENABLE TRIGGER blob_stands")  # type: ignore[attr-defined]
    with pytest.raises(NotThere), tenant_scope(world.a.id, world.ada_actor):
        files.read(number)
