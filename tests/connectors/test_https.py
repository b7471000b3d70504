"""The HTTP wire: what is verified, what is pinned, and how every fault of a server is told."""

from pathlib import Path

import pytest

from connectors import https
from connectors.base import ConnectorError, Deadline
from connectors.reach import Address
from tests.connectors.http_counterpart import (
    Asked,
    Cut,
    Hang,
    HttpCounterpart,
    Last,
    Outcome,
    Reply,
    Stall,
    certificate,
)

pytestmark = pytest.mark.enable_socket
HALF_SENT = Reply({"text": "一二三四五六七八九十"})


def answer(asked: Asked) -> Outcome:
    ways: dict[str, Outcome] = {"/hang": Hang(), "/stall": Stall(HALF_SENT), "/cut": Cut(HALF_SENT)}
    cookies = (("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"))
    return ways.get(asked.path, Reply({"method": asked.method, "query": asked.query}, headers=cookies))


def place(server: HttpCounterpart, host: str = "127.0.0.1") -> Address:
    return Address(host, "127.0.0.1", server.port)


def test_it_asks_reads_and_keeps_the_connection() -> None:
    with (
        HttpCounterpart(answer, clock_ahead_s=3600) as server,
        https.connected(place(server), "off", Deadline(10)) as web,
    ):
        found = web.ask("GET", "/x?name=%E9%87%91%E8%9D%B6")
        first = web.connection.sock
        web.ask("GET", "/y")
        assert web.connection.sock is first
    assert https.decoded(found.body) == {"method": "GET", "query": {"name": "金蝶"}}
    assert found.cookies == ("a=1; Path=/", "b=2")
    assert found.clock_ahead_s == pytest.approx(3600, abs=1.5)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/hang", "statement_timeout"), ("/stall", "statement_timeout"), ("/cut", "connection_lost")],
)
def test_a_server_that_breaks_off_is_told_in_time(path: str, reason: str) -> None:
    with HttpCounterpart(answer) as server, https.connected(place(server), "off", Deadline(1)) as web:
        with pytest.raises(ConnectorError) as caught:
            web.ask("GET", path)
        assert caught.value.reason == reason
        # What is asked next is not read from the wreck of the last answer.
        assert web.ask("GET", "/x").status == 200


def test_a_kept_connection_that_was_ended_meanwhile_is_made_anew() -> None:
    with HttpCounterpart(lambda asked: Last(answer(asked))) as server:  # type: ignore[arg-type]
        with https.connected(place(server), "off", Deadline(5)) as web:
            assert [web.ask("GET", path).status for path in ("/1", "/2", "/3")] == [200, 200, 200]
        assert [asked.path for asked in server.asked] == ["/1", "/2", "/3"]


def test_an_answer_that_was_cut_is_not_asked_for_again() -> None:
    with HttpCounterpart(answer) as server, https.connected(place(server), "off", Deadline(5)) as web:
        web.ask("GET", "/x")
        with pytest.raises(ConnectorError):
            web.ask("GET", "/cut")
        assert [asked.path for asked in server.asked] == ["/x", "/cut"]


def reason_of(server: HttpCounterpart, authority: str | None, host: str = "127.0.0.1") -> str | None:
    try:
        with https.connected(place(server, host), "verified", Deadline(5), authority) as web:
            return None if web.ask("GET", "/").status == 200 else "status"
    except ConnectorError as error:
        return error.reason


def test_only_a_pinned_or_public_authority_is_trusted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    own, other = certificate(tmp_path), certificate(tmp_path / "other")
    with HttpCounterpart(answer, certificate=own) as server:
        assert reason_of(server, None) == "tls_refused"
        assert reason_of(server, other.pem) == "tls_refused"
        assert reason_of(server, "-----BEGIN CERTIFICATE-----\nnot one") == "bad_settings"
        assert reason_of(server, own.pem) is None
        # Trusted, but made for another name.
        assert reason_of(server, own.pem, "erp.example") == "tls_refused"
        assert server.asked[-1].path == "/"
        assert len(server.asked) == 1


def test_a_server_without_encryption_is_refused_where_it_is_wanted() -> None:
    with HttpCounterpart(answer) as server:
        assert reason_of(server, None) == "tls_refused"
    assert server.asked == []


def test_a_body_without_end_is_given_up_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "MOST_BYTES", 1024 * 1024)
    endless = Reply(b"x" * 2 * 1024 * 1024)
    with (
        HttpCounterpart(lambda asked: endless) as server,
        https.connected(place(server), "off", Deadline(5)) as web,
        pytest.raises(ConnectorError) as caught,
    ):
        web.ask("GET", "/")
    assert (caught.value.reason, caught.value.params["what"]) == ("bad_answer", "> 1 MB")
