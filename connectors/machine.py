"""The machine an agent runs on: processors, memory, volumes, services. Asked of the system itself, without a login."""

import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import ClassVar

from connectors.base import N_, AccountSet, Connector, ConnectorError, Deadline, Field, Need, Seen, Spot, Step, fact
from connectors.facts import Cpu, Memory, Reachable, Server, Service, Volume

SAMPLE_S = 2.0
WAYS = {"linux": "connectors.machine_linux", "win32": "connectors.machine_windows"}


class Machine(Connector[ModuleType]):
    """The machine under an agent. Our own workers never read it: they would tell of a machine of ours."""

    kind = "machine"
    label = N_("Machine with an agent")
    fields: ClassVar[tuple[Field, ...]] = ()
    about = N_(
        "Reads how busy the processors are, memory, every fixed volume and the services, of the machine the agent runs "
        "on. Without an agent, a script there can push the same."
    )
    verified = N_(
        "On Linux against the system itself. On a Windows machine not yet: its calls for Windows were run by the "
        "Windows build of Python 3.11 under Wine, whose answers are its own."
    )
    cannot: ClassVar[Mapping[str, str]] = {}

    @contextmanager
    def open(self, deadline: Deadline) -> Iterator[ModuleType]:
        """The calls of this system. Raises ConnectorError agent_only anywhere but in an agent, or unsupported."""
        if not os.environ.get("SITE_AGENT"):
            raise ConnectorError("agent_only")
        yield way()

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """There is no way to go: what it is, or why it cannot be read."""
        try:
            with self.open(deadline):
                yield Step(name="name", state="ok", detail={"host": platform.node()})
                yield Step(name="read_only", state="ok")
                yield Step(name="version", state="ok", detail={"version": platform.platform(terse=True)})
        except ConnectorError as error:
            yield Step.of("name", error)

    def list_account_sets(self, session: ModuleType) -> list[AccountSet]:
        """A machine has none."""
        return []

    def check_need(self, session: ModuleType, need: Need, account_set: AccountSet | None) -> None:
        """It needs no table and no right."""

    @fact("reachable", per="connection")
    def reachable(self, session: ModuleType, spot: Spot) -> Seen:
        """It runs, since the agent on it does."""
        return Seen(facts=[Reachable(seen_at=spot.seen_at, up=True, version=platform.platform(terse=True))])

    @fact("server", per="connection")
    def server(self, session: ModuleType, spot: Spot) -> Seen:
        """Since when it runs, and what it runs."""
        up, version = int(session.uptime()), platform.platform(terse=True)
        return Seen(facts=[Server(seen_at=spot.seen_at, started_age_s=up, version=version)])

    @fact("cpu", per="connection")
    def cpu(self, session: ModuleType, spot: Spot) -> Seen:
        """The share of the processors in use, over two seconds."""
        busy, total = session.processors()
        time.sleep(SAMPLE_S)
        more_busy, more = session.processors()
        share = 100 * (more_busy - busy) / max(1, more - total)
        used = round(min(100.0, max(0.0, share)), 1)
        return Seen(facts=[Cpu(seen_at=spot.seen_at, host=platform.node(), own_pct=used, minutes=SAMPLE_S / 60)])

    @fact("memory", per="connection")
    def memory(self, session: ModuleType, spot: Spot) -> Seen:
        """All of it, and what programs can still have."""
        total, free = session.memory()
        return Seen(facts=[Memory(seen_at=spot.seen_at, host=platform.node(), total_bytes=total, free_bytes=free)])

    @fact("volumes", per="connection")
    def volumes(self, session: ModuleType, spot: Spot) -> Seen:
        """Every fixed volume."""
        found = [
            Volume(seen_at=spot.seen_at, volume=name, total_bytes=total, free_bytes=free)
            for name, total, free in session.volumes()
        ]
        return Seen(facts=found)

    @fact("services", per="connection")
    def services(self, session: ModuleType, spot: Spot) -> Seen:
        """The services that start by themselves, and whether each runs."""
        host = platform.node()
        found = [
            Service(seen_at=spot.seen_at, host=host, name=name, running=running) for name, running in session.services()
        ]
        return Seen(facts=found)


def way() -> ModuleType:
    """The calls of this system; on others those of psutil, where it stands beside us. Raises ConnectorError."""
    try:
        return import_module(WAYS.get(sys.platform, "connectors.machine_psutil"))
    except ImportError:
        raise ConnectorError("driver_missing", {"driver": "psutil"}) from None
