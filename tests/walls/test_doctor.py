"""A sound database passes; every kind of hole in a wall is found, named, and refuses the start."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from flask import Flask

from service_desk.config import Config
from service_desk.running import postgres
from service_desk.running.doctor import examine, examine_or_refuse, readiness
from tests.conftest import PASSWORD

# What somebody might do to the database, and the words by which the doctor finds it.
HOLES = {
    "a table without a wall": ("CREATE TABLE stray (tenant_id int, id int)", "table stray has no declared kind"),
    "row-level security off": ("ALTER TABLE contact DISABLE ROW LEVEL SECURITY", "table contact: row-level security"),
    "row-level security not forced": (
        "ALTER TABLE ticket NO FORCE ROW LEVEL SECURITY",
        "table ticket: row-level security",
    ),
    "the policy dropped": ("DROP POLICY wall ON contact", "table contact: its policy is not the wall"),
    "a second policy": ("CREATE POLICY door ON contact USING (true)", "table contact: its policy is not the wall"),
    "another condition": (
        "ALTER POLICY wall ON contact USING (tenant_id > 0)",
        "table contact: its policy is not the wall",
    ),
    "a policy that lets anything be written": (
        "ALTER POLICY wall ON contact WITH CHECK (true)",
        "table contact: its policy is not the wall",
    ),
    "a policy for reading only": (
        "DROP POLICY wall ON contact; CREATE POLICY wall ON contact FOR SELECT USING "
        "(tenant_id = ANY ((SELECT scope_tenants())::int[]))",
        "table contact: its policy is not the wall",
    ),
    "activity given back": (
        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_get_activity(integer) TO PUBLIC",
        "statements of other connections may be read",
    ),
    "set_config given back": (
        "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC",
        "set_config may be called",
    ),
    "a right on a partition": ("GRANT SELECT ON {partition} TO desk_runtime", "may SELECT {partition}"),
    "a right on the scopes' key": ("GRANT SELECT ON scope_key TO desk_runtime", "may SELECT scope_key"),
    "a right on one column of it": ("GRANT SELECT (outer_pad) ON scope_key TO PUBLIC", "may SELECT scope_key"),
    "a right to change the audit": ("GRANT UPDATE ON audit_event TO desk_runtime", "may UPDATE audit_event"),
    "a right to empty a table": ("GRANT TRUNCATE ON contact TO desk_runtime", "may TRUNCATE contact"),
    "reference rows to write": ("GRANT INSERT ON holiday TO desk_runtime", "may INSERT holiday"),
    "a gate of another owner": (
        "ALTER FUNCTION gate_new_ids(text) OWNER TO desk_owner",
        "gate gate_new_ids belongs to desk_owner",
    ),
    "a gate that is not listed": (
        "CREATE FUNCTION gate_back() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "gate gate_back is not listed",
    ),
    "a gate for everybody": (
        "GRANT EXECUTE ON FUNCTION gate_new_ids(text) TO PUBLIC",
        "gate gate_new_ids may be called by everybody",
    ),
    "a gate with an open search path": (
        "ALTER FUNCTION gate_new_ids(text) RESET search_path",
        "gate gate_new_ids has no fixed search path",
    ),
    "a gate that is missing": ("DROP FUNCTION gate_tenant(int)", "gate gate_tenant is missing"),
    "a gate that does something else": (
        "CREATE OR REPLACE FUNCTION gate_new_ids(p_kind text) RETURNS TABLE (id int) LANGUAGE sql VOLATILE "
        "SECURITY DEFINER SET search_path = pg_catalog, public AS 'SELECT tenant_id FROM contact'",
        "function gate_new_ids does not read as it was written",
    ),
    "a function nobody wrote": (
        "CREATE FUNCTION helper() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function helper does not read as it was written",
    ),
    "issued papers that may be changed": (
        "ALTER TABLE invoice DISABLE TRIGGER invoice_stands",
        "table invoice: its trigger invoice_stands is missing or off",
    ),
    "sessions that outlive a password": (
        "DROP TRIGGER end_sessions ON person",
        "table person: its trigger end_sessions is missing or off",
    ),
    "a view that sees past the walls": ("CREATE VIEW every AS SELECT * FROM contact", "view every sees past the walls"),
    "a materialised view": (
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM contact",
        "view kept sees past the walls",
    ),
    "a key without its owner": (
        "CREATE UNIQUE INDEX contact_alone ON contact (id); "
        "ALTER TABLE leaver ADD CONSTRAINT points_anywhere FOREIGN KEY (id) REFERENCES contact (id)",
        "key points_anywhere can point at another owner",
    ),
    "a unique key over all clients": (
        "CREATE UNIQUE INDEX uq_meeting ON contact (email)",
        "unique key uq_meeting does not start with the owner",
    ),
    "an older schema": ("UPDATE alembic_version SET version_num = 'older'", "run service-desk migrate"),
    "the runtime login owns a table": ("ALTER TABLE contact OWNER TO desk_runtime", "owns contact"),
    "the runtime login may create": ("GRANT CREATE ON SCHEMA public TO desk_runtime", "may create things"),
    "another key in the database": (
        "UPDATE scope_key SET inner_pad = decode(repeat('00', 64), 'hex')",
        "is not the key that the database verifies with",
    ),
}
# Rights of a login count for the whole cluster, so these are taken back at once.
LOGIN_HOLES = {
    "BYPASSRLS": ("ALTER ROLE desk_runtime BYPASSRLS", "ALTER ROLE desk_runtime NOBYPASSRLS"),
    "SUPERUSER": ("ALTER ROLE desk_runtime SUPERUSER", "ALTER ROLE desk_runtime NOSUPERUSER"),
    "CREATEROLE": ("ALTER ROLE desk_runtime CREATEROLE", "ALTER ROLE desk_runtime NOCREATEROLE"),
    "member of desk_owner": ("GRANT desk_owner TO desk_runtime", "REVOKE desk_owner FROM desk_runtime"),
    "the role desk_gate": ("ALTER ROLE desk_gate LOGIN", "ALTER ROLE desk_gate NOLOGIN"),
}


@pytest.fixture
def here(app: Flask, config: Config, cluster: postgres.Cluster, scratch: str) -> Config:
    """The settings of an installation on a database of this test's own.

    The process itself is wired to the database that stays, since this one is dropped under its connections.
    """
    return replace(config, database_url=cluster.url("desk_runtime", scratch, PASSWORD))


def wrong(config: Config) -> list[str]:
    """What the doctor says is wrong."""
    return [finding.english for finding in examine(config) if finding.level == "wrong"]


def a_partition(admin: "psycopg.Connection[tuple[object, ...]]") -> str:
    """The name of some partition."""
    row = admin.execute("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' LIMIT 1").fetchone()
    assert row is not None
    return str(row[0])


def test_it_finds_nothing_wrong_with_a_sound_database(here: Config) -> None:
    assert wrong(here) == []
    assert readiness(here) == "ready"


@pytest.mark.parametrize("hole", HOLES)
def test_it_finds_a_hole(here: Config, cluster: postgres.Cluster, scratch: str, hole: str) -> None:
    statement, words = HOLES[hole]
    with cluster.admin(scratch) as admin:
        partition = a_partition(admin)
        admin.execute(statement.format(partition=partition).encode())
    assert any(words.format(partition=partition) in line for line in wrong(here)), wrong(here)
    with pytest.raises(SystemExit):
        examine_or_refuse(here)


@pytest.mark.parametrize("words", LOGIN_HOLES)
def test_it_finds_a_login_that_is_too_strong(here: Config, cluster: postgres.Cluster, words: str) -> None:
    give, take_back = LOGIN_HOLES[words]
    with cluster.admin() as admin:
        admin.execute(give.encode())
        try:
            assert any(words in line for line in wrong(here)), wrong(here)
        finally:
            admin.execute(take_back.encode())


def test_it_refuses_the_start_in_both_languages(
    here: Config, cluster: postgres.Cluster, scratch: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with cluster.admin(scratch) as admin:
        admin.execute("DROP POLICY wall ON contact")
    with pytest.raises(SystemExit) as ended:
        examine_or_refuse(here)
    said = capsys.readouterr().err
    assert ended.value.code == 78
    assert "table contact: its policy is not the wall / 表 contact：策略与规定形式不符" in said
    assert "拒绝启动" in said
    assert readiness(here) == "wall"


def test_it_says_that_a_login_cannot_connect(here: Config, cluster: postgres.Cluster, scratch: str) -> None:
    elsewhere = replace(here, database_url=cluster.url("desk_runtime", scratch, "not the password"))
    assert readiness(elsewhere) == "database"


def test_it_warns_of_a_queue_that_is_away(here: Config) -> None:
    away = replace(here, redis_url="redis://127.0.0.1:1")
    assert [finding.area for finding in examine(away) if finding.area == "queue"] == ["queue"]
    assert wrong(away) == []


def test_it_is_quick_enough_for_every_start(here: Config, timed: Callable[[Callable[[], object]], float]) -> None:
    assert timed(lambda: examine(here)) < 0.3


def test_no_clock_but_the_databases_own_decides_what_is_dropped(cluster: postgres.Cluster, scratch: str) -> None:
    def weeks() -> set[str]:
        with cluster.admin(scratch) as admin:
            rows = admin.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'check_result'::regclass"
            )
            return {str(name) for (name,) in rows}

    before = weeks()
    with psycopg.connect(cluster.url("desk_runtime", scratch, PASSWORD).replace("+psycopg", "")) as runtime:
        runtime.execute("SELECT gate_rotate_partitions(now() + interval '2 years')")
    assert before <= weeks()
