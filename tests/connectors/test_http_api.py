"""A page, its certificate, its domain: each told as it is, and what is not known is never fine."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Request
from connectors.facts import ApiKey, Domain, Endpoint, Quota, Server, Shape, TlsCertificate
from tests.connectors.http_counterpart import (
    Asked,
    Certificate,
    Cut,
    Hang,
    HttpCounterpart,
    Outcome,
    Reply,
    Stall,
    certificate,
)
from tests.connectors.http_systems import http_request, looks, only

pytestmark = pytest.mark.enable_socket
KEY = "Bearer the-right-key"
BODY = {"data": [{"code": "001", "name": "原料仓"}], "total": 1}


def page(asked: Asked) -> Outcome:
    """A page behind a key, with the number of calls that are left."""
    if asked.headers.get("authorization") != KEY:
        return Reply({"error": "who are you"}, 401)
    return Reply(BODY, headers=(("X-RateLimit-Limit", "1000"), ("X-RateLimit-Remaining", "40")))


class Registry:
    """IANA's list and one registry in one server."""

    def __init__(self) -> None:
        self.url = self.elsewhere = ""
        self.events: list[dict[str, str]] = [{"eventAction": "expiration", "eventDate": "2027-01-31T16:00:00Z"}]

    def __call__(self, asked: Asked) -> Outcome:
        if asked.path == "/dns.json":
            return Reply({"services": [[["com", "cn"], [f"{self.url}/rdap"]]]})
        if asked.path == "/rdap/domain/moved.cn":
            return Reply(status=302, headers=(("Location", f"{self.url}/rdap/domain/demo.cn"),))
        if asked.path == "/rdap/domain/lured.cn":
            return Reply(status=302, headers=(("Location", self.elsewhere),))
        if asked.path in ("/rdap/domain/demo.cn", "/rdap/domain/xn--fsqu00a.com"):
            named = {"roles": ["registrar"], "vcardArray": ["vcard", [["fn", {}, "text", "Demo Registrar"]]]}
            return Reply({"events": self.events, "entities": [named]})
        return Reply({"errorCode": 404}, 404)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """The registry, listening."""
    found = Registry()
    with HttpCounterpart(found) as server:
        found.url = server.url
        yield found


@pytest.fixture
def server() -> Iterator[HttpCounterpart]:
    """The page, listening."""
    with HttpCounterpart(page) as running:
        yield running


def asks(server: HttpCounterpart, *kinds: str, password: str = KEY, **settings: Any) -> Request:
    """A question to the page."""
    change = {"kinds": list(kinds), "settings": {"port": server.port, **settings}}
    return http_request("http_api", {}, password, change)


def test_it_measures_every_part_of_the_way(server: HttpCounterpart) -> None:
    fact = only(looks(asks(server, "endpoints", path="/api", keyword="原料仓"))["endpoints"], Endpoint)
    assert (fact.up, fact.status, fact.keyword_found, fact.tls_ms) == (True, 200, True, None)
    assert None not in (fact.resolve_ms, fact.connect_ms, fact.first_byte_ms)
    assert server.asked[-1].path == "/api"


@pytest.mark.parametrize(
    ("answer", "settings", "reason"),
    [
        (Reply({"error": "broken"}, 503), {}, "bad_status"),
        (Reply({}, 404), {}, "bad_status"),
        (Reply(b"under repair", content_type="text/html"), {"keyword": "Sign in"}, "keyword_missing"),
    ],
)
def test_a_page_that_is_not_as_it_should_be_is_not_up(answer: Reply, settings: dict[str, str], reason: str) -> None:
    with HttpCounterpart(lambda asked: answer) as broken:
        fact = only(looks(asks(broken, "endpoints", password="", **settings))["endpoints"], Endpoint)
    assert (fact.up, fact.reason) == (False, reason)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Hang(), "statement_timeout"),
        (Stall(Reply(BODY)), "statement_timeout"),
        (Cut(Reply(BODY)), "connection_lost"),
        (Reply(b'{"code": "\xff\xfe"}'), "bad_answer"),
        (Reply(b"", 429), "rate_limited"),
    ],
)
def test_an_answer_that_goes_wrong_after_the_login_is_not_known(
    server: HttpCounterpart, outcome: Outcome, reason: str
) -> None:
    server.astray = lambda asked: outcome if len(server.asked) > 1 else None
    request = replace(asks(server, "shapes", expected="code"), budget_seconds=1)
    look = looks(request)["shapes"]
    assert look.unknown is not None
    assert look.unknown.reason == reason


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with HttpCounterpart(lambda asked: Reply(status=302, headers=(("Location", "http://127.0.0.1:1/"),))) as moved:
        assert only(looks(asks(moved, "endpoints", password=""))["endpoints"], Endpoint).up


def test_it_tells_what_the_wire_tells(server: HttpCounterpart) -> None:
    server.clock_ahead_s = 3600
    found = looks(asks(server, "server", "quotas", "shapes", "api_keys", expected="code，name，price"))
    clock = only(found["server"], Server).clock_ahead_s
    assert clock is not None
    assert abs(clock - 3600) < 5
    quota = only(found["quotas"], Quota)
    assert (quota.used, quota.limit) == (960, 1000)
    assert only(found["shapes"], Shape).missing == ("price",)
    assert only(found["api_keys"], ApiKey).expires_at is None


def test_it_reads_the_end_of_a_key_that_carries_it() -> None:
    body = base64.urlsafe_b64encode(json.dumps({"exp": 1800000000}).encode()).decode().rstrip("=")
    with HttpCounterpart(lambda asked: Reply({})) as server:
        found = looks(asks(server, "api_keys", password=f"Bearer e30.{body}.x"))
    assert only(found["api_keys"], ApiKey).expires_at == datetime.fromtimestamp(1800000000, UTC)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for this machine that nobody else vouches for."""
    return certificate(tmp_path_factory.mktemp("papers"))


def test_it_tells_when_a_certificate_ends_and_whether_a_strict_client_takes_it(papers: Certificate) -> None:
    with HttpCounterpart(page, certificate=papers) as server:
        loose = looks(asks(server, "tls", encryption="required"))["tls"]
        pinned = looks(asks(server, "tls", encryption="verified", authority=papers.pem))["tls"]
        strict = looks(asks(server, "reachable", encryption="verified"))["reachable"]
    first, second = only(loose, TlsCertificate), only(pinned, TlsCertificate)
    assert (first.trusted, second.trusted) == (False, True)
    assert 28 < (first.not_after_at - first.seen_at).days < 31
    assert strict.unknown is not None
    assert strict.unknown.reason == "tls_refused"


@pytest.mark.parametrize("domain", ["demo.cn", "moved.cn", "例子.com", "Demo.CN."])
def test_it_asks_the_registry_of_the_ending(server: HttpCounterpart, registry: Registry, domain: str) -> None:
    found = looks(asks(server, "domains", domain=domain, registries=f"{registry.url}/dns.json"))["domains"]
    fact = only(found, Domain)
    assert (fact.expires_on, fact.registrar) == (date(2027, 1, 31), "Demo Registrar")


@pytest.mark.parametrize(
    ("domain", "reason"), [("demo.invalid", "unsupported"), ("gone.cn", "bad_settings"), ("", "unsupported")]
)
def test_what_no_registry_tells_is_not_known(
    server: HttpCounterpart, registry: Registry, domain: str, reason: str
) -> None:
    look = looks(asks(server, "domains", domain=domain, registries=f"{registry.url}/dns.json"))["domains"]
    assert look.unknown is not None
    assert look.unknown.reason == reason


@pytest.mark.parametrize("url", ["http://10.255.255.1/admin", "https://192.0.2.7/"])
def test_a_registry_that_sends_to_a_neighbour_is_not_followed(
    server: HttpCounterpart, registry: Registry, url: str
) -> None:
    registry.elsewhere = url
    look = looks(asks(server, "domains", domain="lured.cn", registries=f"{registry.url}/dns.json"))["domains"]
    assert look.unknown is not None
    assert look.unknown.reason == "forbidden_address"


def test_a_registry_that_keeps_the_day_to_itself_leaves_it_open(server: HttpCounterpart, registry: Registry) -> None:
    registry.events = [{"eventAction": "registration", "eventDate": "2001-01-01T00:00:00Z"}]
    look = looks(asks(server, "domains", domain="demo.cn", registries=f"{registry.url}/dns.json"))["domains"]
    assert only(look, Domain).expires_on is None


def test_a_wrong_key_is_a_wrong_password(server: HttpCounterpart, tmp_path: Path) -> None:
    look = looks(asks(server, "endpoints", password="Bearer other"))["endpoints"]
    assert look.unknown is not None
    assert look.unknown.reason == "wrong_password"
