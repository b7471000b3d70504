"""A probe under way shows what it knows: the steps so far, never those of an earlier attempt."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations.connections import keep_walk
from service_desk.tenants.probe_page import Walk, under_way
from tests.tenants.erp import connect, run_probes
from tests.world import World

OK = {"name": "name", "state": "ok", "reason": None, "params": {}, "detail": {"address": "127.0.0.1"}, "field": None,
      "right": None, "grant": None}  # fmt: skip


class Silent:
    """A server that accepts and says nothing until it is let go; then it hangs up."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._listener.accept()[0].close()  # the step that only dials
        with self._listener.accept()[0]:
            self.let_go.wait(30)

    def close(self) -> None:
        self.let_go.set()
        self._thread.join(5)
        self._listener.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    """A real server that is slow for as long as the test wants."""
    server = Silent()
    yield server
    server.close()


def _seen(browser: FlaskClient, page: str) -> dict[str, Any]:
    """What both live addresses say now."""
    state = browser.get(f"{page}/probe.json").json
    assert state is not None
    return {**state, "steps": browser.get(f"{page}/probe/steps").text}


def _seen_until(browser: FlaskClient, page: str, words: str) -> dict[str, Any]:
    """The first answer that names this step as the one looked at; a transaction that commits rings no bell."""
    end, pause = time.monotonic() + 20, threading.Event()
    while words not in (seen := _seen(browser, page))["doing"]:
        assert time.monotonic() < end, seen
        pause.wait(0.05)
    return seen


def _row(world: World) -> ErpConnection:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return session().scalars(select(ErpConnection)).one()


def test_it_shows_the_first_steps_while_the_server_keeps_silent(
    app: Flask, world: World, tmp_path: Path, silent: Silent
) -> None:
    ada = world.sign_in(app, world.ada)
    ada.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = connect(ada, world, tmp_path, set_driver="FreeTDS", set_port=str(silent.port))
    assert _seen(ada, page)["steps"].count("to come") == 9
    worker = threading.Thread(target=run_probes, args=(world,))
    worker.start()
    seen = _seen_until(ada, page, "Encryption")
    assert not silent.let_go.is_set()
    assert (seen["state"], seen["percent"]) == ("running", 25)
    assert seen["steps"].count('<li class="ok"') == 2
    assert "127.0.0.1" in seen["steps"]
    assert seen["steps"].count("to come") == 7
    assert "Not probed yet" in ada.get(page).text  # nothing is judged before the end
    silent.let_go.set()
    worker.join(20)
    assert _seen(ada, page)["state"] == "done"
    kept = _row(world).probe
    assert kept is not None
    assert [(step["name"], step["reason"]) for step in kept["steps"]][-1] == ("tls", "wrong_protocol")
    assert Walk.KEY not in kept


def _keep(world: World, found: Walk) -> None:
    connection = _row(world).id
    with tenant_scope(world.a.id, SYSTEM):
        keep_walk(connection, found)


def test_it_keeps_the_last_result_until_the_new_one_is_there(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    ada.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = connect(ada, world, tmp_path)
    run_probes(world)
    before = _row(world).probe or {}
    _keep(world, Walk(job=9, attempt=1, steps=[{**OK, "state": "failed", "reason": "unknown_name"}]))
    after = _row(world).probe or {}
    assert {name: after[name] for name in before} == before
    assert "Readable, read-only" in ada.get(page).text


def test_an_attempt_that_was_overtaken_adds_nothing(app: Flask, world: World, tmp_path: Path) -> None:
    connect(world.sign_in(app, world.ada), world, tmp_path)
    _keep(world, Walk(job=9, attempt=2, steps=[OK]))
    _keep(world, Walk(job=9, attempt=1, steps=[OK, OK]))
    assert Walk.kept_in(_row(world).probe) == Walk(job=9, attempt=2, steps=[OK])


@pytest.mark.parametrize(("job", "attempt", "shown"), [(9, 2, 1), (9, 1, 0), (8, 2, 0)])
def test_it_shows_the_very_attempt_alone(job: int, attempt: int, shown: int) -> None:
    lines = under_way(Walk(job=9, attempt=2, steps=[OK]), job, attempt, lambda reason, _: reason)
    assert [line.state for line in lines] == ["ok"] * shown + ["coming"] * (9 - shown)
