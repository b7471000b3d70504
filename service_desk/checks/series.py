"""The series of one subject for a chart: raw results for days, hours for months, days for years.

Raw results are asked with both ends of their time, so that only the partitions of that time are touched.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import BigInteger, Date, DateTime, TextClause, select
from sqlalchemy.types import TypeEngine

from service_desk.checks.models import CheckDay, CheckFlip, CheckHour, CheckResult
from service_desk.lib.charts.facts import Point
from service_desk.scope import session
from service_desk.spelled import given, spelled_out

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
    return [Point(*row) for row in session().execute(_raw_asked(), _span(state_id, since, until)).all()]


def _hours(state_id: int, since: datetime, until: datetime, highest: bool) -> list[Point]:
    return [Point(*row) for row in session().execute(_hours_asked(highest), _span(state_id, since, until)).all()]


def _days(state_id: int, since: datetime, until: datetime, highest: bool) -> list[Point]:
    # Days are those of the tenant's calendar, which may be a day ahead of UTC.
    span = _span(state_id, since.date(), (until + timedelta(days=1)).date())
    rows = session().execute(_days_asked(highest), span).all()
    return [Point(datetime.combine(day, time(12), UTC), value) for day, value in rows]


def flips(state_id: int) -> list[Flip]:
    """The confirmed changes of a subject, newest first; of one that never rests the latest `MOST`."""
    return [Flip(*row) for row in session().execute(_flips_asked(), {"state": state_id}).all()]


def _span(state_id: int, since: date, until: date) -> dict[str, Any]:
    return {"state": state_id, "since": since, "until": until}


# Hundreds of rows come back each time: as plain text the statements bring tuples, and nothing is made of them twice.
_STATE, _TIME, _DAY = given("state", BigInteger()), DateTime(timezone=True), Date()


@cache
def _raw_asked() -> TextClause:
    return _within(CheckResult.seen_at, CheckResult.value, CheckResult.state_id, _TIME, POINTS)


@cache
def _hours_asked(highest: bool) -> TextClause:
    return _within(CheckHour.hour, CheckHour.high if highest else CheckHour.low, CheckHour.state_id, _TIME)


@cache
def _days_asked(highest: bool) -> TextClause:
    return _within(CheckDay.day, CheckDay.high if highest else CheckDay.low, CheckDay.state_id, _DAY)


def _within(at: Any, value: Any, state: Any, kind: TypeEngine[Any], most: int | None = None) -> TextClause:
    ends = at >= given("since", kind), at <= given("until", kind)
    return spelled_out(select(at, value).where(state == _STATE, *ends).order_by(at).limit(most))


@cache
def _flips_asked() -> TextClause:
    told = (CheckFlip.at, CheckFlip.from_state, CheckFlip.to_state, CheckFlip.value, CheckFlip.reason)
    newest = select(*told).where(CheckFlip.state_id == _STATE).order_by(CheckFlip.at.desc(), CheckFlip.id.desc())
    return spelled_out(newest.limit(MOST))
