"""How long a subject was in order over a span of time, from its confirmed changes of state and not from samples. Pure.

Maintenance is left out, and what nobody saw is told apart: it speaks neither for nor against anybody.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from service_desk.checks.finding import RANK
from service_desk.checks.maintenance import Span

KINDS = ("ok", "warn", "crit", "unknown", "maintained")


class Change(Protocol):
    """A confirmed change of state, as models.CheckFlip has it."""

    @property
    def at(self) -> datetime: ...
    @property
    def from_state(self) -> str: ...
    @property
    def to_state(self) -> str: ...


@dataclass(frozen=True)
class Uptime:
    """The lengths of each kind, which add up to the time the subject was watched; `falls`: how often it went down."""

    lengths: dict[str, timedelta] = field(default_factory=dict)
    falls: int = 0

    @property
    def percent(self) -> float | None:
        """The share of the time that was seen and not maintained in which it was not critical; None if nothing was.

        To two places, never rounded up: a hundred means that it was never down.
        """
        down = self.lengths["crit"]
        seen = self.lengths["ok"] + self.lengths["warn"] + down
        return (10000 - -(-10000 * down // seen)) / 100 if seen else None


def uptime(
    changes: Sequence[Change],
    told: str | None,
    since: datetime,
    until: datetime,
    *,
    unseen: Iterable[Span] = (),
    maintained: Iterable[Span] = (),
) -> Uptime:
    """What a subject's state came to from `since`, when it was watched already, up to `until`.

    `changes` are all that are known, the oldest first, whether they lie in that time or before it; `told` is its state
    now. While it was gone, nothing counts.
    """
    blind, closed = _joined(unseen), _joined(maintained)
    times = [change.at for change in changes]
    edges = {edge for span in (*blind, *closed) for edge in (span.start, span.end)} | set(times)
    cuts = sorted({since, until, *(edge for edge in edges if since < edge < until)})
    lengths, falls, before = dict.fromkeys(KINDS, timedelta()), 0, ""
    for start, end in pairwise(cuts):
        kind = (
            "maintained"
            if _in(closed, start)
            else "unknown"
            if _in(blind, start)
            else _state(changes, times, told, start)
        )
        if kind in lengths:
            lengths[kind] += end - start
        falls += kind == "crit" and before != "crit"
        before = kind
    return Uptime(lengths, falls)


def _state(changes: Sequence[Change], times: Sequence[datetime], told: str | None, at: datetime) -> str:
    """What people had been told of it at a moment; before its first change what that came from."""
    place = bisect_right(times, at)
    if place:
        return changes[place - 1].to_state
    first = changes[0].from_state if changes else told or "unknown"
    return first if first in RANK else "unknown"


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that neither touch nor overlap, in order."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        elif span.start < span.end:
            found.append(span)
    return found


def _in(spans: Sequence[Span], at: datetime) -> bool:
    place = bisect_right(spans, at, key=lambda span: span.start)
    return bool(place) and at < spans[place - 1].end


def gaps(hours: Sequence[tuple[datetime, datetime | None]], until: datetime, quiet: timedelta) -> list[Span]:
    """The spans in which nobody looked: from the end of an hour with results to the next one, when that is `quiet`.

    `hours` are (hour with results, the next one or None); only those before a long pause need to be among them.
    """
    spans = (Span(hour + timedelta(hours=1), following or until) for hour, following in hours)
    return [span for span in spans if span.end - span.start >= quiet]
