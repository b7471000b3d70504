"""FreeTDS and Microsoft's ODBC Driver 18 over real sockets: what goes wrong at a server is told the same by both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors import odbc
from connectors.ask import ask
from connectors.base import ConnectorError, Deadline, Need
from connectors.facts import FACTS
from connectors.reach import Address
from connectors.statements import Statement
from tests.connectors.certificates import self_signed
from tests.connectors.conftest import PASSWORD, u8_fixture_request, u8_request
from tests.connectors.over_tds import FixtureServer
from tests.connectors.tds_server import Error, Hang, Outcome, Table, TdsServer

DRIVERS = (odbc.FREETDS, odbc.MICROSOFT)
EACH = pytest.mark.parametrize("driver", DRIVERS)
# What differs from one look to the next.
ROUGH = frozenset({"seen_at", "connect_ms", "answer_ms", "took_ms", "clock_ahead_s", "version"})


@pytest.fixture(autouse=True)
def microsoft_is_installed() -> None:
    """The driver comes with the tests; without it half of them would prove nothing."""
    assert Path(odbc.driver_path(odbc.MICROSOFT)).is_file()


def statement(cap: int = 50, needs: tuple[Need, ...] = ()) -> Statement:
    """A question; the server of the test answers it as it likes."""
    return Statement(name="x", title="x", database="any", sql="SELECT x FROM t", cap=cap, needs=needs)


@contextmanager
def session(driver: str, server: TdsServer, *, seconds: float = 5, **change: Any) -> Iterator[odbc.Session]:
    """A session with the server of the test."""
    settings = {"user": "reader", "password": PASSWORD, "encryption": "off"} | change
    target = odbc.Target(address=Address("erp.example.com", "127.0.0.1", server.port), driver=driver, **settings)
    with odbc.connected(target, Deadline(seconds)) as found:
        yield found


def answering(outcome: Outcome) -> Callable[[str], Outcome]:
    """A server that answers every question alike, and the manners with nothing."""
    return lambda text: outcome if "SELECT" in text else None


def refused(driver: str, server: TdsServer, **change: Any) -> ConnectorError:
    """What became of a login or of the one question after it."""
    with pytest.raises(ConnectorError) as caught, session(driver, server, **change) as found:
        found.rows(statement(needs=(Need(table="t", columns=("x",)),)))
    return caught.value


@EACH
def test_it_tells_what_the_fixture_road_tells(sql_server: TdsServer, u8_folder: Path, driver: str) -> None:
    kinds = [kind for kind in FACTS if kind not in ("timings", "reachable")]
    wire = ask(u8_request(sql_server.port, kinds=kinds, settings={"driver": driver}))
    files = ask(u8_fixture_request(u8_folder, kinds=kinds))
    assert wire.error is None
    for over, from_files in zip(wire.looks, files.looks, strict=True):
        assert (over.kind, over.unknown) == (from_files.kind, from_files.unknown)
        assert [_told(fact) for fact in over.facts] == [_likened(fact) for fact in from_files.facts]
    assert len(sql_server.logins) == 1
    assert sql_server.read_only_intent
    first = next(text for text in sql_server.batches if "SET NOCOUNT" in text)
    assert all(manner in first for manner in ("DEADLOCK_PRIORITY -10", "LOCK_TIMEOUT", "READ UNCOMMITTED"))


def _told(fact: Any) -> dict[str, Any]:
    """A fact without what differs from run to run."""
    found = {part.name: getattr(fact, part.name) for part in fields(fact) if part.name not in ROUGH}
    return {name: value for name, value in found.items() if not name.endswith("_at")}


def _likened(fact: Any) -> dict[str, Any]:
    """The same to be compared with: ages grow by some seconds between two looks."""
    return {
        name: pytest.approx(value, abs=300) if name.endswith("_s") and isinstance(value, (int, float)) else value
        for name, value in _told(fact).items()
    }


@EACH
@pytest.mark.parametrize(
    ("number", "text", "reason", "field"),
    [
        (18456, "用户 'reader' 登录失败。", "wrong_password", "password"),
        (18470, "Login failed for user 'reader'. Reason: The account is disabled.", "login_blocked", "user"),
        (18487, "Login failed. Reason: The password of the account has expired.", "login_blocked", "user"),
        (4060, 'Cannot open database "master" requested by the login. The login failed.', "unknown_database",
         "database"),
    ],
)  # fmt: skip
def test_a_refused_login_is_told_by_its_number(
    socket_enabled: None, driver: str, number: int, text: str, reason: str, field: str
) -> None:
    with TdsServer(answer=answering(None), refuses=Error(number, text, 14)) as server:
        error = refused(driver, server)
        assert (error.reason, error.field) == (reason, field)
        assert len(server.logins) == 1
    assert PASSWORD not in repr(error.to_json())


@EACH
@pytest.mark.parametrize(
    ("number", "text", "reason"),
    [
        (208, "对象名 't' 无效。", "missing_table"),
        (207, "Invalid column name 'x'.", "missing_column"),
        (229, "The SELECT permission was denied on the object 't', database 'D', schema 'dbo'.", "missing_right"),
        (230, "The SELECT permission was denied on the column 'x' of the object 't', database 'D'.", "missing_right"),
        (300, "VIEW SERVER STATE permission was denied on object 'server', database 'master'.", "missing_right"),
        (1205, "Transaction (Process ID 61) was deadlocked on lock resources.", "deadlock"),
        (1222, "Lock request time out period exceeded.", "lock_timeout"),
        (942, "Database 'D' cannot be opened because it is offline.", "database_offline"),
        (8115, "Arithmetic overflow error converting expression.", "driver_error"),
    ],
)
def test_an_error_of_the_server_is_told_by_its_number(
    socket_enabled: None, driver: str, number: int, text: str, reason: str
) -> None:
    with TdsServer(answer=answering(Error(number, text))) as server:
        error = refused(driver, server)
    assert error.reason == reason
    if number in (229, 230):
        assert error.grant == "USE []; GRANT SELECT ON [dbo].[t] ([x]) TO [reader];"


@EACH
@pytest.mark.parametrize("silent", ["prelogin", "login"])
def test_a_server_that_falls_silent_at_the_login(socket_enabled: None, driver: str, silent: str) -> None:
    with TdsServer(answer=answering(None), silent=silent) as server:
        assert refused(driver, server, seconds=1).reason == "silent_server"


@EACH
def test_a_server_that_hangs_up_after_the_greeting(socket_enabled: None, driver: str) -> None:
    with TdsServer(answer=answering(None), hangs_up="prelogin") as server:
        assert refused(driver, server, seconds=2).reason in ("connection_lost", "driver_error", "silent_server")
        assert server.logins == []


@EACH
def test_a_question_without_an_answer_is_taken_back(socket_enabled: None, driver: str) -> None:
    with TdsServer(answer=answering(Hang())) as server:
        assert refused(driver, server, seconds=1).reason == "statement_timeout"
        assert server.attentions >= 1


@EACH
def test_a_wire_that_is_cut_in_the_middle_of_a_row(socket_enabled: None, driver: str) -> None:
    rows = [(number, "内六角螺丝" * 20) for number in range(30)]
    with TdsServer(answer=answering(Table(("n", "名"), rows, cut_after=20))) as server:
        assert refused(driver, server).reason == "connection_lost"


@EACH
def test_half_of_a_character_is_told_and_spoils_no_other_answer(socket_enabled: None, driver: str) -> None:
    answers = iter([Table(("名",), [("钢\ud800板",)], types=("nvarchar",)), Table(("名",), [("钢",)])])
    with (
        TdsServer(answer=lambda text: next(answers) if "SELECT" in text else None) as server,
        session(driver, server) as found,
    ):
        with pytest.raises(ConnectorError) as caught:
            found.rows(statement())
        assert (caught.value.reason, caught.value.params["what"]) == ("bad_answer", "text")
        assert [tuple(row) for row in found.rows(statement()).rows] == [("钢",)]


@EACH
def test_bytes_outside_the_code_page_are_shown_as_unknown(socket_enabled: None, driver: str) -> None:
    table = Table(("名",), [("钢\udcff\udcff",), ("好",)], types=("varchar",))
    with TdsServer(answer=answering(table)) as server, session(driver, server) as found:
        (broken,), (well,) = found.rows(statement()).rows
    assert (broken.rstrip("?"), well) == ("钢", "好")
    assert broken.endswith("?")


@EACH
def test_rows_that_trickle_are_waited_for_while_they_come(socket_enabled: None, driver: str) -> None:
    table = Table(("n",), [(number,) for number in range(5)], trickle_s=0.05)
    with TdsServer(answer=answering(table)) as server, session(driver, server) as found:
        assert [row[0] for row in found.rows(statement()).rows] == [0, 1, 2, 3, 4]


@EACH
def test_rows_that_trickle_for_ever_are_ended_and_nothing_stays_behind(
    sql_server: TdsServer, u8_server: FixtureServer, driver: str
) -> None:
    rows = [(f"u{number}", "x", 1, 0) for number in range(4000)]
    u8_server.instead["users"] = Table(("a", "b", "c", "d"), rows, trickle_s=0.02)
    request = u8_request(sql_server.port, kinds=["users"], settings={"driver": driver}, budget_seconds=2)
    (look,) = ask(request, deadline=5).looks
    assert look.unknown is not None
    assert look.unknown.reason in ("hang", "statement_timeout")
    for _ in range(200):
        if sql_server.closed >= 2:
            break
        sql_server._stop.wait(0.02)
    assert sql_server.closed >= 2


@EACH
def test_a_hundred_thousand_rows_stop_at_the_cap(socket_enabled: None, driver: str) -> None:
    table = Table(("n",), [(number,) for number in range(100_000)], types=("int",))
    with TdsServer(answer=answering(table)) as server, session(driver, server, seconds=30) as found:
        rows = found.rows(statement(cap=5000))
    assert (len(rows.rows), rows.truncated) == (5000, True)


VALUES: dict[str, list[Any]] = {
    "bit": [True, False],
    "tinyint": [0, 255],
    "smallint": [-32768, 32767],
    "int": [-(2**31), 2**31 - 1],
    "bigint": [-(2**63), 2**63 - 1],
    "decimal": [Decimal("-1234567.891234"), Decimal("0.000001")],
    "money": [Decimal("-922.3372"), Decimal("12345678.9")],
    "float": [-0.5, 1e300],
    "nvarchar": ["内六角螺丝 M6×20", ""],
    "varchar": ["冷轧钢板", "a"],
    "nvarchar(max)": ["账套" * 5000, "x"],
    "datetime": [datetime(2026, 11, 22, 20, 53, 30), datetime(1900, 1, 1)],  # noqa: DTZ001 - it has no zone
    "datetime2": [datetime(2026, 11, 22, 20, 53, 30, 123456), datetime(1, 1, 1)],  # noqa: DTZ001
    "date": [date(2026, 11, 22), date(9999, 12, 31)],
    "uniqueidentifier": ["6F9619FF-8B86-D011-B42D-00C04FC964FF", "00000000-0000-0000-0000-000000000000"],
    "varbinary": [b"\x00\xff", b""],
}


@EACH
def test_every_type_arrives_as_it_was_sent(socket_enabled: None, driver: str) -> None:
    names = tuple(VALUES)
    sent = [*zip(*VALUES.values(), strict=True), (None,) * len(names)]
    with TdsServer(answer=answering(Table(names, sent, types=names))) as server, session(driver, server) as found:
        came = found.rows(statement()).rows
    for row, expected in zip(came, sent, strict=True):
        assert {name: _plain(value) for name, value in zip(names, row, strict=True)} == {
            name: _plain(value) for name, value in zip(names, expected, strict=True)
        }


def _plain(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


@EACH
@pytest.mark.parametrize("nasty", ["p;UID=sa", "a}b", "{a}", "a;SERVER=evil;", "密;码=1"])
def test_a_password_of_keywords_arrives_whole(socket_enabled: None, driver: str, nasty: str) -> None:
    with (
        TdsServer(answer=answering(None), users={"reader": nasty}) as server,
        session(driver, server, password=nasty),
    ):
        assert server.logins == [("reader", nasty)]


@EACH
def test_nothing_stays_open_behind_us(socket_enabled: None, driver: str) -> None:
    with TdsServer(answer=answering(Table(("n",), [(1,)]))) as server:
        with session(driver, server) as found:
            found.rows(statement())
        for _ in range(100):
            if server.closed >= 2:  # the dial before the login, and the login
                break
            server._stop.wait(0.02)
        assert server.closed >= 2


@EACH
def test_encryption_with_a_certificate_that_nobody_knows_is_taken_where_that_was_chosen(
    socket_enabled: None, driver: str, tmp_path: Path
) -> None:
    made = self_signed(tmp_path, "127.0.0.1")
    answer = answering(Table(("名",), [("钢",)]))
    with (
        TdsServer(answer=answer, encrypts=True, certificate=made) as server,
        session(driver, server, encryption="required") as found,
    ):
        assert found.rows(statement()).rows[0][0] == "钢"


def test_a_certificate_that_nobody_signed_gets_no_password(socket_enabled: None, tmp_path: Path) -> None:
    made = self_signed(tmp_path, "127.0.0.1")
    with TdsServer(answer=answering(None), encrypts=True, certificate=made) as server:
        assert refused(odbc.MICROSOFT, server, encryption="verified").reason == "tls_refused"
        assert server.logins == []


@EACH
def test_a_server_without_encryption_gets_no_password_where_it_is_wanted(socket_enabled: None, driver: str) -> None:
    with TdsServer(answer=answering(None)) as server:
        assert refused(driver, server, encryption="required").reason == "tls_refused"
        assert server.logins == []
