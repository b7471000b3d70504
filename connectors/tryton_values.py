"""What is asked of Tryton, and what the questions bind."""

from datetime import date, datetime, timedelta
from typing import Any

from connectors.base import Spot
from connectors.http_values import OLD_DAYS
from connectors.questions import load
from connectors.tryton_rpc import Rpc
from connectors.zones import day_in

QUESTIONS = load("tryton")


def company_of(spot: Spot) -> int:
    return int(spot.code or 0)


def today_of(session: Rpc, spot: Spot) -> date:
    """The day of the look on the calendar by which the books are kept."""
    return day_in(session.zone, spot.seen_at)


def values_of(session: Rpc, spot: Spot) -> dict[str, Any]:
    """What the questions bind, as Tryton writes it: its moments are in UTC, its dates are those of the company."""
    today = today_of(session, spot)
    return {
        "company": company_of(spot),
        "now": _moment(spot.seen_at),
        "day": _moment(spot.seen_at - timedelta(days=1)),
        "today": _date(today),
        "old": _date(today - timedelta(days=OLD_DAYS)),
        "none": None,
    }


def _moment(moment: datetime) -> dict[str, Any]:
    names = ("year", "month", "day", "hour", "minute", "second")
    return {"__class__": "datetime", "microsecond": 0, **{name: getattr(moment, name) for name in names}}


def _date(day: date) -> dict[str, Any]:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}
