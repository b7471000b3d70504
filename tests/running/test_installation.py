"""Secrets are made once, readable by their owner only; what is given is used; what is cut off is made anew."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service_desk.config import Config, load_config
from service_desk.running import postgres
from service_desk.running.doctor import examine
from service_desk.running.installation import Installation, _address
from service_desk.running.migrate import at_head, migrate
from service_desk.scope import Walls
from service_desk.web.shell import connect


def test_it_keeps_secrets_for_itself(tmp_path: Path) -> None:
    here = Installation(tmp_path / "var", {})
    environ = here.environ()
    files = [Path(value) for name, value in environ.items() if name.endswith("_KEY_FILE")]
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert here.secrets.stat().st_mode & 0o777 == 0o700
    assert not any("KEY" in name and not name.endswith("_FILE") for name in environ)


def test_it_makes_a_secret_once(tmp_path: Path) -> None:
    first, second = (Installation(tmp_path, {}).environ() for _ in range(2))
    kept = {name: Path(first[name]).read_text() for name in first if name.endswith(("KEY_FILE", "KEYS_FILE"))}
    assert len(kept) == 3
    assert kept == {name: Path(second[name]).read_text() for name in kept}


def test_it_uses_servers_that_are_given(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://desk_runtime@db/desk", "REDIS_URL": "redis://queue"}
    here = Installation(tmp_path, given)
    assert (here.embeds_database, here.embeds_queue) == (False, False)
    assert here.environ()["REDIS_URL"] == "redis://queue"
    assert "DATABASE_URL_FILE" not in here.environ()


def test_it_escapes_a_password_in_an_address() -> None:
    address = _address("postgresql://postgres:s%40me@db:5433/postgres?sslmode=require", ("desk_owner", "a/b@c"), "desk")
    assert address == "postgresql://desk_owner:a%2Fb%40c@db:5433/desk?sslmode=require"


def rewire(config: Config) -> None:
    """Connect this process to another installation."""
    if hasattr(Walls, "engine"):
        Walls.engine.dispose()
    connect(config)


@pytest.fixture
def wires(config: Config) -> Iterator[None]:
    """Whatever the test connects to, the process is as it was afterwards."""
    yield
    rewire(config)


def test_it_sets_up_a_real_server_from_a_superusers_address(
    tmp_path: Path, cluster: postgres.Cluster, wires: None
) -> None:
    here = Installation(tmp_path, {})
    with cluster.admin() as admin:
        before = admin.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE 'desk%'").fetchall()
        try:
            urls = here.bootstrap_server(cluster.url("postgres", "postgres"), "elsewhere")
            keyed = (
                here.environ() | urls | {"REDIS_URL": "unix:///nowhere", "SERVICE_DESK_BASE_URL": "https://desk.test"}
            )
            config = load_config(
                {name: value for name, value in keyed.items() if not name.startswith("DATABASE")} | urls
            )
            assert config.database_owner_url
            assert not at_head(config.database_owner_url)
            migrate(config.database_owner_url, config.scope_key)
            assert at_head(config.database_owner_url)
            rewire(config)
            assert [finding for finding in examine(config) if finding.level == "wrong"] == []
        finally:
            admin.execute("DROP DATABASE IF EXISTS elsewhere WITH (FORCE)")
            for role, secret in before:
                if secret:
                    admin.execute(f"ALTER ROLE {role} PASSWORD '{secret}'".encode())


def test_it_forgets_half_a_history(tmp_path: Path, cluster: postgres.Cluster) -> None:
    here = Installation(tmp_path, {})
    (tmp_path / "demo").mkdir()
    with cluster.admin() as admin:
        admin.execute("CREATE DATABASE service_desk")
    here.forget(cluster)
    assert not (tmp_path / "demo").exists()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        cluster.admin("service_desk")
