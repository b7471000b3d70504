"""Systems to read: fixture databases of U8, a server that speaks its wire, and a real Tryton."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Request
from connectors.kingdee_k3 import KingdeeK3
from connectors.sqlserver import SqlServer
from connectors.yonyou_u8 import YonyouU8
from service_desk.running.demo import k3_fixture, tryton, u8_fixture
from tests.connectors.address_systems import exporter_server, page_server  # noqa: F401 - fixtures
from tests.connectors.b1_fixtures import b1_folder, b1_server, hana_server, layer, layer_server  # noqa: F401 - fixtures
from tests.connectors.ebs_rows import ebs_server  # noqa: F401 - a fixture
from tests.connectors.galaxy_fixtures import centre_folder, centre_server, galaxy, galaxy_server  # noqa: F401 - fixtures
from tests.connectors.http_systems import erpnext_server, odoo_server, tplus_server, yonsuite_server  # noqa: F401 - fixtures
from tests.connectors.in_process import at_moment, in_process  # noqa: F401 - fixtures
from tests.connectors.oracle_standin import oracle_server  # noqa: F401 - a fixture
from tests.connectors.over_tds import FixtureServer
from tests.connectors.real_mariadb import mariadb_server  # noqa: F401 - a fixture
from tests.connectors.real_postgres import RealPostgres, running_postgres
from tests.connectors.tds_server import TdsServer
from tests.connectors.test_hana import plain_hana  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct-horse-7"  # what the servers of the tests know
FAULTS = u8_fixture.Faults(
    negative_stock=3,
    unposted_days=40,
    leavers=(("zhouxm", "周晓明"),),
    full_backup_hours=80,
    stuck_task_hours=30,
)


K3_FAULTS = k3_fixture.Faults(
    negative_stock=3,
    unposted_days=40,
    leavers=(("冯国栋", 12),),
    full_backup_hours=80,
    stuck_task_hours=30,
    behind_months=2,
)


@pytest.fixture
def u8_folder(tmp_path: Path) -> Path:
    """A U8 installation with every fault planted."""
    u8_fixture.build(tmp_path / "u8", FAULTS)
    return tmp_path / "u8"


@pytest.fixture
def u8_server(u8_folder: Path) -> FixtureServer:
    """What the server of `sql_server` answers; a test may lead it astray."""
    return FixtureServer(u8_folder, YonyouU8.statements)


@pytest.fixture
def sql_server(u8_server: FixtureServer, socket_enabled: None) -> Iterator[TdsServer]:
    """A SQL Server with that installation, to be reached with FreeTDS."""
    with TdsServer(answer=u8_server) as server:
        yield server


@pytest.fixture
def k3_folder(tmp_path: Path) -> Path:
    """A K/3 installation with every fault planted."""
    k3_fixture.build(tmp_path / "k3", K3_FAULTS)
    return tmp_path / "k3"


@pytest.fixture
def k3_server(k3_folder: Path, socket_enabled: None) -> Iterator[TdsServer]:
    """A SQL Server with that installation, to be reached with FreeTDS."""
    with TdsServer(answer=FixtureServer(k3_folder, KingdeeK3.statements)) as server:
        yield server


@pytest.fixture
def plain_server(k3_folder: Path, socket_enabled: None) -> Iterator[TdsServer]:
    """The same SQL Server, asked only about itself."""
    with TdsServer(answer=FixtureServer(k3_folder, SqlServer.statements)) as server:
        yield server


@pytest.fixture(scope="session")
def tryton_server() -> Iterator[tryton.Server]:
    """The real Tryton, running."""
    server = tryton.start(ROOT / "var")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPostgres]:
    """A real PostgreSQL of its own, with a login that may see its statistics and one that may do nothing."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


def postgres_request(server: RealPostgres, **change: Any) -> Request:
    """A question to the real PostgreSQL."""
    settings = {"host": "127.0.0.1", "port": server.port, "user": "reader", "encryption": "off"}
    return _request("postgresql", settings, PASSWORD, change)


def u8_fixture_request(folder: Path, **change: Any) -> Request:
    """A question to fixture databases."""
    settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}
    return _request("yonyou_u8", settings, PASSWORD, change)


def k3_fixture_request(folder: Path, **change: Any) -> Request:
    """A question to fixture databases of K/3."""
    settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}
    return _request("kingdee_k3", settings, PASSWORD, change)


def over_tds_request(kind: str, port: int, **change: Any) -> Request:
    """A question to a SQL Server on this machine through FreeTDS, for any system over it."""
    settings = {"host": "127.0.0.1", "port": port, "user": "reader", "driver": "FreeTDS", "encryption": "off"}
    return _request(kind, settings, PASSWORD, change)


def u8_request(port: int, **change: Any) -> Request:
    """A question to U8 on this machine through FreeTDS."""
    return over_tds_request("yonyou_u8", port, **change)


def tryton_request(server: tryton.Server, **change: Any) -> Request:
    """A question to the real Tryton."""
    settings = {"host": server.host, "port": server.port, "database": server.database, "user": server.user}
    return _request("tryton", {**settings, "encryption": "off"}, server.password, change)


def _request(kind: str, settings: dict[str, Any], password: str, change: dict[str, Any]) -> Request:
    settings = settings | change.pop("settings", {})
    secrets = {"password": change.pop("password", password)}
    given: dict[str, Any] = {"op": "collect", "kind": kind, "budget_seconds": 20, "allow_loopback": True} | change
    return Request(settings=settings, secrets=secrets, **given)
