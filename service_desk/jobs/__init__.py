"""Work that is done later: its ledger, and the doorbell.

PostgreSQL holds the truth: a row per piece of work, claimed with a lease, finished in the same transaction as its
effect. RQ only rings: it carries a job's id, nothing else, and may only call `perform`. A lost Redis loses nothing,
because the clock rings again; a killed worker's lease runs out and the next attempt starts; a late worker that was
overtaken cannot finish, because the attempt number it holds is no longer the row's.
"""

from service_desk.jobs.doorbell import Bell, queue, ring, ring_open_jobs
from service_desk.jobs.kinds import JOBS, QUEUES, Work
from service_desk.jobs.ledger import IS_HELD, Claim, Job, Overtaken, cancel, enqueue, enqueue_many
from service_desk.jobs.performing import hand_back, perform

__all__ = [
    "IS_HELD", "JOBS", "QUEUES", "Bell", "Claim", "Job", "Overtaken", "Work", "cancel", "enqueue", "enqueue_many",
    "hand_back", "perform", "queue", "ring", "ring_open_jobs",
]  # fmt: skip
