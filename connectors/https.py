"""The HTTP wire: one pinned connection, HTTP/1.1, no redirects, bounded in time and size."""

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from connectors.base import ConnectorError, Deadline, milliseconds_since
from connectors.facts import Params
from connectors.reach import Address, dial

DIAL_SECONDS = 8
ANSWER_SECONDS = 20
MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """An answer of any status. Names of headers are in lower case; `cookies` are its Set-Cookie lines.

    `clock_ahead_s`: the server's clock by its Date header minus ours, half the way taken off; null where it sends none.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    took_ms: float = 0.0
    first_byte_ms: float = 0.0
    clock_ahead_s: float | None = None


class Web:
    """Requests to one server, one at a time; a kept connection is used again.

    A redirect is an answer like any other: it is never followed. A connection that the server closed is made anew to
    the same judged address.
    """

    def __init__(self, address: Address, encryption: str, deadline: Deadline, authority: str | None = None) -> None:
        self.address = address
        self.encryption = encryption
        self.deadline = deadline
        self.authority = authority
        self.connection = HTTPConnection(address.host, address.port)
        # Whether this very connection has brought an answer before, and whether nothing of the last one came.
        self.answered = False
        self.untouched = True
        self.connect_ms = 0.0
        self.tls_ms: float | None = None

    def connect(self) -> None:
        """Dial and encrypt, unless the connection is there. Raises ConnectorError."""
        if self.connection.sock is not None:
            return
        self.answered = False
        context = self._context()
        seconds = min(DIAL_SECONDS, max(1.0, self.deadline.left()))
        start = time.perf_counter()
        wire = dial(self.address, seconds)
        self.connect_ms, dialled = milliseconds_since(start), time.perf_counter()
        # Head and body go out as two small pieces; the second must not wait until the first was acknowledged.
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.connection.sock = context.wrap_socket(wire, server_hostname=self.address.host) if context else wire
            self.tls_ms = milliseconds_since(dialled) if context else None
        except TimeoutError:
            wire.close()
            raise ConnectorError("silent_server", self._where(seconds)) from None
        except OSError:
            wire.close()
            raise ConnectorError("tls_refused") from None

    def _context(self) -> ssl.SSLContext | None:
        if self.encryption == "off":
            return None
        context = trusting(self.authority)
        # Some of these servers answer HTTP/2 with an error of their own; nothing else is offered.
        context.set_alpn_protocols(["http/1.1"])
        if self.encryption == "required":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _where(self, seconds: float) -> Params:
        return {"host": self.address.host, "port": self.address.port, "seconds": round(seconds)}

    def certificate(self) -> bytes:
        """The certificate that the server showed (DER). Raises ConnectorError no_encryption."""
        self.connect()
        if not isinstance(self.connection.sock, ssl.SSLSocket):
            raise ConnectorError("no_encryption")
        return self.connection.sock.getpeercert(binary_form=True) or b""

    def post(self, path: str, payload: Any, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send JSON, return status and body. Raises ConnectorError statement_timeout, connection_lost, bad_answer."""
        answer = self.ask("POST", path, json.dumps(payload), {"Content-Type": "application/json", **headers})
        return answer.status, answer.body

    def ask(
        self, method: str, path: str, body: str | bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for a path (with its query) and read the whole answer, whatever its status.

        Raises ConnectorError statement_timeout, connection_lost, wrong_protocol, bad_answer.
        """
        kept = self.answered and self.connection.sock is not None
        try:
            return self._ask(method, path, body, headers or {})
        except ConnectorError as error:
            # A server may end a kept connection between two questions; all of ours can be asked again.
            if not (kept and error.reason == "connection_lost" and self.untouched):
                raise
        return self._ask(method, path, body, headers or {})

    def _ask(self, method: str, path: str, body: str | bytes | None, headers: Mapping[str, str]) -> Answer:
        self.connect()
        self.untouched = True
        seconds = min(ANSWER_SECONDS, max(1.0, self.deadline.left()))
        answer_by = Deadline(seconds)
        start = time.perf_counter()
        try:
            self.connection.sock.settimeout(seconds)
            self.connection.request(method, path, body, dict(headers))
            response = self.connection.getresponse()
            self.untouched = False
            self.answered = True
            first_byte_s = time.perf_counter() - start
            return _answer(response, self._body(response, answer_by), start, first_byte_s)
        except TimeoutError:
            self.connection.close()
            raise ConnectorError("statement_timeout", self._where(seconds)) from None
        except OSError:
            self.connection.close()
            raise ConnectorError("connection_lost") from None
        except HTTPException:
            self.connection.close()
            raise ConnectorError("wrong_protocol", self._where(seconds)) from None

    def _body(self, response: HTTPResponse, answer_by: Deadline) -> bytes:
        """Read piece by piece, so that a server which trickles cannot stretch the time."""
        found = bytearray()
        while part := response.read1(65536):
            found += part
            if len(found) > MOST_BYTES:
                raise ConnectorError("bad_answer", {"what": f"> {MOST_BYTES // 1024 // 1024} MB"})
            if not answer_by.left():
                raise TimeoutError
        if response.length:
            # The server promised more than it sent.
            raise ConnectionResetError
        # Only a closed answer sets a kept connection free for the next question.
        response.close()
        return bytes(found)


def _answer(response: HTTPResponse, body: bytes, start: float, first_byte_s: float) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(
        status=response.status,
        body=body,
        headers=headers,
        cookies=tuple(value for name, value in response.getheaders() if name.lower() == "set-cookie"),
        took_ms=round((time.perf_counter() - start) * 1000, 1),
        first_byte_ms=round(first_byte_s * 1000, 1),
        clock_ahead_s=_clock_ahead(headers.get("date"), first_byte_s),
    )


def _clock_ahead(date: str | None, first_byte_s: float) -> float | None:
    """Seconds by which a Date header runs ahead; it has whole seconds, so half of one is what may be missing."""
    try:
        told = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    there = told if told.tzinfo else told.replace(tzinfo=UTC)
    return round((there - datetime.now(UTC)).total_seconds() + 0.5 + first_byte_s / 2, 1)


def trusting(authority: str | None) -> ssl.SSLContext:
    """Verify against the public authorities, or against nothing but the certificates of this PEM text.

    A server's own self-signed certificate may stand there for itself. Raises ConnectorError bad_settings.
    """
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except ssl.SSLError:
        raise ConnectorError("bad_settings", {"field": "authority"}, field="authority") from None
    if authority:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


@contextmanager
def connected(address: Address, encryption: str, deadline: Deadline, authority: str | None = None) -> Iterator[Web]:
    """Dial the judged address, encrypt if wished (verified, required or off). Raises ConnectorError.

    `authority`: certificates (PEM) that alone are trusted, instead of the public ones.
    """
    web = Web(address, encryption, deadline, authority)
    web.connect()
    try:
        yield web
    finally:
        web.connection.close()


def decoded(body: bytes) -> Any:
    """The JSON of a body. Raises ConnectorError `bad_answer`."""
    try:
        return json.loads(body)
    except ValueError:
        raise ConnectorError("bad_answer", {"what": "not JSON"}) from None
