"""A real MariaDB with a TCP port of its own, made anew in a second, started and ended by the tests."""

import contextlib
import shutil
import socket as net
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pymysql
import pytest

from connectors.ask import Request
from connectors.mysql import MySQL
from connectors.scripts import PASSWORD as CHOSEN
from tests.connectors.http_counterpart import Certificate, certificate
from tests.connectors.real_postgres import free_port

PASSWORD = "correct-horse-7"
HERE = "127.0.0.1"
SYSTEM_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
LOGINS = f"""
CREATE USER bare@'%' IDENTIFIED BY '{PASSWORD}';
CREATE USER writer@'%' IDENTIFIED BY '{PASSWORD}';
GRANT PROCESS ON *.* TO writer@'%';
CREATE DATABASE erp;
GRANT SELECT, INSERT, UPDATE ON erp.* TO writer@'%';
CREATE TABLE erp.stock (id INT PRIMARY KEY, name VARCHAR(40) CHARACTER SET utf8mb4) ENGINE=InnoDB;
INSERT INTO erp.stock VALUES (1, '螺丝'), (2, '螺母');
"""


@dataclass(frozen=True)
class RealMariaDB:
    """The running server."""

    port: int
    socket: Path
    certificate: Certificate

    def admin(self) -> "pymysql.Connection[Any]":
        """The superuser's connection, over the private socket."""
        return pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True)

    def as_writer(self) -> "pymysql.Connection[Any]":
        """Somebody who works with the ERP."""
        return pymysql.connect(host=HERE, port=self.port, user="writer", password=PASSWORD, database="erp")


@contextlib.contextmanager
def running_mariadb(folder: Path) -> Iterator[RealMariaDB]:
    """Make the system tables, start on a free port of this machine, and end it by its own process."""
    data = folder / "data"
    data.mkdir(parents=True)
    (folder / "tmp").mkdir()
    papers = certificate(folder)
    found = RealMariaDB(free_port(), folder / "m.sock", papers)
    _install(data)
    server = subprocess.Popen(
        [*_program(data), f"--port={found.port}", f"--bind-address={HERE}", f"--socket={found.socket}",
         f"--tmpdir={folder / 'tmp'}", "--character-set-server=utf8mb4", "--log-warnings=0", "--skip-slave-start",
         f"--ssl-cert={papers.chain_file}", f"--ssl-key={papers.key_file}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with _wait(found, server).cursor() as cursor:
            for statement in (*_script(), *filter(None, LOGINS.strip().split(";\n"))):
                cursor.execute(statement)
            cursor.connection.close()
        yield found
    finally:
        server.terminate()
        server.wait(20)


def _program(data: Path) -> list[str]:
    program = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/usr/local/bin:/usr/bin")
    assert program, "mariadbd is not installed: make test installs it"
    small = ["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0"]
    return [program, "--no-defaults", f"--datadir={data}", "--user=root", *small]


def _install(data: Path) -> None:
    """The server's own tables, from the scripts that come with it."""
    places = (Path("/usr/share/mysql"), Path("/opt/homebrew/share/mysql"), Path("/usr/local/share/mysql"))
    share = next(place for place in places if (place / SYSTEM_TABLES[0]).is_file())
    text = "CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\n"
    text += "\n".join((share / name).read_text(encoding="utf-8") for name in SYSTEM_TABLES)
    subprocess.run(
        [*_program(data), "--bootstrap", "--skip-networking"], input=text.encode(), check=True, capture_output=True
    )


def _script() -> list[str]:
    """What the connection page tells an administrator to run."""
    run = MySQL.script("reader").run.replace(CHOSEN, PASSWORD)
    statements = [line.removesuffix(";") for line in run.splitlines() if line and not line.startswith("--")]
    return [*statements, "GRANT SLAVE MONITOR ON *.* TO reader@'%'"]


def _wait(found: RealMariaDB, server: "subprocess.Popen[bytes]") -> "pymysql.Connection[Any]":
    ended = datetime.now(UTC) + timedelta(seconds=60)
    while datetime.now(UTC) < ended and server.poll() is None:
        with contextlib.suppress(OSError), net.create_connection((HERE, found.port), 1):
            return found.admin()
        threading.Event().wait(0.05)
    raise RuntimeError("MariaDB did not start")


def mariadb_request(server: RealMariaDB, **change: Any) -> Request:
    """A question to the server, encrypted, by the login of the script."""
    given: dict[str, Any] = {"op": "collect", "kind": "mysql", "budget_seconds": 20, "allow_loopback": True}
    settings = {"host": HERE, "port": server.port, "user": "reader"} | change.pop("settings", {})
    secrets = {"password": change.pop("password", PASSWORD)} | change.pop("secrets", {})
    return Request(settings=settings, secrets=secrets, **given | change)


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMariaDB]:
    """MariaDB, running."""
    # A socket's path may not be long.
    with running_mariadb(tmp_path_factory.mktemp("m")) as server:
        yield server
