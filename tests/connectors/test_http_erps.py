"""What holds for every ERP over HTTP: nothing is sent to whom it should not go, and every silence has its word."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connectors import connector_class
from connectors.ask import Request, ask
from connectors.base import ConnectorError
from connectors.facts import Quota, Server
from connectors.http_base import OverHttp
from connectors.questions import bound, called
from tests.connectors.http_counterpart import Hang, HttpCounterpart, Reply, certificate
from tests.connectors.http_systems import SYSTEMS, looks, only, steps

pytestmark = pytest.mark.enable_socket
EACH = pytest.mark.parametrize("kind", SYSTEMS)


@pytest.fixture
def system(kind: str, request: pytest.FixtureRequest) -> HttpCounterpart:
    """The running counterpart of a kind."""
    found = request.getfixturevalue(SYSTEMS[kind][0])
    assert isinstance(found, HttpCounterpart)
    return found


@pytest.fixture
def asked(kind: str, system: HttpCounterpart) -> Callable[..., Request]:
    """Make a request to it."""
    return lambda **change: SYSTEMS[kind][1](system, **change)


@EACH
def test_a_name_that_is_not_there_is_what_it_is(kind: str, asked: Callable[..., Request]) -> None:
    step = steps(asked(op="probe", settings={"host": "nowhere.invalid"}))[-1]
    assert (step.name, step.reason, step.field) == ("name", "unknown_name", "host")


@EACH
def test_without_the_wished_encryption_nothing_is_sent(
    kind: str, asked: Callable[..., Request], system: HttpCounterpart, tmp_path: Path
) -> None:
    wished = asked(op="probe", settings={"encryption": "verified"})
    step = ask(wished).steps[-1]
    assert (step.name, step.reason) == ("tls", "tls_refused")
    (tmp_path / "other").mkdir()
    own, other = certificate(tmp_path), certificate(tmp_path / "other")
    with HttpCounterpart(lambda asked: Reply({}), certificate=own) as sealed:
        settings = {**wished.settings, "port": sealed.port, "authority": other.pem}
        step = ask(replace(wished, settings=settings)).steps[-1]
        assert (step.name, step.reason) == ("tls", "tls_refused")
    assert sealed.asked == system.asked == []


@EACH
def test_a_hang_at_login_is_a_silent_server(kind: str, asked: Callable[..., Request], system: HttpCounterpart) -> None:
    system.astray = lambda asked: Hang()
    (look,) = ask(asked(kinds=["reachable"], budget_seconds=1)).looks
    assert getattr(look.facts[0], "reason", None) == "silent_server"


@EACH
def test_a_clock_an_hour_off_is_seen_and_bends_nothing(
    kind: str, asked: Callable[..., Request], system: HttpCounterpart
) -> None:
    before = looks(asked(kinds=["stock"]))["stock"].facts
    system.clock_ahead_s = 3600
    found = looks(asked(kinds=["server", "stock", "quotas"]))
    assert only(found["server"], Server).clock_ahead_s == pytest.approx(3600, abs=2)
    assert [replace(fact, seen_at=before[0].seen_at) for fact in found["stock"].facts] == [
        replace(fact, seen_at=before[0].seen_at) for fact in before
    ]
    assert only(found["quotas"], Quota).refused == 0


@EACH
def test_a_broken_text_at_login_is_no_crash(kind: str, asked: Callable[..., Request], system: HttpCounterpart) -> None:
    system.astray = lambda asked: Reply(b"\xff\xfe\x00hunter2")
    answer = ask(asked(op="probe"))
    assert answer.error is None
    assert (answer.steps[-1].name, answer.steps[-1].reason) == ("login", "bad_answer")
    assert "hunter2" not in repr(answer)


@EACH
def test_its_questions_say_what_they_read_in_both_languages(kind: str) -> None:
    found = connector_class(kind)
    assert issubclass(found, OverHttp)
    assert set(found.timed) | set(found.sampled) <= set(found.questions)
    for one in found.asks():
        assert one.title
        assert one.zh
        assert one.columns
        assert one.certainty in ("vendor", "public", "unverified")
        assert one.page > 0
        assert 0 < one.cap <= 50_000


def test_values_are_bound_as_values_and_never_inside_a_text() -> None:
    template = [["name", "=", "$name"], {"day": "$day", "text": "a $name"}]
    assert bound(template, {"name": "x' or 1=1", "day": 3}) == [
        ["name", "=", "x' or 1=1"],
        {"day": 3, "text": "a $name"},
    ]
    with pytest.raises(KeyError):
        bound("$unknown", {})
    assert called("a|b", frozenset({"b"})) == "b"
    assert called("a|b", frozenset()) is None


def test_a_server_that_takes_the_wire_away_is_told(socket_enabled: None) -> None:
    from connectors import https
    from connectors.base import Deadline
    from connectors.reach import Address

    with socket.create_server(("127.0.0.1", 0)) as listener:
        web = https.Web(Address("x", "127.0.0.1", listener.getsockname()[1]), "off", Deadline(2))
        web.connect()
        listener.accept()[0].close()
        with pytest.raises(ConnectorError) as caught:
            web.ask("GET", "/")
    assert caught.value.reason == "connection_lost"
