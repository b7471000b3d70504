"""A web page and a machine's exporter, running, and how to ask each: what conftest and the conformance suite take."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.ask import Request
from tests.connectors.http_counterpart import HttpCounterpart
from tests.connectors.http_systems import http_request
from tests.connectors.test_host import LINUX, Exporter
from tests.connectors.test_http_api import KEY, page


def page_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to the page."""
    return http_request("http_api", {"port": server.port}, KEY, change)


def exporter_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to the exporter."""
    return http_request("host", {"port": server.port, "user": "reader"}, "the-key", change)


@pytest.fixture
def page_server(socket_enabled: None) -> Iterator[HttpCounterpart]:
    """A page behind a key."""
    with HttpCounterpart(page) as server:
        yield server


@pytest.fixture
def exporter_server(socket_enabled: None) -> Iterator[HttpCounterpart]:
    """A node_exporter."""
    with HttpCounterpart(Exporter(LINUX)) as server:
        yield server


SYSTEMS: dict[str, tuple[str, Callable[..., Request]]] = {
    "http_api": ("page_server", page_request),
    "host": ("exporter_server", exporter_request),
}
