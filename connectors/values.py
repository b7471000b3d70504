"""What drivers hand on, as values of one type."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def day(value: Any) -> date | None:
    """A date from what the driver made of it; FreeTDS hands newer date types to older protocol versions as text."""
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value


def whole(value: Any) -> int | None:
    """A whole number from what the driver made of it, which may be a decimal or a text; None stays None."""
    return None if value is None else int(value)


def cents(value: Any) -> Decimal:
    """An amount to the cent; what nobody filled in is nothing."""
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def grouped(pairs: Iterable[tuple[Any, str]]) -> dict[Any, tuple[str, ...]]:
    """Key -> its values, in their order."""
    groups: dict[Any, tuple[str, ...]] = {}
    for key, value in pairs:
        groups[key] = (*groups.get(key, ()), value)
    return groups
