"""The worker answers its own doorbell and nothing else, and one hanging client holds up nobody."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from redis import Redis

from service_desk.checks.models import CheckRun
from service_desk.config import Config
from service_desk.jobs import QUEUES, Bell, Job, enqueue, queue, ring
from service_desk.running import worker
from service_desk.running.clock import tick
from service_desk.running.demo.u8_fixture import Faults
from service_desk.running.guard import kill_session
from service_desk.scope import SYSTEM, session, tenant_scope
from tests.checks.conftest import Engine
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
TOUCHED = "service-desk-forged-job-ran"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """The queue's server, empty before and after."""
    with Redis.from_url(redis_url) as wire:
        wire.flushall()
        yield wire
        wire.flushall()


def served(redis: Redis, *queues: str) -> None:
    """Let a worker do all that is queued, visits included, and give back the signals that it takes for good."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        worker.DeskWorker(queues or QUEUES, redis).work(burst=True, logging_level="CRITICAL")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def forged(redis: Redis, data: bytes, **extra: Any) -> None:
    """Lay a job on the desk queue as anybody could who reaches Redis."""
    fields: dict[Any, Any] = {
        "data": data,
        "status": "queued",
        "origin": "desk",
        "created_at": "2026-11-22T00:00:00.000000Z",
    }
    redis.hset("rq:job:forged", mapping=fields | extra)
    redis.rpush("rq:queue:desk", "forged")


def doorbell(number: Any, call: str = worker.CALL) -> bytes:
    return zlib.compress(json.dumps([call, None, [number], {}]).encode())


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path(TOUCHED).touch, ())


FORGERIES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "pickle": (zlib.compress(pickle.dumps(("os.system", None, ("true",), {}))), {}),
    "a pickle that acts": (pickle.dumps(Bomb()), {}),
    "another callable": (doorbell("touch", "os.system"), {}),
    "our module, another name": (doorbell(1, "service_desk.jobs.ring"), {}),
    "a text for a number": (doorbell("1"), {}),
    "a flag for a number": (doorbell(True), {}),
    "two arguments": (json.dumps([worker.CALL, None, [1, 2], {}]).encode(), {}),
    "named arguments": (json.dumps([worker.CALL, None, [1], {"job_id": 1}]).encode(), {}),
    "an instance": (json.dumps([worker.CALL, "x", [1], {}]).encode(), {}),
    "a success callback": (doorbell(1), {"success_callback_name": "os.getpid"}),
    "a failure callback": (doorbell(1), {"failure_callback_name": "os.getpid"}),
    "a stopped callback": (doorbell(1), {"stopped_callback_name": "os.getpid"}),
    "a dependency": (doorbell(1), {"dependency_ids": '["x"]'}),
    "meta": (doorbell(1), {"meta": '{"a": 1}'}),
    "retries": (doorbell(1), {"retries_left": "3"}),
    "repeats": (doorbell(1), {"repeats_left": "3"}),
    "an unreadable field": (doorbell(1), {"timeout": "soon"}),
    "an unreadable status": (doorbell(1), {"status": "dancing"}),
    "nothing that is JSON": (b"\xff\x00garbage", {}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_it_refuses_a_forged_job(redis: Redis, app: object, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    called: list[int] = []
    refused: list[str] = []
    monkeypatch.setattr(worker, "perform", called.append)
    monkeypatch.setattr(worker.log, "error", lambda event, **_: refused.append(event))
    monkeypatch.setattr(os, "system", lambda _: called.append(-1))
    data, extra = FORGERIES[name]
    forged(redis, data, **extra)
    served(redis, "desk")
    assert called == []
    assert refused == ["job_refused"]
    assert not Path(TOUCHED).exists()
    assert redis.exists("rq:job:forged") == 0


def test_it_does_not_call_what_a_forged_registry_names(redis: Redis, app: object) -> None:
    forged(redis, doorbell(1), failure_callback_name="pathlib.Path.touch", timeout="1")
    redis.delete("rq:queue:desk")
    redis.zadd("rq:wip:desk", {"forged:x": 1})
    one = worker.DeskWorker(["desk"], redis)
    one.run_maintenance_tasks()
    assert redis.exists("rq:job:forged") == 1


def test_it_performs_our_own_job(redis: Redis, app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    monkeypatch.setattr(worker, "perform", called.append)
    ring("mail", 41)
    ring("collect", 42)
    served(redis)
    assert sorted(called) == [41, 42]
    assert redis.keys("rq:job:*") == []


def test_it_goes_on_after_a_job_that_raises(redis: Redis, app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []

    def performed(number: int) -> None:
        called.append(number)
        raise RuntimeError("broken")

    monkeypatch.setattr(worker, "perform", performed)
    for number in (1, 2):
        ring("mail", number)
    served(redis, "desk")
    assert called == [1, 2]


def test_it_refuses_a_queue_there_is_not(config: Config) -> None:
    with pytest.raises(LookupError):
        worker.work(config, ["everything"])


def test_a_visit_goes_from_the_clock_to_the_states(redis: Redis, empty_database: None, engine: Engine) -> None:
    engine.erp(Faults(negative_stock=20))
    engine.connect()
    tick(datetime.now(UTC))
    served(redis, "collect")
    assert engine.states()["inv.negative", "001"].state == "crit"


def test_a_hung_client_holds_up_no_other(
    redis: Redis, empty_database: None, engine: Engine, make_engine: Callable[..., Engine], world: World
) -> None:
    engine.connect()
    other = make_engine(world, world.b)
    with silent_server() as port:
        other.connect("yonyou_u8", host="127.0.0.1", port=port, user="reader", encryption="off", driver="FreeTDS")
        tick(datetime.now(UTC))
        one = worker.DeskWorker(["collect"], redis)
        thread = threading.Thread(target=_burst, args=(one,))
        begun = time.monotonic()
        thread.start()
        while not engine.states():
            assert time.monotonic() - begun < 15, "the healthy client waited for the hung one"
            time.sleep(0.05)
        assert other.states() == {}
    thread.join()  # The server that was silent has gone, so nobody need wait until its time is up.
    up = other.states()["db.up", ""]
    assert up.pending_state == "crit"
    assert {state.state for state in other.states().values()} == {"unknown"}


def _burst(one: worker.DeskWorker) -> None:
    """A worker's loop without its signal handlers, which only the main thread may set."""
    while one.queues[0].count:
        found = one.dequeue_job_and_maintain_ttl(None)
        if found is None:
            break
        one.execute_job(*found)
    one.threads["collect"].shutdown(wait=True)


@contextmanager
def working(environ: dict[str, str], program: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of its own, as a program; whatever happens it and its children are gone afterwards."""
    start = "from service_desk.config import load_config; from service_desk.running import worker; "
    process = subprocess.Popen(
        [sys.executable, "-c", start + program],
        env=environ, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        kill_session(process.pid)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def wait_until(holds: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


COLLECT = "worker.work(load_config(), ['collect'])"


def silent_client(engine: Engine, port: int) -> None:
    """A client whose server never answers, and whose checks are due."""
    engine.connect("yonyou_u8", host="127.0.0.1", port=port, user="reader", encryption="off", driver="FreeTDS")
    tick(datetime.now(UTC))


def second_attempt(engine: Engine, redis: Redis) -> tuple[str, int]:
    """Lose the bell, ring again, serve: how the visit ended, and at which attempt."""
    redis.flushall()
    tick(datetime.now(UTC))
    assert queue("collect").count == 1
    served(redis, "collect")
    (job,) = [job for job in engine.rows(Job) if job.kind == "collect"]
    (run,) = engine.rows(CheckRun)
    assert (run.attempt, run.outcome) == (job.attempt, "no_connection")
    return job.state, job.attempt


def test_a_killed_worker_loses_nothing(
    redis: Redis, empty_database: None, engine: Engine, environ: dict[str, str]
) -> None:
    with silent_server() as port:
        silent_client(engine, port)
        with working(environ, COLLECT) as process:
            wait_until(lambda: any(job.state == "running" for job in engine.rows(Job)))
            process.send_signal(signal.SIGKILL)
            process.wait()
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(Job).update({"lease_until": datetime(2026, 1, 1, tzinfo=UTC), "rung_at": None})
    assert second_attempt(engine, redis) == ("done", 2)


def test_a_worker_that_is_asked_to_end_does_not_wait_for_a_silent_client(
    redis: Redis, empty_database: None, engine: Engine, environ: dict[str, str]
) -> None:
    with silent_server() as port:
        silent_client(engine, port)
        with working(environ, COLLECT) as process:
            wait_until(lambda: psutil.Process(process.pid).children())
            (asking,) = psutil.Process(process.pid).children()
            process.send_signal(signal.SIGTERM)
            # A visit may take most of a minute; the grace of the worker is three seconds.
            assert process.wait(20) == 0
            wait_until(lambda: not asking.is_running())
    # The visit is handed back: nobody waits for a lease to run out, and nothing was judged.
    assert engine.states() == {}
    assert second_attempt(engine, redis) == ("done", 2)


# A job that is under way says so, then takes until its worker was asked to end.
UNDER_WAY = """
import signal, threading, time
asked = threading.Event()
ask = worker.DeskWorker.request_stop
worker.DeskWorker.request_stop = lambda *given: (asked.set(), ask(*given))
def perform(number):
    print('begun', flush=True)
    while not asked.is_set():
        time.sleep(0.05)
    print('ended', flush=True)
worker.perform = perform
worker.work(load_config(), ['desk'])
"""


def test_a_worker_that_is_asked_to_end_finishes_its_job_and_takes_no_other(
    redis: Redis, app: object, environ: dict[str, str]
) -> None:
    for number in (1, 2):
        ring("mail", number)
    with working(environ, f"exec({UNDER_WAY!r})") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stdout.read() == b"ended\n"
    assert queue("desk").count == 1


@pytest.fixture
def environ(config: Config) -> dict[str, str]:
    """The settings of the tests as a process's environment."""
    keys = ",".join(f"{name}:{key.hex()}" for name, key in config.credential_keys)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url,
        "SERVICE_DESK_SECRET_KEY": config.secret_key,
        "SERVICE_DESK_SCOPE_KEY": config.scope_key.hex(),
        "SERVICE_DESK_CREDENTIAL_KEYS": keys,
        "SERVICE_DESK_BASE_URL": config.base_url,
        "SERVICE_DESK_MAIL_FOLDER": str(config.mail_folder),
        "SERVICE_DESK_ALLOW_LOOPBACK_TARGETS": "true",
    }


def test_the_same_slot_is_never_queued_twice(redis: Redis, world: World) -> None:
    assert Bell.redis is not None
    with tenant_scope(world.a.id, SYSTEM):
        enqueue("notice", 0, slot="flips-1")
        enqueue("notice", 0, slot="flips-1")
    assert queue("desk").count == 1
