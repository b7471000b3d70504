"""The folder in which an agent keeps what it must not lose: who it is, its secrets, its plan, what it has to hand over.

Every file is written beside its old self and then put in its place, so that a machine that is switched off in the
middle leaves the old one whole. Only the account that runs the agent may read the folder.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

from connectors.agent import rights

T = TypeVar("T")
# On Windows a file that somebody else has open can neither be replaced nor taken away: it is tried again for a second.
AGAIN_S = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4)


class Unsafe(Exception):
    """Others may read what must stay with us; the text says what to do."""


def usual_home() -> Path:
    """Where an agent keeps its files unless told otherwise."""
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "ServiceDeskAgent"
    if os.geteuid() == 0:
        return Path("/var/lib/service-desk-agent")
    return Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state")) / "service-desk-agent"


class Home:
    """One agent's folder; made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make the folder, closed to everybody else. Raises Unsafe for one that somebody else made or may open."""
        if not self.folder.is_dir():
            make_closed(self.folder)
            return
        # Whoever could put it there before us would read the secrets that are typed into it.
        if _is_foreign(self.folder):
            raise Unsafe(f"{self.folder} belongs to somebody else: take another --home")
        must_be_closed(self.folder)

    def read(self, name: str) -> dict[str, Any]:
        """What a file holds; nothing when it is not there or was not written by us.

        Raises OSError for one that is there and cannot be read: it must not be taken for empty and written anew.
        """
        try:
            found = json.loads(patiently(partial((self.folder / name).read_text, "utf-8")))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, data: dict[str, Any]) -> None:
        """Put new content in a file's place, or leave the old."""
        write(self.folder / name, json.dumps(data, ensure_ascii=False).encode())

    def forget(self, name: str) -> None:
        """Take a file away if it is there."""
        with suppress(FileNotFoundError):
            patiently((self.folder / name).unlink)

    def alone(self) -> IO[bytes]:
        """Hold the folder for this process; keep what is returned. Raises OSError while another agent holds it."""
        self.make()
        held = (self.folder / "lock").open("ab")
        try:
            _lock(held)
        except OSError:
            held.close()
            raise
        return held


def _lock(held: IO[bytes]) -> None:
    """Take the lock that ends with its holder. Raises OSError while another process has it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - each system has its own lock

        held.seek(0)
        msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


def patiently(act: Callable[[], T]) -> T:
    """Do something to a file; on Windows again while a scanner, a backup or another command has it open."""
    for wait in AGAIN_S if sys.platform == "win32" else ():
        try:
            return act()
        except PermissionError:
            time.sleep(wait)
    return act()


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; only its owner may read it."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(number, "wb") as sink:
            sink.write(data)
            sink.flush()
            os.fsync(sink.fileno())
        patiently(partial(Path(name).replace, path))
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def make_closed(folder: Path) -> None:
    """Make a folder that this account and the administrators alone may open, now and in every moment before."""
    if sys.platform == "win32":
        folder.parent.mkdir(parents=True, exist_ok=True)
        ours = None if rights.is_administrator() else rights.own_sid()
        rights.make_folder(folder, rights.closed_to_others(ours))
    else:
        folder.mkdir(parents=True, mode=0o700)
        folder.chmod(0o700)


def must_be_closed(path: Path) -> None:
    """Raise Unsafe when somebody else may read this file, or when it cannot be told who may."""
    if sys.platform == "win32":
        if others := _asked(path, rights.strangers):
            raise Unsafe(f"{path} can be read by {', '.join(others)}: take that right away first (icacls)")
    elif path.stat().st_mode & 0o077:
        mode = 700 if path.is_dir() else 600
        raise Unsafe(f"{path} can be read by others: run chmod {mode} {path} first")


def _is_foreign(path: Path) -> bool:
    """Whether a folder belongs to another account."""
    if sys.platform == "win32":
        return _asked(path, rights.foreign_owner) is not None
    return path.stat().st_uid != os.geteuid()


def _asked(path: Path, question: Callable[[str, str], T]) -> T:
    """What the rights on a file of Windows say. Raises Unsafe where they cannot be told."""
    try:
        return question(rights.told(path), rights.own_sid())
    except (rights.Untold, OSError) as error:
        raise Unsafe(f"who may read {path} cannot be told ({error}): take another --home") from None
