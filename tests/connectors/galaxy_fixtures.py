"""A Galaxy that serves, and how to ask it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.ask import Request
from tests.connectors.galaxy_counterpart import APP_ID, APP_SECRET, DATA_CENTRE, Galaxy, serving, stocked
from tests.connectors.http_counterpart import HttpCounterpart


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
