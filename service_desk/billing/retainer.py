"""Hours bought per month: what is carried over, what expires, what is over; and the movements of the hour ledger.

Each month grants hours. Unused hours of one grant may be carried into the following months: at most ``carry_cap`` of
them, for ``carry_life`` months. The oldest hours are used first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Movement = Literal["grant", "use", "expire"]


@dataclass(frozen=True, slots=True)
class RetainerTerms:
    """All in minutes: ``included`` per month, ``carry_cap`` per month's grant (None: all of it), ``carry_life`` in
    months (0: nothing is carried)."""

    included: int
    carry_cap: int | None = 0
    carry_life: int = 0


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """One month in minutes. ``carried_in + included = available``; ``carry_out`` begins the next month."""

    carried_in: int
    available: int
    used: int
    overage: int
    expired: int
    carry_out: int


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A movement of the hour ledger in month ``month`` (0 is the first); the balance is the sum of ``minutes``.

    ``granted_in`` is the month whose hours move.
    """

    month: int
    movement: Movement
    minutes: int
    granted_in: int


@dataclass(slots=True)
class _Lot:
    granted_in: int
    left: int


def statements(terms: RetainerTerms, used: Sequence[int]) -> tuple[MonthStatement, ...]:
    """Return one statement per month for the minutes ``used`` in each."""
    return _walk(terms, used)[0]


def ledger(terms: RetainerTerms, used: Sequence[int]) -> tuple[LedgerLine, ...]:
    """Return the movements that lead to ``statements``. Minutes over the balance are no movement: they are billed."""
    return _walk(terms, used)[1]


def _walk(terms: RetainerTerms, used: Sequence[int]) -> tuple[tuple[MonthStatement, ...], tuple[LedgerLine, ...]]:
    lots: list[_Lot] = []
    months: list[MonthStatement] = []
    lines: list[LedgerLine] = []
    for month, minutes in enumerate(used):
        carried = sum(lot.left for lot in lots)
        lots.append(_Lot(month, terms.included))
        lines.append(LedgerLine(month, "grant", terms.included, month))
        drawn = _draw(lots, minutes, month, lines)
        expired = _expire(lots, terms, month, lines)
        lots = [lot for lot in lots if lot.left]
        available = carried + terms.included
        left = sum(lot.left for lot in lots)
        months.append(MonthStatement(carried, available, minutes, minutes - drawn, expired, left))
    return tuple(months), tuple(lines)


def _draw(lots: list[_Lot], minutes: int, month: int, lines: list[LedgerLine]) -> int:
    """Take ``minutes`` from the oldest lots; return how many there were to take."""
    drawn = 0
    for lot in lots:
        taken = min(lot.left, minutes - drawn)
        if taken:
            lot.left -= taken
            drawn += taken
            lines.append(LedgerLine(month, "use", -taken, lot.granted_in))
    return drawn


def _expire(lots: list[_Lot], terms: RetainerTerms, month: int, lines: list[LedgerLine]) -> int:
    """Drop what may not go into the next month: lots at the end of their life, this month's beyond the cap."""
    expired = 0
    for lot in lots:
        keep = lot.left if month < lot.granted_in + terms.carry_life else 0
        if lot.granted_in == month and terms.carry_cap is not None:
            keep = min(keep, terms.carry_cap)
        if lot.left > keep:
            lines.append(LedgerLine(month, "expire", keep - lot.left, lot.granted_in))
            expired += lot.left - keep
            lot.left = keep
    return expired
