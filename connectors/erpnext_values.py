"""What is asked of ERPNext, and what the questions bind."""

from datetime import date, datetime, timedelta
from typing import Any

from connectors.base import Spot
from connectors.erpnext_api import FrappeSession
from connectors.http_values import OLD_DAYS
from connectors.questions import load
from connectors.zones import day_in

QUESTIONS = load("erpnext")


def today_of(session: FrappeSession, spot: Spot) -> date:
    """The day of the look on the site's calendar, by which its documents are dated."""
    return day_in(session.zone, spot.seen_at)


def values_of(session: FrappeSession, spot: Spot) -> dict[str, Any]:
    """What the questions bind; moments in the site's own zone, without saying so."""
    local = spot.seen_at.astimezone(session.zone)
    return {
        "company": spot.code or "",
        "today": local.date().isoformat(),
        "old": (local.date() - timedelta(days=OLD_DAYS)).isoformat(),
        "day": _written(local - timedelta(days=1)),
        "hour": _written(local - timedelta(hours=1)),
    }


def _written(local: datetime) -> str:
    return f"{local:%Y-%m-%d %H:%M:%S}"
