"""A timer that was forgotten must not become a bill: where its time is cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(hours=8)
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """From `begin` to `end`; `forgotten` when it was cut at the last sign of work and a person should look."""

    begin: datetime
    end: datetime
    forgotten: bool


def measured(started_at: datetime, active_at: datetime, stopped_at: datetime) -> Measured:
    """What a timer measured. One that ran longer than eight hours ends at the last sign of work on it.

    Whole minutes, at least one: a timer started and stopped at once was still a look.
    """
    forgotten = stopped_at - started_at > FORGOTTEN_AFTER
    end = max(active_at, started_at) if forgotten else stopped_at
    return Measured(started_at, max(end, started_at + SHORTEST), forgotten)
