"""No data: nobody looked for too long, which is neither fine nor a fault of the client's. Pure.

The deadline is three intervals and the longest visit after the last time anything was told, even "could not look".
The gate that marks silent plans computes the same in SQL.
"""

from datetime import datetime, timedelta

INTERVALS = 3
VISIT = timedelta(seconds=75)  # a visit's own limits: what the reading child may take, and the end of its job


def deadline(heard_at: datetime, interval_s: int) -> datetime:
    """From when on silence counts, for a check that was last heard of at `heard_at`."""
    return heard_at + INTERVALS * timedelta(seconds=interval_s) + VISIT


def is_silent(heard_at: datetime, interval_s: int, paused_until: datetime | None, now: datetime) -> bool:
    """Whether nobody looked for too long; a pause counts as having looked at its end."""
    return now >= deadline(max(heard_at, paused_until or heard_at), interval_s)
