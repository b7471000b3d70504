"""The last one out: ends what a supervisor leaves behind when it is itself killed.

Runs as `python -I guard.py`, reads `+pid signal` and `-pid` lines from a pipe that only the supervisor holds open for
writing. When the pipe closes, whatever is still listed is asked to end, in the reverse order of its start, and then
made to, with everything of its session. Standard library only, so that it is small.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable


def watch(lines: Iterable[str]) -> None:
    """Keep the list until the pipe closes, then end what is on it."""
    running: dict[int, int] = {}
    for line in lines:
        words = line.split()
        if line.startswith("+"):
            running[int(words[0])] = int(words[1])
        else:
            running.pop(-int(words[0]), None)
    for pid, number in reversed(running.items()):
        end(pid, number)


def end(pid: int, number: int, patience: float = 8.0) -> None:
    """Ask one process to end and wait; then kill what is left of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    until = time.monotonic() + patience
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    kill_session(pid)


def kill_session(leader: int) -> None:
    """Kill every process of the session this process leads or led: a worker's children form groups of their own."""
    for pid in pids():
        try:
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def pids() -> list[int]:
    """Every process there is: from /proc, else (macOS) from ps."""
    if os.path.isdir("/proc/self"):
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [int(word) for word in subprocess.check_output(["ps", "-axo", "pid="]).split()]


def alive(pid: int) -> bool:
    """True while this process runs; one that has ended and that nobody has asked about yet does not."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (ProcessLookupError, PermissionError) as error:
        return isinstance(error, PermissionError)
    except OSError:
        return not os.path.isdir("/proc/self")


if __name__ == "__main__":
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # It ends with its supervisor, not with the terminal.
    watch(sys.stdin)
