"""The wire in pure Python, over real sockets: it sees and says what FreeTDS does, encrypted or not."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import odbc, tds_pure
from connectors.ask import Answer, ask
from connectors.base import ConnectorError, Deadline
from connectors.reach import resolve
from connectors.statements import Statement
from tests.connectors.certificates import self_signed
from tests.connectors.conftest import PASSWORD, over_tds_request, u8_fixture_request
from tests.connectors.over_tds import FixtureServer
from tests.connectors.tds_server import ANSWER, Cut, Error, Hang, Outcome, Table, TdsServer
from tests.connectors.test_sql_server import KINDS, bare, closed_port, last

PURE = {"driver": tds_pure.PURE}


def pure(port: int, **change: Any) -> Answer:
    """Ask U8 over the pure wire."""
    return ask(over_tds_request("yonyou_u8", port, settings=PURE | change.pop("settings", {}), **change))


def test_it_sees_exactly_what_the_fixture_road_sees(sql_server: TdsServer, u8_folder: Path) -> None:
    over_the_wire = pure(sql_server.port, kinds=KINDS)
    assert over_the_wire.error is None
    assert bare(over_the_wire) == bare(ask(u8_fixture_request(u8_folder, kinds=KINDS)))
    assert sql_server.logins == [("reader", PASSWORD)]
    assert "DEADLOCK_PRIORITY -10" in sql_server.batches[0]


def test_it_walks_the_probe_to_its_end(sql_server: TdsServer) -> None:
    steps = pure(sql_server.port, op="probe").steps
    assert {step.name for step in steps} >= {"login", "rights", "version", "account_sets"}
    assert not [step for step in steps if step.state == "failed"]


def test_a_wrong_password_is_tried_once_and_never_repeated_in_words(sql_server: TdsServer) -> None:
    answer = pure(sql_server.port, op="probe", password="wrong-and-secret")
    assert (last(answer).name, last(answer).reason, last(answer).field) == ("login", "wrong_password", "password")
    assert len(sql_server.logins) == 1
    assert "wrong-and-secret" not in repr(answer)


@pytest.mark.parametrize("silent", ["prelogin", "login"])
def test_a_server_that_falls_silent_is_told(sql_server: TdsServer, silent: str) -> None:
    sql_server.silent = silent
    answer = ask(over_tds_request("yonyou_u8", sql_server.port, settings=PURE, kinds=["users"], budget_seconds=2), 15)
    assert [look.unknown and look.unknown.reason for look in answer.looks] == ["silent_server"]


@pytest.mark.enable_socket
def test_a_closed_port_is_down() -> None:
    assert last(pure(closed_port(), op="probe")).reason == "closed_port"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Error(208, "Invalid object name 'CurrentStock'."), "missing_table"),
        (Error(207, "列名 'iQuantity' 无效。"), "missing_column"),
        (Error(229, "The SELECT permission was denied on the object 'CurrentStock'."), "missing_right"),
        (Error(1205, "Transaction (Process ID 61) was deadlocked."), "deadlock"),
        (Error(8115, "Arithmetic overflow error."), "driver_error"),
        (Cut(), "connection_lost"),
        (Table(("名",), [("钢\ud800板",)], types=("nvarchar",)), "bad_answer"),
    ],
)
def test_an_error_in_the_middle_is_typed_and_the_others_are_read(
    sql_server: TdsServer, u8_server: FixtureServer, outcome: Outcome, reason: str
) -> None:
    u8_server.instead["stock"] = outcome
    found = {look.kind: look for look in pure(sql_server.port, kinds=["users", "stock"]).looks}
    assert found["users"].facts
    assert found["stock"].unknown is not None
    assert found["stock"].unknown.reason == reason


def test_a_query_that_never_ends_is_stopped(sql_server: TdsServer, u8_server: FixtureServer) -> None:
    u8_server.instead["users"] = Hang()
    request = over_tds_request("yonyou_u8", sql_server.port, settings=PURE, kinds=["users"], budget_seconds=2)
    (look,) = ask(request, 15).looks
    assert look.unknown is not None
    assert look.unknown.reason == "statement_timeout"


class Greeter:
    """A SQL Server's greeting with the handshake inside it, and one login behind: what `required` must get through."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context, self.text = context, b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        """One client: greet, shake hands inside packets, read the login; then end the line."""
        self.listener.accept()[0].close()  # the dial before
        wire, _ = self.listener.accept()
        with wire:
            packet(wire)
            head = struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xFF)
            wire.sendall(framed(head + bytes(6) + b"\x01"))
            came, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = self.context.wrap_bio(came, leaving, server_side=True)
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    if data := leaving.read():
                        wire.sendall(framed(data))
                    came.write(packet(wire))
            wire.sendall(framed(leaving.read()))
            while not self.text:
                came.write(wire.recv(65536))
                try:
                    self.text = tls.read(65536)
                except ssl.SSLWantReadError:
                    continue


def packet(wire: socket.socket) -> bytes:
    """The body of one packet."""
    head = wire.recv(8, socket.MSG_WAITALL)
    if len(head) < 8:
        raise ConnectionError
    return wire.recv(struct.unpack(">H", head[2:4])[0] - 8, socket.MSG_WAITALL)


def framed(body: bytes) -> bytes:
    """A packet of the server's."""
    kind = ANSWER if body[:1] == b"\x00" else 0x12
    return struct.pack(">BBHHBB", kind, 1, 8 + len(body), 0, 1, 0) + body


@pytest.fixture
def greeter(tmp_path: Path, socket_enabled: None) -> Iterator[Greeter]:
    """A greeting server whose certificate nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path, "127.0.0.1"))
    made = Greeter(context)
    yield made
    made.listener.close()
    made.thread.join(5)


def logged_in(port: int, encryption: str) -> ConnectorError:
    """What became of a login to the greeter."""
    address = resolve("127.0.0.1", port, allow_loopback=True)
    socket.create_connection(("127.0.0.1", port)).close()
    target = odbc.Target(address=address, driver="", user="reader", password="geheim-7", encryption=encryption)
    with pytest.raises(ConnectorError) as caught, tds_pure.connected(target, Deadline(5)):
        pass
    return caught.value


def test_the_login_goes_through_the_encryption_of_the_greeting(greeter: Greeter) -> None:
    assert logged_in(greeter.port, "required").reason == "connection_lost"
    assert "reader".encode("utf-16-le") in greeter.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_certificate_that_nobody_signed_gets_no_password(greeter: Greeter) -> None:
    assert logged_in(greeter.port, "verified").reason == "tls_refused"
    assert greeter.text == b""


def test_values_are_bound_and_a_cap_is_noticed(socket_enabled: None) -> None:
    found: list[str] = []

    def answer(text: str) -> Outcome:
        found.append(text)
        return Table(("n", "名"), [(1, "甲"), (2, None), (3, "丙")]) if "SELECT" in text else None

    with TdsServer(answer=answer) as server:
        address = resolve("127.0.0.1", server.port, allow_loopback=True)
        target = odbc.Target(address=address, driver="", user="reader", password=PASSWORD, encryption="off")
        with tds_pure.connected(target, Deadline(10)) as session:
            statement = Statement(
                name="x", title="x", database="any", sql="SELECT n FROM t WHERE a LIKE '%x' AND b = ?", cap=2, needs=()
            )
            rows = session.rows(statement, params=("o'brien",))
    assert (rows.truncated, [tuple(row) for row in rows.rows]) == (True, [(1, "甲"), (2, None)])
    assert rows.rows[0].cursor_description[1][0] == "名"
    assert not [text for text in found if "WHERE" in text and "o'brien" in text.split("@P")[0]]
