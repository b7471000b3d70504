"""A connection is added, probed, changed; its secret never comes back and never goes elsewhere."""

import base64
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from service_desk.alerts.models import Incident
from service_desk.jobs import Job
from service_desk.lib.errors import ScopeError
from service_desk.lib.vault import CannotOpen
from service_desk.running.demo.u8_fixture import Faults
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection, SealedSecret
from service_desk.tenants.operations.connections import keep_probe
from service_desk.tenants.secrets import open_secrets, sealed_columns
from tests.tenants.erp import SECRET, connect, form, run_probes
from tests.world import World, post


def _row(world: World) -> ErpConnection:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return session().scalars(select(ErpConnection)).one()


def _state(browser: FlaskClient, page: str) -> str:
    answer = browser.get(f"{page}/probe.json").json
    assert answer is not None
    return str(answer["state"])


def test_it_adds_probes_and_tells_every_step(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path)
    assert ada.get(f"{page}/probe").status_code == 200
    assert _state(ada, page) == "queued"
    run_probes(world)
    assert _state(ada, page) == "done"
    text = ada.get(page, headers={"Accept-Language": "en"}).text
    row = _row(world)
    assert {step["name"]: step["state"] for step in row.probe["steps"]}["account_sets"] == "ok"  # type: ignore[index]
    assert row.account_sets[0]["code"] == "001"
    assert row.settings["port"] == 1433
    assert "set · last changed" in text
    assert "Readable, read-only" in text


def test_it_shows_a_writable_login_until_it_is_accepted_with_a_reason(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    ada.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = connect(ada, world, tmp_path, Faults(writable_login=True))
    run_probes(world)
    assert "This login can change data" in ada.get(page).text
    assert post(ada, f"{page}/accept", {"reason": ""}).status_code == 422
    assert post(ada, f"{page}/accept", {"reason": "the client has no other"}).status_code == 303
    assert "the client has no other" in ada.get(page).text


def test_it_asks_again_when_an_accepted_login_can_do_more(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    ada.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = connect(ada, world, tmp_path, Faults(writable_login=True))
    run_probes(world)
    post(ada, f"{page}/accept", {"reason": "the client has no other"})
    row = _row(world)
    steps = list((row.probe or {})["steps"])
    with tenant_scope(world.a.id, SYSTEM):
        keep_probe(row.id, {"steps": steps}, datetime.now(UTC))
    assert _row(world).writable_accepted == "the client has no other"
    more = {**next(one for one in steps if one["name"] == "read_only"), "params": {"how": "sysadmin", "database": "x"}}
    missing = {**more, "name": "rights", "reason": "missing_table", "params": {"table": "t"}}
    with tenant_scope(world.a.id, SYSTEM):
        keep_probe(row.id, {"steps": [*steps, missing, more]}, datetime.now(UTC))
    assert _row(world).writable_accepted is None
    # A step that failed beside it hides nothing of it.
    assert "Accept it with a reason" in ada.get(page).text
    assert "Login can write" in ada.get(page.rsplit("/", 1)[0]).text


def test_it_says_which_field_would_mend_a_failed_step(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path, set_folder=str(tmp_path / "elsewhere"))
    run_probes(world)
    text = ada.get(page).text
    assert "/edit#set_folder" in text
    assert "crit" in text


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A server that notes whoever dials it."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                wire, _ = server.accept()
            except OSError:
                return
            heard.append(b"dialled")
            wire.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield server.getsockname()[1], heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


@pytest.mark.parametrize("field", ["host", "port", "user", "encryption", "driver", "folder"])
def test_it_wants_the_secret_again_before_it_dials_elsewhere(
    app: Flask, world: World, tmp_path: Path, listener: tuple[int, list[bytes]], field: str
) -> None:
    port, heard = listener
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path)
    run_probes(world)
    elsewhere = {"host": "localhost", "port": str(port), "user": "sa", "encryption": "required", "driver": "FreeTDS",
                 "folder": str(tmp_path / "other")}  # fmt: skip
    changed = form(tmp_path, secret_password="", **{f"set_{field}": elsewhere[field]})
    answer = post(ada, f"{page}/edit", changed)
    assert answer.status_code == 422
    assert "secret_password-err" in answer.text
    run_probes(world)
    assert heard == []
    assert str(_row(world).settings[field]) == str({**form(tmp_path), "set_port": 1433}[f"set_{field}"])
    assert post(ada, f"{page}/edit", {**changed, "secret_password": "typed again"}).status_code == 303


def test_it_keeps_the_secret_when_only_the_name_changes(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path)
    assert post(ada, f"{page}/edit", form(tmp_path, name="U8 main", secret_password="")).status_code == 303
    with tenant_scope(world.a.id, SYSTEM):
        assert open_secrets(session().scalars(select(ErpConnection)).one()) == {"password": SECRET}


def test_it_never_shows_nor_writes_a_secret(
    app: Flask,
    world: World,
    tmp_path: Path,
    owner_db: "psycopg.Connection[tuple[object, ...]]",
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path)
    run_probes(world)
    pages = [ada.get(path).text for path in (page, f"{page}/edit", f"/t/{world.a.slug}/connections", "/settings/audit")]
    pages.append(ada.get(f"/t/{world.a.slug}/audit").text)
    pages.append(post(ada, f"{page}/edit", form(tmp_path, set_port="no number")).text)
    tables = owner_db.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    rows = [str(owner_db.execute(f'SELECT coalesce(string_agg(t::text, chr(10)), \'\') FROM "{name}" t').fetchone())
            for (name,) in tables]  # fmt: skip
    out, err = capfd.readouterr()
    plain = SECRET.encode()
    traces = {SECRET, quote(SECRET), base64.b64encode(plain).decode(), plain.hex(), SECRET.encode("utf-16-le").hex()}
    for where in (*pages, *rows, out, err, caplog.text):
        assert not [trace for trace in traces if trace in where]


def test_it_opens_a_secret_for_a_worker_alone_and_at_its_place_alone(app: Flask, world: World, tmp_path: Path) -> None:
    connect(world.sign_in(app, world.ada), world, tmp_path)
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id), pytest.raises(ScopeError):
        open_secrets(session().scalars(select(ErpConnection)).one())
    with tenant_scope(world.a.id, SYSTEM):
        row = session().scalars(select(SealedSecret)).one()
        row.field = "another"
    with tenant_scope(world.a.id, SYSTEM), pytest.raises(CannotOpen):
        open_secrets(session().scalars(select(ErpConnection)).one())


def test_it_knows_every_sealed_column(owner_db: "psycopg.Connection[tuple[object, ...]]") -> None:
    known = {f"{column.table.name}.{column.name}" for column in sealed_columns()}
    assert {"sealed_secret.sealed", "person.totp_secret", "person.totp_pending"} <= known
    named = owner_db.execute(
        "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT attisdropped "
        "AND attname ~ '(sealed|secret|pending)' AND atttypid = 'bytea'::regtype"
    ).fetchall()
    assert {name for (name,) in named} <= known


def test_it_queues_one_probe_at_a_time(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path)
    for _ in range(3):
        assert post(ada, f"{page}/probe").status_code == 303
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert len(session().scalars(select(Job).where(Job.kind == "probe")).all()) == 1


def test_it_removes_a_connection_with_its_secrets(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path)
    assert post(ada, f"{page}/remove", {"reason": ""}).status_code == 422
    assert post(ada, f"{page}/remove", {"reason": "replaced"}).status_code == 303
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert session().scalars(select(SealedSecret)).all() == []


def test_what_was_open_about_a_removed_connection_ends_and_stays_on_record(
    app: Flask, world: World, tmp_path: Path
) -> None:
    ada, at = world.sign_in(app, world.ada), datetime.now(UTC)
    page = connect(ada, world, tmp_path)
    number = int(page.rsplit("/", 1)[1])
    with tenant_scope(world.a.id, SYSTEM):
        kept = {"check": "db.up", "severity": "crit", "opened_at": at, "changed_at": at}
        session().add(Incident(connection_id=number, subject="", **kept))
    assert post(ada, f"{page}/remove", {"reason": "replaced"}).status_code == 303
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        (incident,) = session().scalars(select(Incident)).all()
    assert incident.connection_id is None
    assert incident.resolved_at is not None


@pytest.mark.parametrize("person", ["ben", "cai"])
def test_it_is_not_there_for_others(app: Flask, world: World, tmp_path: Path, person: str) -> None:
    page = connect(world.sign_in(app, world.ada), world, tmp_path)
    other = world.sign_in(app, getattr(world, person))
    for path in (page, f"{page}/edit", f"{page}/probe", f"{page}/probe.json", f"{page}/probe/steps"):
        assert other.get(path).status_code == 404
    for path in ("edit", "probe", "accept", "remove", "enabled"):
        assert post(other, f"{page}/{path}", form(tmp_path)).status_code == 404
    engineer = world.sign_in(app, world.somebody("assistant"))
    assert engineer.get(page).status_code == 200
    assert engineer.get(f"{page}/edit").status_code == 404
