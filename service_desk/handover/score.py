"""How complete a handover would be: weighted items, each present, old or missing; and what forbids it outright. Pure.

An item counts in full while it is fresh, then falls to half of it at twice its age limit and stays there; what is
missing counts nothing. A blocker stands whatever the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal

State = Literal["there", "old", "missing"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a successor needs. `seen_at` None: it is missing. `limit` None: it does not age.

    `words` says what is missing (a msgid), `mend` names the page where it is mended.
    """

    key: str
    area: str
    weight: int
    words: str
    mend: str
    there: bool
    seen_at: datetime | None = None
    limit: timedelta | None = None
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """An item with what it counts, between 0 and 1."""

    item: Item
    state: State
    share: Fraction


@dataclass(frozen=True, slots=True)
class Score:
    """Percent, whole, half up, and never 100 while something is missing or old; and the items, worst first."""

    percent: int
    items: tuple[Judged, ...]

    @property
    def blockers(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.items if one.item.blocks and one.state == "missing")

    @property
    def missing(self) -> tuple[Judged, ...]:
        """Everything that is not as it should be, the heaviest first."""
        return tuple(one for one in self.items if one.state != "there")


def judge(item: Item, now: datetime) -> Judged:
    """What one item counts at `now`."""
    if not item.there:
        return Judged(item, "missing", Fraction(0))
    if item.limit is None:
        return Judged(item, "there", Fraction(1))
    if item.seen_at is None:
        return Judged(item, "missing", Fraction(0))
    over = now - item.seen_at - item.limit
    if over <= timedelta():
        return Judged(item, "there", Fraction(1))
    beyond = min(Fraction(1), Fraction(int(over.total_seconds()), int(item.limit.total_seconds())))
    return Judged(item, "old", 1 - beyond / 2)


def score(items: Sequence[Item], now: datetime) -> Score:
    """Judge all items and add them up by weight."""
    judged = [judge(item, now) for item in items]
    whole = sum(one.item.weight for one in judged) or 1
    reached = sum((one.share * one.item.weight for one in judged), Fraction(0)) * 100 / whole
    percent = int((Decimal(reached.numerator) / reached.denominator).quantize(Decimal(1), ROUND_HALF_UP))
    if percent == 100 and any(one.state != "there" for one in judged):
        percent = 99
    worst = sorted(judged, key=lambda one: (-float((1 - one.share) * one.item.weight), one.item.key))
    return Score(percent, tuple(worst))
