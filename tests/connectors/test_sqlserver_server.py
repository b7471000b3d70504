"""A SQL Server in every kind of trouble, over fixtures of its documented views: each is told, and nothing hides."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Deadline, Spot
from connectors.facts import Look
from connectors.kingdee_k3 import KingdeeK3
from connectors.sqlserver import SqlServer
from connectors.sqlserver_access import _principal
from connectors.sqlserver_base import right_to_see
from connectors.yonyou_u8 import YonyouU8
from service_desk.running.demo import k3_fixture, u8_fixture
from service_desk.running.demo.server_fixture import Troubles

DATA = "UFDATA_001_2024"
# Kinds that the shared base tells, whichever system is on top.
SERVER = (
    "backup_history", "backup_keys", "backups", "blocks", "connections", "counters", "cpu", "databases", "dumps",
    "files", "grants", "integrity", "io", "jobs", "log_pieces", "long_queries", "memory", "open_doors",
    "open_transactions", "orphans", "principals", "reachable", "replicas", "server", "services", "settings",
    "temp_space", "volumes", "waits",
)  # fmt: skip
INSIDE = ("indexes", "number_ranges", "statistics")
BAD = Troubles(
    job_failed=True, agent_stopped=True, disk_free_pct=6, log_full_pct=97, checked_days=None, damaged_pages=3,
    blocked_s=140, left_open_s=1900, sa_used=True, shell_on=True, orphan="ghost", guest=True, number_used_pct=91,
    clock_s=3600, to_nul=2, same_drive=True, no_log_backups=True, edition="Express Edition (64-bit)",
)  # fmt: skip


def looks(folder: Path, kinds: tuple[str, ...], connector: type[YonyouU8] = YonyouU8) -> dict[str, Look]:
    """The looks of a U8 installation by kind, without a process of their own."""
    settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}
    made = connector(settings, {"password": "x"}, allow_loopback=True)
    found: dict[str, Look] = {}
    for look in made.collect(kinds, Deadline(20)):
        if look.kind != "grants" or not look.account_set:
            found[look.kind] = _together(found[look.kind], look) if look.kind in found else look
    return found


def _together(one: Look, other: Look) -> Look:
    """Two readers of one kind, as the checks take them: what either cannot see is not seen."""
    unseen = next((look for look in (one, other) if look.unknown is not None), None)
    return unseen or replace(one, facts=(*one.facts, *other.facts))


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Look]:
    """Everything that is told of a server in all kinds of trouble."""
    folder = tmp_path_factory.mktemp("bad")
    u8_fixture.build(folder, u8_fixture.Faults(server=BAD))
    return looks(folder, (*SERVER, *INSIDE))


def facts(found: dict[str, Look], kind: str) -> dict[str, Any]:
    """The facts of a kind by their subject."""
    assert found[kind].unknown is None
    return {fact.subject: fact for fact in found[kind].facts}


def test_it_tells_what_is_wrong_with_the_databases(bad: dict[str, Look]) -> None:
    state = facts(bad, "databases")[DATA]
    assert (state.log_used_pct, state.log_waits_for, state.account_set) == (97.0, "LOG_BACKUP", "001")
    assert state.log_age_s == pytest.approx(90 * 3600, abs=60)
    integrity = facts(bad, "integrity")
    assert (integrity[DATA].checked_age_s, integrity["UFSystem"].damaged_pages) == (None, 3)
    assert facts(bad, "volumes")["D:\\"].free_bytes / facts(bad, "volumes")["D:\\"].total_bytes == pytest.approx(0.06)
    assert facts(bad, "orphans")[f"{DATA}/ghost"].database == DATA
    assert "guest CONNECT" in {fact.right for fact in facts(bad, "open_doors").values()}
    (used,) = facts(bad, "number_ranges").values()
    assert (used.used_pct, used.name) == (91.0, "GL_accvouch.AutoID")


def test_it_tells_what_is_wrong_with_the_backups(bad: dict[str, Look]) -> None:
    history = facts(bad, "backup_history")[DATA]
    assert (history.to_nul, history.damaged, history.unchecked, history.broken_age_s) == (0, 0, 0, None)
    assert history.same_drive > 14
    assert sum(fact.to_nul for fact in facts(bad, "backup_history").values()) == 2
    assert history.restore_s > history.last_took_s
    assert facts(bad, "backups")[DATA].created_age_s == pytest.approx(400 * 86400, abs=120)


def test_it_tells_who_holds_up_whom(bad: dict[str, Look]) -> None:
    (block,) = facts(bad, "blocks").values()
    assert (block.session, block.victims, block.longest_s, block.user, block.host) == ("53", 2, 140.0, "sa", "PC-01")
    (open_one,) = facts(bad, "open_transactions").values()
    assert open_one.age_s == pytest.approx(1900, abs=5)
    assert {fact.session for fact in facts(bad, "long_queries").values()} == {"54", "55"}


def test_it_tells_what_is_wrong_with_the_server(bad: dict[str, Look]) -> None:
    (server,) = facts(bad, "server").values()
    assert server.clock_ahead_s == pytest.approx(3600, abs=2)
    assert server.started_age_s == pytest.approx(23 * 86400, abs=60)
    assert facts(bad, "services")["SQL Server Agent (MSSQLSERVER)"].running is False
    assert facts(bad, "settings")["xp_cmdshell"].risky
    job = facts(bad, "jobs")["每日完整备份"]
    assert (job.outcome, job.last_took_s, job.usual_took_s) == ("failed", 252, 250)
    assert job.last_age_s == pytest.approx(8 * 3600, abs=60)
    assert "备份设备" in job.message
    sa = facts(bad, "principals")["sa"]
    assert (sa.enabled, sa.built_in, sa.powers, sa.programs) == (True, True, ("sysadmin",), ("ERP",))
    assert facts(bad, "principals")["reader"].ours


@pytest.mark.parametrize(("checked", "ends"), [(True, date(2026, 11, 2)), (False, None)])
def test_a_password_ends_on_the_day_that_the_server_counts(checked: bool, ends: date | None) -> None:
    """A minute after midnight in China, where the server stands; in UTC it is still the day before."""
    spot = Spot(account_set=None, seen_at=datetime(2026, 10, 31, 16, 1, tzinfo=UTC))
    row = (265, "reader", "S", 0, checked, datetime(2026, 11, 2, 0, 1))  # noqa: DTZ001 - SQL Server's carry no zone
    found = _principal(row, (), None, "reader", spot)
    assert (found.expires_on, found.never_expires) == (ends, not checked)


def test_the_express_edition_limits_a_database_and_not_those_of_the_server(bad: dict[str, Look]) -> None:
    files = facts(bad, "files")
    assert files[f"{DATA}/{DATA}_data"].limit_bytes == 10 * 1024**3
    assert files[f"{DATA}/{DATA}_log"].limit_bytes == 2 * 1024**4
    assert files["master/master_data"].limit_bytes is None
    assert files[f"{DATA}/{DATA}_data"].used_bytes is not None


@pytest.mark.parametrize("connector", [YonyouU8, SqlServer])
def test_a_login_without_rights_gets_the_exact_grant_and_no_short_list(
    tmp_path: Path, connector: type[YonyouU8]
) -> None:
    u8_fixture.build(tmp_path, u8_fixture.Faults(server=Troubles(hidden=True)))
    path = tmp_path / "master.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE fixture_server SET sees_all = 0")
    found = looks(tmp_path, (*SERVER, *INSIDE), connector)
    told = {kind for kind, look in found.items() if look.unknown is None}
    # Only what every login may see.
    assert told == {"reachable"}
    for kind, look in found.items():
        if kind not in told:
            assert look.facts == ()
            assert look.unknown is not None
            assert (look.unknown.reason, look.unknown.grant) == (
                "missing_right", f"USE [master]; GRANT {look.unknown.right} TO [reader];",
            )  # fmt: skip


Change = Callable[[str, str], None]


@pytest.fixture
def change(u8_folder: Path) -> Change:
    """Run a statement in one of the fixture's databases."""

    def run(database: str, sql: str) -> None:
        with closing(sqlite3.connect(u8_folder / f"{database}.sqlite")) as connection, connection:
            connection.executescript(sql)

    return run


def test_an_older_server_lacks_some_and_tells_the_rest(u8_folder: Path, change: Change) -> None:
    change("master", "DROP TABLE sys_dm_db_log_info; DROP TABLE sys_dm_hadr_database_replica_states;"
           "UPDATE fixture_databases SET checked = NULL")  # fmt: skip
    change("msdb", "UPDATE fixture_databases SET checked = NULL")
    change(DATA, "DROP TABLE sys_sequences")
    found = looks(u8_folder, (*SERVER, *INSIDE))
    assert found["log_pieces"].unknown is not None
    assert found["log_pieces"].unknown.params["table"] == "sys.dm_db_log_info"
    assert [kind for kind, look in found.items() if look.unknown] == ["log_pieces"]
    assert {fact.recorded for fact in facts(found, "integrity").values()} == {("damaged",)}


def test_a_database_that_sleeps_hides_no_other(u8_folder: Path, change: Change) -> None:
    change("master", f"UPDATE sys_databases SET state = 6, state_desc = 'OFFLINE' WHERE name = '{DATA}'")
    (u8_folder / f"{DATA}.sqlite").unlink()
    found = looks(u8_folder, ("orphans", "databases", "open_doors"))
    assert facts(found, "databases")[DATA].state == "OFFLINE"
    assert found["orphans"].unknown is None


def test_a_database_that_may_not_be_entered_is_told_and_not_left_out(u8_folder: Path) -> None:
    (u8_folder / f"{DATA}.sqlite").unlink()
    found = looks(u8_folder, ("orphans", "grants", "files"))
    for kind in ("orphans", "grants"):
        unknown = found[kind].unknown
        assert unknown is not None
        assert unknown.params["database"] == DATA
    # How full a file is is a bonus; how large it may grow is told all the same.
    assert facts(found, "files")[f"{DATA}/{DATA}_data"].used_bytes is None


def test_groups_and_mirrors_are_both_told(u8_folder: Path, change: Change) -> None:
    change("master", """
        INSERT INTO sys_availability_replicas (replica_id, replica_server_name) VALUES ('a', 'SRV1'), ('b', 'SRV2');
        INSERT INTO sys_dm_hadr_database_replica_states (database_id, group_database_id, replica_id, is_local,
            synchronization_state_desc, synchronization_health, last_commit_time) VALUES
            (5, 'g', 'a', 1, 'SYNCHRONIZED', 2, '2026-11-22 10:00:00'),
            (5, 'g', 'b', 0, 'SYNCHRONIZING', 1, '2026-11-22 09:58:00');
        INSERT INTO sys_database_mirroring (database_id, mirroring_guid, mirroring_state_desc,
            mirroring_partner_instance) VALUES (6, 'm', 'SUSPENDED', 'SRV3');
    """)  # fmt: skip
    found = facts(looks(u8_folder, ("replicas",)), "replicas")
    group, mirror = found["UFSystem @ SRV2"], found[f"{DATA} @ SRV3"]
    assert (group.healthy, group.lag_s) == (False, pytest.approx(120, abs=2))
    assert (mirror.healthy, mirror.lag_s) == (False, None)


def test_certificates_are_told_but_not_those_of_mirrors(u8_folder: Path, change: Change) -> None:
    change("master", """
        INSERT INTO sys_certificates (certificate_id, name, pvt_key_encryption_type, pvt_key_last_backup_date) VALUES
            (1, 'TDE', 'MK', NULL), (2, 'Saved', 'MK', datetime('now', '-2 days')), (3, 'Mirror', 'MK', NULL),
            (4, '##MS_x##', 'MK', NULL), (5, 'Public', 'NA', NULL);
        INSERT INTO sys_database_mirroring_endpoints (endpoint_id, certificate_id) VALUES (1, 3);
    """)  # fmt: skip
    found = facts(looks(u8_folder, ("backup_keys",)), "backup_keys")
    assert {name: key.exported_age_s for name, key in found.items()} == {"TDE": None, "Saved": 2 * 86400}


@pytest.mark.parametrize("connector", [YonyouU8, KingdeeK3, SqlServer])
def test_every_system_over_it_tells_the_same_of_the_server(connector: type[YonyouU8]) -> None:
    assert set(SERVER) | set(INSIDE) <= set(connector.readers())


def test_every_view_of_the_server_has_the_right_that_shows_it_whole() -> None:
    views = {need.table for one in SqlServer.statements.values() for need in one.needs if need.table.startswith("sys.")}
    assert {right_to_see(view) for view in views} == {
        None, "VIEW ANY DATABASE", "VIEW ANY DEFINITION", "VIEW SERVER STATE",
    }  # fmt: skip
    assert all(right_to_see(view) == "VIEW SERVER STATE" for view in views if view.startswith("sys.dm_"))


def test_a_healthy_k3_has_nothing_to_tell(tmp_path: Path) -> None:
    k3_fixture.build(tmp_path)
    found = looks(tmp_path, ("blocks", "orphans", "open_doors", "replicas"), KingdeeK3)  # type: ignore[arg-type]
    assert all(look.unknown is None and not look.facts for look in found.values())
