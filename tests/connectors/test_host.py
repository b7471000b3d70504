"""A machine by its exporter: load between two readings, memory, real volumes, services that should run."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ask import Request
from connectors.facts import Cpu, Memory, Server
from connectors.host_pages import Page, Sample
from tests.connectors.http_counterpart import Asked, Cut, HttpCounterpart, Outcome, Reply, Stall
from tests.connectors.http_systems import http_request, looks, only

pytestmark = pytest.mark.enable_socket
LINUX = """# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{{cpu="0",mode="idle"}} {idle}
node_cpu_seconds_total{{cpu="0",mode="user"}} {busy}
# TYPE node_memory_MemTotal_bytes gauge
node_memory_MemTotal_bytes 8e+09
# TYPE node_memory_MemAvailable_bytes gauge
node_memory_MemAvailable_bytes 2e+09
# TYPE node_filesystem_size_bytes gauge
node_filesystem_size_bytes{{device="/dev/sda1",fstype="ext4",mountpoint="/"}} 1e+11
node_filesystem_size_bytes{{device="/dev/sda1",fstype="ext4",mountpoint="/var/lib/备份"}} 1e+11
node_filesystem_size_bytes{{device="tmpfs",fstype="tmpfs",mountpoint="/tmp"}} 1e+09
# TYPE node_filesystem_avail_bytes gauge
node_filesystem_avail_bytes{{device="/dev/sda1",fstype="ext4",mountpoint="/"}} 1e+10
node_filesystem_avail_bytes{{device="/dev/sda1",fstype="ext4",mountpoint="/var/lib/备份"}} 1e+10
node_filesystem_avail_bytes{{device="tmpfs",fstype="tmpfs",mountpoint="/tmp"}} 1e+09
# TYPE node_systemd_unit_state gauge
node_systemd_unit_state{{name="cron.service",state="active",type="simple"}} 1
node_systemd_unit_state{{name="erp.service",state="failed",type="simple"}} 1
node_systemd_unit_state{{name="erp.service",state="active",type="simple"}} 0
node_systemd_unit_state{{name="old.service",state="inactive",type="simple"}} 1
# TYPE node_boot_time_seconds gauge
node_boot_time_seconds 1.79e+09
# TYPE node_time_seconds gauge
node_time_seconds 1.7901e+09
# TYPE node_exporter_build_info gauge
node_exporter_build_info{{version="1.9.1"}} 1
"""
WINDOWS = """# TYPE windows_cpu_time_total counter
windows_cpu_time_total{{core="0,0",mode="idle"}} {idle}
windows_cpu_time_total{{core="0,0",mode="user"}} {busy}
# TYPE windows_memory_physical_total_bytes gauge
windows_memory_physical_total_bytes 1.6e+10
# TYPE windows_memory_available_bytes gauge
windows_memory_available_bytes 4e+09
# TYPE windows_logical_disk_size_bytes gauge
windows_logical_disk_size_bytes{{volume="C:"}} 1e+11
windows_logical_disk_size_bytes{{volume="HarddiskVolume1"}} 5e+08
# TYPE windows_logical_disk_free_bytes gauge
windows_logical_disk_free_bytes{{volume="C:"}} 9e+09
windows_logical_disk_free_bytes{{volume="HarddiskVolume1"}} 1e+08
# TYPE windows_service_state gauge
windows_service_state{{name="mssqlserver",state="running"}} 1
windows_service_state{{name="sqlserveragent",state="running"}} 0
windows_service_state{{name="fax",state="running"}} 0
# TYPE windows_service_start_mode gauge
windows_service_start_mode{{name="mssqlserver",start_mode="auto"}} 1
windows_service_start_mode{{name="sqlserveragent",start_mode="auto"}} 1
windows_service_start_mode{{name="fax",start_mode="manual"}} 1
"""


class Exporter:
    """Tells one of the pages; between two readings a quarter of the time was spent working."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.readings = count(1)

    def __call__(self, asked: Asked) -> Outcome:
        if asked.headers.get("authorization") != "Basic cmVhZGVyOnRoZS1rZXk=":
            return Reply({}, 401)
        n = next(self.readings)
        text = self.page.format(idle=1000 + 75 * n, busy=500 + 25 * n)
        return Reply(text.encode(), content_type="text/plain; version=0.0.4")


@pytest.fixture(params=[LINUX, WINDOWS], ids=["linux", "windows"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpCounterpart]:
    """An exporter, listening."""
    with HttpCounterpart(Exporter(request.param)) as server:
        yield server


def asks(server: HttpCounterpart, *kinds: str, **settings: Any) -> Request:
    """A question to the exporter."""
    change = {"kinds": list(kinds), "settings": {"port": server.port, "user": "reader", **settings}}
    return http_request("host", {}, "the-key", change)


def test_it_tells_load_memory_volumes_and_services(machine: HttpCounterpart) -> None:
    found = looks(asks(machine, "cpu", "memory", "volumes", "services", "server"))
    assert only(found["cpu"], Cpu).own_pct == 25
    memory = only(found["memory"], Memory)
    assert (memory.free_bytes or 0) * 4 == memory.total_bytes
    volumes = {(fact.volume, fact.free_bytes) for fact in found["volumes"].facts}  # type: ignore[attr-defined]
    services = {(fact.name, fact.running) for fact in found["services"].facts}  # type: ignore[attr-defined]
    if ("C:", 9_000_000_000) in volumes:
        assert volumes == {("C:", 9_000_000_000)}
        assert services == {("mssqlserver", True), ("sqlserveragent", False)}
        assert only(found["server"], Server).started_age_s is None
    else:
        assert volumes == {("/", 10_000_000_000)}
        assert services == {("cron", True), ("erp", False)}
        assert only(found["server"], Server).started_age_s == 100_000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>hello</html>", "bad_answer"),
        (b"some_figure 1\n", "wrong_protocol"),
        (b'node_other{name="\xff\xfe"} 1\n', "bad_answer"),
    ],
)
def test_another_page_is_not_taken_for_an_exporter(body: bytes, reason: str) -> None:
    with HttpCounterpart(lambda asked: Reply(body, content_type="text/plain")) as server:
        look = looks(asks(server, "memory"))["memory"]
    assert look.unknown is not None
    assert look.unknown.reason == reason


def test_services_that_nobody_collects_are_not_all_fine() -> None:
    page = LINUX.replace("node_systemd_unit_state", "node_other").format(idle=1, busy=1)
    with HttpCounterpart(lambda asked: Reply(page.encode(), content_type="text/plain")) as server:
        look = looks(asks(server, "services"))["services"]
    assert look.unknown is not None
    assert look.unknown.reason == "unsupported"


@pytest.mark.parametrize("kind", ["memory", "volumes"])
@pytest.mark.parametrize("gone", ["not collected", "NaN"])
def test_what_nobody_measured_is_not_all_fine(kind: str, gone: str) -> None:
    named = {"memory": "node_memory_MemAvailable_bytes", "volumes": "node_filesystem_size_bytes"}[kind]
    page = LINUX.format(idle=1, busy=1)
    if gone == "NaN":
        page = "".join(
            f"{line.rpartition(' ')[0]} NaN\n" if line.startswith(named) else f"{line}\n" for line in page.splitlines()
        )
    else:
        page = page.replace(named, "node_other")
    with HttpCounterpart(lambda asked: Reply(page.encode(), content_type="text/plain")) as server:
        look = looks(asks(server, kind))[kind]
    assert look.unknown is not None
    assert look.unknown.reason == "unsupported"


def test_a_clock_an_hour_off_is_seen() -> None:
    page = LINUX.format(idle=1, busy=1).replace("1.7901e+09", str(time.time() + 3600))
    with HttpCounterpart(lambda asked: Reply(page.encode(), content_type="text/plain")) as server:
        found = only(looks(asks(server, "server"))["server"], Server)
    assert found.clock_ahead_s == pytest.approx(3600, abs=3)


def test_a_hundred_thousand_figures_hide_none() -> None:
    many = "".join(f'node_other{{n="{n}"}} 1\n' for n in range(100_000))
    page = many + LINUX.format(idle=1, busy=1)
    with HttpCounterpart(lambda asked: Reply(page.encode(), content_type="text/plain")) as server:
        assert only(looks(asks(server, "memory"))["memory"], Memory).free_bytes == 2_000_000_000


@pytest.mark.parametrize(("outcome", "reason"), [(Stall, "silent_server"), (Cut, "connection_lost")])
def test_half_a_page_is_none(outcome: type[Stall | Cut], reason: str) -> None:
    page = Reply(LINUX.format(idle=1, busy=1).encode(), content_type="text/plain")
    with HttpCounterpart(lambda asked: outcome(page)) as server:
        look = looks(replace(asks(server, "volumes"), budget_seconds=1))["volumes"]
    assert look.unknown is not None
    assert look.unknown.reason == reason


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(0, 1e6), st.floats(0, 1e6))
def test_load_is_a_share_or_not_known(idle: float, busy: float, more_idle: float, more_busy: float) -> None:
    def page(idle: float, busy: float) -> Page:
        named = {"idle": idle, "user": busy}
        return Page([Sample("node_cpu_seconds_total", {"mode": mode}, value) for mode, value in named.items()])

    share = page(idle + more_idle, busy + more_busy).busy_since(page(idle, busy))
    assert share is None or 0 <= share <= 100
