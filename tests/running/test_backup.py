"""A backup restores to the same rows; a damaged one is refused; nothing that exists is overwritten."""

from datetime import UTC, datetime
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from service_desk.config import Config, ConfigError
from service_desk.running import backup, postgres
from service_desk.scope import session, tenant_scope
from service_desk.tenants.models import Contact
from tests.world import World

NOW = datetime(2026, 11, 22, 2, 10, tzinfo=UTC)


@pytest.fixture
def taken(config: Config, world: World, tmp_path: Path) -> backup.Backup:
    """A backup of a database with something in it."""
    with tenant_scope(world.a.id, world.ada_actor):
        session().add(Contact(name="钱会计", position=1))
    return backup.take(config, NOW, tmp_path)


def test_it_restores_every_row_and_the_walls(taken: backup.Backup, cluster: postgres.Cluster) -> None:
    admin = cluster.url("postgres", "postgres")
    try:
        assert backup.restore(taken, admin, "restored") == []
        with cluster.admin("restored") as inside:
            assert taken.rows["contact"] > 0
            assert inside.execute("SELECT count(*) FROM contact").fetchone() == (taken.rows["contact"],)
            forced = "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'contact'"
            assert inside.execute(forced).fetchone() == (True,)
            assert inside.execute("SELECT count(*) FROM scope_key").fetchone() == (0,), "the key stays out of backups"
    finally:
        backup.forget(admin, "restored")


def test_it_reads_back_its_manifest(taken: backup.Backup, tmp_path: Path) -> None:
    assert backup.read(taken.folder) == taken
    assert backup.newest(tmp_path) == NOW
    assert backup.newest(tmp_path / "empty") is None
    assert taken.dump.stat().st_mode & 0o077 == 0 or taken.folder.stat().st_mode & 0o077 == 0


def test_it_refuses_a_damaged_dump(taken: backup.Backup, cluster: postgres.Cluster) -> None:
    with taken.dump.open("r+b") as file:
        file.seek(100)
        file.write(b"damaged")
    assert len(backup.restore(taken, cluster.url("postgres", "postgres"), "restored")) == 1


def test_it_names_a_table_that_lost_rows(taken: backup.Backup, cluster: postgres.Cluster) -> None:
    admin = cluster.url("postgres", "postgres")
    more = backup.Backup(taken.folder, NOW, taken.version, taken.sha256, {**taken.rows, "contact": 999999})
    try:
        assert [line.partition(":")[0] for line in backup.restore(more, admin, "restored")] == ["contact"]
    finally:
        backup.forget(admin, "restored")


def test_it_overwrites_nothing(taken: backup.Backup, cluster: postgres.Cluster, database: str) -> None:
    with pytest.raises(ConfigError):
        backup.restore(taken, cluster.url("postgres", "postgres"), database)


def test_it_leaves_nothing_behind_when_the_dump_fails(config: Config, tmp_path: Path) -> None:
    from dataclasses import replace

    runtime = replace(config, database_backup_url=config.database_url)
    with pytest.raises(CalledProcessError):
        backup.take(runtime, NOW, tmp_path)
    assert list(tmp_path.iterdir()) == []
