"""What K/3 leaves to be worked out: closed periods from where each module stands, and days that were never filled in.

Pure: rows in, facts out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.base import Spot
from connectors.facts import Period

PERIODS_A_YEAR = 12
PERIODS_TOLD = 12


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The current period of a module. K/3 moves a module on when it closes; `closed` is said of the current one."""

    module: str
    year: int
    period: int
    closed: bool = False

    @property
    def place(self) -> int:
        """The current period on a line of periods without gaps."""
        return self.year * PERIODS_A_YEAR + self.period - 1

    def has_closed(self, place: int) -> bool:
        """Whether the period at a place is closed: all before the current one are, and perhaps it itself."""
        return place < self.place or (self.closed and place == self.place)


def standing_of(settings: Iterable[Sequence[Any]]) -> list[Standing]:
    """Where modules stand by K/3's settings: rows of category, CurrentYear or CurrentPeriod, and value as text.

    A module with only one of the two, or with something that is no number, is left out.
    """
    found: dict[str, dict[str, int]] = {}
    for category, key, value in settings:
        text = str(value if value is not None else "").strip()
        # isdigit() alone would let through superscripts, which are no numbers.
        if category and text.isascii() and text.isdigit():
            found.setdefault(str(category).strip().upper(), {})[str(key).lower()] = int(text)
    return [
        Standing(module=module, year=both["currentyear"], period=both["currentperiod"])
        for module, both in found.items()
        if {"currentyear", "currentperiod"} <= both.keys() and both["currentperiod"] >= 1
    ]


def closing_states(standings: Sequence[Standing], spot: Spot) -> list[Period]:
    """The closing state of the twelve periods up to the latest that any module stands in, the latest first."""
    if not standings:
        return []
    latest = max(standing.place for standing in standings)
    return [_period(place, standings, spot) for place in range(latest, latest - PERIODS_TOLD, -1)]


def _period(place: int, standings: Sequence[Standing], spot: Spot) -> Period:
    return Period(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=place // PERIODS_A_YEAR,
        period=place % PERIODS_A_YEAR + 1,
        closed={standing.module: standing.has_closed(place) for standing in standings},
    )


def leave_day(day: date | None) -> date | None:
    """The day of leaving; the years that K/3 writes for an empty date (1899, 1900) and for never (9999) are none."""
    return day if day is not None and 1900 < day.year < 9999 else None
