"""What is asked of Odoo, what the questions bind, and how Odoo writes texts and links."""

from datetime import UTC, date, timedelta
from typing import Any

from connectors.base import Spot
from connectors.http_values import FIRST_DAY, OLD_DAYS
from connectors.odoo_rpc import OdooSession
from connectors.questions import load
from connectors.zones import day_in, midnight_in

QUESTIONS = load("odoo")


def today_of(session: OdooSession, spot: Spot) -> date:
    """The day of the look on the calendar by which the books are kept."""
    return day_in(session.zone, spot.seen_at)


def values_of(session: OdooSession, spot: Spot) -> dict[str, Any]:
    """What the questions bind; Odoo keeps moments in UTC, without saying so, and dates by the calendar of its users."""
    today = today_of(session, spot)
    old = today - timedelta(days=OLD_DAYS)
    return {
        "company": int(spot.code or 0),
        "now": f"{spot.seen_at:%Y-%m-%d %H:%M:%S}",
        "today": today.isoformat(),
        "old": old.isoformat(),
        "old_at": f"{midnight_in(session.zone, old).astimezone(UTC):%Y-%m-%d %H:%M:%S}",
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
