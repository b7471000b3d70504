"""A real MariaDB, read with the login of the script, with one that may see nothing, and while others wait for locks."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest
import sqlglot
from sqlglot import exp

from connectors.ask import Answer, ask
from connectors.base import Spot, now
from connectors.facts import (
    Block,
    Connections,
    Counter,
    Database,
    Grant,
    LongQuery,
    Look,
    OpenDoor,
    OpenTransaction,
    Principal,
    Reachable,
    Server,
    Setting,
    User,
)
from connectors.mysql import STATEMENTS, MySQL
from connectors.mysql_rows import replica
from connectors.statements import needs
from connectors.waiting import heads
from tests.connectors.real_mariadb import PASSWORD, RealMariaDB, mariadb_request

pytestmark = pytest.mark.enable_socket
SESSIONS = ("long_queries", "open_transactions", "blocks")


def looks(server: RealMariaDB, *kinds: str, **change: Any) -> dict[str, Look]:
    """All looks by kind."""
    answer = ask(mariadb_request(server, kinds=list(kinds), **change))
    assert answer.error is None
    return {look.kind: look for look in answer.looks}


def worst(answer: Answer, name: str) -> list[str | None]:
    """The reasons of a probe's steps of this name that are not well."""
    return [step.reason for step in answer.steps if step.name == name and step.state != "ok"]


@pytest.fixture
def waiting(mariadb_server: RealMariaDB) -> Iterator[None]:
    """Somebody left a change open, and somebody else waits for it."""
    with mariadb_server.as_writer() as holder, mariadb_server.as_writer() as victim:
        holder.cursor().execute("UPDATE stock SET name = '很机密' WHERE id = 1")
        victim.cursor().execute("SET SESSION innodb_lock_wait_timeout = 20")
        change = threading.Thread(target=_change, args=(victim,))
        change.start()
        with mariadb_server.admin() as admin, admin.cursor() as cursor:
            while True:
                cursor.execute("SELECT COUNT(*) FROM information_schema.INNODB_LOCK_WAITS")
                if cursor.fetchone() == (1,):
                    break
                threading.Event().wait(0.02)
        yield
        holder.rollback()
        change.join(10)
        victim.rollback()


def _change(victim: "pymysql.Connection[Any]") -> None:
    victim.cursor().execute("UPDATE stock SET name = 'x' WHERE id = 1")


def test_it_tells_what_the_server_is_and_has(mariadb_server: RealMariaDB) -> None:
    found = looks(mariadb_server, "reachable", "server", "databases", "connections", "counters", "settings", "replicas")
    assert {kind for kind, look in found.items() if look.unknown} == set()
    (up,), (server,) = found["reachable"].facts, found["server"].facts
    assert isinstance(up, Reachable)
    assert isinstance(server, Server)
    assert "MariaDB" in (up.version or "")
    assert server.clock_ahead_s is not None
    assert abs(server.clock_ahead_s) < 2
    assert server.started_age_s is not None
    sizes = {fact.database: fact.data_bytes for fact in found["databases"].facts if isinstance(fact, Database)}
    assert (sizes["erp"] or 0) > 10_000
    (seats,) = found["connections"].facts
    assert isinstance(seats, Connections)
    assert 0 < seats.used < seats.limit
    assert [(one.name, one.count) for one in found["counters"].facts if isinstance(one, Counter)] == [("deadlocks", 0)]
    settings = {one.name: one for one in found["settings"].facts if isinstance(one, Setting)}
    assert settings["max_connections"].value == str(seats.limit)
    assert settings["secure_file_priv"].risky
    assert not settings["max_connections"].risky
    assert found["replicas"].facts == ()


def test_it_tells_logins_rights_and_open_doors(mariadb_server: RealMariaDB) -> None:
    found = looks(mariadb_server, "users", "principals", "grants", "open_doors")
    users = {one.login: one for one in found["users"].facts if isinstance(one, User)}
    assert {name for name, user in users.items() if user.admin} >= {"root"}
    principals = {one.login: one for one in found["principals"].facts if isinstance(one, Principal)}
    assert principals["reader@%"].ours
    assert principals["reader@%"].powers == ()
    assert "SUPER" in principals["root@localhost"].powers
    grants = {(one.holder, one.right, one.scope) for one in found["grants"].facts if isinstance(one, Grant)}
    assert {("writer@%", "UPDATE", "erp"), ("reader@%", "PROCESS", "*")} <= grants
    assert all(isinstance(one, OpenDoor) for one in found["open_doors"].facts)


def test_it_finds_who_holds_up_whom_and_never_what_they_wrote(mariadb_server: RealMariaDB, waiting: None) -> None:
    found = looks(mariadb_server, *SESSIONS)
    (block,), (left,) = found["blocks"].facts, found["open_transactions"].facts
    assert isinstance(block, Block)
    assert isinstance(left, OpenTransaction)
    assert (block.user, block.victims) == ("writer", 1)
    assert (left.session, left.user, left.host) == (block.session, "writer", block.host)
    assert [one for one in found["long_queries"].facts if isinstance(one, LongQuery)] == []
    assert "机密" not in repr(found)


def test_a_login_that_may_not_see_others_is_unknown_and_never_zero(mariadb_server: RealMariaDB) -> None:
    found = looks(mariadb_server, *SESSIONS, "principals", "grants", "databases", settings={"user": "bare"})
    for look in found.values():
        assert look.unknown is not None, look.kind
        assert look.unknown.reason == "missing_right"
        assert (look.unknown.grant or "").startswith("GRANT ")
        assert "bare" in (look.unknown.grant or "")


def test_a_login_that_can_write_is_told(mariadb_server: RealMariaDB) -> None:
    able = ask(mariadb_server_probe(mariadb_server, user="writer"))
    assert worst(able, "read_only") == ["login_can_write"]
    reader = ask(mariadb_server_probe(mariadb_server))
    assert (worst(reader, "read_only"), worst(reader, "rights")) == ([], [])


def mariadb_server_probe(server: RealMariaDB, **settings: Any) -> Any:
    """A probe."""
    return mariadb_request(server, op="probe", settings=settings)


def test_it_trusts_only_a_certificate_that_it_may(mariadb_server: RealMariaDB) -> None:
    strict = looks(mariadb_server, "reachable", settings={"encryption": "verified"})["reachable"]
    pem = mariadb_server.certificate.pem
    pinned = looks(mariadb_server, "reachable", settings={"encryption": "verified", "authority": pem})["reachable"]
    assert strict.unknown is not None
    assert strict.unknown.reason == "tls_refused"
    assert pinned.unknown is None


def test_what_the_script_gives_its_undoing_takes(mariadb_server: RealMariaDB) -> None:
    script = MySQL.script("o'neill")
    with mariadb_server.admin() as admin, admin.cursor() as cursor:
        for line in (one for one in script.run.splitlines() if not one.startswith("--")):
            cursor.execute(line.removesuffix(";"))
        cursor.execute(script.undo.removesuffix(";"))
        cursor.execute("SELECT COUNT(*) FROM mysql.user WHERE User = 'o''neill'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH\r\n", b"\x05\x00\x00\x00\x0a8.0"])
def test_another_server_is_not_taken_for_one(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_say, args=(listener, greeting))
        answering.start()
        port = listener.getsockname()[1]
        change = {"settings": {"port": port}, "kinds": ["server"], "budget_seconds": 3}
        (look,) = ask(mariadb_request(_nowhere(), **change)).looks
        answering.join(5)
    assert look.unknown is not None
    assert look.unknown.reason in ("wrong_protocol", "connection_lost")


def _nowhere() -> RealMariaDB:
    return RealMariaDB(port=0, socket=None, certificate=None)  # type: ignore[arg-type]


def _say(listener: socket.socket, greeting: bytes) -> None:
    wire, _ = listener.accept()
    with wire:
        wire.sendall(greeting)


def test_a_chain_of_waiting_has_one_head() -> None:
    spot = Spot(account_set=None, seen_at=now())
    rows = [(1, 2, 30, "wang", "PC1"), (2, 3, 20, "li", "PC2"), (1, 4, 50, "wang", "PC1")]
    (head,) = heads(rows, spot)
    assert isinstance(head, Block)
    assert (head.session, head.host, head.victims, head.longest_s) == ("1", "PC1", 2, 50.0)


@pytest.mark.parametrize("words", [("Master", "Slave"), ("Source", "Replica")])
def test_a_standby_copy_is_told_in_old_words_and_new(words: tuple[str, str]) -> None:
    source, copy = words
    row = {
        f"{source}_Host": "db1",
        f"{copy}_IO_Running": "Yes",
        f"{copy}_SQL_Running": "No",
        f"Seconds_Behind_{source}": 7,
    }
    fact = replica(row, Spot(account_set=None, seen_at=now()))
    assert (fact.name, fact.healthy, fact.lag_s) == ("db1", False, 7.0)


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_every_statement_only_reads_and_declares_what(statement: Any) -> None:
    (parsed,) = sqlglot.parse(statement.sql, read="mysql")
    assert isinstance(parsed, (exp.Select, exp.Show, exp.Command))
    assert statement.sql.split()[0] in ("SELECT", "SHOW")
    named = (
        {f"{table.db}.{table.name}" for table in parsed.find_all(exp.Table)}
        if isinstance(parsed, exp.Select)
        else set()
    )
    assert named == {need.table for need in statement.needs}
    columns = {column.name for column in parsed.find_all(exp.Column) if column.table}
    assert columns <= {name for need in statement.needs for name in need.columns}
    assert not columns & {"Password", "authentication_string", "INFO", "trx_query"}


def test_no_statement_is_forgotten_by_the_script() -> None:
    tables = {need.table for need in needs(STATEMENTS, *STATEMENTS) if need.table.startswith("mysql.")}
    assert all(table in MySQL.script("reader").run for table in tables)
    assert PASSWORD not in MySQL.script("reader").run
