"""The check engine without the ERP: claim, collect from an answer made here, judge, record; then 300 faults at once."""

import gc
import socket
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import LiteralString
from unittest.mock import patch

import psycopg
from sqlalchemy import select, update

from connectors.ask import Answer, Request
from connectors.ask import ask as asking
from connectors.facts import Backup, Look, Reachable, Vouchers
from service_desk.checks import jobs as checking
from service_desk.checks import operations as checks
from service_desk.checks.models import CheckPlan
from service_desk.checks.schedule import on_grid, stable
from service_desk.jobs import perform
from service_desk.running.clock import tick
from service_desk.running.demo import BenchClients
from service_desk.running.worker import THREADS
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from tests.bench.meter import backends, once, query

DATABASES = 8  # of one ERP; the eighty checks of the catalogue that fit it find about twice as many subjects
INTERVAL = 300  # seconds
AT_ONCE = 300  # faults in the same minute
WORKERS = 2  # as `make demo` starts them
Db = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Spent:
    """Processor and wall-clock seconds of something, and how much it did.

    `query_ms` is what one smallest query cost meanwhile, asked before every job: how strained the machine was.
    """

    cpu: float
    wall: float
    count: int
    query_ms: float


def connect_all(history: BenchClients) -> None:
    """Accept every check of the one connection that each client has."""
    for tenant_id in history.tenant_ids:
        with tenant_scope(tenant_id, history.owner, practice_id=history.practice_id):
            connection = session().scalars(select(ErpConnection)).one()
            connection.enabled = True
            session().flush()
            checks.propose_plans(connection)
            checks.accept_plans(connection)


def one_round(history: BenchClients, admin: Db, faults: int = 0) -> Spent:
    """Everybody is due at once: one round of the clock, then every visit, one after the other as one worker does."""
    for tenant_id in history.tenant_ids:
        with tenant_scope(tenant_id, SYSTEM):
            session().execute(update(CheckPlan).values(next_run_at=datetime.now(UTC) - timedelta(seconds=1)))
    each = faults // len(history.tenant_ids)
    with answering(lambda request: _answer(request, each)):
        return _spent(chain([lambda: tick(datetime.now(UTC))], _jobs(admin, "collect")))


def hand_over(admin: Db) -> tuple[Spent, dict[str, int]]:
    """From committed flips to mails handed over, and how many rows each step made."""
    before = _counts(admin)
    spent = _spent(chain(_jobs(admin, "notice"), _jobs(admin, "mail")))
    after = _counts(admin)
    return spent, {name: after[name] - before[name] for name in after}


def flips_waiting(admin: Db) -> int:
    """Changes of state that nobody has noticed yet."""
    return _count(admin, "SELECT count(*) FROM check_flip WHERE noticed_at IS NULL")


def _counts(admin: Db) -> dict[str, int]:
    return {
        "incidents": _count(admin, "SELECT count(*) FROM incident"),
        "tickets": _count(admin, "SELECT count(*) FROM ticket"),
        "mails": _count(admin, "SELECT count(*) FROM mail WHERE state = 'sent'"),
    }


def _count(admin: Db, statement: LiteralString) -> int:
    found = admin.execute(statement).fetchone()
    assert found is not None
    return int(str(found[0]))


def _jobs(admin: Db, kind: str) -> Iterator[Callable[[], None]]:
    """All jobs of a kind that are due when the first is asked for."""
    rows = admin.execute(
        "SELECT id FROM job WHERE kind = %s AND state = 'queued' AND due_at <= now() ORDER BY id", [kind]
    ).fetchall()
    for (job_id,) in rows:
        yield partial(perform, int(str(job_id)))


def _spent(acts: Iterable[Callable[[], object]]) -> Spent:
    """Do one after the other and add up what they need."""
    gc.collect()  # What earlier rounds left behind is not swept at the expense of this one.
    pids, begun = backends(), time.perf_counter()
    queries, costs = list[float](), list[float]()
    for act in acts:
        queries.append(sum(once(query, pids)))
        costs.append(sum(once(act, pids)))
    return Spent(sum(costs), time.perf_counter() - begun, len(costs), statistics.median(queries) * 1000)


@contextmanager
def answering(answer: Callable[[Request], Answer]) -> Iterator[None]:
    """Let visits be answered here instead of by a child process and an ERP."""
    with patch.object(checking, "ask", lambda request, _deadline=None: answer(request)):
        yield


def _answer(request: Request, faults: int) -> Answer:
    """An ERP of a few databases, asked by every check of the catalogue that fits it; `faults` of them are critical."""
    now = datetime.now(UTC)
    backups = tuple(
        Backup(seen_at=now, database=f"UFDATA_{n:03d}", state="ONLINE", full_age_s=360_000 if n < faults else 7200)
        for n in range(DATABASES)
    )
    facts = {
        "reachable": (Reachable(seen_at=now, up=True, connect_ms=12.0, answer_ms=3.0, version="16.0"),),
        "backups": backups,
        "vouchers": (Vouchers(account_set="001", seen_at=now, year=now.year, period=now.month, count=3,
                              oldest_on=now.date(), oldest_age_days=0),),
    }  # fmt: skip
    sets = {"stock": "001", "vouchers": "001"}
    looks = (Look(kind=k, account_set=sets.get(k), seen_at=now, facts=facts.get(k, ())) for k in request.kinds)
    return Answer(looks=tuple(looks))


@dataclass(frozen=True)
class Delay:
    """How late the visits of clients that answer began, in seconds, while others hung; how many there were."""

    worst: float
    visits: int
    hung: int


def hanging(history: BenchClients, admin: Db, clients: int, interval_s: int, seconds: float) -> Delay:
    """Let the first `clients` accept every connection and never answer, and go round as clock and workers do.

    The hung ones are asked by real drivers in real children, the others are answered here. Every plan runs every
    `interval_s`.
    """
    with _mute_server() as port:
        _point(history, clients, {"host": "127.0.0.1", "port": port, "user": "r", "driver": "FreeTDS"}, interval_s)
        begun = datetime.now(UTC)
        asked: list[str] = []
        rung: set[int] = set()

        def answer(request: Request, deadline: float | None = None) -> Answer:
            if request.settings.get("port") == port:
                asked.append(request.kind)
                return asking(request, deadline)
            return _answer(request, 0)

        with patch.object(checking, "ask", answer), ThreadPoolExecutor(WORKERS * THREADS["collect"]) as workers:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                second = time.monotonic() + 1
                tick(datetime.now(UTC))
                for number in {int(str(row[0])) for row in admin.execute(OPEN)} - rung:
                    rung.add(number)
                    workers.submit(perform, number)
                time.sleep(max(0.0, second - time.monotonic()))
    late = admin.execute(LATE, [list(history.tenant_ids[clients:]), begun]).fetchone()
    assert late is not None
    return Delay(float(str(late[0])), int(str(late[1])), len(asked))


OPEN: LiteralString = "SELECT id FROM job WHERE kind = 'collect' AND state = 'queued'"
LATE: LiteralString = """SELECT coalesce(max(extract(epoch FROM coalesce(started_at, now()) - due_at)), 0), count(*)
    FROM check_run WHERE tenant_id = ANY(%s) AND due_at >= %s"""


@contextmanager
def _mute_server() -> Iterator[int]:
    """A port that accepts and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        yield int(listener.getsockname()[1])


def _point(history: BenchClients, clients: int, settings: dict[str, object], interval_s: int) -> None:
    now = datetime.now(UTC)
    for place, tenant_id in enumerate(history.tenant_ids):
        with tenant_scope(tenant_id, SYSTEM):
            connection = session().scalars(select(ErpConnection)).one()
            if place < clients:
                connection.settings = settings
            phase = stable(f"{tenant_id}", interval_s)
            session().execute(
                update(CheckPlan).values(interval_s=interval_s, phase_s=phase, cron=None, next_run_at=now)
            )
            session().execute(update(CheckPlan).values(next_run_at=on_grid(now, interval_s, phase)))


@dataclass(frozen=True)
class Recovery:
    """After an hour in which nothing of ours ran: when the last plan was claimed (seconds), and false alarms."""

    last_s: float
    plans: int
    alarms: int


def outage(history: BenchClients, admin: Db, stopped: timedelta) -> Recovery:
    """Stop the clock for so long, with heartbeats of backups due meanwhile, and start it again.

    The clock's own time is an argument, so the hour need not pass.
    """
    back = datetime.now(UTC) - timedelta(seconds=INTERVAL)
    gone = back - stopped
    for tenant_id in history.tenant_ids:
        with tenant_scope(tenant_id, SYSTEM):
            row, _key = checks.create_heartbeat(f"backup {gone:%H%M%S%f}", period_s=3600, grace_s=600)
            row.status, row.healthy, row.alert_after = "up", True, gone + timedelta(minutes=20)
            row.last_ping_at = gone - timedelta(minutes=50)
            session().execute(
                update(CheckPlan).values(interval_s=INTERVAL, heard_at=gone, next_run_at=gone + timedelta(minutes=1))
            )
    admin.execute("UPDATE engine_pulse SET beat_at = %s", [gone])
    claimed = 0
    last = 0.0
    with answering(lambda request: _answer(request, 0)):
        for second in range(0, INTERVAL, 5):
            found = tick(back + timedelta(seconds=second))
            claimed += found.claimed
            last = second if found.claimed else last
            for act in _jobs(admin, "collect"):
                act()
            if claimed >= len(history.tenant_ids):
                break
    alarms = _count(admin, "SELECT count(*) FROM heartbeat WHERE status IN ('missed', 'timed_out')")
    alarms += _count(admin, "SELECT count(*) FROM check_plan WHERE silent_since IS NOT NULL")
    return Recovery(last, claimed, alarms)
