"""One person does one thing at a time: two clients are never billed for the same minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Fault = Literal["ends_before_begin", "no_time", "future"]
# A stop-watch in a browser may run a little ahead of the server.
_TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From ``begin`` up to, not including, ``end``; None while the timer still runs."""

    begin: datetime
    end: datetime | None
    id: int | None = None


def overlaps(one: Span, other: Span) -> bool:
    """True when both cover some instant. Touching ends do not; a running span reaches as far as any other."""
    return (other.end is None or one.begin < other.end) and (one.end is None or other.begin < one.end)


def first_overlap(span: Span, others: Iterable[Span]) -> Span | None:
    """Return the earliest of ``others`` that ``span`` overlaps, itself (same id) left out."""
    hits = [other for other in others if overlaps(span, other) and (span.id is None or other.id != span.id)]
    return min(hits, key=lambda hit: hit.begin, default=None)


def fault(span: Span, now: datetime) -> Fault | None:
    """Say why an entry cannot be kept: it ends before it begins, takes no time, or lies in the future."""
    if span.end is not None and span.end < span.begin:
        return "ends_before_begin"
    if span.end is not None and span.end == span.begin:
        return "no_time"
    return "future" if max(span.begin, span.end or span.begin) > now + _TOLERANCE else None
