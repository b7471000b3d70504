"""A Windows or Linux machine, by what windows_exporter or node_exporter tells over HTTP; the agent pushes the same.

The exporters count processor time, so the page is read twice, a moment apart.
"""

import base64
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from prometheus_client.parser import text_string_to_metric_families

from connectors import https
from connectors.base import N_, AccountSet, ConnectorError, Field, Need, Seen, Spot, fact
from connectors.facts import Cpu, Fact, Memory, Server, Service, Volume
from connectors.host_pages import LINUX, WINDOWS, Page, Sample
from connectors.http_base import OverHttp, web_fields, wire_fields
from connectors.http_session import HttpSession
from connectors.roles import Role

METRICS = Need(table="/metrics", columns=())
APART_SECONDS = 2.0  # between two readings of the counters


class HostSession(HttpSession):
    """The exporter's page; read once for everything but the processors."""

    def __init__(self, web: https.Web, user: str, password: str) -> None:
        super().__init__(web)
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {pair}"} if password else {}

    def read(self) -> Page:
        """The page now. Raises ConnectorError."""
        answer = self.send("GET", "/metrics", None, self.headers)
        if answer.status in (401, 403):
            raise ConnectorError("wrong_password")
        if answer.status != 200:
            raise ConnectorError("bad_status", {"status": answer.status})
        return Page(list(_samples(answer.body)))

    @cached_property
    def first(self) -> Page:
        """The page as it was when it was first asked for. Raises ConnectorError."""
        page = self.read()
        if not (page.has(LINUX.cpu) or page.has(WINDOWS.cpu)):
            raise ConnectorError("wrong_protocol", {"host": self.web.address.host, "port": self.web.address.port})
        return page

    @cached_property
    def later(self) -> tuple[float, Page]:
        """Seconds after the first reading, and the page then."""
        _ = self.first
        start = time.perf_counter()
        time.sleep(min(APART_SECONDS, self.web.deadline.left() / 4))
        page = self.read()
        return time.perf_counter() - start, page

    def log_in(self) -> None:
        """Read the page, once."""
        _ = self.first

    def ping(self) -> None:
        """Read the page again."""
        self.read()

    def version(self) -> str | None:
        """The exporter's own version."""
        return self.first.label(("node_exporter_build_info", "windows_exporter_build_info"), "version")

    def check(self, need: Need) -> None:
        """There is nothing to be granted on a page of figures."""

    def writable(self, models: Sequence[str]) -> list[str]:
        """An exporter takes no orders."""
        return []


class Host(OverHttp[HostSession]):
    """A machine behind one of the two exporters."""

    kind = "host"
    label = N_("Server: processor, memory, disks, services")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(port=9182),
        Field(name="user", label=N_("Login"), repoints=True, hint=N_("Only where the exporter asks for one")),
        Field(name="password", label=N_("Password"), type="secret"),
        *wire_fields(),
    )
    about = N_(
        "Load of the processors, memory, how full each volume is, which services run, and since when the machine is "
        "on. Nothing of any file or any user is read."
    )
    verified = N_(
        "Pages of both exporters with their documented names, served by the tests; no exporter of a client's yet."
    )
    idle = frozenset({"timings", "shapes", "quotas"})
    behind: ClassVar[Mapping[str, str]] = {}

    # What is installed on the machine, and how it is taken away again.
    role: ClassVar[Role | None] = Role(
        give=(
            N_(
                "Windows: install windows_exporter with the collectors cpu, memory, logical_disk, service, system "
                "and time. It listens on port 9182."
            ),
            N_("Linux: install node_exporter with the collector systemd switched on. It listens on port 9100."),
            N_("In the firewall allow this port from the address of this desk alone, or from the agent's machine."),
        ),
        take=(N_("Uninstall the exporter and remove the firewall rule."),),
    )

    def session(self, web: https.Web) -> HostSession:
        """The page of the settings."""
        return HostSession(web, str(self.settings.get("user") or ""), self.secrets.get("password", ""))

    def list_account_sets(self, session: HostSession) -> list[AccountSet]:
        """The machine itself stands for one."""
        host = str(self.settings["host"])
        return [AccountSet(code=host, name=host)]

    @fact("server", per="connection", needs=(METRICS,))
    def server(self, session: HostSession, spot: Spot) -> Seen:
        """Since when it is on, by its own clock, and how far that clock is off."""
        now, booted = session.first.clock(), session.first.booted()
        clock = None if now is None else round(now - spot.seen_at.timestamp(), 1)
        started = None if now is None or booted is None else max(0, round(now - booted))
        fact = Server(seen_at=spot.seen_at, started_age_s=started, clock_ahead_s=clock, version=session.first.system())
        return Seen(facts=[fact])

    @fact("cpu", per="connection", needs=(METRICS,))
    def cpu(self, session: HostSession, spot: Spot) -> Seen:
        """How much of all processors together was not idle between two readings."""
        seconds, page = session.later
        share = page.busy_since(session.first)
        if share is None:
            raise ConnectorError("budget_spent")
        return Seen(facts=[Cpu(seen_at=spot.seen_at, own_pct=share, minutes=round(seconds / 60, 3))])

    @fact("memory", per="connection", needs=(METRICS,))
    def memory(self, session: HostSession, spot: Spot) -> Seen:
        """Memory in all, and what could be given to a program now."""
        total, free = session.first.memory()
        if total is None or free is None:
            raise ConnectorError("unsupported", {"missing": N_("memory: the exporter's collector for it is off")})
        return Seen(facts=[Memory(seen_at=spot.seen_at, total_bytes=total, free_bytes=free)])

    @fact("volumes", per="connection", needs=(METRICS,))
    def volumes(self, session: HostSession, spot: Spot) -> Seen:
        """Every real volume; what lives in memory or comes over the network from elsewhere is left out."""
        told = session.first.volumes()
        if not told:
            raise ConnectorError("unsupported", {"missing": N_("disks: the exporter's collector for them is off")})
        return Seen(facts=[_volume(name, total, free, spot.seen_at) for name, total, free in told])

    @fact("services", per="connection", needs=(METRICS,))
    def services(self, session: HostSession, spot: Spot) -> Seen:
        """Services that start by themselves, and whether they run."""
        told = session.first.services()
        if told is None:
            raise ConnectorError("unsupported", {"missing": N_("services: the exporter's collector for them is off")})
        facts: list[Fact] = [Service(seen_at=spot.seen_at, name=name, running=running) for name, running in told]
        return Seen(facts=facts)


def _volume(name: str, total: int, free: int, seen_at: datetime) -> Volume:
    return Volume(seen_at=seen_at, volume=name, total_bytes=total, free_bytes=free)


def _samples(body: bytes) -> Iterator[Sample]:
    try:
        for family in text_string_to_metric_families(body.decode("utf-8")):
            # An exporter tells what it could not measure as NaN, which is no figure.
            for sample in (one for one in family.samples if math.isfinite(one.value)):
                yield Sample(sample.name, dict(sample.labels), float(sample.value))
    except (ValueError, KeyError, IndexError):
        raise ConnectorError("bad_answer", {"what": "not a page of figures"}) from None
