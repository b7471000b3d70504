"""How many service levels were kept: the share, and what was left out of it and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Literal

from service_desk.lib.money import half_up

# ``open`` is running and not yet due; ``excluded`` is spam, cancelled or merged.
Outcome = Literal["met", "breached", "waived", "excluded", "open"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counted outcomes. ``waived`` ones were breached but forgiven with a reason; they are printed beside the share."""

    met: int = 0
    breached: int = 0
    waived: int = 0
    excluded: int = 0
    open: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.met + other.met,
            self.breached + other.breached,
            self.waived + other.waived,
            self.excluded + other.excluded,
            self.open + other.open,
        )

    @property
    def percent(self) -> Decimal | None:
        """met / (met + breached) in percent; None when there is nothing to judge (print 无 or n.a., never 0 or 100)."""
        return percent(self.met, self.breached)

    @property
    def raw_percent(self) -> Decimal | None:
        """The share as it would be if nothing had been waived."""
        return percent(self.met, self.breached + self.waived)


def percent(met: int, breached: int) -> Decimal | None:
    """Return met / (met + breached) in percent with two decimals, half up, but never 100.00 while a breach exists."""
    if not met + breached:
        return None
    exact = Fraction(100 * met, met + breached)
    share = Decimal(exact.numerator) / Decimal(exact.denominator)
    rounded = half_up(share)
    if breached and rounded == 100:
        return share.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    return rounded


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count outcomes. Only breached clocks can be waived, so nothing else is."""
    counts = {"met": 0, "breached": 0, "waived": 0, "excluded": 0, "open": 0}
    for outcome in outcomes:
        counts[outcome] += 1
    return Tally(**counts)
