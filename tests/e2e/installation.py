"""A desk of its own in a folder of its own, started by the program behind `make demo` and ended with it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from service_desk.running.guard import alive, pids
from service_desk.running.installation import Installation
from service_desk.running.postgres import Cluster
from tests.conftest import ROOT

# On Linux it is asked to stop when the tests die without a word; elsewhere whoever killed them has to end it.
PROGRAM = """
import ctypes, os, signal, sys
from pathlib import Path
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
from service_desk.running.desk import demo
from service_desk.running.installation import Installation
demo(Installation(Path(sys.argv[1]), dict(os.environ)))
"""
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")  # nothing else of the tests' environment reaches the desk


@dataclass(frozen=True)
class Account:
    """Who may sign in at the demo, and with what."""

    email: str
    password: str
    role: str
    client: str


@dataclass(frozen=True)
class Desk:
    """A running installation: its folder, its address, its supervisor, and its database server."""

    home: Path
    url: str
    process: "subprocess.Popen[bytes]"
    cluster: Cluster

    def account(self, role: str, client: str = "") -> Account:
        """The demo's account with this role (at this client)."""
        kept = json.loads((self.home / "secrets" / "demo.json").read_text(encoding="utf-8"))
        return next(
            Account(one["email"], one["password"], role, one["client"])
            for one in kept
            if one["role"] == role and client in ("", one["client"])
        )

    @property
    def loaded_at(self) -> datetime:
        """When the whole history was written, and the workers had not started yet."""
        return datetime.fromtimestamp((self.home / "demo.loaded").stat().st_mtime, UTC)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """A superuser's look at all rows, to prove what was written. Never used to act."""
        with self.cluster.admin("service_desk") as connection:
            return connection.execute(statement.encode(), values or None).fetchall()

    def said(self) -> str:
        """What the supervisor printed, and the end of every log."""
        logs = sorted((self.home / "log").glob("*.log"))
        ends = [f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs]
        return "\n".join([(self.home / "said").read_text(errors="replace"), *ends])


@contextmanager
def running_desk(environ: Mapping[str, str] | None = None, *, patience: float = 110.0) -> Iterator[Desk]:
    """Start a scratch installation with the demo in it; end it, and see that nothing of it is left running."""
    home = Path(tempfile.mkdtemp(prefix="desk-"))
    home.chmod(0o755)  # The database server runs as a user of its own when the tests run as root.
    try:
        with _started(home, environ or {}) as process:
            yield _ready(home, process, patience)
        assert not (left := _left_behind(home)), f"still running: {left}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _started(home: Path, given: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ = {**kept, "PYTHONPATH": str(ROOT), "PORT": str(free_port()), **given}
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(home)],
            env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()


def _ready(home: Path, process: "subprocess.Popen[bytes]", patience: float) -> Desk:
    """Wait until it says where it answers."""
    deadline = time.monotonic() + patience
    running = home / "running.json"
    while not running.exists():
        said = (home / "said").read_text(errors="replace")
        assert process.poll() is None, f"the desk did not start:\n{said}"
        assert time.monotonic() < deadline, f"the desk takes longer than {patience} s:\n{said}"
        time.sleep(0.1)
    return Desk(home, json.loads(running.read_text())["address"], process, Installation(home, {}).cluster())


def _left_behind(home: Path) -> list[str]:
    """The command lines of whatever still runs out of this folder."""
    found = []
    for pid in pids():
        with suppress(OSError):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(home) in line + _environ_home(pid) and alive(pid):
                found.append(f"{pid} {line}")
    return found


def _environ_home(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rows(cluster: Cluster, statement: str) -> list[tuple[Any, ...]]:
    """One look at the database, or nothing while the server is away."""
    with suppress(psycopg.Error), cluster.admin("service_desk") as connection:
        return connection.execute(statement.encode()).fetchall()
    return []
