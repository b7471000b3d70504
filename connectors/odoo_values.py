"""What is asked of Odoo, what the questions bind, and how Odoo writes texts and links."""

from datetime import timedelta
from typing import Any

from connectors.base import Spot
from connectors.http_values import FIRST_DAY, OLD_DAYS
from connectors.questions import load

QUESTIONS = load("odoo")


def values_of(spot: Spot) -> dict[str, Any]:
    """What the questions bind; Odoo keeps moments in UTC, without saying so."""
    today = spot.seen_at.date()
    return {
        "company": int(spot.code or 0),
        "now": f"{spot.seen_at:%Y-%m-%d %H:%M:%S}",
        "today": today.isoformat(),
        "old": (today - timedelta(days=OLD_DAYS)).isoformat(),
        "first": FIRST_DAY.isoformat(),
    }


def text(value: Any) -> str:
    """A text field; Odoo says False where it is empty."""
    return value if isinstance(value, str) else ""


def linked(value: Any) -> tuple[str, str] | None:
    """A link to another record as its number and name; None where it is empty."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    return str(value[0]), text(value[1])
