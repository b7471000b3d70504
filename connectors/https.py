"""The HTTP wire: one pinned connection, JSON in and out, no redirects, bounded in time and size."""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from connectors.base import ConnectorError, Deadline
from connectors.facts import Params
from connectors.reach import Address, dial

DIAL_SECONDS = 8
ANSWER_SECONDS = 20
MOST_BYTES = 32 * 1024 * 1024


class Web:
    """Requests to one server, one at a time; a kept connection is used again.

    A redirect is an answer like any other: it is never followed. A connection that the server closed is made anew to
    the same judged address.
    """

    def __init__(self, address: Address, encryption: str, deadline: Deadline) -> None:
        self.address = address
        self.encryption = encryption
        self.deadline = deadline
        self.connection = HTTPConnection(address.host, address.port)

    def connect(self) -> None:
        """Dial and encrypt, unless the connection is there. Raises ConnectorError."""
        if self.connection.sock is not None:
            return
        seconds = min(DIAL_SECONDS, max(1.0, self.deadline.left()))
        wire = dial(self.address, seconds)
        try:
            self.connection.sock = self._encrypted(wire)
        except TimeoutError:
            wire.close()
            raise ConnectorError("silent_server", self._where(seconds)) from None
        except OSError:
            wire.close()
            raise ConnectorError("tls_refused") from None

    def _encrypted(self, wire: socket.socket) -> socket.socket:
        if self.encryption == "off":
            return wire
        context = ssl.create_default_context()
        if self.encryption == "required":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(wire, server_hostname=self.address.host)

    def _where(self, seconds: float) -> Params:
        return {"host": self.address.host, "port": self.address.port, "seconds": round(seconds)}

    def post(self, path: str, payload: Any, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send JSON, return status and body. Raises ConnectorError statement_timeout, connection_lost, bad_answer."""
        self.connect()
        seconds = min(ANSWER_SECONDS, max(1.0, self.deadline.left()))
        answer_by = Deadline(seconds)
        try:
            self.connection.sock.settimeout(seconds)
            body = json.dumps(payload)
            self.connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            response = self.connection.getresponse()
            return response.status, self._body(response, answer_by)
        except TimeoutError:
            raise ConnectorError("statement_timeout", self._where(seconds)) from None
        except OSError:
            raise ConnectorError("connection_lost") from None
        except HTTPException:
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
        return bytes(found)


@contextmanager
def connected(address: Address, encryption: str, deadline: Deadline) -> Iterator[Web]:
    """Dial the judged address, encrypt if wished (verified, required or off). Raises ConnectorError."""
    web = Web(address, encryption, deadline)
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
