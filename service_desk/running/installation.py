"""An installation on this machine: its secrets, its servers, its settings, all under one private folder.

Servers that are given (`DATABASE_URL`, `REDIS_URL`) are used; what is not given is embedded. A value that is secret
lies in a file of its own that only its owner can read, and travels to the programs as `NAME_FILE`.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from service_desk.config import Config, load_config
from service_desk.running import bootstrap, postgres, valkey
from service_desk.running.migrate import ROOT

HOME = ROOT / "var"
DATABASE = "service_desk"
LOGINS = {"DATABASE_URL": "desk_runtime", "DATABASE_OWNER_URL": "desk_owner", "DATABASE_BACKUP_URL": "desk_backup"}
KEYS: dict[str, Callable[[], str]] = {
    "SERVICE_DESK_SECRET_KEY": lambda: secrets.token_hex(32),
    "SERVICE_DESK_SCOPE_KEY": lambda: secrets.token_hex(32),
    "SERVICE_DESK_CREDENTIAL_KEYS": lambda: f"k1:{secrets.token_hex(32)}",
}


@dataclass(frozen=True)
class Installation:
    """Where everything lies (`home`), and what the environment gave."""

    home: Path = HOME
    given: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def embeds_database(self) -> bool:
        """True when no real PostgreSQL was named."""
        return not self._names("DATABASE_URL")

    @property
    def embeds_queue(self) -> bool:
        """True when no real Redis or Valkey was named."""
        return not self._names("REDIS_URL")

    def _names(self, name: str) -> bool:
        return bool(self.given.get(name) or self.given.get(f"{name}_FILE"))

    @property
    def secrets(self) -> Path:
        """The folder of the secrets; nobody else may enter it."""
        folder = self.home / "secrets"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """A secret of this installation, made when it is first asked for."""
        file = self.secrets / name
        if not file.exists():
            keep(file, make())
        return file.read_text(encoding="utf-8").strip()

    def password(self, login: str) -> str:
        """The generated password of one of the three logins."""
        return self.secret(f"{login}.password", lambda: secrets.token_urlsafe(24))

    def cluster(self) -> postgres.Cluster:
        """The embedded PostgreSQL; its folder is made, nothing is started."""
        return postgres.prepare(self.home / "postgres")

    def queue(self) -> Path:
        """The folder of the embedded Valkey."""
        folder = self.home / "valkey"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def environ(self) -> dict[str, str]:
        """The environment of our programs: what was given, and files for everything else that is secret."""
        environ = dict(self.given)
        for name, make in KEYS.items():
            if not self._names(name):
                self.secret(name, make)
                environ[f"{name}_FILE"] = str(self.secrets / name)
        if self.embeds_database:
            environ |= {f"{name}_FILE": str(self.secrets / name) for name in LOGINS}
        if self.embeds_queue:
            environ["REDIS_URL"] = valkey.url(self.queue())
        environ.setdefault("SERVICE_DESK_MAIL_FOLDER", str(self.home / "mail"))
        return environ

    def bootstrap(self, cluster: postgres.Cluster) -> None:
        """Roles, database and revokes in the embedded server, and the addresses of the three logins as files."""
        passwords = {login: self.password(login) for login in LOGINS.values()}
        with cluster.admin() as admin:
            bootstrap.make_roles(admin, passwords)
            bootstrap.make_database(admin, DATABASE)
        with cluster.admin(DATABASE) as inside:
            bootstrap.close_doors(inside)
        for name, login in LOGINS.items():
            keep(self.secrets / name, cluster.url(login, DATABASE, passwords[login]))

    def forget(self, cluster: postgres.Cluster) -> None:
        """Drop the database of the embedded server and what the demo keeps beside it."""
        with cluster.admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
        shutil.rmtree(self.home / "demo", ignore_errors=True)

    def bootstrap_server(self, admin_url: str, database: str = DATABASE) -> dict[str, str]:
        """The same on a real server, once, as its superuser; returns the addresses of the three logins.

        Raises psycopg.Error when the server cannot be reached or the login is no superuser.
        """
        passwords = {login: self.password(login) for login in LOGINS.values()}
        with psycopg.connect(admin_url, autocommit=True) as admin:
            bootstrap.make_roles(admin, passwords)
            bootstrap.make_database(admin, database)
        with psycopg.connect(_address(admin_url, None, database), autocommit=True) as inside:
            bootstrap.close_doors(inside)
        return {name: _address(admin_url, (login, passwords[login]), database) for name, login in LOGINS.items()}


def _address(url: str, login: tuple[str, str] | None, database: str) -> str:
    """The same server, seen by another login or from another database."""
    parts = urlsplit(url)
    user, password = login or (unquote(parts.username or ""), unquote(parts.password or ""))
    host = parts.netloc.rpartition("@")[2]
    secret = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return urlunsplit(parts._replace(netloc=secret + host, path=f"/{database}"))


def keep(file: Path, value: str) -> None:
    """Write a secret so that it is never half there and never readable by anybody else."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(value + "\n")
    fresh.replace(file)


def settings() -> Config:
    """The settings of a command typed by hand: the environment's, else those of the installation beside the code.

    Raises ConfigError when neither says enough.
    """
    here = Installation()
    if here.embeds_database and not (here.home / "secrets" / "DATABASE_URL").exists():
        return load_config()
    environ = here.environ()
    environ.setdefault("SERVICE_DESK_BASE_URL", "http://127.0.0.1:8000")
    return load_config(environ)


@contextmanager
def superuser(here: Installation, given: str | None) -> Iterator[str]:
    """A superuser's address: the given one, else the embedded server's, which is started for the while."""
    if given:
        yield given
        return
    cluster = here.cluster()
    server = postgres.start(cluster)
    try:
        yield cluster.url("postgres", "postgres")
    finally:
        if server is not None:
            postgres.stop(server)
