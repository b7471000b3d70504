"""A real Tryton 8 of our own, from PyPI, in its own environment: for the tests and for `TRYTON=1 make demo`.

Everything lies under one folder (usually `var`): `tryton-venv` the environment, `tryton/<key>` a prepared database,
made once for a month's data and then copied. The server listens on loopback only and is stopped by its own process.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "requirements-tryton.lock"
SEED = Path(__file__).with_name("tryton_seed.py")
DATABASE = "demo"
MODULES = ("company", "product", "stock", "account")
START_SECONDS = 40


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running Tryton: where it is, and a login that may only read."""

    process: "subprocess.Popen[bytes]"
    port: int
    passwords: Mapping[str, str]
    folder: Path
    host: str = "127.0.0.1"
    database: str = DATABASE
    user: str = "reader"

    @property
    def password(self) -> str:
        return self.passwords["reader"]

    def stop(self) -> None:
        """End the server by its own process, wait until it is gone, and remove its copy of the database."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def environment(folder: Path) -> Path:
    """The bin folder of Tryton's own environment, made from the locked list when it is missing or another one."""
    home = folder / "tryton-venv"
    stamp = home / "made-from"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(home)])
        _run([str(home / "bin" / "python"), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(LOCK)])
        stamp.write_text(wanted)
    return home / "bin"


def prepared(folder: Path) -> Path:
    """A folder with a filled database and its passwords, made once for this month's data."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "tryton.lock").open("w") as lock:
        # Two test workers may want it at once; the second finds it made.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _prepared(folder)


def _prepared(folder: Path) -> Path:
    programs = environment(folder)
    month = f"{datetime.now(UTC):%Y-%m}".encode()
    key = hashlib.sha256(LOCK.read_bytes() + SEED.read_bytes() + Path(__file__).read_bytes() + month).hexdigest()[:16]
    ready = folder / "tryton" / key
    if not ready.is_dir():
        shutil.rmtree(folder / "tryton", ignore_errors=True)
        # Only a finished folder gets its name, so a start that was interrupted leaves nothing half made.
        making = folder / "tryton" / f"{key}.{os.getpid()}"
        making.mkdir(parents=True)
        _make(making, programs)
        making.rename(ready)
    return ready


def _make(folder: Path, programs: Path) -> None:
    passwords = {name: secrets.token_urlsafe(18) for name in ("admin", "reader", "leaver")}
    (folder / "passwords.json").write_text(json.dumps(passwords))
    (folder / "passwords.json").chmod(0o600)
    (folder / "admin-password").write_text(passwords["admin"])
    (folder / f"{DATABASE}.sqlite").touch()
    conf = str(_configured(folder, 0))
    admin = [str(programs / "trytond-admin"), "-c", conf, "-d", DATABASE, "--email", "admin@example.com"]
    known = os.environ | {"TRYTONPASSFILE": str(folder / "admin-password")}
    _run([*admin, "-u", *MODULES, "--activate-dependencies"], env=known)
    told = json.dumps({name: passwords[name] for name in ("reader", "leaver")})
    _run([str(programs / "python"), str(SEED), conf, DATABASE], text=told)
    (folder / "admin-password").unlink()


def _configured(folder: Path, port: int) -> Path:
    conf = folder / "trytond.conf"
    conf.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n")
    return conf


def start(folder: Path, port: int | None = None) -> Server:
    """Start a server on a copy of the prepared database. `port`: None takes a free one. Waits until it answers.

    `folder` keeps environment and databases (usually `var`). Raises RuntimeError when it does not come up.
    """
    ready = prepared(folder)
    where = port or _free_port()
    live = folder.absolute() / "tryton-live" / str(where)
    shutil.rmtree(live, ignore_errors=True)
    shutil.copytree(ready, live)
    conf = _configured(live, where)
    command = [str(environment(folder) / "trytond"), "-c", str(conf), "-d", DATABASE]
    with (live / "log").open("wb") as log:
        # A session of its own, so that a Ctrl-C meant for the supervisor does not reach it first.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    passwords = json.loads((live / "passwords.json").read_text())
    server = Server(process=process, port=where, passwords=passwords, folder=live)
    _wait(server)
    return server


def _wait(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            socket.create_connection((server.host, server.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    log = (server.folder / "log").read_text(errors="replace")[-2000:]
    server.stop()
    raise RuntimeError(f"Tryton did not start: {log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str], text: str | None = None, env: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, input=text, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr[-2000:]}")


if __name__ == "__main__":
    prepared(Path(sys.argv[1]))
