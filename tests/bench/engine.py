"""The check engine without the ERP: claim, collect from an answer made here, judge, record; then 300 faults at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from unittest.mock import patch

import psycopg
from sqlalchemy import select, update

from connectors.ask import Answer, Request
from connectors.facts import Backup, Look, Reachable, Vouchers
from service_desk.checks import jobs as checking
from service_desk.checks import operations as checks
from service_desk.checks.models import CheckPlan
from service_desk.jobs import perform
from service_desk.running.clock import tick
from service_desk.running.demo import BenchClients
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from tests.bench.meter import backends, used

CHECKS = 80  # findings of one visit
INTERVAL = 300  # seconds
AT_ONCE = 300  # faults in the same minute
Db = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Spent:
    """Processor and wall-clock seconds of something, and how much it did."""

    cpu: float
    wall: float
    count: int


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
        return _spent(lambda: [tick(datetime.now(UTC)), *_perform(admin, "collect")])


def hand_over(admin: Db) -> tuple[Spent, dict[str, int]]:
    """From committed flips to mails handed over, and how many rows each step made."""
    before = _counts(admin)
    spent = _spent(lambda: [*_perform(admin, "notice"), *_perform(admin, "mail")])
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


def _perform(admin: Db, kind: str) -> Sequence[object]:
    """Do all open jobs of a kind; returns their numbers."""
    rows = admin.execute("SELECT id FROM job WHERE kind = %s AND state = 'queued' ORDER BY id", [kind]).fetchall()
    for (job_id,) in rows:
        perform(int(str(job_id)))
    return rows


def _spent(act: Callable[[], Sequence[object]]) -> Spent:
    pids = backends()
    database, cpu, wall = used(pids), time.process_time(), time.perf_counter()
    done = act()
    return Spent(time.process_time() - cpu + used(pids) - database, time.perf_counter() - wall, len(done))


@contextmanager
def answering(answer: Callable[[Request], Answer]) -> Iterator[None]:
    """Let visits be answered here instead of by a child process and an ERP."""
    with patch.object(checking, "ask", lambda request, _deadline=None: answer(request)):
        yield


def _answer(request: Request, faults: int) -> Answer:
    """An ERP of so many databases that every check together finds eighty things; `faults` of them are critical."""
    now = datetime.now(UTC)
    backups = tuple(
        Backup(seen_at=now, database=f"UFDATA_{n:03d}", state="ONLINE", full_age_s=360_000 if n < faults else 7200)
        for n in range(CHECKS - 6)
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
