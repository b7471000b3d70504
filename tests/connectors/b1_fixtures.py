"""A Service Layer that serves, databases of Business One on a SQL Server, and how to ask them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Request
from connectors.sap_b1_sql import SapB1Sql
from service_desk.running.demo import b1_fixture
from tests.connectors.b1_counterpart import COMPANY, ServiceLayer, stocked
from tests.connectors.hana_standin import Standin, standing_in
from tests.connectors.http_counterpart import HttpCounterpart
from tests.connectors.over_tds import FixtureServer
from tests.connectors.tds_server import TdsServer

B1_FAULTS = b1_fixture.Faults(
    negative_stock=3,
    unposted_days=40,
    leavers=(("zhouxm", "周晓明"),),
    full_backup_hours=80,
    waiting_days=6,
    unbalanced=2,
    refused_logins=4,
    behind_months=2,
    stock_gap=250,
)


@pytest.fixture
def layer() -> ServiceLayer:
    """What stands in it; a test may change it."""
    return stocked((datetime.now(UTC) + timedelta(hours=8)).date())


@pytest.fixture
def layer_server(layer: ServiceLayer, socket_enabled: None) -> Iterator[HttpCounterpart]:
    """The same, serving on loopback."""
    with HttpCounterpart(layer) as server:
        yield server


def layer_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to it."""
    settings = {"host": "127.0.0.1", "port": server.port, "encryption": "off", "database": COMPANY, "user": "reader"}
    settings |= change.pop("settings", {})
    secrets = {"password": change.pop("password", "correct-horse-7")}
    given: dict[str, Any] = {"op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(kind="sap_b1", settings=settings, secrets=secrets, **given)


@pytest.fixture
def b1_folder(tmp_path: Path) -> Path:
    """An installation on SQL Server with every fault planted."""
    b1_fixture.build(tmp_path / "b1", B1_FAULTS)
    return tmp_path / "b1"


@pytest.fixture
def b1_server(b1_folder: Path, socket_enabled: None) -> Iterator[TdsServer]:
    """A SQL Server with that installation, to be reached with FreeTDS."""
    with TdsServer(answer=FixtureServer(b1_folder, SapB1Sql.statements)) as server:
        yield server


@pytest.fixture
def hana_server(b1_folder: Path, socket_enabled: None) -> Iterator[Standin]:
    """The same on HANA, as far as its driver's calls go."""
    with standing_in(b1_folder) as found:
        yield found


def b1_request(folder: Path, **change: Any) -> Request:
    """A question to its fixture databases."""
    settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}
    settings |= change.pop("settings", {})
    given: dict[str, Any] = {"op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(kind="sap_b1_sql", settings=settings, secrets={"password": "correct-horse-7"}, **given)
