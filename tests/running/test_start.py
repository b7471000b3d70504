"""What a start need not wait for is not loaded by it, and what loads early waits for its word."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from service_desk import arriving
from service_desk.config import Config
from service_desk.running.supervisor import Child, Held, Supervisor
from tests.conftest import PASSWORD, ROOT, SCOPE_KEY

# Slow to import, and needed by one page or job of many; each of them once stood on the way to the first page.
LATER = {
    "alembic", "docx", "email_validator", "hypothesis", "markdown_it", "openpyxl", "psutil", "pyodbc",
    "sqlglot", "stripe", "valkey", "weasyprint", "xlsxwriter",
}  # fmt: skip
# The supervisor's own first step: it has to start the others before it loads anything of this size.
HEAVY = LATER | {"flask", "redis", "sqlalchemy", "structlog"}


def loaded_by(code: str, config: Config | None = None) -> set[str]:
    """The modules that a program of its own has imported after this code."""
    environ = dict(os.environ)
    if config is not None:
        environ |= {
            "DATABASE_URL": config.database_url,
            "REDIS_URL": config.redis_url,
            "SERVICE_DESK_SECRET_KEY": config.secret_key,
            "SERVICE_DESK_SCOPE_KEY": SCOPE_KEY,
            "SERVICE_DESK_CREDENTIAL_KEYS": f"test:{PASSWORD.encode().hex()[:64]}",
            "SERVICE_DESK_BASE_URL": config.base_url,
        }
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(json.loads(told))


def test_it_starts_without_what_only_one_page_or_job_needs(config: Config) -> None:
    loaded = loaded_by("import app, service_desk.running.worker, service_desk.running.clock", config)
    assert {"service_desk.billing.views", "service_desk.running.doctor"} <= loaded
    assert not LATER & loaded


def test_it_starts_the_servers_before_it_loads_much() -> None:
    assert not HEAVY & loaded_by("import service_desk.running.desk")


def test_it_collects_garbage_again_once_all_is_there() -> None:
    with arriving(), pytest.raises(RuntimeError, match="broken"), arriving():
        assert not gc.isenabled()
        raise RuntimeError("broken")
    assert gc.isenabled()


def test_it_never_looks_through_what_came_to_stay(config: Config) -> None:
    code = "import gc; from app import app; frozen = gc.get_freeze_count()\nassert frozen > 200_000, frozen"
    assert "app" in loaded_by(code, config)


WAITING = """
import sys
from service_desk.running.supervisor import wait_for_word
print("loaded", *sys.argv[1:], flush=True)
if sys.argv[1:]:
    wait_for_word()
print("begins", flush=True)
"""


def lines(log: Path, wanted: int) -> list[str]:
    """What the program has written, as soon as it is as much as this."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if log.exists() and len(said := log.read_text().splitlines()) >= wanted:
            return said
        time.sleep(0.02)
    raise AssertionError(f"it wrote {log.read_text()!r}")


def held(tmp_path: Path) -> Held:
    return Held([sys.executable, "-c", WAITING], {**os.environ, "PYTHONPATH": str(ROOT)}, tmp_path / "log")


def test_it_waits_loaded_until_it_is_told(tmp_path: Path) -> None:
    program = held(tmp_path)
    process = program.start()
    assert lines(program.log, 1) == ["loaded --held"]
    program.release()
    program.release()  # The word is given once; giving it again is harmless.
    assert process.wait(20) == 0
    assert program.log.read_text().splitlines() == ["loaded --held", "begins"]


def test_it_never_begins_when_nobody_is_left_to_tell_it(tmp_path: Path) -> None:
    program = held(tmp_path)
    process = program.start()
    assert program.ear is not None
    program.ear.close()
    assert process.wait(20) == 1
    assert lines(program.log, 1) == ["loaded --held"]


def test_it_goes_straight_on_when_it_is_started_again(tmp_path: Path) -> None:
    program = held(tmp_path)
    process = program.start()
    process.kill()
    process.wait()
    program.release()
    assert program.start().wait(20) == 0
    assert lines(program.log, 2)[-2:] == ["loaded", "begins"]


@pytest.fixture
def own_signals() -> Iterator[None]:
    """A supervisor takes the signals of its process for good; here they are given back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
def test_it_ends_what_outlives_the_others_last() -> None:
    ended: list[list[str]] = []

    class Told(Supervisor):
        def _end(self, children: Sequence[Child]) -> None:
            ended.append([child.name for child in children])
            super()._end(children)

    def sleep() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(["sleep", "600"], start_new_session=True)

    with Told(lambda _line: None) as supervisor:
        supervisor.add(Child("web", sleep))
        supervisor.add(Child("database", sleep, outlives=True))
        supervisor.add(Child("worker", sleep))
    assert ended == [["worker", "web"], ["database"]]


# A child that ends once it and the other one were asked to: who waits for one before asking the next waits in vain.
BOTH = """
mine, other = {mine!r}, {other!r}
import os, signal, time
def asked(*_):
    open(mine, 'w').close()
    while not os.path.exists(other):
        time.sleep(0.02)
    os._exit(0)
signal.signal(signal.SIGTERM, asked)
os.write({pipe}, b'.')
while True:
    signal.pause()
"""


@pytest.mark.usefixtures("own_signals")
def test_it_asks_all_that_stand_beside_each_other_at_once(tmp_path: Path) -> None:
    said: list[str] = []
    reading, writing = os.pipe()

    def start(mine: str, other: str) -> "subprocess.Popen[bytes]":
        program = BOTH.format(mine=str(tmp_path / mine), other=str(tmp_path / other), pipe=writing)
        return subprocess.Popen([sys.executable, "-c", program], pass_fds=[writing], start_new_session=True)

    with Supervisor(said.append) as supervisor:
        supervisor.add(Child("one", lambda: start("one", "two")))
        supervisor.add(Child("two", lambda: start("two", "one")))
        os.close(writing)
        ready = b""
        while len(ready) < 2:
            ready += os.read(reading, 2)
    os.close(reading)
    assert said == []
