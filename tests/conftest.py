"""Everything a test stands on: a real PostgreSQL with the runtime login, a real Valkey, an app, Ada, Ben and Cai."""

import fcntl
import gc
import hashlib
import itertools
import os
import secrets
import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from service_desk.config import Config, load_config
from service_desk.jobs import Bell
from service_desk.running import bootstrap, postgres, valkey
from service_desk.running.migrate import migrate
from service_desk.running.translations import compile_all
from tests.world import World, make_world

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "only-for-the-tests-of-this-checkout"
SCOPE_KEY = "11" * 32


# Two workers and several servers share the cores: how long a thing takes says nothing here, the bench says it.
# Every run draws other cases, so that sixty of them in each find what a hundred would, a few runs later. Only the
# verdict on a commit does not hang on the draw: there they are the same each time.
settings.register_profile(
    "house",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """The pages read compiled words; the process that hands out the tests makes them once."""
    if not hasattr(config, "workerinput"):
        compile_all()


def pytest_collection_finish() -> None:
    """What was loaded up to here stays to the end: looking it through for garbage is a twentieth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nobody reads the output (CI=true), a test that was skipped is a test that failed."""
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped: {report.longrepr}"
    return report


def _schema_stamp() -> str:
    """Changes when a migration or the bootstrap changes, so that a template of an older schema is not used."""
    digest = hashlib.sha256()
    for path in (Path(bootstrap.__file__), *sorted((ROOT / "migrations").rglob("*"))):
        if path.suffix in (".py", ".sql"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder for this test process alone, kept for the next one: two runs at once never share a server."""
    for number in itertools.count():
        folder = ROOT / "var" / "test" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield folder
            return


@pytest.fixture(scope="session")
def cluster(place: Path) -> Iterator[postgres.Cluster]:
    """One cluster for each test process, started when first needed and stopped at its end."""
    prepared = postgres.prepare(place / "cluster", durable=False)
    postgres.stop_stray(prepared)
    server = postgres.start(prepared)
    try:
        yield prepared
    finally:
        if server is not None:
            postgres.stop(server)


@pytest.fixture(scope="session")
def template(cluster: postgres.Cluster) -> str:
    """The name of a migrated, empty database that the others are copies of; kept while no migration changes."""
    template = f"template_{_schema_stamp()}"
    with cluster.admin() as admin:
        bootstrap.make_roles(admin, dict.fromkeys(postgres.LOGINS, PASSWORD))
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            return template
        admin.execute("DROP DATABASE IF EXISTS template_new WITH (FORCE)")
        bootstrap.make_database(admin, "template_new")
    with cluster.admin("template_new") as inside:
        bootstrap.close_doors(inside)
    migrate(cluster.url("desk_owner", "template_new", PASSWORD), bytes.fromhex(SCOPE_KEY))
    with cluster.admin() as admin:
        admin.execute(f"ALTER DATABASE template_new RENAME TO {template}")
    return template


def copy_database(cluster: postgres.Cluster, template: str, name: str) -> str:
    """A fresh database of this name, as `bootstrap` leaves one."""
    with cluster.admin() as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} OWNER desk_owner TEMPLATE {template}")
        admin.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        admin.execute(f"GRANT CONNECT ON DATABASE {name} TO desk_runtime, desk_backup")
    return name


@pytest.fixture(scope="session")
def database(cluster: postgres.Cluster, template: str) -> str:
    """The database of the tests; the runtime login owns nothing in it."""
    return copy_database(cluster, template, "desk")


@pytest.fixture
def scratch(cluster: postgres.Cluster, template: str) -> Iterator[str]:
    """A database of one test's own, to break."""
    yield copy_database(cluster, template, "scratch")
    with cluster.admin() as admin:
        admin.execute("DROP DATABASE scratch WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_url(place: Path) -> Iterator[str]:
    """A Valkey of this process's own."""
    folder = place / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    valkey.stop_stray(folder)
    server = valkey.start(folder)
    try:
        yield valkey.url(folder)
    finally:
        if server is not None:
            valkey.stop(server)


@pytest.fixture(scope="session")
def config(
    cluster: postgres.Cluster, database: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Config:
    """The settings of the tests: the runtime login, loopback ERP targets allowed, the second factor required."""
    return load_config(
        {
            "DATABASE_URL": cluster.url("desk_runtime", database, PASSWORD),
            "DATABASE_OWNER_URL": cluster.url("desk_owner", database, PASSWORD),
            "DATABASE_BACKUP_URL": cluster.url("desk_backup", database, PASSWORD),
            "REDIS_URL": redis_url,
            "SERVICE_DESK_SECRET_KEY": secrets.token_hex(32),
            "SERVICE_DESK_SCOPE_KEY": SCOPE_KEY,
            "SERVICE_DESK_CREDENTIAL_KEYS": f"test:{secrets.token_hex(32)}",
            "SERVICE_DESK_BASE_URL": "http://desk.test",
            "SERVICE_DESK_MAIL_FOLDER": str(tmp_path_factory.mktemp("mail")),
            "SERVICE_DESK_ALLOW_LOOPBACK_TARGETS": "true",
        }
    )


@pytest.fixture(scope="session")
def app(config: Config) -> Flask:
    """The application as it is served; CSRF is on, as it is for people."""
    from service_desk import create_app

    return create_app(config, TESTING=True, SERVER_NAME="desk.test")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def world(app: Flask) -> World:
    """A practice of Ada's with client A (Ben is its boss) and client B (Cai is its boss): new for every test.

    The walls keep the worlds of two tests apart, so no test has to clean up after itself.
    """
    return make_world()


@pytest.fixture
def owner_db(
    config: Config, cluster: postgres.Cluster, database: str
) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A superuser's look at all rows, to prove what did or did not change. Never used to act."""
    with cluster.admin(database) as connection:
        yield connection


@pytest.fixture
def empty_database(app: Flask, owner_db: "psycopg.Connection[tuple[object, ...]]") -> None:
    """For tests of what claims work across clients: no rows and no rings of earlier tests."""
    assert Bell.redis is not None
    Bell.redis.flushall()
    forget_rows(owner_db)


def forget_rows(owner_db: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Take away what earlier tests have written."""
    tables = [
        str(name)
        for (name,) in owner_db.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace "
            "AND relname NOT IN ('scope_key', 'alembic_version', 'audit_event', 'holiday')"
        ).fetchall()
    ]
    held = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
    filled = [str(name) for (name,) in owner_db.execute(held).fetchall()]
    with owner_db.transaction():  # Truncating would go over every table that points to one of these.
        owner_db.execute("SET LOCAL session_replication_role = replica")  # Every key goes with what it points to.
        for name in filled:
            owner_db.execute(f"DELETE FROM {name}")


@pytest.fixture
def now() -> datetime:
    """A moment for rules that take one."""
    return datetime.now(UTC)


@pytest.fixture
def timed() -> Callable[[Callable[[], object]], float]:
    """Seconds a thing takes when nothing else disturbs it: the best of a few runs."""

    def best(act: Callable[[], object]) -> float:
        return min(_seconds(act) for _ in range(5))

    return best


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
