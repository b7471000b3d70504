"""Load for the engine, for the bench: what a visit costs, what a sign of life costs, how fast a storm is told.

Every function works in the scope of fresh clients of `world`s it is given and answers figures; the caller prints them.
CPU is counted over this process and the reading children; the database's share is the caller's to add.
"""

import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from service_desk.checks import operations
from service_desk.checks.models import CheckFlip, CheckPlan, CheckState, Heartbeat
from service_desk.jobs import Bell, Job, perform, queue
from service_desk.running import clock
from service_desk.running.demo.u8_fixture import Company, Faults, build
from service_desk.scope import SYSTEM, gate, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from tests.world import World

SETS = 26  # account sets of one ERP: with them a visit judges about eighty subjects


@dataclass(frozen=True)
class Cost:
    """What something cost: how often it was done, wall seconds, CPU seconds of this process and of its children."""

    times: int
    wall_s: float
    own_s: float
    children_s: float

    @property
    def cpu_ms(self) -> float:
        """CPU of both for doing it once."""
        return (self.own_s + self.children_s) * 1000 / max(1, self.times)


class Stopwatch:
    """Counts the CPU of this process and of the children it has waited for."""

    def __init__(self) -> None:
        self.wall, self.own, self.children = time.monotonic(), *_used()

    def cost(self, times: int) -> Cost:
        own, children = _used()
        return Cost(times, time.monotonic() - self.wall, own - self.own, children - self.children)


def _used() -> tuple[float, float]:
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime, theirs.ru_utime + theirs.ru_stime


def visits(world: World, folder: Path, rounds: int = 5) -> tuple[Cost, int]:
    """Visit one connection `rounds` times; the cost, and how many subjects a visit judges."""
    companies = tuple(Company(code=f"{n + 1:03d}", name=f"账套{n + 1}") for n in range(SETS))
    build(folder, Faults(negative_stock=3), companies=companies)
    with tenant_scope(world.a.id, SYSTEM):
        settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}
        connection = ErpConnection(kind="yonyou_u8", name="bench", settings=settings, created_at=datetime.now(UTC))
        session().add(connection)
        session().flush()
        operations.propose_plans(connection)
        operations.accept_plans(connection)
    _visit(world)
    watch = Stopwatch()
    for _ in range(rounds):
        _visit(world)
    cost = watch.cost(rounds)
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return cost, session().query(CheckState).count()


def _visit(world: World) -> None:
    now = datetime.now(UTC)
    with tenant_scope(world.a.id, SYSTEM):
        session().query(CheckPlan).update({"next_run_at": now})
    for row in gate("gate_due_plans", p_now=now, p_limit=100):
        perform(row.job_id)


def claims(worlds: Sequence[World], plans: int = 80) -> Cost:
    """Claim `plans` due plans of every client A and B of the worlds in one round of the clock, rings included."""
    now = datetime.now(UTC)
    for world in worlds:
        for company in (world.a, world.b):
            with tenant_scope(company.id, SYSTEM):
                connection = ErpConnection(kind="yonyou_u8", name="bench", settings={}, created_at=now)
                session().add(connection)
                session().flush()
                values = {"interval_s": 300, "created_at": now, "next_run_at": now - timedelta(seconds=1)}
                session().add_all(CheckPlan(connection_id=connection.id, check=f"c{n}", **values) for n in range(plans))
    watch = Stopwatch()
    found = clock.tick(now)
    cost = watch.cost(1)
    if found.claimed < 2 * len(worlds):
        raise RuntimeError(f"{found.claimed} connections were claimed, not {2 * len(worlds)}")
    if Bell.redis is not None:
        Bell.redis.delete(queue("collect").key)
    return cost


def storm(worlds: Sequence[World], each: int = 3) -> tuple[Cost, int]:
    """`each` heartbeats of every client fall silent at once: claimed, judged, flipped, handed to the alarms.

    The cost from the clock's round to the last "notice" job that stands in the ledger, and how many flips there are.
    """
    now = datetime.now(UTC)
    clients = [company for world in worlds for company in (world.a, world.b)]
    for company in clients:
        with tenant_scope(company.id, SYSTEM):
            for n in range(each):
                row, _ = operations.create_heartbeat(f"作业 {n}", period_s=60, grace_s=60)
                row.status, row.healthy, row.alert_after = "up", True, now - timedelta(seconds=1)
    watch = Stopwatch()
    for job in gate("gate_silent_heartbeats", p_now=now, p_limit=1000):
        perform(job.job_id)
    cost = watch.cost(len(clients) * each)
    return cost, sum(_told(company.id) for company in clients)


def _told(tenant_id: int) -> int:
    with tenant_scope(tenant_id, SYSTEM, read_only=True):
        if not session().query(Job).filter_by(kind="notice").count():
            return 0
        return int(session().query(CheckFlip).filter_by(check="hb.job").count())


def pings(app: Flask, world: World, count: int = 500) -> Cost:
    """Signs of life of one heartbeat after another through the application, as the server would call it."""
    keys = []
    with tenant_scope(world.a.id, SYSTEM):
        for n in range(max(1, count // 25)):
            keys.append(operations.create_heartbeat(f"ping {n} {os.getpid()}", period_s=60, grace_s=60)[1])
        session().flush()
        session().query(Heartbeat).update({"healthy": True, "status": "up"})
    browser = app.test_client()
    for key in keys:
        browser.get(f"/ping/{key}")
    watch = Stopwatch()
    for n in range(count):
        browser.get(f"/ping/{keys[n % len(keys)]}")
    return watch.cost(count)
