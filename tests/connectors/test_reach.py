"""Where a connection may go: judged by the address, however it is written."""

import socket
from typing import Any

import pytest

from connectors import reach
from connectors.base import ConnectorError

FORBIDDEN = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.1.1", "100.100.100.200", "192.0.0.192",
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "ff02::1",
    "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:100.100.100.200", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "::7f00:1", "::127.0.0.1",
    "2001:0:7f00:1::",
]  # fmt: skip
ALLOWED = [
    "10.0.0.5", "172.16.4.4", "172.17.0.1", "192.168.1.10", "100.64.0.9", "100.100.100.201", "8.8.8.8", "fd12::5",
    "fc00::1", "2001:db9::1", "::ffff:192.168.1.10", "64:ff9b::c0a8:10a", "2002:c0a8:10a::1",
]  # fmt: skip


@pytest.mark.parametrize("ip", FORBIDDEN)
def test_it_forbids(ip: str) -> None:
    assert reach.forbidden(ip)


@pytest.mark.parametrize("ip", ALLOWED)
def test_it_allows(ip: str) -> None:
    assert not reach.forbidden(ip)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "::1"])
def test_it_refuses_this_machine_however_it_is_written(host: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        reach.resolve(host, 1433)
    assert caught.value.reason in ("forbidden_address", "unknown_name")
    assert caught.value.field == "host"


def test_it_allows_this_machine_to_the_demo() -> None:
    assert reach.resolve("127.0.0.1", 1433, allow_loopback=True).ip == "127.0.0.1"


@pytest.mark.parametrize(
    "host", ["", "/var/run/x.sock", "\\\\server\\pipe", "a;b", "a,1434", "a b", "user@host", "(local)", "tcp:x", "a\nb"]
)
def test_it_refuses_what_a_driver_could_read_as_something_else(host: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        reach.resolve(host, 1433, allow_loopback=True)
    assert (caught.value.reason, caught.value.field) == ("bad_settings", "host")


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_it_refuses_a_port_that_is_none(port: int) -> None:
    with pytest.raises(ConnectorError) as caught:
        reach.resolve("192.168.1.1", port)
    assert caught.value.field == "port"


def test_it_refuses_a_name_when_one_of_its_answers_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers("192.168.1.5", "127.0.0.1"))
    with pytest.raises(ConnectorError) as caught:
        reach.resolve("rebinding.example.com", 1433)
    assert caught.value.reason == "forbidden_address"


def test_it_dials_the_address_that_was_judged_and_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers("192.168.1.5")
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    address = reach.resolve("erp.example.com", 1433)
    dialled: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda where, timeout: dialled.append(where))
    reach.dial(address, 1)
    assert dialled == [("192.168.1.5", 1433)]
    assert address.host == "erp.example.com"
    assert asked.calls == 1


class answers:  # noqa: N801 - reads as what it stands for
    """A resolver with fixed answers that counts."""

    def __init__(self, *ips: str) -> None:
        self.ips = ips
        self.calls = 0

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.calls += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in self.ips]


def test_it_says_when_a_name_cannot_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(ConnectorError) as caught:
        reach.resolve("no-such-host.example.com", 1433)
    assert (caught.value.reason, caught.value.down) == ("unknown_name", False)
