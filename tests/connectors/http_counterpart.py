"""A small HTTP/1.1 server for the tests, into which the counterparts of vendors' interfaces are put.

`answer` turns a request into a reply; what a real server can do wrong besides is led in with `astray`: fall silent, cut
in the middle of a body, send broken text. It takes its time of day from `clock_ahead_s`. With `certificate()` it speaks
TLS, and the certificate is its own authority.
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """One request. Names of headers are in lower case; `query` holds the last value of each name."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty one is an empty object."""
        return json.loads(self.body or b"{}")

    def cookie(self, name: str) -> str | None:
        """The value of a cookie that was sent."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return next((value for key, _, value in pairs if key == name), None)


@dataclass(frozen=True)
class Reply:
    """What is sent back. `body`: bytes as they are, anything else as JSON. `headers` may name Set-Cookie twice."""

    body: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json; charset=utf-8"

    def raw(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Hang:
    """Never answer."""


@dataclass(frozen=True)
class Stall:
    """Send the head and half of the body, then nothing more."""

    reply: Reply


@dataclass(frozen=True)
class Cut:
    """Send the head and half of the body, then end the connection."""

    reply: Reply


@dataclass(frozen=True)
class Last:
    """Answer in full, then end the connection without having said so."""

    reply: Reply


Outcome = Reply | Hang | Stall | Cut | Last


@dataclass
class HttpCounterpart:
    """One listening server on loopback; `with HttpCounterpart(answer=...) as server: server.port`.

    `astray` is asked first; what it returns, unless None, is done instead of `answer`. `asked` keeps every request.
    """

    answer: Callable[[Asked], Outcome]
    astray: Callable[[Asked], Outcome | None] = lambda asked: None
    clock_ahead_s: float = 0
    certificate: "Certificate | None" = None
    asked: list[Asked] = field(default_factory=list)
    host: str = "127.0.0.1"
    port: int = 0

    def __enter__(self) -> "HttpCounterpart":
        counterpart = self
        self._over = threading.Event()

        class Handler(_Handler):
            outer = counterpart

        self._server = _Server((self.host, 0), Handler)
        if self.certificate:
            # The handshake belongs to the thread of the connection, so that a peer that breaks it off blocks nobody.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.chain_file, self.certificate.key_file)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join(5)
        self._server.hang_up()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it is, for clients that want an address."""
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    def wait_until_over(self) -> None:
        """Hold a request until the server is ended (or the test has given up)."""
        self._over.wait(60)


class _Server(ThreadingHTTPServer):
    """Knows its connections, so that none that a client keeps open outlives a test."""

    daemon_threads = False  # non-daemon threads are waited for when the server is closed

    def __init__(self, *args: Any) -> None:
        self.wires: list[socket.socket] = []
        super().__init__(*args)

    def get_request(self) -> tuple[socket.socket, Any]:
        wire, peer = super().get_request()
        self.wires.append(wire)
        return wire, peer

    def hang_up(self) -> None:
        """End every connection."""
        for wire in self.wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    outer: HttpCounterpart

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by this server's own clock."""
        now = datetime.now(UTC) + timedelta(seconds=self.outer.clock_ahead_s)
        return format_datetime(now, usegmt=True)

    def _serve(self) -> None:
        asked = self._asked()
        self.outer.asked.append(asked)
        outcome = self.outer.astray(asked) or self.outer.answer(asked)
        if isinstance(outcome, Hang):
            self.outer.wait_until_over()
            self.close_connection = True
            return
        reply = outcome if isinstance(outcome, Reply) else outcome.reply
        body = reply.raw()
        self._head(reply, len(body))
        self.wfile.write(body if isinstance(outcome, Reply | Last) else body[: len(body) // 2])
        self.wfile.flush()
        if isinstance(outcome, Stall):
            self.outer.wait_until_over()
        if not isinstance(outcome, Reply):
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def _head(self, reply: Reply, length: int) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(length))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()

    def _asked(self) -> Asked:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Asked(self.command, parts.path, query, headers, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that the library calls


@dataclass(frozen=True)
class Certificate:
    """A certificate that is its own authority, as files for a server and as text (PEM) for whoever pins it."""

    chain_file: Path
    key_file: Path
    pem: str


def certificate(folder: Path, names: tuple[str, ...] = ("127.0.0.1", "localhost")) -> Certificate:
    """Make a certificate for these names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "counterpart of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = Certificate(folder / "chain.pem", folder / "key.pem", pem.decode())
    files.chain_file.write_bytes(pem)
    files.key_file.write_bytes(secret)
    return files


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def header(asked: Asked, names: Mapping[str, str]) -> bool:
    """Whether a request carries exactly these headers (names in lower case)."""
    return all(asked.headers.get(name) == value for name, value in names.items())
