"""A small server that speaks the SQL Server wire protocol (TDS 7.4), for the tests only.

It takes a login and answers batches, so that real drivers can be led into every situation a real server would: a wrong
password, silence before or after the login, a missing table, column or right, a query that never ends, a cut in the
middle. It understands no SQL: a function given by the test turns the text of a batch into rows or an error.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.connectors.tds_types import TYPES, Kind

PRELOGIN, LOGIN7, BATCH, RPC, ATTENTION, ANSWER = 0x12, 0x10, 0x01, 0x03, 0x06, 0x04


@dataclass(frozen=True)
class Table:
    """Rows to answer with; without `types`, the type of a column is that of its first value that is not None.

    `trickle_s`: seconds between one row and the next. `cut_after`: cut in the middle of the row after so many.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    types: tuple[str, ...] = ()
    trickle_s: float = 0
    cut_after: int | None = None


@dataclass(frozen=True)
class Error:
    """An error to answer with, by SQL Server's number."""

    number: int
    text: str
    level: int = 16


@dataclass(frozen=True)
class Hang:
    """Never answer."""


@dataclass(frozen=True)
class Cut:
    """End the connection in the middle of the answer."""


Outcome = Table | Error | Hang | Cut | None


@dataclass
class TdsServer:
    """One listening server. `answer` is given the text of each batch; None means done, without rows.

    `silent` is where it falls silent for good: "prelogin", "login" or nowhere; `hangs_up` after which greeting it ends
    the connection. `encrypts` is what it claims; with a `certificate` it really does. `refuses`: what any login meets.
    """

    answer: Callable[[str], Outcome]
    users: dict[str, str] = field(default_factory=lambda: {"reader": "correct-horse-7"})
    silent: str = ""
    hangs_up: str = ""
    encrypts: bool = False
    certificate: Path | None = None
    refuses: Error | None = None
    logins: list[tuple[str, str]] = field(default_factory=list)
    read_only_intent: bool = False
    batches: list[str] = field(default_factory=list)
    attentions: int = 0
    closed: int = 0

    def __enter__(self) -> "TdsServer":
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for wire in [self._listener, *self._open]:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self._listener.accept()
                self._open.append(wire)
                threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with suppress(OSError, ConnectionError), wire:
            line: Any = wire
            while True:
                kind, body = _packet(line)
                self._handle(line, kind, body)
                if kind == PRELOGIN and self.certificate and self.encrypts and _wants_encryption(body):
                    line = Encrypted(wire, self.certificate)
        self.closed += 1

    def _handle(self, wire: Any, kind: int, body: bytes) -> None:
        if kind == PRELOGIN:
            self._hang_if("prelogin")
            version = struct.pack(">BBH", 13, 0, 6300) + b"\x00\x00"
            head = struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xFF)
            _send(wire, head + version + bytes([1 if self.encrypts else 2]))
            if self.hangs_up == "prelogin":
                raise ConnectionError
        elif kind == LOGIN7:
            self._hang_if("login")
            _send(wire, self._log_in(body))
        elif kind == ATTENTION:
            self.attentions += 1
            _send(wire, _done(0x20))
        else:
            text = _batch_text(kind, body)
            self.batches.append(text)
            outcome = self.answer(text)
            if isinstance(outcome, Hang):
                return
            if isinstance(outcome, Cut):
                wire.sendall(struct.pack(">BBHHBB", ANSWER, 0, 200, 0, 1, 0) + b"\x81")
                raise ConnectionError
            if isinstance(outcome, Table) and (outcome.trickle_s or outcome.cut_after is not None):
                self._drip(wire, outcome)
                return
            _send(wire, _spelled(outcome, rpc=kind == RPC))

    def _drip(self, wire: Any, table: Table) -> None:
        """One packet for the columns and one for each row, until the wire or the test ends."""
        kinds, head = _columns(table)
        wire.sendall(_framed(head, last=False))
        for number, row in enumerate(table.rows):
            whole = _row(kinds, row)
            if number == table.cut_after:
                wire.sendall(_framed(whole[: len(whole) // 2], last=False))
                raise ConnectionError
            wire.sendall(_framed(whole, last=False))
            if self._stop.wait(table.trickle_s):
                raise ConnectionError
        wire.sendall(_framed(_done(), last=True))

    def _hang_if(self, where: str) -> None:
        if self.silent == where:
            self._stop.wait()
            raise ConnectionError

    def _log_in(self, body: bytes) -> bytes:
        user, password = _login_text(body, 40), _unhidden(body, 44)
        self.logins.append((user, password))
        self.read_only_intent = bool(body[26] & 0x20)
        if self.refuses:
            return _error(self.refuses) + _done(0x02)
        if self.users.get(user) != password:
            return _error(Error(18456, f"Login failed for user '{user}'.", 14)) + _done(0x02)
        name = _wide("Microsoft SQL Server")
        ack = b"\x01" + b"\x74\x00\x00\x04" + bytes([len(name) // 2]) + name + bytes([13, 0, 0x18, 0x9C])
        sizes = b"".join(bytes([len(text)]) + _wide(text) for text in ("4096", "4096"))
        return _token(0xE3, _database_change("master")) + _token(0xAD, ack) + _token(0xE3, b"\x04" + sizes) + _done()


class Encrypted:
    """The server's end of an encrypted line; the handshake travels inside packets of the greeting (MS-TDS 2.2.6.5)."""

    def __init__(self, wire: socket.socket, certificate: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate)
        self._wire, self._came, self._leaving = wire, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._leaving, server_side=True)
        self._shake()

    def _shake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                if data := self._leaving.read():
                    self._wire.sendall(_framed(data, last=True))
                self._came.write(_packet(self._wire)[1])
            except ssl.SSLError:
                raise ConnectionError from None
            else:
                if data := self._leaving.read():
                    self._wire.sendall(_framed(data, last=True))
                return

    def sendall(self, data: bytes) -> None:
        """Encrypt and send."""
        self._tls.write(data)
        self._wire.sendall(self._leaving.read())

    def recv(self, size: int) -> bytes:
        """Receive and decrypt."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                data = self._wire.recv(65536)
                if not data:
                    return b""
                self._came.write(data)
            except ssl.SSLError:
                raise ConnectionError from None


def _wants_encryption(body: bytes) -> bool:
    """Whether the greeting asks for more than no encryption: 1 on, 3 required; 0 is for the login alone."""
    at = 0
    while body[at] != 0xFF:
        option, offset, size = struct.unpack(">BHH", body[at : at + 5])
        if option == 1 and size:
            return body[offset] in (1, 3)
        at += 5
    return False


def _framed(body: bytes, *, last: bool) -> bytes:
    return struct.pack(">BBHHBB", ANSWER, last, 8 + len(body), 0, 1, 0) + body


def _packet(wire: Any) -> tuple[int, bytes]:
    """One message of one or more packets."""
    body = b""
    while True:
        head = _exactly(wire, 8)
        body += _exactly(wire, struct.unpack(">H", head[2:4])[0] - 8)
        if head[1] & 1:
            return head[0], body


def _exactly(wire: Any, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = wire.recv(size - len(found))
        if not part:
            raise ConnectionError
        found += part
    return found


def _send(wire: Any, body: bytes) -> None:
    pieces = [body[at : at + 4000] for at in range(0, len(body), 4000)]
    for number, piece in enumerate(pieces, 1):
        last = number == len(pieces)
        wire.sendall(struct.pack(">BBHHBB", ANSWER, last, 8 + len(piece), 0, number % 256, 0) + piece)


def _batch_text(kind: int, body: bytes) -> str:
    rest = body[struct.unpack("<I", body[:4])[0] :]
    if kind == BATCH:
        return rest.decode("utf-16-le")
    # In a remote procedure call the statement is a wide text among the parameters; that it holds it is enough.
    at = rest.find("SELECT".encode("utf-16-le"))
    return rest[at:].decode("utf-16-le", "ignore") if at >= 0 else "sp_unprepare"


def _login_text(body: bytes, at: int) -> str:
    offset, size = struct.unpack("<HH", body[at : at + 4])
    return body[offset : offset + 2 * size].decode("utf-16-le")


def _unhidden(body: bytes, at: int) -> str:
    offset, size = struct.unpack("<HH", body[at : at + 4])
    hidden = (byte ^ 0xA5 for byte in body[offset : offset + 2 * size])
    return bytes((byte << 4 | byte >> 4) & 0xFF for byte in hidden).decode("utf-16-le")


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def _token(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + struct.pack("<H", len(body)) + body


def _database_change(name: str) -> bytes:
    return b"\x01" + bytes([len(name)]) + _wide(name) + b"\x00"


def _done(status: int = 0, *, inside: bool = False) -> bytes:
    return bytes([0xFE if inside else 0xFD]) + struct.pack("<HHQ", status, 0, 0)


def _error(error: Error) -> bytes:
    body = struct.pack("<IBBH", error.number, 1, error.level, len(error.text)) + _wide(error.text)
    return _token(0xAA, body + b"\x00" + b"\x00" + struct.pack("<I", 1))


def _spelled(outcome: Outcome, *, rpc: bool) -> bytes:
    if isinstance(outcome, Error):
        return _error(outcome) + _done(0x02, inside=rpc)
    if outcome is None:
        return _done(inside=rpc)
    assert isinstance(outcome, Table)
    kinds, found = _columns(outcome)
    return found + b"".join(_row(kinds, row) for row in outcome.rows) + _done(inside=rpc)


def _columns(table: Table) -> tuple[list[Kind], bytes]:
    """How the values of each column are written, and the head of the answer."""
    kinds = [
        TYPES[table.types[at]] if table.types else _kind([row[at] for row in table.rows])
        for at in range(len(table.columns))
    ]
    found = b"\x81" + struct.pack("<H", len(kinds))
    for name, kind in zip(table.columns, kinds, strict=True):
        found += struct.pack("<IH", 0, 9) + kind.info + bytes([len(name)]) + _wide(name)
    return kinds, found


def _row(kinds: list[Kind], row: tuple[Any, ...]) -> bytes:
    return b"\xd1" + b"".join(kind.spelled(value) for kind, value in zip(kinds, row, strict=True))


def _kind(values: list[Any]) -> Kind:
    first = next((value for value in values if value is not None), "")
    names = {bool: "bit", int: "bigint", Decimal: "decimal", datetime: "datetime", bytes: "varbinary"}
    return TYPES[names.get(type(first), "nvarchar")]
