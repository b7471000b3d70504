"""The parent's side: a child is bounded in time, ended when it hangs, and leaves no trace of a password."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors
from connectors.ask import Request, ask
from connectors.steps import Step
from tests.connectors.conftest import PASSWORD, u8_fixture_request, u8_request
from tests.connectors.over_tds import FixtureServer
from tests.connectors.tds_server import Hang, TdsServer

ROOT = Path(connectors.__file__).parent.parent


@pytest.fixture
def silent_port(socket_enabled: None) -> Iterator[int]:
    """A server that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_it_ends_a_child_that_hangs_and_calls_it_a_hang(silent_port: int) -> None:
    start = time.monotonic()
    answer = ask(u8_request(silent_port, kinds=["reachable", "stock"]), deadline=1.5)
    assert time.monotonic() - start < 6
    assert answer.error is not None
    assert answer.error.reason == "hang"
    up, stock = answer.looks
    # A server that answers nobody is down; what it holds is unknown.
    assert (up.kind, up.facts[0].up, up.facts[0].reason) == ("reachable", False, "hang")  # type: ignore[attr-defined]
    assert stock.unknown is not None
    assert stock.unknown.reason == "hang"


def test_it_keeps_what_was_seen_before_the_hang(sql_server: TdsServer, u8_server: FixtureServer) -> None:
    u8_server.instead["stock"] = Hang()
    answer = ask(u8_request(sql_server.port, kinds=["reachable", "users", "stock", "periods"]), deadline=4)
    found = {look.kind: look for look in answer.looks}
    assert found["reachable"].facts
    assert found["users"].facts
    unknown = [found[kind].unknown for kind in ("stock", "periods")]
    assert [one and one.reason for one in unknown] == ["hang", "hang"]


def test_half_of_a_kind_with_two_readers_is_not_the_whole(sql_server: TdsServer, u8_server: FixtureServer) -> None:
    u8_server.instead["held_rights"] = Hang()
    answer = ask(u8_request(sql_server.port, kinds=["grants", "seats"]), deadline=3)
    told = [(look.kind, bool(look.facts), look.unknown and look.unknown.reason) for look in answer.looks]
    # Rights on the server were seen, those in the ERP were not; that must not pass for all there are.
    assert sorted(told, key=str) == [("grants", False, "hang"), ("grants", True, None), ("seats", True, None)]


def test_it_tells_each_step_before_the_end(socket_enabled: None) -> None:
    greeted, told = threading.Event(), list[tuple[str, bool]]()

    def serve() -> None:
        listener.accept()[0].close()  # the step that only dials
        with listener.accept()[0] as wire:
            wire.recv(64)
            greeted.wait(20)  # silent until the test has seen what it waits for

    def on_step(step: Step) -> None:
        told.append((step.name, greeted.is_set()))
        if step.name == "tcp":
            greeted.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        answer = ask(u8_request(listener.getsockname()[1], op="probe"), on_step=on_step)
        server.join()
    assert told == [("name", False), ("tcp", False), ("tls", True)]
    assert [step.name for step in answer.steps] == ["name", "tcp", "tls"]
    assert answer.steps[-1].reason == "wrong_protocol"


def test_what_a_listener_raises_ends_the_child(silent_port: int) -> None:
    def refuse(step: Step) -> None:
        raise LookupError(step.name)

    before = children()
    with pytest.raises(LookupError, match="name"):
        ask(u8_request(silent_port, op="probe"), on_step=refuse)
    assert children() == before


def test_it_leaves_no_process_behind(silent_port: int) -> None:
    before = children()
    ask(u8_request(silent_port, kinds=["reachable"]), deadline=1)
    assert children() == before


def children() -> set[str]:
    """The process ids of this process's children."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {process for task in tasks for process in task.read_text().split()}


def test_a_child_without_a_parent_ends_by_itself(silent_port: int) -> None:
    text = (
        '{"v":1,"op":"collect","kind":"tryton","settings":{"host":"127.0.0.1","port":%d,"database":"d","user":"u",'
        '"encryption":"off"},"secrets":{"password":"x"},"budget_seconds":-4,"allow_loopback":true,"kinds":["users"]}'
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "connectors.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdin
    child.stdin.write((text % silent_port).encode())
    child.stdin.close()
    assert child.wait(10) in (-signal.SIGALRM, 0)
    assert child.stdout
    child.stdout.close()


def test_a_password_travels_on_standard_input_alone(silent_port: int) -> None:
    seen: list[str] = []

    def watch() -> None:
        while not seen and worker.is_alive():
            seen.extend(process_texts(children() - before))

    before = children()
    worker = threading.Thread(target=ask, args=(u8_request(silent_port, kinds=["reachable"]), 3))
    worker.start()
    watch()
    worker.join()
    assert seen
    assert PASSWORD not in "".join(seen)
    assert "DATABASE_URL" not in "".join(seen)


def process_texts(processes: set[str]) -> list[str]:
    """Arguments and environment of processes that already run the child's code."""
    found = []
    for process in processes:
        try:
            line = Path(f"/proc/{process}/cmdline").read_text()
            if "connectors.child" in line:
                found += [line, Path(f"/proc/{process}/environ").read_text()]
        except OSError:
            continue
    return found


def test_it_passes_on_no_address_or_key_of_ours(monkeypatch: pytest.MonkeyPatch, silent_port: int) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://runtime:secret@127.0.0.1/desk")
    test_a_password_travels_on_standard_input_alone(silent_port)


def test_it_never_prints_its_secrets() -> None:
    assert PASSWORD not in repr(u8_request(1433))


def test_it_answers_an_unknown_kind() -> None:
    answer = ask(Request(op="collect", kind="abacus", settings={}, secrets={}, kinds=["stock"]))
    assert answer.error is not None
    assert answer.error.reason == "unknown_kind"
    assert answer.looks[0].unknown is not None


def test_it_reads_several_connections_at_once(sql_server: TdsServer, silent_port: int) -> None:
    slow = threading.Thread(target=ask, args=(u8_request(silent_port, kinds=["reachable"]), 4))
    slow.start()
    start = time.monotonic()
    answer = ask(u8_request(sql_server.port, kinds=["reachable"]))
    assert time.monotonic() - start < 3
    assert answer.error is None
    slow.join()


def test_a_broken_setting_is_named() -> None:
    answer = ask(u8_request("1433", op="probe"))  # type: ignore[arg-type]
    assert answer.error is not None
    assert (answer.error.reason, answer.error.field) == ("bad_settings", "port")


def test_a_fixture_is_refused_outside_the_demo(u8_folder: Path) -> None:
    answer = ask(u8_fixture_request(u8_folder, op="probe", allow_loopback=False))
    assert answer.steps[-1].reason == "forbidden_address"


@pytest.mark.parametrize("module", ["connectors.yonyou_u8", "connectors.tryton", "connectors.child", "connectors.ask"])
def test_it_stays_lean_and_imports_nothing_of_the_product(module: str) -> None:
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({"service_desk", "flask", "sqlalchemy", "rq", "redis", "sqlglot", "pyodbc", "asyncio"})
