"""A Service Layer that serves, and how to ask it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.ask import Request
from tests.connectors.b1_counterpart import COMPANY, ServiceLayer, stocked
from tests.connectors.http_counterpart import HttpCounterpart


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
