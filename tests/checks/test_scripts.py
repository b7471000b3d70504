"""Collector scripts: run for real where this system can, and held to their own kinds, connection and checks."""

import os
import re
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from connectors.facts import FACTS, Look
from service_desk.checks import operations
from service_desk.checks.catalog import CATALOG
from service_desk.checks.collectors import ADDRESS, SCRIPTS, fitting
from service_desk.checks.models import CheckPlan, CheckRun, CheckState
from service_desk.checks.operations import plans, scripts
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from tests.world import World, post


def keyed(world: World, kind: str, script: str) -> str:
    """A connection of client A with a key for this script, and everything it pushes switched on."""
    now = datetime.now(UTC)
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        row = ErpConnection(kind=kind, name=f"{kind} {script}", settings={}, created_at=now, road="push")
        session().add(row)
        session().flush()
        key = scripts.make_key(row, script, now)
        operations.propose_plans(row, scripts.kinds_pushed(row.id))
        operations.accept_plans(row)
        plans.switch_on(row.id, SCRIPTS[script].checks, now)
        return key


def states(world: World) -> dict[tuple[str, str], CheckState]:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return {(row.check, row.subject): row for row in session().query(CheckState)}


def push(browser: FlaskClient, key: str, kind: str, *facts: dict[str, Any], **more: Any) -> TestResponse:
    """Push as a script does."""
    at = datetime.now(UTC).isoformat()
    look = {"v": 1, "kind": kind, "seen_at": at, "facts": [{"seen_at": at, **fact} for fact in facts]}
    return browser.post(f"/push/{key}", json={"v": 1, "id": uuid.uuid4().hex, "sent_at": at, "looks": [look], **more})


@pytest.fixture
def served(app: Flask, socket_enabled: None) -> Iterator[str]:
    """The desk on loopback, as a script reaches it."""

    def named(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        return app.wsgi_app({**environ, "HTTP_HOST": "desk.test"}, start)

    server = make_server("127.0.0.1", 0, named)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ran(script: str, url: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script as it is handed out."""
    file = folder / script
    file.write_text(SCRIPTS[script].with_address(url), "utf-8")
    env = {"PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"], "LC_ALL": "C"}
    return subprocess.run(["sh", str(file)], capture_output=True, text=True, timeout=60, env=env, check=False)


def test_the_script_of_a_linux_machine_tells_of_this_one(served: str, world: World, tmp_path: Path) -> None:
    key = keyed(world, "machine", "linux_host.sh")
    done = ran("linux_host.sh", f"{served}/push/{key}", tmp_path)
    assert done.returncode == 0, done.stderr
    found = states(world)
    assert {"cpu", "mem.os", "host.push"} & {check for check, _ in found}
    assert {row.state for row in found.values()} <= {"ok", "warn", "crit", "unknown"}
    assert all(row.connection_id for row in found.values())
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        planned = set(session().scalars(select(CheckPlan.check)))
    assert "db.up" not in planned, "nobody asks this machine, so nothing is expected that no script tells"


@pytest.mark.parametrize(
    ("status", "text", "state"),
    [
        (0, "", "ok"),
        (2, 'btree index "erp.public.ix_vouchers":\n    ERROR:  item order invariant violated\n', "crit"),
        (1, "pg_amcheck: error: connection refused\n", "unknown"),
    ],
)
def test_the_index_check_tells_what_it_found_and_never_that_all_is_well_when_it_could_not_look(
    served: str, world: World, tmp_path: Path, status: int, text: str, state: str
) -> None:
    fake = tmp_path / "pg_amcheck"
    fake.write_text(f"#!/bin/sh\nprintf '%s' '{text}'\nexit {status}\n", "utf-8")
    fake.chmod(0o755)
    key = keyed(world, "postgresql", "postgres_amcheck.sh")
    done = ran("postgres_amcheck.sh", f"{served}/push/{key}", tmp_path, str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = states(world)
    assert {check for check, _ in found} == {"pg.amcheck"}
    (row,) = found.values()
    assert row.state == state
    if status == 2:
        assert "erp.public.ix_vouchers" in str(row.sentence_params)


def test_a_script_is_held_to_its_kinds_and_heard_once(client: FlaskClient, world: World) -> None:
    key = keyed(world, "sqlserver", "sqlserver_log.ps1")
    assert push(client, key, "users", {"login": "x", "enabled": True}).status_code == 422
    assert states(world) == {}
    fact = {"count": 500, "source": "192.0.2.9"}
    told = [push(client, key, "failed_logins", fact, id="only-one-time").get_json()["taken"] for _ in range(2)]
    assert told == [True, False]
    assert {check: row.state for (check, _), row in states(world).items()} == {"acl.failedlogin": "crit"}


def a_plan(world: World, kind: str, script: str) -> tuple[int, dict[str, int]]:
    """A connection that our own workers visit, with this script beside it: its id, and check -> plan."""
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        row = ErpConnection(kind=kind, name=f"{kind} read", settings={}, created_at=datetime.now(UTC))
        session().add(row)
        session().flush()
        operations.propose_plans(row)
        operations.accept_plans(row)
        scripts.make_key(row, script, datetime.now(UTC))
        found = session().scalars(select(CheckPlan).where(CheckPlan.connection_id == row.id, CheckPlan.enabled))
        return row.id, {plan.check: plan.id for plan in found}


def asked(world: World, connection_id: int, plan_ids: list[int]) -> tuple[str, ...] | None:
    """The checks that a visit for these plans asks for; None when it asks nothing."""
    now = datetime.now(UTC)
    with tenant_scope(world.a.id, SYSTEM):
        run = CheckRun(connection_id=connection_id, due_at=now, plan_ids=plan_ids, job_id=0)
        session().add(run)
        session().flush()
        visit = operations.begin_visit(run.id, 1, now)
        return visit.checks if visit is not None else None


def test_what_a_script_answers_is_asked_of_nobody_else(client: FlaskClient, world: World) -> None:
    """A visit would find that the system cannot tell, and every push after it that it can: an alarm every time."""
    number, made = a_plan(world, "sqlserver", "sqlserver_log.ps1")
    assert asked(world, number, [made["errlog"], made["db.up"], made["acl.failedlogin"]]) == ("db.up",)
    assert asked(world, number, [made["errlog"]]) is None
    with tenant_scope(world.a.id, SYSTEM):
        scripts.remove_key(number, "sqlserver_log.ps1")
    assert asked(world, number, [made["errlog"]]) == ("errlog",), "without a script it says that it cannot be told"


def test_an_erps_own_log_of_errors_says_nothing_of_indexes(client: FlaskClient, world: World) -> None:
    number, made = a_plan(world, "tryton", "postgres_amcheck.sh")
    assert asked(world, number, [made["pg.amcheck"], made["errlog"]]) == ("errlog",)
    now = datetime.now(UTC)
    with tenant_scope(world.a.id, SYSTEM):
        operations.push_looks(number, [Look(kind="errors", seen_at=now)], now)
    assert {check for check, _ in states(world)} == {"errlog"}
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        row = ErpConnection(kind="erpnext", name="next", settings={}, created_at=now)
        session().add(row)
        session().flush()
        assert "pg.amcheck" not in {plan.check for plan in operations.propose_plans(row)}


def test_an_address_that_is_not_known_or_was_taken_away_answers_nothing(
    app: Flask, client: FlaskClient, world: World
) -> None:
    key = keyed(world, "sqlserver", "sqlserver_passwords.ps1")
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        number = session().query(ErpConnection).one().id
    assert push(client, key, "weak_passwords", {"login": "sa", "why": "empty"}).status_code == 200
    browser = world.sign_in(app, world.ada)
    page = f"/t/{world.a.slug}/connections/{number}/scripts"
    assert key not in browser.get(page).get_data(as_text=True)
    fresh = post(browser, f"{page}/sqlserver_passwords.ps1")
    (found,) = set(re.findall(r"/push/([\w-]{32})", fresh.get_data(as_text=True)))
    assert push(client, key, "weak_passwords").status_code == 404
    assert push(client, found, "weak_passwords").status_code == 200
    assert post(browser, f"{page}/sqlserver_passwords.ps1/remove").status_code == 303
    assert push(client, found, "weak_passwords").status_code == 404
    assert push(client, "x" * 32, "weak_passwords").status_code == 404
    assert post(browser, f"{page}/linux_host.sh").status_code == 404


def test_more_than_a_script_ever_says_is_refused(client: FlaskClient, world: World) -> None:
    key = keyed(world, "sqlserver", "sqlserver_log.ps1")
    assert client.post(f"/push/{key}", data=b" " * 600_000).status_code == 413


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_pushes_what_it_says_in_words_that_facts_know(name: str) -> None:
    script = SCRIPTS[name]
    text = script.text
    assert ADDRESS in text
    assert set(re.findall(r"kind = '(\w+)'|look (\w+) ", text)) or "postgres" in name
    said = {
        kind
        for pair in re.findall(r"kind = '(\w+)'|^\s*look (\w+) |\"kind\":\"(errors)\"", text, re.M)
        for kind in pair
    }
    assert said - {""} == set(script.kinds)
    assert set(script.checks) <= set(CATALOG)
    known = {field.name for kind in script.kinds for field in fields(FACTS[kind])}
    for fact in re.findall(r"@\{ ?seen_at = \$at; ([^}]*)\}", text):
        assert set(re.findall(r"(\w+) = ", fact)) <= known, fact
    for bad in ("Invoke-Expression", "iex ", "DownloadString", "eval ", "UPDATE ", "DELETE ", "DROP ", "INSERT "):
        assert bad not in text.replace("DROP EXTENSION", "")
    for kind in script.systems:
        assert script in fitting(kind)


WINDOWS = pytest.mark.parametrize("name", [name for name in SCRIPTS if name.endswith(".ps1")])


@WINDOWS
def test_a_script_means_the_same_in_every_code_page_and_to_powershell_5(name: str) -> None:
    """Windows PowerShell takes a file without a mark for one of its machine's code page: in China cp936."""
    told = SCRIPTS[name].text
    assert told.isascii()
    code = "\n".join(line.partition("#")[0] for line in told.splitlines())
    for newer in ("&&", "||", "??", "?.", "-Parallel", "-AsHashtable", "-SkipCertificateCheck"):
        assert newer not in code, newer


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Error: 823, Severity: 24, State: 2.", ("823", "24")),
        ("错误: 823，严重性: 24，状态: 2。", ("823", "24")),
        ("错误：18456，严重性：14，状态：8。", ("18456", "14")),
    ],
)
def test_the_log_is_understood_in_both_languages(line: str, found: tuple[str, str]) -> None:
    numbered, sender = re.findall(r"^\$(?:numbered|sender) = '(.+)'$", SCRIPTS["sqlserver_log.ps1"].text, re.MULTILINE)
    match = re.search(numbered, line)
    assert match is not None
    assert match.groups() == found
    for client in ("[CLIENT: 192.0.2.7]", "[客户端: 192.0.2.7]", "[客户端：192.0.2.7]"):
        match = re.search(sender, f"Login failed for user 'sa'. {client}")
        assert match is not None
        assert match[1] == "192.0.2.7"


@WINDOWS
def test_nobody_else_may_change_what_a_task_of_windows_runs(name: str) -> None:
    made, closed, task = SCRIPTS[name].start.splitlines()
    assert made == r"mkdir C:\ServiceDesk"
    assert "/inheritance:r" in closed
    assert f"C:\\ServiceDesk\\{name}" in task
    account = task.partition("/RU ")[2].split()[0]
    assert account == "SYSTEM" or f'"{account}:(OI)(CI)RX"' in closed
