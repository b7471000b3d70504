"""What dies is started again; whatever ends the supervisor, nothing of it is left running."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service_desk.running.guard import alive
from service_desk.running.supervisor import wait_before
from tests.conftest import ROOT

# A child that has a child of its own in a group of its own, as a worker has; both say who they are.
CHILD = """
import os, time
pid = os.fork()
if pid == 0:
    os.setpgrp()
os.write({pipe}, f"{{os.getpid()}}\\n".encode())
time.sleep(600)
"""
PROGRAM = """
import os, sys
from pathlib import Path
from service_desk.running.supervisor import Child, Supervisor
import subprocess
def start():
    return subprocess.Popen([sys.executable, "-c", {child!r}], pass_fds=[{pipe}], start_new_session=True)
with Supervisor(lambda line: None) as supervisor:
    supervisor.add(Child("sleeper", start, patience=5))
    supervisor.run()
"""


@contextmanager
def supervisor() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A supervisor with one child, and the pipe in which its processes say their ids."""
    reading, writing = os.pipe()
    program = PROGRAM.format(child=CHILD.format(pipe=writing), pipe=writing)
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, pass_fds=[writing])
    os.close(writing)
    try:
        yield process, reading
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        while os.read(reading, 4096):  # Ends when the last process that holds the pipe has ended.
            pass
        os.close(reading)


def two_pids(reading: int) -> list[int]:
    """The ids of the child and of its own child, as soon as both have said them."""
    said = b""
    while said.count(b"\n") < 2:
        assert select.select([reading], [], [], 20)[0], "the children did not start"
        said += os.read(reading, 4096)
    return [int(line) for line in said.split()]


def gone(reading: int) -> bool:
    """True once every process that holds the pipe has ended."""
    while select.select([reading], [], [], 20)[0]:
        if not os.read(reading, 4096):
            return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_leaves_nothing_running(number: signal.Signals) -> None:
    with supervisor() as (process, reading):
        two_pids(reading)
        process.send_signal(number)
        assert process.wait(20) == (-9 if number == signal.SIGKILL else 0)
        assert gone(reading)


def test_it_starts_again_what_was_killed_with_its_children() -> None:
    with supervisor() as (_, reading):
        first = two_pids(reading)
        os.kill(min(first), signal.SIGKILL)
        second = two_pids(reading)
        assert not set(first) & set(second)
        assert not any(map(alive, first))


def test_it_waits_longer_after_each_failure_and_no_longer_than_half_a_minute() -> None:
    waits = [wait_before(failures) for failures in range(12)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert waits[-1] == 30


def test_it_runs_the_guard_without_anything_of_ours() -> None:
    guard = Path(ROOT / "service_desk" / "running" / "guard.py")
    done = subprocess.run([sys.executable, "-I", "-S", str(guard)], input=b"", check=False, timeout=20)
    assert done.returncode == 0
