"""The folder in which an agent keeps what it must not lose: who it is, its secrets, its plan, what it has to hand over.

Every file is written beside its old self and then put in its place, so that a machine that is switched off in the
middle leaves the old one whole. Only the account that runs the agent may read the folder.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any


class Unsafe(Exception):
    """Others may read what must stay with us; the text says what to do."""


def usual_home() -> Path:
    """Where an agent keeps its files unless told otherwise."""
    if os.name == "nt":
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
            self.folder.mkdir(parents=True, mode=0o700)
            close(self.folder)
            return
        # Whoever could put it there before us would read the secrets that are typed into it.
        if os.name != "nt" and self.folder.stat().st_uid != os.geteuid():
            raise Unsafe(f"{self.folder} belongs to somebody else: take another --home")
        must_be_closed(self.folder)

    def read(self, name: str) -> dict[str, Any]:
        """What a file holds; nothing when it is not there or was not written by us."""
        try:
            found = json.loads((self.folder / name).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, data: dict[str, Any]) -> None:
        """Put new content in a file's place, or leave the old."""
        write(self.folder / name, json.dumps(data, ensure_ascii=False).encode())

    def forget(self, name: str) -> None:
        """Take a file away if it is there."""
        with suppress(FileNotFoundError):
            (self.folder / name).unlink()

    def alone(self) -> IO[bytes]:
        """Hold the folder for this process; keep what is returned. Raises OSError while another agent holds it."""
        self.make()
        held = (self.folder / "lock").open("ab")
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - each system has its own lock

            held.seek(0)
            msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return held


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; only its owner may read it."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(number, "wb") as sink:
            sink.write(data)
            sink.flush()
            os.fsync(sink.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def close(path: Path) -> None:
    """Leave it to this account and the administrators alone. On Windows that is a list of rights, handed down."""
    if os.name != "nt":
        path.chmod(0o700 if path.is_dir() else 0o600)
        return
    rights = "(OI)(CI)F" if path.is_dir() else "F"
    who = [f"*S-1-5-18:{rights}", f"*S-1-5-32-544:{rights}", f"{os.environ.get('USERNAME', '')}:{rights}"]
    told = ["icacls", str(path), "/inheritance:r", "/grant:r", *who]
    subprocess.run(told, check=True, capture_output=True)  # noqa: S603 - Windows' own tool with our own words


def must_be_closed(path: Path) -> None:
    """Raise Unsafe when somebody else may read this file."""
    if os.name == "nt":
        if others := open_to(_rights(path)):
            raise Unsafe(f"{path} can be read by {', '.join(others)}: take that right away first (icacls)")
    elif path.stat().st_mode & 0o077:
        mode = 700 if path.is_dir() else 600
        raise Unsafe(f"{path} can be read by others: run chmod {mode} {path} first")


def _rights(path: Path) -> str:
    """The rights on a file of Windows in its own notation (SDDL), which is the same in every language."""
    told = ["powershell", "-NoProfile", "-NonInteractive", "-Command", "(Get-Acl -LiteralPath $env:AGENT_FILE).Sddl"]
    env = {**os.environ, "AGENT_FILE": str(path)}
    done = subprocess.run(told, check=True, capture_output=True, env=env)  # noqa: S603 - Windows' own tool
    return done.stdout.decode("ascii", "replace")


# Groups that hold more than the administrators and the one who runs the agent, by their mark in SDDL.
EVERYBODY = {"WD": "Everyone", "BU": "Users", "AU": "Authenticated Users", "IU": "Interactive", "DU": "Domain Users"}


def open_to(sddl: str) -> list[str]:
    """The groups of many people that these rights let in."""
    allowed = re.findall(r"\(A;[^;]*;[^;]*;[^;]*;[^;]*;(\w+)\)", sddl)
    return [name for mark, name in EVERYBODY.items() if mark in allowed]
