"""The doorbell: Redis is told the number of a job, and a worker comes. It may be lost: the clock rings again."""

from datetime import datetime
from typing import ClassVar

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from service_desk.jobs.kinds import JOBS
from service_desk.scope import gate


class Bell:
    """The wire to Redis; `Bell.install` is called once at the start."""

    redis: ClassVar["Redis | None"] = None

    @classmethod
    def install(cls, url: str) -> None:
        cls.redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)


def queue(name: str) -> Queue:
    """The RQ queue of this name; its jobs are JSON."""
    if Bell.redis is None:
        raise RuntimeError("the doorbell is not installed")
    return Queue(name, connection=Bell.redis, serializer=JSONSerializer)


def ring(kind: str, job_id: int) -> None:
    """Tell a worker that there is something to do. Ringing twice is harmless: the second finds the job taken."""
    queue(JOBS[kind].queue).enqueue_call(
        "service_desk.jobs.perform",
        args=(job_id,),
        timeout=int(JOBS[kind].lease.total_seconds()),
        result_ttl=0,
        failure_ttl=3600,
    )


def ring_open_jobs(now: datetime) -> int:
    """Ring for all that is due and was not rung lately, or whose lease ran out; returns how many."""
    rows = gate("gate_jobs_to_ring", p_now=now, p_limit=500)
    for row in rows:
        ring(row.kind, row.job_id)
    return len(rows)
