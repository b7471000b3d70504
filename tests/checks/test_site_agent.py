"""The real agent, as the one file it is, run by a bare Python against the real desk on loopback and a U8 on TDS."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from connectors.agent.build import build
from connectors.yonyou_u8 import YonyouU8
from service_desk.checks.models import CheckPlan, CheckState, PushSeen
from service_desk.running.demo import u8_fixture
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection, SealedSecret, SiteAgent
from service_desk.tenants.operations import agents as enrolment
from tests.checks.reports import a_code, a_connection, given_to
from tests.connectors.over_tds import FixtureServer
from tests.connectors.tds_server import TdsServer
from tests.world import World

pytestmark = [pytest.mark.enable_socket, pytest.mark.xdist_group("site_agent")]
PASSWORD = "correct-horse-7"
BARE = getattr(sys, "_base_executable", sys.executable)  # without the packages of the desk


class Desk:
    """The desk, served on loopback; it can be taken away and come back at the same address."""

    def __init__(self, app: Flask) -> None:
        def named(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
            return app.wsgi_app({**environ, "HTTP_HOST": "desk.test"}, start)

        self.app, self.port, self.seen = named, 0, 0
        self.come()

    def come(self) -> None:
        """Serve, at the same port as before."""
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def go(self) -> None:
        """Be away: the port is closed."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    """The desk, there."""
    made = Desk(app)
    yield made
    made.go()


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one file, as the page gives it."""
    path = tmp_path_factory.mktemp("agent") / "agent.pyz"
    path.write_bytes(build()[0])
    return path


@pytest.fixture
def erp(tmp_path: Path) -> Iterator[TdsServer]:
    """A U8 behind SQL Server's protocol."""
    u8_fixture.build(tmp_path / "u8", u8_fixture.Faults())
    with TdsServer(answer=FixtureServer(tmp_path / "u8", YonyouU8.statements)) as server:
        yield server


@pytest.fixture
def agent(file: Path, tmp_path: Path, desk: Desk) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of the agent to its end."""

    def run(*told: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        command = [BARE, "-I", str(file), "--home", str(tmp_path / "home"), *told]
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, env=env, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


def home_file(tmp_path: Path, name: str) -> Any:
    return json.loads((tmp_path / "home" / name).read_text("utf-8"))


def states(world: World) -> dict[tuple[str, str], CheckState]:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return {(row.check, row.subject): row for row in session().query(CheckState)}


def all_due(tmp_path: Path, world: World) -> None:
    """As if the last looks lay long ago."""
    with tenant_scope(world.a.id, SYSTEM):
        session().query(CheckPlan).update({"next_run_at": datetime.now(UTC) - timedelta(seconds=1)})
    state, plan = home_file(tmp_path, "state.json"), home_file(tmp_path, "plan.json")
    for rhythm in plan["connections"][0]["kinds"].values():
        rhythm["in_s"] = -1
    (tmp_path / "home" / "plan.json").write_text(json.dumps(plan), "utf-8")
    (tmp_path / "home" / "state.json").write_text(json.dumps({**state, "last": {}}), "utf-8")


def queued(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home" / "queue").glob("*.json"))


def test_it_lives_a_life(  # noqa: PLR0915 - a life is long
    agent: Callable[..., Any], desk: Desk, erp: TdsServer, world: World, tmp_path: Path, owner_db: Any
) -> None:
    # It enrols, and nobody else can with that code.
    code = a_code(world, world.a)
    told = agent("enrol", f"http://127.0.0.1:{desk.port}", code).stdout
    assert "机房" in told
    assert world.a.name in told
    assert "code is not known" in agent("enrol", f"http://127.0.0.1:{desk.port}", code, status=1).stderr
    who = home_file(tmp_path, "agent.json")
    assert ((tmp_path / "home" / "agent.json").stat().st_mode & 0o777, (tmp_path / "home").stat().st_mode & 0o777) == (
        0o600, 0o700,
    )  # fmt: skip
    settings = {"host": "127.0.0.1", "port": erp.port, "user": "reader", "driver": "FreeTDS", "encryption": "off"}
    number = a_connection(world, world.a, settings)
    given_to(world.a, number, who["agent"])

    # Without its secret it does not log in, and says so.
    agent("run", "--once")
    assert erp.logins == []
    assert states(world)["db.up", ""].reason == "agent_secrets"

    # The secret is read from a file that only its owner can read, and stays there.
    given = tmp_path / "secrets.json"
    given.write_text(json.dumps({str(number): {"password": PASSWORD}}), "utf-8")
    given.chmod(0o644)
    assert "chmod 600" in agent("secrets", "--file", str(given), status=1).stderr
    given.chmod(0o600)
    assert "Kept for U8" in agent("secrets", "--file", str(given)).stdout
    agent("run", "--once")
    assert erp.logins == [("reader", PASSWORD)]
    all_due(tmp_path, world)
    agent("run", "--once")
    found = states(world)
    assert found["db.up", ""].state == "ok"
    assert found["bak.full.age", "UFSystem"].state in ("ok", "warn")
    assert queued(tmp_path) == []
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert session().query(SealedSecret).count() == 0
        assert session().get_one(SiteAgent, (world.a.id, who["agent"])).version == build()[1]
    assert PASSWORD not in str(owner_db.execute("SELECT string_agg(c::text, '') FROM erp_connection c").fetchall())

    # The line is down: it goes on looking, and keeps what it saw, over a restart.
    desk.go()
    for _ in range(2):
        all_due(tmp_path, world)
        agent("run", "--once")
    assert len(queued(tmp_path)) == 2
    before = states(world)["db.up", ""].seen_at
    (tmp_path / "home" / "queue" / "000000000000.json").write_text("{ half a", "utf-8")

    # It is back: everything is handed over, dated by when it was seen, and once.
    desk.come()
    agent("run", "--once")
    assert queued(tmp_path) == []
    after = states(world)["db.up", ""]
    assert before < after.seen_at < after.received_at
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert session().query(PushSeen).count() == 5

    # A wrong password is tried once, whatever happens, until it is typed again.
    erp.users["reader"], logins = "changed-meanwhile", len(erp.logins)
    for _ in range(2):
        all_due(tmp_path, world)
        agent("run", "--once")
    assert len(erp.logins) == logins + 1
    assert states(world)["bak.full.age", "UFSystem"].reason in ("waiting", "wrong_password")

    # The desk points the connection elsewhere: the secret is not sent there.
    with TdsServer(answer=lambda _: None) as elsewhere:
        with tenant_scope(world.a.id, SYSTEM):
            row = session().get_one(ErpConnection, (world.a.id, number))
            row.settings = {**row.settings, "port": elsewhere.port}
        all_due(tmp_path, world)
        agent("run", "--once")
        assert elsewhere.logins == []
    assert "LACKS ITS SECRETS" in agent("status").stdout

    # Revoked, it stops by itself and reads no more.
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        agent_row = session().get_one(SiteAgent, (world.a.id, who["agent"]))
        enrolment.revoke_agent(agent_row, datetime.now(UTC))
    all_due(tmp_path, world)
    assert "does not know this agent any more" in agent("run", "--once", status=3).stderr
    assert PASSWORD not in (tmp_path / "home" / "agent.log").read_text("utf-8")


def test_it_never_speaks_in_the_clear_or_to_somebody_unproved(
    agent: Callable[..., Any], tmp_path: Path, world: World
) -> None:
    import ssl

    from tests.connectors.certificates import self_signed

    assert "https" in agent("enrol", "http://desk.example.com", "x", status=1).stderr
    heard: list[bytes] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        heard.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start("201 Created", [("Content-Type", "application/json")])
        return [b'{"v":1,"agent":1,"name":"x","client":"y","token":"t"}']

    certificate = self_signed(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = make_server("127.0.0.1", 0, app, ssl_context=context)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        url = f"https://127.0.0.1:{server.server_port}"
        assert "CERTIFICATE_VERIFY_FAILED" in agent("enrol", url, "SECRET-CODE", status=1).stderr
        assert heard == []
        agent("enrol", url, "SECRET-CODE", "--ca", str(certificate))
        assert b"SECRET-CODE" in heard[0]
    finally:
        server.shutdown()
        server.server_close()


def test_two_do_not_run_over_one_folder_and_it_prints_what_starts_it(
    agent: Callable[..., Any], tmp_path: Path, desk: Desk, world: World
) -> None:
    import fcntl

    agent("enrol", f"http://127.0.0.1:{desk.port}", a_code(world, world.a))
    with (tmp_path / "home" / "lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another agent" in agent("run", "--once", status=1).stderr
    unit, task = agent("service", "linux").stdout, agent("service", "windows").stdout
    assert f"--home {tmp_path / 'home'} run" in unit
    assert "RestartPreventExitStatus=3" in unit
    assert "Unregister-ScheduledTask" in task


def test_the_file_is_the_same_from_the_same_sources_and_holds_only_what_it_needs(
    client: FlaskClient, app: Flask, world: World, file: Path
) -> None:
    import zipfile

    build.cache_clear()
    once = build()
    build.cache_clear()
    assert build() == once
    names = zipfile.ZipFile(file).namelist()
    assert not [name for name in names if name.startswith("service_desk") or name.endswith((".so", ".pyd", ".pyc"))]
    assert {"__main__.py", "pytds/tds_session.py", "connectors/statements/yonyou_u8.toml"} <= set(names)
    assert {"pytds/LICENSE.txt", "pymysql/LICENSE", "prometheus_client/LICENSE"} <= set(names)
    browser = world.sign_in(app, world.ada)
    page = browser.get(f"/t/{world.a.slug}/connections/agents").get_data(as_text=True)
    answer = browser.get(f"/t/{world.a.slug}/connections/agents/file")
    assert hashlib.sha256(answer.data).hexdigest() in page
    assert answer.headers["Content-Disposition"] == "attachment; filename=agent.pyz"


def test_every_connector_that_needs_no_driver_loads_from_the_file(file: Path) -> None:
    done = subprocess.run([BARE, "-I", str(file), "kinds"], capture_output=True, text=True, timeout=60, check=False)
    lines = [line.split(None, 1) for line in done.stdout.splitlines()]
    assert {"yonyou_u8", "kingdee_k3", "sqlserver", "mysql", "host", "machine"} <= {
        what for word, what in lines if word == "ok"
    }
    # What is missing is a driver that a client may put beside it, never a file of ours.
    assert not [what for word, what in lines if word != "ok" and ("'connectors" in what or word == "BROKEN")]


def test_it_goes_on_between_turns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The loop itself, with a clock of the test's: what is due when, and how it waits while nobody answers."""
    from connectors.agent import looking
    from connectors.agent.desk import Desk as Wire
    from connectors.agent.desk import Unreachable
    from connectors.agent.home import Home
    from connectors.agent.turns import Agent
    from connectors.agent.waiting import Waiting

    clock, asked, pushed = [1_800_000_000.0], [0], []

    class Away(Wire):
        there = False

        def ask(self, what: str, payload: dict[str, Any]) -> dict[str, Any]:
            asked[0] += 1
            if not self.there:
                raise Unreachable("away")
            if what == "push":
                pushed.append(payload)
            kinds = {"cpu": {"every_s": 300, "in_s": -1}, "memory": {"every_s": 60, "in_s": 50}}
            machine = {"id": 7, "name": "M", "kind": "machine", "settings": {}, "probe": False}
            together = [["cpu", "memory", "waits"]]
            return {"every_s": 60, "connections": [{**machine, "kinds": kinds, "together": together}]}

    home = Home(tmp_path / "home")
    home.make()
    wire = Away("http://127.0.0.1:1", "t")
    one = Agent(home, wire, now=lambda: clock[0])
    monkeypatch.setattr(
        looking, "collected", lambda _home, _one, kinds: [{"kind": kind, "facts": []} for kind in kinds]
    )

    waits = []
    for _ in range(9):
        one.turn()
        waits.append(one.backoff.until - clock[0])
        clock[0] = one.backoff.until + 0.1
    assert asked[0] == 9
    assert waits[-1] > 100
    assert max(waits) <= 300

    wire.there = True
    one.turn()
    assert [[look["kind"] for look in push["looks"]] for push in pushed] == [["reachable", "cpu", "memory"]]
    one.turn()
    assert len(pushed) == 1, "the desk still says that it is due, but it was just looked for"
    wire.there = False
    for _ in range(4):
        clock[0] += 301
        one.turn()
    assert len(one.waiting) == 4
    again = Agent(home, wire, now=lambda: clock[0])
    assert len(again.waiting) == 4
    wire.there = True
    again.backoff.worked()
    again.turn()
    ids = [push["id"] for push in pushed]
    assert len(ids) == len(set(ids)) >= 5

    small = Waiting(tmp_path / "small", most=3)
    assert [small.add({"n": n}) for n in range(5)] == [0, 0, 0, 1, 1]
    first = small.first()
    assert first is not None
    assert first[1] == {"n": 2}
