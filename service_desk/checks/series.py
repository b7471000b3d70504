"""The series of one subject for a chart: raw results for days, hours for months, days for years.

Raw results are asked with both ends of their time, so that only the partitions of that time are touched.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import select

from service_desk.checks.models import CheckDay, CheckFlip, CheckHour, CheckResult
from service_desk.lib.charts.facts import Point
from service_desk.scope import session

Tier = Literal["raw", "hour", "day"]
RAW_SPAN = timedelta(days=3)
HOUR_SPAN = timedelta(days=45)
POINTS = 6000
MOST = 2000  # changes of one subject


class Flip(NamedTuple):
    """A confirmed change of state, as a page shows it."""

    at: datetime
    from_state: str
    to_state: str
    value: float | None
    reason: str


def tier_for(since: datetime, until: datetime) -> Tier:
    """Which store serves a span: what fits the width of a chart, and what is kept long enough."""
    span = until - since
    if span <= RAW_SPAN:
        return "raw"
    return "hour" if span <= HOUR_SPAN else "day"


def points(state_id: int, since: datetime, until: datetime, *, highest: bool = True) -> list[Point]:
    """The measurements of a subject from `since` to `until`; of a roll-up its highest value (or its lowest)."""
    tier = tier_for(since, until)
    if tier == "raw":
        return _raw(state_id, since, until)
    return _hours(state_id, since, until, highest) if tier == "hour" else _days(state_id, since, until, highest)


def _raw(state_id: int, since: datetime, until: datetime) -> list[Point]:
    rows = session().execute(
        select(CheckResult.seen_at, CheckResult.value)
        .where(CheckResult.state_id == state_id, CheckResult.seen_at >= since, CheckResult.seen_at <= until)
        .order_by(CheckResult.seen_at)
        .limit(POINTS)
    )
    return [Point(at, value) for at, value in rows]


def _hours(state_id: int, since: datetime, until: datetime, highest: bool) -> list[Point]:
    rows = session().execute(
        select(CheckHour.hour, CheckHour.high if highest else CheckHour.low)
        .where(CheckHour.state_id == state_id, CheckHour.hour >= since, CheckHour.hour <= until)
        .order_by(CheckHour.hour)
    )
    return [Point(at, value) for at, value in rows]


def _days(state_id: int, since: datetime, until: datetime, highest: bool) -> list[Point]:
    # Days are those of the tenant's calendar, which may be a day ahead of UTC.
    last = (until + timedelta(days=1)).date()
    rows = session().execute(
        select(CheckDay.day, CheckDay.high if highest else CheckDay.low)
        .where(CheckDay.state_id == state_id, CheckDay.day >= since.date(), CheckDay.day <= last)
        .order_by(CheckDay.day)
    )
    return [Point(datetime.combine(day, time(12), UTC), value) for day, value in rows]


def flips(state_id: int) -> list[Flip]:
    """The confirmed changes of a subject, newest first; of one that never rests the latest `MOST`."""
    told = (CheckFlip.at, CheckFlip.from_state, CheckFlip.to_state, CheckFlip.value, CheckFlip.reason)
    asked = select(*told).where(CheckFlip.state_id == state_id).order_by(CheckFlip.at.desc(), CheckFlip.id.desc())
    return [Flip(*row) for row in session().execute(asked.limit(MOST))]
