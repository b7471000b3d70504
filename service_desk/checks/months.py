"""The availability of a subject by month of the client's own calendar: what is read for it, and how it is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Interval,
    TextClause,
    case,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import TypeEngine

from service_desk.checks.life import FLAPS_BELOW_S
from service_desk.checks.maintenance import Span, Window, occurrences
from service_desk.checks.models import CheckDay, CheckHour, CheckPlan, CheckState, MaintenanceWindow
from service_desk.checks.uptime import Change, Uptime, gaps, uptime
from service_desk.lib.clock import Language, at_wall, in_words, local_day
from service_desk.scope import session
from service_desk.spelled import given, spelled_out

HOUR = timedelta(hours=1)
LOOKBACK = timedelta(days=31)
NEVER = timedelta(days=400)  # what reports by itself is heard by its silence, too


@dataclass(frozen=True)
class Month:
    """One line: `percent` is "" when nothing was seen in it, the lengths are in words and "" when there is none."""

    name: str
    percent: str
    kind: str
    down: str
    falls: int
    unknown: str
    maintained: str


def months(
    state: CheckState,
    plan: CheckPlan | None,
    changes: Sequence[Change],
    zone: str,
    days: int,
    now: datetime,
    lang: Language,
) -> list[Month]:
    """The months of a subject that the last `days` touch, the latest first.

    `changes` are the known ones, the oldest first. A year back is a year read: only who asks for it gets it.
    """
    today = local_day(now, zone)
    starts = _starts(today, today - timedelta(days=days))
    edges = [at_wall(day, 0, zone) for day in starts]
    quiet = _quiet(plan.interval_s) if plan is not None else NEVER
    since = edges[-1] - min(quiet, LOOKBACK) - 2 * HOUR
    asked = {"state": state.id, "since": since, "pause": quiet + HOUR, "first_day": local_day(since, zone)}
    (row,) = session().execute(_watched(), asked).all()
    hours = [(_moment(hour), _moment(following) if following else None) for hour, following in row.hours or ()]
    if not hours:
        return []
    end_of_all = min(now, state.gone_at or now)
    # Watched before the hours that were asked for: then nobody looked up to the first of them.
    watched = since if row.earlier else hours[0][0]
    unseen = gaps([(watched - HOUR, hours[0][0]), *hours], end_of_all, quiet)
    closed = [span for one in row.windows or () for span in _closed(one, state, edges[-1], now)]
    found = []
    for day, start, following in zip(starts, edges, [end_of_all, *edges], strict=False):
        if max(start, watched) < (end := min(following, end_of_all)):
            mine = uptime(changes, state.told_state, max(start, watched), end, unseen=unseen, maintained=closed)
            found.append(_said(day, mine, lang))
    return found


def _starts(today: date, since: date) -> list[date]:
    """The first days of the months from that of `since` to that of `today`, the latest first."""
    found = [today.replace(day=1)]
    while found[-1] > since:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def _quiet(interval_s: int) -> timedelta:
    """How long nothing may be heard before nobody looked: whole hours, and three intervals of what is seldom due."""
    if interval_s <= FLAPS_BELOW_S:
        return HOUR
    return max(HOUR, timedelta(seconds=3 * interval_s))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@cache
def _watched() -> TextClause:
    """The hours before a pause, the first and the last one; whether there were days earlier; the maintenance windows.

    Where results came in every hour, counting them says so, which costs a third of looking from one to the next.
    """
    state = _asked("state", BigInteger())
    mine = (CheckHour.state_id == state, CheckHour.hour >= _asked("since", DateTime(timezone=True)))
    hour = CheckHour.hour
    whole = select(func.count().label("n"), func.min(hour).label("first"), func.max(hour).label("last")).where(*mine)
    ends = whole.cte("ends")
    spanned = func.extract("epoch", ends.c.last - ends.c.first) / 3600 + 1
    last_alone = func.jsonb_build_array(_pair(ends.c.first, ends.c.first + HOUR), _pair(ends.c.last, null()))
    earlier = select(CheckDay.id).where(CheckDay.state_id == state, CheckDay.day < _asked("first_day", Date()))
    windows = select(MaintenanceWindow).subquery("windows")
    rows = select(func.jsonb_agg(func.to_jsonb(literal_column("windows")))).select_from(windows)
    told = select(
        case((ends.c.n == 0, null()), (ends.c.n == spanned, last_alone), else_=_pauses(mine)).label("hours"),
        exists(earlier).label("earlier"),
        rows.scalar_subquery().label("windows"),
    )
    return spelled_out(told)


def _asked(name: str, kind: TypeEngine[Any]) -> Any:
    """A value that the plan does not look into: planned for every span alike, the statement is planned once."""
    return select(given(name, kind)).scalar_subquery()


def _pauses(mine: Sequence[ColumnElement[bool]]) -> Any:
    hour, pause = CheckHour.hour, _asked("pause", Interval())
    following, earlier = (step(hour).over(order_by=hour) for step in (func.lead, func.lag))
    every = select(hour, following.label("following"), earlier.label("earlier")).where(*mine).subquery()
    ends = or_(every.c.following.is_(None), every.c.earlier.is_(None), every.c.following - every.c.hour >= pause)
    listed = func.jsonb_agg(aggregate_order_by(_pair(every.c.hour, every.c.following), every.c.hour))
    return select(listed).where(ends).scalar_subquery()


def _pair(hour: Any, following: Any) -> Any:
    return func.jsonb_build_array(hour, following)


def _closed(row: dict[str, Any], state: CheckState, since: datetime, until: datetime) -> list[Span]:
    """When a maintenance window was open. It counts from when it was written down until it was called off.

    So nobody makes a bad month good afterwards.
    """
    window = Window(
        connection_id=row["connection_id"], check=row["check"], first_day=date.fromisoformat(row["first_day"]),
        at_minute=row["at_minute"], minutes=row["minutes"], rule=row["rule"], zone=row["zone"],
    )  # fmt: skip
    if not window.covers(state.connection_id, state.check):
        return []
    start = max(since, _moment(row["created_at"]))
    end = min(until, _moment(row["cancelled_at"])) if row["cancelled_at"] else until
    spans = occurrences(window, start, end) if start < end else ()
    return [Span(max(span.start, start), min(span.end, end)) for span in spans]


def _said(day: date, mine: Uptime, lang: Language) -> Month:
    def words(kind: str) -> str:
        return in_words(mine.lengths[kind], lang) if mine.lengths[kind] else ""

    percent = mine.percent
    return Month(
        name=f"{day:%Y-%m}",
        percent="" if percent is None else f"{percent:.2f} %",
        kind="" if percent is None else "crit" if mine.lengths["crit"] else "ok",
        down=words("crit"),
        falls=mine.falls,
        unknown=words("unknown"),
        maintained=words("maintained"),
    )
