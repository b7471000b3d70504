"""A real PostgreSQL, read with a login that may see its statistics, with one that may not, and over a bad line."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from connectors.ask import Answer, ask
from connectors.base import Deadline, Spot, Step
from connectors.facts import (
    Archiving,
    Backup,
    Block,
    Connections,
    Database,
    Grant,
    Look,
    Principal,
    Reachable,
    Server,
    Setting,
    Task,
    User,
)
from connectors.postgres_wire import authorities, quoted
from connectors.postgresql import PostgreSQL, archive
from connectors.postgresql_state import STATEMENTS
from tests.connectors.conftest import postgres_request
from tests.connectors.real_postgres import PASSWORD, RealPostgres, Relay, certificate
from tests.connectors.test_statements import read_by, refusal

# What a statement may call beside aggregates and conditions: it asks about rights, settings and time.
FUNCTIONS = {"CURRENT_SETTING", "PG_HAS_ROLE", "HAS_SCHEMA_PRIVILEGE", "HAS_TABLE_PRIVILEGE", "HOST", "PG_BACKEND_PID"}
FUNCTIONS |= {"CLOCK_TIMESTAMP", "PG_POSTMASTER_START_TIME", "PG_DATABASE_SIZE", "AGE", "PG_BLOCKING_PIDS"}
FUNCTIONS |= {"PG_LS_ARCHIVE_STATUSDIR"}
SPOT = Spot(account_set=None, seen_at=datetime(2026, 11, 22, 2, tzinfo=UTC))


@pytest.fixture
def admin(postgres_server: RealPostgres) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A superuser's hand on the server."""
    with postgres_server.admin() as connection:
        yield connection


def look(server: RealPostgres, kind: str, **change: Any) -> Look:
    """The one look for a kind."""
    (found,) = ask(postgres_request(server, kinds=[kind], **change)).looks
    return found


def worst(answer: Answer, name: str) -> list[Step]:
    """The steps of a name that are not well."""
    return [step for step in answer.steps if step.name == name and step.state != "ok"]


def test_it_tells_version_and_time(postgres_server: RealPostgres) -> None:
    (fact,) = look(postgres_server, "reachable").facts
    assert isinstance(fact, Reachable)
    assert fact.up
    assert fact.version
    assert (fact.connect_ms or 0) > 0


def test_it_tells_roles_that_may_log_in_and_what_they_belong_to(postgres_server: RealPostgres) -> None:
    users = {fact.login: fact for fact in look(postgres_server, "users").facts if isinstance(fact, User)}
    assert set(users) == {"postgres", "reader", "bare", "expired", "writer"}
    assert {name for name, user in users.items() if user.admin} == {"postgres"}
    assert not users["expired"].enabled
    assert (users["writer"].roles, users["bare"].roles) == (("clerks",), ())


def test_it_finds_the_transaction_that_was_left_open(postgres_server: RealPostgres) -> None:
    with psycopg.connect(
        host=str(postgres_server.cluster.socket), port=postgres_server.port, user="writer", password=PASSWORD,
        dbname="erp", application_name="month-end",
    ) as connection:  # fmt: skip
        connection.execute("SELECT 'very secret'")
        found = look(postgres_server, "tasks")
    (task,) = [fact for fact in found.facts if isinstance(fact, Task)]
    assert (task.account_set, task.user, task.name, task.state) == ("erp", "writer", "month-end", "idle in transaction")
    assert task.age_s is not None
    assert task.age_s >= 0
    assert "very secret" not in repr(found)


def test_it_tells_what_the_server_is_and_has(postgres_server: RealPostgres) -> None:
    kinds = ["server", "connections", "databases", "counters", "integrity", "transaction_age", "settings", "principals",
             "grants", "open_doors", "replicas", "dead_rows", "statistics", "archiving"]  # fmt: skip
    found = {one.kind: one for one in ask(postgres_request(postgres_server, kinds=kinds)).looks}
    assert {kind for kind, one in found.items() if one.unknown} == set()
    (server,), (seats,) = found["server"].facts, found["connections"].facts
    assert isinstance(server, Server)
    assert server.clock_ahead_s is not None
    assert abs(server.clock_ahead_s) < 2
    assert isinstance(seats, Connections)
    assert 0 < seats.used < seats.limit
    sizes = {one.database: one.data_bytes for one in found["databases"].facts if isinstance(one, Database)}
    assert (sizes["erp"] or 0) > 1_000_000
    settings = {one.name: one for one in found["settings"].facts if isinstance(one, Setting)}
    assert settings["fsync"].risky
    assert not settings["autovacuum"].risky
    powers = {one.login: one.powers for one in found["principals"].facts if isinstance(one, Principal)}
    assert "SUPERUSER" in powers["postgres"]
    assert powers["reader"] == ()
    grants = {(one.holder, one.right) for one in found["grants"].facts if isinstance(one, Grant)}
    assert {("writer", "clerks"), ("reader", "pg_monitor"), ("postgres", "SUPERUSER")} <= grants


def test_it_finds_who_holds_up_whom(postgres_server: RealPostgres, admin: Any) -> None:
    admin.execute("CREATE TABLE held (id int); GRANT SELECT, UPDATE ON held TO writer")
    with _at_work(postgres_server) as holder, _at_work(postgres_server) as victim:
        holder.execute("LOCK TABLE held IN SHARE MODE")
        change = threading.Thread(target=lambda: victim.execute("UPDATE held SET id = 2"))
        change.start()
        while admin.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone() == (0,):
            threading.Event().wait(0.02)
        (block,) = look(postgres_server, "blocks").facts
        lefts = {one.session for one in look(postgres_server, "open_transactions").facts}  # type: ignore[attr-defined]
        holder.rollback()
        change.join(10)
    admin.execute("DROP TABLE held")
    assert isinstance(block, Block)
    assert (block.user, block.victims, block.program) == ("writer", 1, "month-end")
    assert block.session in lefts


def _at_work(server: RealPostgres) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host=str(server.cluster.socket), port=server.port, user="writer", password=PASSWORD, dbname="postgres",
        application_name="month-end",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["blocks", "long_queries", "connections", "databases", "replicas", "counters"])
def test_what_is_hidden_is_unknown(postgres_server: RealPostgres, kind: str) -> None:
    found = look(postgres_server, kind, settings={"user": "bare"})
    assert found.unknown is not None
    assert found.unknown.right == "pg_monitor"


def test_a_login_that_may_not_see_others_is_unknown_and_never_zero(postgres_server: RealPostgres) -> None:
    found = look(postgres_server, "tasks", settings={"user": "bare"})
    assert found.facts == ()
    assert found.unknown is not None
    assert (found.unknown.reason, found.unknown.right) == ("missing_right", "pg_monitor")
    assert found.unknown.grant == 'GRANT pg_monitor TO "bare";'
    probe = ask(postgres_request(postgres_server, op="probe", settings={"user": "bare"}))
    assert [step.grant for step in worst(probe, "rights")] == ['GRANT pg_monitor TO "bare";']
    # What everybody may see is read all the same.
    assert look(postgres_server, "users", settings={"user": "bare"}).facts


def test_the_grant_that_is_named_mends_it(postgres_server: RealPostgres, admin: Any) -> None:
    unknown = look(postgres_server, "tasks", settings={"user": "bare"}).unknown
    assert unknown is not None
    assert unknown.grant is not None
    admin.execute(unknown.grant)
    try:
        assert look(postgres_server, "tasks", settings={"user": "bare"}).unknown is None
    finally:
        admin.execute("REVOKE pg_monitor FROM bare")


def test_it_says_of_backups_only_what_the_server_records(postgres_server: RealPostgres) -> None:
    (fact,) = look(postgres_server, "backups").facts
    assert isinstance(fact, Backup)
    assert (fact.database, fact.recovery_model, fact.recorded) == ("WAL", "archive_mode=off", ("log",))
    assert fact.log_age_s is None


SECONDS = st.none() | st.integers(0, 10**8)


@given(SECONDS, SECONDS)
def test_archiving_fails_while_its_last_failure_is_the_younger_one(done: int | None, failed: int | None) -> None:
    fact = archive("on", done, failed, SPOT)
    assert (fact.state == "FAILING") == (failed is not None and (done is None or failed < done))
    assert fact.log_at == (None if done is None else SPOT.seen_at - timedelta(seconds=done))


def test_its_script_and_the_undo_run_and_leave_nothing(postgres_server: RealPostgres, admin: Any) -> None:
    script = PostgreSQL.script('odd "name"')
    admin.execute(script.run.replace("<choose a long password>", PASSWORD))
    probe = ask(postgres_request(postgres_server, op="probe", settings={"user": 'odd "name"'}))
    admin.execute(script.undo)
    assert {step.state for step in probe.steps} == {"ok"}
    assert admin.execute("SELECT COUNT(*) FROM pg_roles WHERE rolname LIKE 'odd%'").fetchone() == (0,)


def test_the_probe_finds_logins_that_can_write(postgres_server: RealPostgres) -> None:
    with postgres_server.admin("erp") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS orders (id int); GRANT INSERT ON orders TO writer")
    for change, how in (
        ({"user": "writer", "database": "erp"}, "orders"),
        ({"user": "writer"}, None),
        ({"user": "reader", "database": "erp"}, None),
    ):
        found = worst(ask(postgres_request(postgres_server, op="probe", settings=change)), "read_only")
        assert [step.params["how"] for step in found] == ([how] if how else [])
    answer = ask(
        postgres_request(
            postgres_server, op="probe", settings={"user": "postgres"}, password=postgres_server.cluster.password
        )
    )
    assert "superuser" in str(worst(answer, "read_only")[0].params["how"])


def test_it_writes_nothing_even_where_it_could(postgres_server: RealPostgres) -> None:
    from connectors import postgres_wire
    from connectors.reach import Address

    target = postgres_wire.Target(
        address=Address(host="127.0.0.1", ip="127.0.0.1", port=postgres_server.port), database="erp",
        user="postgres", password=postgres_server.cluster.password, encryption="off",
    )  # fmt: skip
    with postgres_wire.connected(target, Deadline(10)) as session:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.connection.execute("CREATE TABLE mine (id int)")
        assert session.connection.execute("SHOW statement_timeout").fetchone() != ("0",)


@pytest.mark.parametrize(
    ("settings", "password", "step", "reason"),
    [
        ({}, "not-the-password", "login", "wrong_password"),
        ({"user": "nobody"}, PASSWORD, "login", "wrong_password"),
        ({"user": "blocked"}, PASSWORD, "login", "login_blocked"),
        ({"database": "nowhere"}, PASSWORD, "database", "unknown_database"),
        # This server was built without encryption, and says so before any password leaves.
        ({"encryption": "required"}, PASSWORD, "tls", "tls_refused"),
    ],
)
def test_what_bars_the_way_in_is_told_apart(
    postgres_server: RealPostgres, settings: dict[str, str], password: str, step: str, reason: str
) -> None:
    answer = ask(postgres_request(postgres_server, op="probe", settings=settings, password=password))
    last = answer.steps[-1]
    assert (last.name, last.reason) == (step, reason)
    assert password not in repr(answer)


@pytest.mark.enable_socket
def test_it_encrypts_and_checks_the_certificate_where_that_is_asked_for(
    postgres_server: RealPostgres, tmp_path: Path
) -> None:
    certificate(tmp_path)
    with Relay(postgres_server.port, keys=tmp_path) as relay:
        for encryption, reason in (("required", None), ("verified", "tls_refused")):
            found = look(postgres_server, "users", settings={"encryption": encryption, "port": relay.port})
            assert (found.unknown and found.unknown.reason, bool(found.facts)) == (reason, not reason)


def test_the_authorities_of_this_machine_are_found() -> None:
    assert authorities() == "system" or Path(authorities()).is_file()


@pytest.mark.enable_socket
def test_a_line_that_is_cut_in_the_middle_is_told_and_not_retried(postgres_server: RealPostgres) -> None:
    with Relay(postgres_server.port, word=b"pg_stat_activity") as relay:
        answer = ask(postgres_request(postgres_server, kinds=["users", "tasks"], settings={"port": relay.port}))
    looks = {one.kind: one for one in answer.looks}
    assert looks["users"].facts
    assert looks["tasks"].unknown is not None
    assert looks["tasks"].unknown.reason == "connection_lost"


@pytest.mark.enable_socket
def test_a_server_that_never_answers_a_question_is_given_up(postgres_server: RealPostgres) -> None:
    with Relay(postgres_server.port, word=b"rolvaliduntil", how="hang") as relay:
        request = postgres_request(
            postgres_server, kinds=["backups", "users"], settings={"port": relay.port}, budget_seconds=2
        )
        looks = {one.kind: one for one in ask(request, deadline=4).looks if one.unknown or one.facts}
    assert looks["users"].unknown is not None
    assert looks["users"].unknown.reason == "hang"


@pytest.mark.enable_socket
def test_something_else_on_the_port_is_told_apart() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(2):
                wire, _ = listener.accept()
                with wire:
                    wire.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        settings = {"port": listener.getsockname()[1]}
        answer_ = ask(postgres_request(RealPostgres(0, None), op="probe", settings=settings))  # type: ignore[arg-type]
    assert (answer_.steps[-1].name, answer_.steps[-1].reason) == ("tls", "wrong_protocol")


@pytest.mark.parametrize(
    ("sql", "kind", "reason", "names"),
    [
        ("ALTER VIEW pg_catalog.pg_stat_archiver RENAME TO gone", "backups", "missing_table",
         {"table": "pg_catalog.pg_stat_archiver"}),
        ("ALTER VIEW pg_catalog.pg_stat_archiver RENAME COLUMN last_archived_time TO gone", "backups",
         "missing_column", {"column": "last_archived_time"}),
        ("REVOKE SELECT ON pg_catalog.pg_stat_archiver FROM PUBLIC", "backups", "missing_right",
         {"table": "pg_catalog.pg_stat_archiver"}),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_never_green(
    postgres_server: RealPostgres, admin: Any, sql: str, kind: str, reason: str, names: dict[str, str]
) -> None:
    # Changed inside a copy of the catalogue that only this database sees.
    admin.execute("DROP DATABASE IF EXISTS drifted")
    admin.execute("CREATE DATABASE drifted")
    with postgres_server.admin("drifted") as inside:
        inside.execute("SET allow_system_table_mods = on")
        inside.execute(sql.encode())
    found = look(postgres_server, kind, settings={"database": "drifted"})
    assert found.facts == ()
    assert found.unknown is not None
    assert found.unknown.reason == reason
    assert names.items() <= dict(found.unknown.params).items()
    if reason == "missing_right":
        assert found.unknown.grant is not None
        with postgres_server.admin("drifted") as inside:
            inside.execute(found.unknown.grant.encode())
        assert look(postgres_server, kind, settings={"database": "drifted"}).unknown is None


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_real_server_takes_every_statement_and_knows_every_declared_column(
    name: str, postgres_server: RealPostgres, admin: Any
) -> None:
    statement = STATEMENTS[name]
    admin.execute(statement.sql.encode())
    for need in statement.needs:
        schema, table = need.table.split(".")
        known = admin.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass", [f"{schema}.{table}"]
        ).fetchall()
        assert set(need.columns) <= {row[0] for row in known}


def schema_of(admin: Any) -> dict[str, dict[str, str]]:
    """The catalogue of the real server: table -> column -> type."""
    rows = admin.execute(
        "SELECT c.relname, a.attname, FORMAT_TYPE(a.atttypid, NULL) FROM pg_attribute a JOIN pg_class c "
        "ON c.oid = a.attrelid WHERE c.relnamespace = 'pg_catalog'::regnamespace"
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_reads_what_it_declares_and_nothing_else(name: str, admin: Any) -> None:
    declared: dict[str, set[str]] = {
        need.table.removeprefix("pg_catalog."): set(need.columns) for need in STATEMENTS[name].needs
    }
    assert read_by(STATEMENTS[name].sql, schema_of(admin), "postgres") == declared


@pytest.mark.parametrize(("right", "wrong"), [("xact_start", "xact_started"), ("usename", "username")])
def test_it_notices_a_column_that_the_server_does_not_have(admin: Any, right: str, wrong: str) -> None:
    sql = STATEMENTS["transactions"].sql.replace(right, wrong)
    with pytest.raises((LookupError, sqlglot.errors.OptimizeError)):
        read_by(sql, schema_of(admin), "postgres")


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_cannot_write_and_reads_no_password(name: str) -> None:
    statement = STATEMENTS[name]
    assert refusal(statement.sql, "postgres", FUNCTIONS) is None
    assert ";" not in statement.sql
    assert not re.search(r"passw(?!ord_encryption)|pg_authid|pg_shadow|\bquery\b", statement.sql, re.IGNORECASE)
    limit = re.search(r"\bLIMIT (\d+)", statement.sql)
    assert statement.cap == 1 or (limit and int(limit[1]) == statement.cap + 1)


@pytest.mark.parametrize(
    "hostile",
    [
        "UPDATE pg_roles SET rolname = 'x'",
        "SELECT 1; DROP TABLE orders",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_export(1, 'x')",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone",
        "SELECT relname INTO mine FROM pg_class",
        "SELECT relname FROM pg_class FOR UPDATE",
        "SELECT setval('s', 1)",
        "COPY orders TO PROGRAM 'sh'",
    ],
)
def test_the_proof_of_harmlessness_is_not_blind(hostile: str) -> None:
    assert refusal(hostile, "postgres", FUNCTIONS) is not None


@given(st.text(min_size=1))
def test_no_name_gets_out_of_its_quotes(name: str) -> None:
    assert quoted(name)[1:-1].replace('""', "").count('"') == 0


def test_it_counts_what_waits_to_be_archived(postgres_server: RealPostgres) -> None:
    """The server marks a finished piece ready until its archive has it; who may not list the marks sees an error."""
    marks = postgres_server.cluster.data / "pg_wal" / "archive_status"
    ready = marks / "0000000A0000000000000001.ready"
    done = marks / "0000000A0000000000000002.done"
    sql = STATEMENTS["unarchived"].sql
    where: dict[str, Any] = {"host": str(postgres_server.cluster.socket), "port": postgres_server.port}
    where |= {"password": PASSWORD, "dbname": "erp"}
    try:
        with psycopg.connect(user="reader", **where) as reader:
            before = reader.execute(sql.encode()).fetchone()
            ready.touch()
            done.touch()
            after = reader.execute(sql.encode()).fetchone()
    finally:
        ready.unlink(missing_ok=True)
        done.unlink(missing_ok=True)
    assert before is not None
    assert after == (before[0] + 1,)
    with psycopg.connect(user="bare", **where) as bare, pytest.raises(psycopg.errors.InsufficientPrivilege):
        bare.execute(sql.encode())


class Archived:
    """A server that archives: what its statements answer."""

    def rows(self, statement: Any) -> Any:
        """Its rows for a statement."""
        told = {"archiver": [("on", 60, None)], "unarchived": [(37,)]}
        return SimpleNamespace(rows=told[statement.name], truncated=False)


def test_an_archive_tells_how_much_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.postgresql_state.require_sight", lambda _session: None)
    (told,) = PostgreSQL.archiving(cast("Any", None), cast("Any", Archived()), SPOT).facts
    assert isinstance(told, Archiving)
    assert (told.name, told.waiting, told.failing) == ("WAL", 37, False)
