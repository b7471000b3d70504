"""What a day's log does not account for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=15)


def gaps(spans: Iterable[tuple[datetime, datetime]], shortest: timedelta = SHORTEST) -> list[tuple[datetime, datetime]]:
    """The holes between spans of work, at least `shortest` long; spans may touch or lie inside one another."""
    found: list[tuple[datetime, datetime]] = []
    reached: datetime | None = None
    for begin, end in sorted(spans):
        if reached is not None and begin - reached >= shortest:
            found.append((reached, begin))
        reached = end if reached is None else max(reached, end)
    return found
