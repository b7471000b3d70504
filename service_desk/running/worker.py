"""The worker: takes a job's number from RQ and nothing else.

Redis is a place where anybody who reaches it can write, and RQ would import and call whatever a job names. So this
worker reads the job itself: it must name `service_desk.jobs.perform` with one whole number and carry no callback, no
webhook, no dependency. Everything else is refused, logged and removed; nothing in it is imported or unpickled.

Visits to clients spend their time waiting for a child process, and alarms for whoever is told, so they run in threads
beside each other: a client or a robot that hangs occupies one of them, never the worker. Each has threads of its own,
so that hanging clients never keep an alarm from leaving.

Asked to end, it takes nothing new and gives what is under way a moment; then it hands the rest back and goes, in the
middle of whatever that is. Nothing is lost by it: every job is safe to be cut off, as by a SIGKILL.
"""

import json
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import structlog
from redis import Redis
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.utils import now as rq_now

from connectors.process import end_all
from service_desk.config import Config
from service_desk.jobs import QUEUES, Bell, hand_back, perform
from service_desk.web.shell import connect

log = structlog.get_logger(__name__)
CALL = "service_desk.jobs.perform"
THREADS = {"collect": 8, "outward": 4}  # clients visited at once by one worker, messages handed over at once
LONGEST = 600  # seconds after which a job that runs in the worker itself is interrupted
LISTEN = 2  # seconds between two looks at which queues may be served
GRACE = 3.0  # seconds that what is under way may still take once the worker was asked to end


class BellJob(Job):
    """A job as it lies in Redis. What cannot even be read is kept as forged instead of ending the worker."""

    forged = False

    def restore(self, raw_data: Any) -> Any:
        try:
            return super().restore(raw_data)
        except NoSuchJobError:
            raise
        except Exception:
            self.forged = True
            return None

    def number(self) -> int | None:
        """The number of the job in our ledger, or None when this is anything but our own doorbell."""
        extras = (
            self._success_callback_name, self._failure_callback_name, self._stopped_callback_name,
            getattr(self, "webhooks", None), self._dependency_ids, self.repeats_left, self.retries_left, self.meta,
        )  # fmt: skip
        if self.forged or any(extras):
            return None
        try:
            call, instance, args, named = json.loads(self.data)
        except (ValueError, TypeError):
            return None
        if call != CALL or instance is not None or named != {} or not isinstance(args, list) or len(args) != 1:
            return None
        return args[0] if type(args[0]) is int else None


class DeskWorker(SimpleWorker):
    """An RQ worker that only answers our own doorbell."""

    job_class = BellJob

    def __init__(self, queues: Sequence[str], connection: "Redis") -> None:
        super().__init__(list(queues), connection=connection, serializer=JSONSerializer)
        self.threads = {name: ThreadPoolExecutor(most, thread_name_prefix=name) for name, most in THREADS.items()}
        self.free = {name: threading.Semaphore(most) for name, most in THREADS.items()}
        self.at_work = False

    @property
    def dequeue_timeout(self) -> int:
        return LISTEN

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Take the number, throw the rest away, and do the work: a visit in a thread, anything else here."""
        self.at_work = True
        try:
            self._take(job, queue)
        finally:
            self.at_work = False

    def _take(self, job: Job, queue: Queue) -> None:
        number = job.number() if isinstance(job, BellJob) else None
        self.connection.delete(job.key)
        self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
        if number is None:
            log.error("job_refused", queue=queue.name, job=job.id[:60])
        elif queue.name in THREADS:
            self._beside(queue.name, number)
        else:
            self._here(job.id, number)

    def _beside(self, queue_name: str, number: int) -> None:
        self.free[queue_name].acquire()
        self.threads[queue_name].submit(self._performed, queue_name, number)
        self._serve()

    def _performed(self, queue_name: str, number: int) -> None:
        try:
            perform(number)
        except Exception as error:
            log.error("visit_failed", job=number, error=type(error).__name__)
        finally:
            self.free[queue_name].release()
            self._serve()

    def _serve(self) -> None:
        """While every thread of a queue is out, only the others are listened to; they must not wait for a client."""
        # The only way to ask a semaphore without taking it.
        full = {name for name, free in self.free.items() if free._value == 0}
        others = [queue for queue in self.queues if queue.name not in full]
        self._ordered_queues = others or self.queues[:]

    def _here(self, name: str, number: int) -> None:
        self.heartbeat(LONGEST + 60)
        try:
            with self.death_penalty_class(LONGEST, JobTimeoutException, job_id=name):
                perform(number)
        except JobTimeoutException:
            log.error("job_interrupted", job=number)
        except Exception as error:
            log.error("job_not_performed", job=number, error=type(error).__name__)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End soon: at once when nothing is being done here, else after this job, and by force when that takes long.

        RQ's own way would break into the job itself, which would then count as failed.
        """
        if self._stop_requested:
            return
        self._stop_requested = True
        threading.Thread(target=_end_by_force, daemon=True).start()
        if not self.at_work:
            raise StopRequested

    def run_maintenance_tasks(self) -> None:
        """RQ's own tidying would call what a forged job names as its failure callback; the ledger needs none of it."""
        self.last_cleaned_at = rq_now()  # type: ignore[assignment]

    def subscribe(self) -> None:
        """No commands are taken over Redis."""

    def teardown(self) -> None:
        """Finish the visits that are under way, then go."""
        for pool in self.threads.values():
            pool.shutdown(wait=True, cancel_futures=True)
        super().teardown()  # type: ignore[no-untyped-call]


def _end_by_force() -> None:
    """Once the grace is over, hand back what is still under way and go, with everything that was started for it."""
    time.sleep(GRACE)
    # Whoever waits for an answer of the database must not wait for it for ever.
    giving = threading.Thread(target=hand_back, daemon=True)
    giving.start()
    giving.join(GRACE)
    end_all()
    os._exit(0)


def work(config: Config, queues: Sequence[str] = ()) -> None:
    """Serve these queues (all of them by default) until SIGTERM. Raises LookupError for a queue there is not."""
    if unknown := set(queues) - set(QUEUES):
        raise LookupError(f"no such queue: {', '.join(sorted(unknown))}")
    connect(config)
    if Bell.redis is None:
        raise RuntimeError("the doorbell is not installed")
    connection = Redis.from_url(config.redis_url)
    DeskWorker(queues or QUEUES, connection).work(logging_level="WARNING")
