"""SAP Business One on HANA, at the level of its driver: statements, their answers, errors by HANA's numbers.

There is no HANA here. The real driver is asked for a closed port, a name that is not there and a silent server.
"""

import builtins
import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hdbcli import dbapi

from connectors import hana_wire
from connectors.ask import ask
from connectors.base import AccountSet, ConnectorError
from connectors.facts import Job, Server
from connectors.hana_wire import Target, translated
from connectors.reach import Address
from connectors.sap_b1_hana import STATEMENTS, SapB1Hana
from connectors.sap_b1_readings import OWN
from tests.connectors.b1_fixtures import b1_request
from tests.connectors.hana_standin import Standin, hana_request

pytestmark = pytest.mark.enable_socket
KINDS = ["users", "failed_logins", "stock", "vouchers", "unbalanced", "periods", "approvals", "open_documents"]
KINDS += ["odd_dates", "duplicates", "master_gaps", "ledger_gaps", "timings"]


def execute(folder: Path, statement: str) -> None:
    """Change a company's schema behind its back."""
    with closing(sqlite3.connect(folder / "SBO_DEMO.sqlite")) as database, database:
        database.execute(statement)


def test_it_tells_the_same_as_on_sql_server(b1_folder: Path, hana_server: Standin) -> None:
    there = ask(hana_request(hana_server, kinds=KINDS)).looks
    assert [look.unknown for look in there] == [None] * len(KINDS)
    here = ask(b1_request(b1_folder, kinds=KINDS)).looks
    told = [[[one.subject for one in look.facts] for look in looks] for looks in (here, there)]
    assert told[0] == told[1]
    assert sum(len(look.facts) for look in there) > 20
    assert hana_server.seen[0] == "SET TRANSACTION READ ONLY"


def test_alerts_are_told_as_on_sql_server(b1_folder: Path, hana_server: Standin) -> None:
    execute(b1_folder, "UPDATE OALT SET NextDate = DATE('now', '-3 days'), NextTime = 1430 WHERE Active = 'Y'")
    (there,) = ask(hana_request(hana_server, kinds=["jobs"])).looks
    here = [one for one in ask(b1_request(b1_folder, kinds=["jobs"])).looks if one.account_set]
    ages = [
        [(job.name, (job.overdue_s or 0) // 60) for job in look.facts if isinstance(job, Job)]
        for look in (there, *here)
    ]
    assert ages[0] == ages[1]
    assert ages[0][0][1] > 0


def test_rights_and_clock_are_told(hana_server: Standin) -> None:
    looks = {look.kind: look for look in ask(hana_request(hana_server, kinds=["grants", "server"])).looks}
    assert len(looks["grants"].facts) == 3
    (server,) = looks["server"].facts
    assert isinstance(server, Server)
    assert server.version == "2.00.076.00"
    assert server.clock_ahead_s == pytest.approx(0, abs=2)


def test_a_login_that_can_write_is_found(hana_server: Standin) -> None:
    hana_server.privileges = [("READER", "SBO_DEMO", "SELECT"), ("READER", "SBO_DEMO", "UPDATE")]
    (step,) = [one for one in ask(hana_request(hana_server, op="probe")).steps if one.name == "read_only"]
    assert (step.state, step.reason, step.params["how"]) == ("failed", "login_can_write", "UPDATE")


def test_companies_may_be_named_by_hand(b1_folder: Path, hana_server: Standin) -> None:
    (b1_folder / "SBO-COMMON.sqlite").unlink()
    assert ask(hana_request(hana_server, op="account_sets")).error is not None
    named = {"companies": "SBO_DEMO"}
    (found,) = ask(hana_request(hana_server, op="account_sets", settings=named)).account_sets
    assert (found.code, found.name) == ("SBO_DEMO", "示例阀门有限公司")


@pytest.mark.parametrize(
    ("change", "kind", "reason", "what"),
    [
        ("ALTER TABLE OITW DROP COLUMN OnHand", "stock", "missing_column", "OnHand"),
        ("DROP TABLE OBTF", "vouchers", "missing_table", "OBTF"),
    ],
)
def test_what_is_missing_is_named(
    b1_folder: Path, hana_server: Standin, change: str, kind: str, reason: str, what: str
) -> None:
    execute(b1_folder, change)
    (look,) = ask(hana_request(hana_server, kinds=[kind])).looks
    assert look.unknown is not None
    assert (look.unknown.reason, what in look.unknown.params.values()) == (reason, True)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (dbapi.Error(258, "insufficient privilege: hunter2-hunter2"), "missing_right"),
        (dbapi.Error(131, "transaction rolled back by lock wait timeout"), "lock_timeout"),
        (dbapi.Error(133, "transaction rolled back by detected deadlock"), "deadlock"),
        (dbapi.Error(613, "execution aborted by timeout"), "statement_timeout"),
        (dbapi.Error(-10807, "Connection down: [89013] Socket closed by peer"), "connection_lost"),
        (dbapi.Error(-10807, "Connection down: communication timeout"), "statement_timeout"),
        (dbapi.Error(9999, "hunter2-hunter2"), "driver_error"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "bad_answer"),
    ],
)
def test_every_error_has_its_reason(hana_server: Standin, error: Exception, reason: str) -> None:
    hana_server.trouble = error
    answer = ask(hana_request(hana_server, kinds=["stock"], settings={"companies": "SBO_DEMO"}))
    (look,) = answer.looks
    assert look.unknown is not None
    assert look.unknown.reason == reason
    assert "hunter2" not in repr(answer)
    if reason == "missing_right":
        assert 'GRANT SELECT ON "SBO_DEMO"."OITW" TO "reader";' in str(look.unknown.grant)


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [(10, "authentication failed", "wrong_password"), (416, "user is locked", "login_blocked")],
)
def test_refused_logins_are_told_apart(code: int, text: str, reason: str) -> None:
    assert translated(dbapi.Error(code, text), {}).reason == reason


def test_a_wrong_password_is_tried_once(hana_server: Standin) -> None:
    ask(hana_request(hana_server, kinds=KINDS, password="not-the-password"))
    assert hana_server.logins == 1


def test_a_hundred_thousand_rows_are_cut(b1_folder: Path, hana_server: Standin) -> None:
    execute(
        b1_folder,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO OITM "
        "(ItemCode, ItemName, InvntItem) SELECT 'X' || i, '物料', 'Y' FROM n",
    )
    execute(b1_folder, "INSERT INTO OITW (ItemCode, WhsCode, OnHand) SELECT ItemCode, '01', -1 FROM OITM")
    (look,) = ask(hana_request(hana_server, kinds=["stock"])).looks
    assert (len(look.facts), look.truncated) == (5000, True)


def real(port: int, host: str = "127.0.0.1", **change: Any) -> Target:
    """A target for the real driver."""
    settings = {"user": "reader", "password": "x", "encryption": "off"} | change
    return Target(address=Address(host, "127.0.0.1", port), **settings)


@pytest.mark.parametrize("encryption", ["off", "required", "verified"])
def test_the_real_driver_knows_what_it_is_given_and_tells_a_silent_server(encryption: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = real(listener.getsockname()[1], encryption=encryption).options(1)
        with pytest.raises(dbapi.Error) as caught:
            dbapi.connect(**options)
    assert translated(caught.value, {}).reason == "statement_timeout"


def test_the_real_driver_tells_a_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(dbapi.Error) as caught:
        dbapi.connect(**real(port).options(1))
    assert translated(caught.value, {}).reason == "connection_lost"


def test_without_the_driver_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("hdbcli"):
            raise ImportError(name)
        return known(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConnectorError) as caught:
        hana_wire.driver()
    assert (caught.value.reason, "pip install hdbcli" in str(caught.value)) == ("driver_missing", True)


def test_a_name_that_is_not_there_is_told() -> None:
    request = hana_request(Standin(Path(), 1), op="probe", settings={"host": "hana.invalid"})
    (step,) = ask(request).steps
    assert (step.name, step.reason) == ("name", "unknown_name")


@pytest.mark.parametrize("name", list(OWN))
def test_both_databases_are_asked_for_the_same(name: str) -> None:
    own, other = OWN[name], STATEMENTS[name]
    assert (own.title, own.database, own.cap, own.needs, own.optional) == (
        other.title, other.database, other.cap, other.needs, other.optional,
    )  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))
def test_it_only_reads_and_names_everything(statement: Any) -> None:
    assert statement.sql.startswith("SELECT ")
    assert not re.search(r"\b(insert|update|delete|merge|call|drop)\b[^',]", statement.sql, re.IGNORECASE)
    assert not re.search(r"passw|;|--", statement.sql, re.IGNORECASE)
    quoted = set(re.findall(r'"(\w+)"', statement.sql))
    assert quoted == {part for need in statement.needs for part in (need.table, *need.columns)}


def test_the_script_makes_a_restricted_user() -> None:
    script = SapB1Hana.script("desk", [AccountSet(code="SBO_DEMO", name="x")])
    assert script.run.startswith('CREATE RESTRICTED USER "DESK" PASSWORD')
    assert 'GRANT SELECT ON "SBO_DEMO"."OITW" TO "DESK";' in script.run
    assert 'GRANT SELECT ON "SBOCOMMON"."SRGC" TO "DESK";' in script.run
    assert script.undo == 'DROP USER "DESK" CASCADE;'
