"""The machine under an agent, asked of the very system the tests run on."""

import os
import platform
import shutil
import sys
from typing import Any

import psutil
import pytest

from connectors import machine, machine_psutil
from connectors.base import ConnectorError, Deadline, Spot, now
from connectors.facts import Cpu, Memory, Reachable, Server, Service, Volume
from connectors.machine import Machine


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """This machine, as an agent on it asks."""
    monkeypatch.setenv("SITE_AGENT", "1")
    monkeypatch.setattr(machine, "SAMPLE_S", 0.1)
    return Machine({}, {})


def test_our_own_workers_do_not_tell_of_a_machine_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SITE_AGENT", raising=False)
    looks = list(Machine({}, {}).collect(["reachable", "cpu", "volumes"], Deadline(5)))
    assert [(look.facts, look.unknown and look.unknown.reason) for look in looks] == [((), "agent_only")] * 3
    assert [step.reason for step in Machine({}, {}).probe(Deadline(5))] == ["agent_only"]


@pytest.mark.skipif(sys.platform != "linux", reason="the calls of Linux")
def test_it_tells_what_the_system_says(here: Machine) -> None:
    looks = {look.kind: look for look in here.collect(list(Machine.readers()), Deadline(20))}
    told: dict[str, Any] = {kind: look.facts[0] for kind, look in looks.items() if look.facts}
    assert isinstance(told["reachable"], Reachable)
    assert told["reachable"].up
    assert isinstance(told["cpu"], Cpu)
    assert 0 <= told["cpu"].own_pct <= 100
    assert told["cpu"].host == platform.node()
    assert isinstance(told["memory"], Memory)
    assert told["memory"].total_bytes == psutil.virtual_memory().total
    assert 0 < (told["memory"].free_bytes or 0) < (told["memory"].total_bytes or 0)
    assert isinstance(told["server"], Server)
    assert told["server"].started_age_s == pytest.approx(machine_psutil.uptime(), abs=120)
    for fact in looks["volumes"].facts:
        assert isinstance(fact, Volume)
        assert fact.total_bytes == shutil.disk_usage(fact.volume).total
    assert looks["services"].unknown is None or looks["services"].unknown.params == {"missing": "systemd"}
    assert all(isinstance(fact, Service) for fact in looks["services"].facts)


def test_its_probe_ends_well(here: Machine) -> None:
    assert [(step.name, step.state) for step in here.probe(Deadline(5))] == [
        ("name", "ok"), ("read_only", "ok"), ("version", "ok"),
    ]  # fmt: skip


def test_where_there_are_no_calls_of_ours_psutil_is_asked(here: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    spot = Spot(account_set=None, seen_at=now())
    with here.open(Deadline(5)) as session:
        assert session is machine_psutil
        (memory,) = here.memory(session, spot).facts
        (cpu,) = here.cpu(session, spot).facts
        here.volumes(session, spot)
        with pytest.raises(ConnectorError, match="services"):
            here.services(session, spot)
    assert isinstance(memory, Memory)
    assert isinstance(cpu, Cpu)
    assert memory.total_bytes == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
