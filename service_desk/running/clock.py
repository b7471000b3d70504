"""The clock: one small process that claims due work once and rings for what nobody heard.

Everything it does is a conditional UPDATE behind a gate, so any number of clocks may run. Every round it says that it
lives; after an outage of its own it first makes good for the time in which nothing was heard.
"""

import signal
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from service_desk.config import Config
from service_desk.jobs import ring, ring_open_jobs
from service_desk.scope import gate
from service_desk.web.shell import connect

log = structlog.get_logger(__name__)
EVERY = 1.0  # seconds from round to round
PATIENCE = 60  # seconds without a round after which it counts as an outage
BATCH = 1000  # plans claimed in one statement
KEEPING = timedelta(hours=1)  # how often partitions are looked after and old rows pruned
PRUNED = 5000
LISTENING = 30  # seconds between two looks for checks of which nothing is heard


@dataclass(frozen=True)
class Round:
    """What one round did: runs and heartbeat jobs claimed, open jobs rung for again, length of an outage before it."""

    claimed: int
    silent: int
    rung: int
    outage_s: int


def run(config: Config) -> None:
    """Go round until SIGTERM or SIGINT."""
    connect(config)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    go_round(stop)


def go_round(stop: threading.Event) -> None:
    """One round a second until told to stop. A database or queue that is away for a moment only delays a round."""
    keep_at = datetime.now(UTC)
    while not stop.is_set():
        begun = time.monotonic()
        now = datetime.now(UTC)
        try:
            tick(now)
            if now >= keep_at:
                keep(now)
                keep_at = now + KEEPING
        except (DBAPIError, RedisError) as error:
            log.warning("clock_round_failed", error=type(error).__name__)
        stop.wait(max(0.05, EVERY - (time.monotonic() - begun)))


def tick(now: datetime) -> Round:
    """One round: beat, claim what is due, notice silence, ring again for what is open."""
    outage = int(gate("gate_beat", p_now=now, p_patience=PATIENCE)[0].outage_s)
    if outage > PATIENCE:
        log.warning("clock_was_away", seconds=outage)
    claimed = [row.job_id for row in gate("gate_due_plans", p_now=now, p_limit=BATCH)]
    silent = [row.job_id for row in gate("gate_silent_heartbeats", p_now=now, p_limit=BATCH)]
    if now.timestamp() % LISTENING < EVERY:
        _ring("blind", [row.job_id for row in gate("gate_silent_plans", p_now=now)])
    _ring("heartbeat", silent)
    _ring("agents", [row.job_id for row in gate("gate_silent_agents", p_now=now, p_limit=BATCH)])
    _ring("collect", claimed)
    return Round(len(claimed), len(silent), ring_open_jobs(now), outage)


def keep(now: datetime) -> None:
    """Make the partitions of the weeks to come, drop those past their time, prune a little."""
    gate("gate_rotate_partitions", p_now=now)
    gate("gate_prune_series", p_now=now, p_limit=PRUNED)


def _ring(kind: str, job_ids: Iterable[int]) -> None:
    """A bell that nobody hears is rung again by a later round, so the queue being away is no reason to stop."""
    try:
        for job_id in job_ids:
            ring(kind, job_id)
    except RedisError as error:
        log.warning("bell_not_heard", kind=kind, error=type(error).__name__)
