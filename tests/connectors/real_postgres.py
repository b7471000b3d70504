"""A real PostgreSQL with a TCP port of its own, and a relay before it that encrypts, cuts or falls silent on order."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service_desk.running import postgres

PASSWORD = "correct-horse-7"
LOGINS = f"""
    CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; GRANT pg_monitor TO reader;
    CREATE ROLE bare LOGIN PASSWORD '{PASSWORD}';
    CREATE ROLE blocked NOLOGIN PASSWORD '{PASSWORD}';
    CREATE ROLE expired LOGIN PASSWORD '{PASSWORD}' VALID UNTIL '2020-01-01';
    CREATE ROLE writer LOGIN PASSWORD '{PASSWORD}';
    CREATE ROLE clerks NOLOGIN; GRANT clerks TO writer;
"""


@dataclass(frozen=True)
class RealPostgres:
    """The running server."""

    port: int
    cluster: postgres.Cluster

    def admin(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A superuser's connection, over the private socket."""
        where = str(self.cluster.socket)
        return psycopg.connect(
            host=where,
            port=self.port,
            user="postgres",
            password=self.cluster.password,
            dbname=database,
            autocommit=True,
        )


@contextlib.contextmanager
def running_postgres(folder: Path) -> Iterator[RealPostgres]:
    """Make the cluster, start it on a free port of this machine, and end it by its own process."""
    cluster = postgres.prepare(folder, durable=False)
    port = free_port()
    options = ["-k", str(cluster.socket), "-h", "127.0.0.1", "-p", str(port)]
    server = postgres._spawn(cluster, ["postgres", "-D", str(cluster.data), *options])
    try:
        found = RealPostgres(port, cluster)
        _wait(found, server)
        with found.admin() as connection:
            connection.execute(LOGINS.encode())
            connection.execute("CREATE DATABASE erp")
        yield found
    finally:
        postgres.stop(server)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(found: RealPostgres, server: "subprocess.Popen[bytes]") -> None:
    ended = datetime.now(UTC) + timedelta(seconds=60)
    while datetime.now(UTC) < ended and server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            found.admin().close()
            return
        threading.Event().wait(0.1)
    raise RuntimeError("PostgreSQL did not start")


def certificate(folder: Path) -> None:
    """A certificate that nobody vouches for, and its key, as server.crt and server.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for file, body in (("server.key", plain), ("server.crt", made.public_bytes(serialization.Encoding.PEM))):
        (folder / file).write_bytes(body)


@dataclass
class Relay:
    """Carries bytes to the server and back, until a question holds `word`: then something goes wrong.

    `how`: cut (the line, at the question), hang, halve (cut in the middle of the answer), garble (Chinese in it).
    `keys`: a folder with a certificate; then the near side of the line is encrypted.
    """

    port_behind: int
    word: bytes = b""
    how: str = "cut"
    keys: Path | None = None
    port: int = 0
    _spoil: bool = False
    _open: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> "Relay":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for wire in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                near = self._encrypted(accepted)
                far = socket.create_connection(("127.0.0.1", self.port_behind))
                self._open += [near, far]
                threading.Thread(target=self._questions, args=(near, far), daemon=True).start()
                threading.Thread(target=self._answers, args=(far, near), daemon=True).start()

    def _encrypted(self, near: socket.socket) -> socket.socket:
        if self.keys is None:
            return near
        near.recv(8)
        near.sendall(b"S")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.keys / "server.crt", self.keys / "server.key")
        with contextlib.suppress(OSError):
            return context.wrap_socket(near, server_side=True)
        return near

    def _questions(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := near.recv(65536):
                if self.word and self.word in part and self.how in ("halve", "garble"):
                    self._spoil = True
                elif self.word and self.word in part:
                    if self.how == "cut":
                        near.shutdown(socket.SHUT_RDWR)
                    return
                far.sendall(part)

    def _answers(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := far.recv(65536):
                if self._spoil and self.how == "halve":
                    near.sendall(part[: len(part) // 2])
                    near.shutdown(socket.SHUT_RDWR)
                    return
                near.sendall(part.replace("螺".encode(), b"\xff\xfe\xff") if self._spoil else part)
