"""A Galaxy that serves, its database on a SQL Server, and how to ask them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Request
from connectors.kingdee_galaxy_db import KingdeeGalaxyDb
from service_desk.running.demo import galaxy_fixture
from tests.connectors.galaxy_counterpart import APP_ID, APP_SECRET, DATA_CENTRE, Galaxy, serving, stocked
from tests.connectors.http_counterpart import HttpCounterpart
from tests.connectors.over_tds import FixtureServer
from tests.connectors.tds_server import TdsServer

GALAXY_FAULTS = galaxy_fixture.Faults(
    negative_stock=3,
    unposted_days=40,
    leavers=("周晓明",),
    full_backup_hours=80,
    waiting_days=6,
    failed_workflows=2,
    locks=3,
    unbalanced=2,
    behind_months=2,
    old_orders=2,
)


@pytest.fixture
def galaxy() -> Galaxy:
    """What stands in it; a test may change it."""
    return Galaxy(stocked((datetime.now(UTC) + timedelta(hours=8)).date()))


@pytest.fixture
def galaxy_server(galaxy: Galaxy, socket_enabled: None) -> Iterator[HttpCounterpart]:
    """The same, serving on loopback."""
    with serving(galaxy) as server:
        yield server


def galaxy_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to it by user name and password."""
    settings = {"host": "127.0.0.1", "port": server.port, "encryption": "off", "data_centre": DATA_CENTRE}
    settings |= {"user": "reader", "way": "password", "utc_offset": 8} | change.pop("settings", {})
    secrets = {"password": change.pop("password", "correct-horse-7")}
    given: dict[str, Any] = {"op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(kind="kingdee_galaxy", settings=settings, secrets=secrets, **given)


def signed_request(server: HttpCounterpart, *, secret: str = APP_SECRET, **change: Any) -> Request:
    """A question to it by signed app."""
    settings = {"host": "127.0.0.1", "port": server.port, "encryption": "off", "data_centre": DATA_CENTRE}
    settings |= {"user": "reader", "way": "app", "app_id": APP_ID}
    given: dict[str, Any] = {"op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(kind="kingdee_galaxy", settings=settings, secrets={"app_secret": secret}, **given)


@pytest.fixture
def centre_folder(tmp_path: Path) -> Path:
    """Its database with every fault planted."""
    galaxy_fixture.build(tmp_path / "galaxy", GALAXY_FAULTS)
    return tmp_path / "galaxy"


@pytest.fixture
def centre_server(centre_folder: Path, socket_enabled: None) -> Iterator[TdsServer]:
    """A SQL Server with that database, to be reached with FreeTDS."""
    with TdsServer(answer=FixtureServer(centre_folder, KingdeeGalaxyDb.statements)) as server:
        yield server


def centre_request(place: TdsServer | Path, **change: Any) -> Request:
    """A question to it over the wire, or to the fixture's files."""
    settings: dict[str, Any] = {"user": "reader", "database": galaxy_fixture.CENTRE, "encryption": "off"}
    if isinstance(place, TdsServer):
        settings |= {"host": "127.0.0.1", "port": place.port, "driver": "FreeTDS"}
    else:
        settings |= {"host": "fixture", "driver": "fixture", "folder": str(place)}
    settings |= change.pop("settings", {})
    secrets = {"password": change.pop("password", "correct-horse-7")}
    given: dict[str, Any] = {"op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(kind="kingdee_galaxy_db", settings=settings, secrets=secrets, **given)
