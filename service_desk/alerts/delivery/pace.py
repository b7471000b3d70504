"""How fast a destination is sent to, and what becomes of a message that was not taken. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
PATIENCE = 3  # refusals for good in a row after which a destination is switched off
SLACK = 1.15  # a robot counts by its own clock, and two messages may change places on the way


@dataclass(frozen=True)
class Turn:
    """`at`: when this message may go. `next_at`: when the destination takes the one after it."""

    at: datetime
    next_at: datetime


def spacing(per_minute: int) -> timedelta:
    """The time between two messages to a destination that takes so many in a minute; nothing without a limit."""
    return timedelta(minutes=1) / per_minute * SLACK if per_minute else timedelta(0)


def turn(paced_until: datetime | None, now: datetime, per_minute: int, slot_at: datetime | None = None) -> Turn:
    """Whose turn it is: a message that holds a slot goes in it; one that has none, or is late for it, lines up anew.

    A slot is missed after one spacing, so that a worker which was away does not send everything at once.
    """
    gap = spacing(per_minute)
    queued = max(paced_until, now) if paced_until else now
    if slot_at is not None and slot_at <= now < slot_at + gap:
        return Turn(now, paced_until or now)
    return Turn(queued, queued + gap)


def wait(attempts: int, asked_s: int = 0) -> timedelta:
    """How long after so many attempts: twice as long each time, an hour at most, never less than was asked for."""
    doubled: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, attempts - 1))
    return max(doubled, timedelta(seconds=asked_s))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a handing-over ended.

    `verdict`: sent; later (not taken, may be tried again); never (refused for good); unknown (it was given away, and
    nobody said what became of it). `answer` is what was said, for people. `wait_s` is what the other side asked for.
    """

    verdict: str
    answer: str
    took_ms: int = 0
    wait_s: int = 0


@dataclass(frozen=True, kw_only=True)
class Next:
    """What becomes of the delivery: its state, and when it is tried again (only for `waiting`)."""

    state: str
    due_at: datetime | None = None


def after(outcome: Outcome, attempts: int, now: datetime, *, repeatable: bool) -> Next:
    """What becomes of a delivery after its `attempts`-th attempt ended so.

    What may have arrived is repeated only where the receiver can tell a second copy; otherwise it is perhaps sent.
    """
    if outcome.verdict == "sent":
        return Next(state="sent")
    if outcome.verdict == "never":
        return Next(state="failed")
    if outcome.verdict == "unknown" and not repeatable:
        return Next(state="maybe_sent")
    if attempts >= ATTEMPTS:
        return Next(state="maybe_sent" if outcome.verdict == "unknown" else "failed")
    return Next(state="waiting", due_at=now + wait(attempts, outcome.wait_s))
