"""The product's own road to a SQL Server: FreeTDS over real sockets, led into everything that goes wrong there."""

import socket
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Answer, ask
from connectors.base import Step
from connectors.facts import Reachable
from tests.connectors.conftest import PASSWORD, u8_fixture_request, u8_request
from tests.connectors.over_tds import FixtureServer
from tests.connectors.tds_server import Cut, Error, Outcome, TdsServer

KINDS = ["reachable", "backups", "users", "tasks", "stock", "vouchers", "periods"]


def bare(answer: Answer) -> list[Any]:
    """Looks without what differs from run to run."""
    timed = ("seen_at", "connect_ms", "answer_ms", "full_at", "diff_at", "log_at", "since_at", "last_seen_at")
    rough = ("full_age_s", "diff_age_s", "log_age_s", "age_s")
    return [
        (
            look.kind,
            look.account_set,
            look.unknown,
            [
                {
                    name: round(value / 100) if name in rough and value is not None else value
                    for name, value in vars(fact).items()
                    if name not in timed
                }
                for fact in look.facts
            ],
        )
        for look in answer.looks
    ]


def test_freetds_sees_exactly_what_the_fixture_road_sees(sql_server: TdsServer, u8_folder: Path) -> None:
    over_the_wire = ask(u8_request(sql_server.port, kinds=KINDS))
    from_files = ask(u8_fixture_request(u8_folder, kinds=KINDS))
    assert over_the_wire.error is None
    assert bare(over_the_wire) == bare(from_files)


def test_one_login_serves_all_kinds(sql_server: TdsServer) -> None:
    ask(u8_request(sql_server.port, kinds=KINDS))
    assert sql_server.logins == [("reader", PASSWORD)]


@pytest.mark.parametrize(
    "nasty", ["p;UID=sa", "a}", "}", "a}b", "a}}b", "{a", "{a}", ";", " x ", "=a=", "[x]'\"", "a;SERVER=evil;", "密;码"]
)
def test_a_password_of_keywords_arrives_whole(sql_server: TdsServer, nasty: str) -> None:
    sql_server.users["reader"] = nasty
    answer = ask(u8_request(sql_server.port, kinds=["reachable"], password=nasty))
    assert answer.looks[0].unknown is None
    assert sql_server.logins == [("reader", nasty)]


def test_a_password_that_freetds_cannot_carry_is_refused_before_anything_is_sent(sql_server: TdsServer) -> None:
    step = last(ask(u8_request(sql_server.port, op="probe", password="p};SERVER=evil")))
    assert (step.name, step.reason, step.field) == ("login", "bad_settings", "password")
    assert sql_server.logins == []


def last(answer: Answer) -> Step:
    """The step at which the probe ended."""
    return answer.steps[-1]


def test_a_wrong_password_is_tried_once_and_never_repeated_in_words(sql_server: TdsServer) -> None:
    answer = ask(u8_request(sql_server.port, op="probe", password="wrong-and-secret"))
    assert (last(answer).name, last(answer).state, last(answer).reason) == ("login", "failed", "wrong_password")
    assert last(answer).field == "password"
    assert len(sql_server.logins) == 1
    assert "wrong-and-secret" not in repr(answer)


def test_a_wrong_password_is_unknown_for_every_kind_and_not_a_server_that_is_down(sql_server: TdsServer) -> None:
    answer = ask(u8_request(sql_server.port, kinds=KINDS, password="wrong-and-secret"))
    assert {look.unknown.reason for look in answer.looks if look.unknown} == {"wrong_password"}
    assert not [look for look in answer.looks if look.facts]
    assert len(sql_server.logins) == 1


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.enable_socket
def test_a_closed_port_is_down_and_names_the_field() -> None:
    port = closed_port()
    step = last(ask(u8_request(port, op="probe")))
    assert (step.name, step.reason, step.field, step.params["port"]) == ("tcp", "closed_port", "port", port)
    (look,) = ask(u8_request(port, kinds=["reachable"])).looks
    assert isinstance(look.facts[0], Reachable)
    assert (look.facts[0].up, look.facts[0].reason) == (False, "closed_port")


def test_a_name_that_does_not_exist_is_found_out_first() -> None:
    step = last(ask(u8_request(1433, op="probe", settings={"host": "no-such-host.invalid"})))
    assert (step.name, step.reason, step.field) == ("name", "unknown_name", "host")


def test_this_machine_is_refused_outside_the_demo(sql_server: TdsServer) -> None:
    for op in ("probe", "collect"):
        answer = ask(u8_request(sql_server.port, op=op, kinds=["reachable"], allow_loopback=False))
        told = (
            [last(answer).reason] if op == "probe" else [look.unknown and look.unknown.reason for look in answer.looks]
        )
        assert told == ["forbidden_address"]
    assert sql_server.logins == []


@pytest.mark.parametrize(("silent", "step"), [("prelogin", "tls"), ("login", "login")])
def test_a_server_that_falls_silent_is_told_apart(sql_server: TdsServer, silent: str, step: str) -> None:
    sql_server.silent = silent
    answer = ask(u8_request(sql_server.port, op="probe", budget_seconds=3), deadline=20)
    assert (last(answer).name, last(answer).reason) == (step, "silent_server")


def test_something_else_on_the_port_is_told_apart(socket_enabled: None) -> None:
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(2):
                wire, _ = listener.accept()
                with wire:
                    wire.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        step = last(ask(u8_request(listener.getsockname()[1], op="probe")))
    assert (step.name, step.reason) == ("tls", "wrong_protocol")


def test_encryption_that_the_server_lacks_is_refused_before_the_password_leaves(sql_server: TdsServer) -> None:
    settings = {"encryption": "required"}
    step = last(ask(u8_request(sql_server.port, op="probe", settings=settings)))
    assert (step.name, step.reason, step.field) == ("tls", "tls_refused", "encryption")
    (look,) = ask(u8_request(sql_server.port, kinds=["stock"], settings=settings)).looks
    assert look.unknown is not None
    assert look.unknown.reason == "tls_refused"
    assert sql_server.logins == []


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Error(208, "Invalid object name 'CurrentStock'."), "missing_table"),
        (Error(207, "Invalid column name 'iQuantity'."), "missing_column"),
        (Error(229, "The SELECT permission was denied on the object 'CurrentStock', database 'D', schema 'dbo'."),
         "missing_right"),
        (Error(1205, "Transaction (Process ID 61) was deadlocked on lock resources with another process."), "deadlock"),
        (Error(1222, "Lock request time out period exceeded."), "lock_timeout"),
        (Error(8115, "Arithmetic overflow error."), "driver_error"),
        (Cut(), "connection_lost"),
    ],
)  # fmt: skip
def test_an_error_in_the_middle_is_typed_and_the_others_are_read(
    sql_server: TdsServer, u8_server: FixtureServer, outcome: Outcome, reason: str
) -> None:
    u8_server.instead["stock"] = outcome
    answer = ask(u8_request(sql_server.port, kinds=["users", "stock"]))
    found = {look.kind: look for look in answer.looks}
    assert found["users"].facts
    assert found["stock"].unknown is not None
    assert found["stock"].unknown.reason == reason


def test_a_missing_right_comes_with_its_grant(sql_server: TdsServer, u8_server: FixtureServer) -> None:
    u8_server.instead["stock"] = Error(
        229, "拒绝了对对象 'CurrentStock' (数据库 'UFDATA_001_2024'，架构 'dbo')的 SELECT 权限。"
    )
    (look,) = ask(u8_request(sql_server.port, kinds=["stock"])).looks
    assert look.unknown is not None
    assert look.unknown.grant == (
        "USE [UFDATA_001_2024]; GRANT SELECT ON [dbo].[CurrentStock] ([cWhCode], [cInvCode], [iQuantity]) TO [reader];"
    )


def test_a_database_that_cannot_be_entered_comes_with_its_grant(sql_server: TdsServer, u8_folder: Path) -> None:
    (u8_folder / "msdb.sqlite").unlink()
    (look,) = ask(u8_request(sql_server.port, kinds=["backups"])).looks
    assert look.unknown is not None
    assert look.unknown.grant == "USE [msdb]; CREATE USER [reader] FOR LOGIN [reader];"
    probe = ask(u8_request(sql_server.port, op="probe"))
    assert [step.grant for step in probe.steps if step.name == "rights"] == [look.unknown.grant]


def test_a_query_that_never_ends_is_stopped_by_the_statement_time_out(
    sql_server: TdsServer, u8_server: FixtureServer
) -> None:
    from tests.connectors.tds_server import Hang

    u8_server.instead["users"] = Hang()
    answer = ask(u8_request(sql_server.port, kinds=["users"], budget_seconds=2), deadline=15)
    (look,) = answer.looks
    assert look.unknown is not None
    assert look.unknown.reason == "statement_timeout"
    assert answer.error is None
    assert sql_server.attentions >= 1
