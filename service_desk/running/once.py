"""One desk at a time for each installation: the lock, and where the one that runs answers."""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

HOME = Path(__file__).resolve().parents[2] / "var"


@contextmanager
def only_one(home: Path = HOME) -> Iterator[IO[str]]:
    """Hold the installation for this process and its guard; a second start says where the first one answers."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "running.lock").open("w") as lock:
        deadline = time.monotonic() + 30
        while not _locked(lock):
            if (address := running_at(home)) or time.monotonic() > deadline:
                print(f"It is running already / 已经在运行：{address or home}")
                sys.exit(0 if address else 1)
            time.sleep(0.2)  # The guard of one that was killed is still putting things away.
        yield lock


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def running_at(home: Path) -> str | None:
    """The address of the desk that runs here, or None."""
    try:
        seen = json.loads((home / "running.json").read_text())
        os.kill(seen["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(seen["address"])
