"""Oracle's own driver against ports that are closed, silent or foreign; everything else against a stand-in for it."""

import socket
import threading
from contextlib import suppress
from typing import Any

import oracledb
import pytest
import sqlglot
from sqlglot import exp

from connectors.ask import ask
from connectors.facts import (
    Archiving,
    Backup,
    BackupHistory,
    Block,
    DataFile,
    Integrity,
    Job,
    Look,
    OpenTransaction,
    Principal,
    Server,
    User,
    WeakPassword,
)
from connectors.oracle import Oracle
from connectors.oracle_wire import granted, quoted, translated
from tests.connectors.oracle_standin import STATEMENTS, Standin, oracle_request

pytestmark = pytest.mark.enable_socket


def looks(server: Standin, *kinds: str, **change: Any) -> dict[str, Look]:
    """All looks by kind."""
    return {look.kind: look for look in ask(oracle_request(server, kinds=list(kinds), **change)).looks}


def only(look: Look, kind: type[Any]) -> Any:
    """The one fact of a look."""
    assert look.unknown is None, look.unknown
    (fact,) = look.facts
    assert isinstance(fact, kind)
    return fact


def test_it_tells_state_space_and_backups(oracle_server: Standin) -> None:
    found = looks(oracle_server, "server", "files", "backups", "archiving", "integrity")
    server, file, backup = only(found["server"], Server), only(found["files"], DataFile), only(found["backups"], Backup)
    assert abs(server.started_age_s - 3 * 86400) < 5
    assert abs(server.clock_ahead_s) < 3
    assert file.used_bytes / file.limit_bytes == 0.95
    assert (round(backup.full_age_s / 86400), round(backup.log_age_s / 3600)) == (2, 6)
    assert only(found["integrity"], Integrity).damaged_pages == 4
    area, place = found["archiving"].facts
    assert isinstance(area, Archiving)
    assert isinstance(place, Archiving)
    assert (area.used_pct, place.failing) == (90.0, True)


def test_it_tells_how_backups_went(oracle_server: Standin) -> None:
    told = only(looks(oracle_server, "backup_history")["backup_history"], BackupHistory)
    assert (told.last_took_s, told.usual_took_s, told.last_bytes) == (3600, None, 90_000_000_000)
    assert (round(told.worst_gap_s / 86400, 2), told.restore_s, told.chain_recorded) == (7.0, 4260, False)


def test_a_database_without_backups_has_no_history_of_them(oracle_server: Standin) -> None:
    gone = [row | {"status": "FAILED"} for row in oracle_server.views["v$rman_backup_job_details"]]
    oracle_server.views["v$rman_backup_job_details"] = gone
    look = looks(oracle_server, "backup_history")["backup_history"]
    assert (look.facts, look.unknown) == ((), None)


def test_it_tells_who_may_what(oracle_server: Standin) -> None:
    found = looks(oracle_server, "users", "principals", "weak_passwords", "grants", "open_doors")
    users = {one.login: one for one in found["users"].facts if isinstance(one, User)}
    assert set(users) == {"王会计", "SCOTT", "READER"}
    assert (users["王会计"].admin, users["SCOTT"].enabled) == (True, False)
    principals = {one.login: one for one in found["principals"].facts if isinstance(one, Principal)}
    assert principals["READER"].ours
    assert principals["SYS"].built_in
    assert principals["王会计"].powers == ("DBA",)
    # A locked login cannot be entered with the password it came with.
    assert only(found["weak_passwords"], WeakPassword).login == "王会计"


def test_it_tells_jobs_and_who_holds_up_whom(oracle_server: Standin) -> None:
    found = looks(oracle_server, "jobs", "blocks", "open_transactions")
    job = only(found["jobs"], Job)
    assert (job.name, job.outcome, job.message) == ("王会计.月结", "failed", "ORA-01653")
    assert job.overdue_s > 3600
    block = only(found["blocks"], Block)
    assert (block.session, block.user, block.victims, block.longest_s) == ("11", "王会计", 1, 290.0)
    assert only(found["open_transactions"], OpenTransaction).session == "11"


@pytest.mark.parametrize(
    ("kind", "view", "right"),
    [("blocks", "v$session", "SELECT ON sys.v_$session"), ("users", "dba_users", "SELECT ON sys.dba_users")],
)
def test_a_view_that_is_hidden_is_unknown_with_its_grant(
    oracle_server: Standin, kind: str, view: str, right: str
) -> None:
    oracle_server.hidden.add(view)
    look = looks(oracle_server, kind)[kind]
    assert look.unknown is not None
    assert (look.unknown.reason, look.unknown.right) == ("missing_right", right)
    assert look.unknown.grant == f"GRANT {right} TO reader;"


def test_every_question_stands_in_a_transaction_that_only_reads(oracle_server: Standin) -> None:
    looks(oracle_server, "server")
    assert oracle_server.seen[0] == "SET TRANSACTION READ ONLY"
    assert oracle_server.logins == 1


def test_a_login_that_can_write_is_told(oracle_server: Standin) -> None:
    oracle_server.views["session_privs"].append({"privilege": "UPDATE ANY TABLE"})
    steps = [step for step in ask(oracle_request(oracle_server, op="probe")).steps if step.state != "ok"]
    assert [(step.name, step.reason, step.params["how"]) for step in steps] == [
        ("read_only", "login_can_write", "UPDATE ANY TABLE")
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ORA-28000: the account is locked", "login_blocked"),
        ("ORA-00054: resource busy", "lock_timeout"),
        ("ORA-00060: deadlock detected", "deadlock"),
        ("DPY-4011: the database or network closed the connection", "connection_lost"),
        ("ORA-01033: ORACLE initialization or shutdown in progress", "database_offline"),
        ("ORA-99999: 密码 secret", "driver_error"),
    ],
)
def test_an_error_is_known_by_its_code_and_its_text_is_kept_back(text: str, reason: str) -> None:
    error = translated(oracledb.DatabaseError(text), (), "reader", 5)
    assert error.reason == reason
    assert "secret" not in str(error)


def test_a_missing_column_is_named() -> None:
    text = 'ORA-00904: "U"."LAST_LOGIN": invalid identifier'
    error = translated(oracledb.DatabaseError(text), STATEMENTS["logins"].needs, "reader", 5)
    assert (error.reason, error.params["column"], error.params["table"]) == (
        "missing_column",
        "LAST_LOGIN",
        "dba_users",
    )


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH\r\n" * 3, b""], ids=["another", "none"])
def test_the_real_driver_does_not_take_another_server_for_one(oracle_server: Standin, greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()
        listener.settimeout(0.1)
        answering = threading.Thread(target=_say, args=(listener, greeting, over))
        answering.start()
        change = {"settings": {"port": listener.getsockname()[1]}, "budget_seconds": 8}
        look = looks(oracle_server, "server", **change)["server"]
        over.set()
        answering.join(5)
    assert look.unknown is not None
    assert look.unknown.reason == "wrong_protocol"


def _say(listener: socket.socket, greeting: bytes, over: threading.Event) -> None:
    while not over.is_set():
        with suppress(OSError):
            wire, _ = listener.accept()
            with wire:
                wire.settimeout(1)
                wire.recv(1000)
                wire.sendall(greeting)


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_every_statement_only_reads_and_declares_what(statement: Any) -> None:
    (parsed,) = sqlglot.parse(statement.sql, read="oracle")
    assert isinstance(parsed, exp.Select)
    assert {table.name for table in parsed.find_all(exp.Table)} - {"dual"} == {need.table for need in statement.needs}
    columns = {column.name for column in parsed.find_all(exp.Column) if column.table}
    assert columns == {name for need in statement.needs for name in need.columns}
    assert not columns & {"password", "spare4", "sql_text", "sql_fulltext", "sql_id"}


def test_the_script_grants_every_view_that_is_read_and_nothing_else() -> None:
    script = Oracle.script("READER")
    views = {need.table for one in STATEMENTS.values() for need in one.needs} - {"session_privs"}
    granted_views = {line.split(" ON ")[1].split(" TO ")[0] for line in script.run.splitlines() if " ON " in line}
    assert granted_views == {granted(view) for view in views}
    assert script.undo == "DROP USER READER;"
    assert quoted('a"; DROP') == '"a; DROP"'
