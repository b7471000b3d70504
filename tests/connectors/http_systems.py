"""The counterparts of the ERPs over HTTP, running, and how to ask each: what conftest and the conformance suite take.

The counterparts are written from the vendors' documents; test_http_peers.py shows them to clients of other hands.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from connectors.ask import Request, ask
from connectors.base import Step
from connectors.facts import Fact, Look
from tests.connectors import erpnext_counterpart, odoo_counterpart, tplus_counterpart, yonsuite_counterpart
from tests.connectors.http_counterpart import HttpCounterpart


def http_request(kind: str, settings: dict[str, Any], password: str, change: dict[str, Any]) -> Request:
    """A question to a system on this machine, without encryption."""
    settings = {"host": "127.0.0.1", "encryption": "off", **settings} | change.pop("settings", {})
    secrets = {"password": change.pop("password", password)} | change.pop("secrets", {})
    given: dict[str, Any] = {"op": "collect", "kind": kind, "budget_seconds": 20, "allow_loopback": True} | change
    return Request(settings=settings, secrets=secrets, **given)


def odoo_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to Odoo."""
    settings = {"port": server.port, "database": odoo_counterpart.DATABASE, "user": "reader"}
    return http_request("odoo", settings, odoo_counterpart.KEY, change)


def erpnext_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to ERPNext."""
    settings = {"port": server.port, "user": erpnext_counterpart.KEY}
    return http_request("erpnext", settings, erpnext_counterpart.SECRET, change)


def yonsuite_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to YonSuite."""
    settings = {"port": server.port, "tenant": yonsuite_counterpart.TENANT, "user": yonsuite_counterpart.KEY}
    return http_request("yonsuite", settings, yonsuite_counterpart.SECRET, change)


def tplus_request(server: HttpCounterpart, **change: Any) -> Request:
    """A question to T+."""
    secrets = {"token": tplus_counterpart.TOKEN} | change.pop("secrets", {})
    settings = {"port": server.port, "user": tplus_counterpart.KEY}
    return http_request("chanjet_tplus", settings, tplus_counterpart.SECRET, {"secrets": secrets, **change})


@pytest.fixture
def odoo_server(socket_enabled: None) -> Iterator[HttpCounterpart]:
    """Odoo 19 with every fault planted."""
    with HttpCounterpart(odoo_counterpart.OdooCounterpart()) as server:
        yield server


@pytest.fixture
def erpnext_server(socket_enabled: None) -> Iterator[HttpCounterpart]:
    """ERPNext with every fault planted."""
    with HttpCounterpart(erpnext_counterpart.ERPNextCounterpart()) as server:
        yield server


@pytest.fixture
def yonsuite_server(socket_enabled: None) -> Iterator[HttpCounterpart]:
    """YonSuite's platform with every fault planted."""
    platform = yonsuite_counterpart.YonSuiteCounterpart()
    with HttpCounterpart(platform) as server:
        platform.url = server.url
        yield server


@pytest.fixture
def tplus_server(socket_enabled: None) -> Iterator[HttpCounterpart]:
    """T+ with every fault planted."""
    with HttpCounterpart(tplus_counterpart.TPlusCounterpart()) as server:
        yield server


# kind -> the fixture that runs its system, and how to ask it.
SYSTEMS: dict[str, tuple[str, Callable[..., Request]]] = {
    "odoo": ("odoo_server", odoo_request),
    "erpnext": ("erpnext_server", erpnext_request),
    "yonsuite": ("yonsuite_server", yonsuite_request),
    "chanjet_tplus": ("tplus_server", tplus_request),
}


def looks(request: Request) -> dict[str, Look]:
    """All looks of one round by kind; one account set each."""
    answer = ask(request)
    assert answer.error is None
    return {look.kind: look for look in answer.looks}


def steps(request: Request) -> tuple[Step, ...]:
    """The walk of a probe."""
    return ask(request).steps


F = TypeVar("F", bound=Fact)


def only(look: Look, kind: type[F]) -> F:
    """The one fact of a look."""
    assert look.unknown is None, look.unknown
    (fact,) = look.facts
    assert isinstance(fact, kind)
    return fact
