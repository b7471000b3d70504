"""Writing the series: raw results, then what they add up to by the hour, by the day and by the client."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from service_desk.checks.models import CheckClientDay, CheckDay, CheckHour, CheckResult
from service_desk.lib.clock import local_day
from service_desk.scope import session
from service_desk.tenants.models import Tenant

RAW = timedelta(days=14)  # how long raw results are kept; what comes later than that is not taken

COUNTS = ("n", "n_warn", "n_crit", "n_unknown")
SUMS = (*COUNTS, "n_maintained", "total")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one look said of one state. `maintained`: it fell into a maintenance window."""

    state_id: int
    seen_at: datetime
    state: str
    value: float | None
    maintained: bool


def write(results: Sequence[Result], now: datetime) -> None:
    """Write results, at most one of each state, and roll up those that are new: a result told twice is counted once."""
    raw = [asdict(one) for one in results if one.seen_at > now - RAW]
    if not raw:
        return
    statement = upsert(CheckResult.__table__).on_conflict_do_nothing().returning(CheckResult.state_id)
    fresh = set(session().scalars(statement, raw))
    zone = Tenant.here().time_zone
    sums = [(one.seen_at, _sums(one)) for one in results if one.state_id in fresh]
    if sums:
        hours = [{**row, "hour": at.replace(minute=0, second=0, microsecond=0)} for at, row in sums]
        _roll_up(CheckHour, "hour", hours)
        days = [{**row, "day": local_day(at, zone)} for at, row in sums]
        _roll_up(CheckDay, "day", days)
        _add_up(days)


def _sums(one: Result) -> dict[str, Any]:
    """The result as a roll-up of itself alone."""
    state = "maintained" if one.maintained else one.state
    return {
        "state_id": one.state_id,
        "n": 1,
        "n_warn": int(state == "warn"),
        "n_crit": int(state == "crit"),
        "n_unknown": int(state == "unknown"),
        "n_maintained": int(one.maintained),
        "low": one.value,
        "high": one.value,
        "total": one.value or 0.0,
        "last": one.value,
    }


def _roll_up(model: type[CheckHour] | type[CheckDay], span: str, rows: list[dict[str, Any]]) -> None:
    table = model.__table__
    statement = upsert(table)
    old, new = table.c, statement.excluded
    added = {name: old[name] + new[name] for name in SUMS}
    ends = {"low": func.least(old.low, new.low), "high": func.greatest(old.high, new.high)}
    last = {"last": func.coalesce(new.last, old.last)}
    statement = statement.on_conflict_do_update(
        index_elements=["tenant_id", "state_id", span], set_={**added, **ends, **last}
    )
    session().execute(statement, rows)


def _add_up(rows: Sequence[Mapping[str, Any]]) -> None:
    """The client's own day, last of all: visits of one client that end together wait for each other here alone."""
    days = {row["day"] for row in rows}
    added = [
        {"day": day, **{name: sum(row[name] for row in rows if row["day"] == day) for name in COUNTS}}
        for day in sorted(days)
    ]
    table = CheckClientDay.__table__
    statement = upsert(table)
    more = {name: table.c[name] + statement.excluded[name] for name in COUNTS}
    session().execute(statement.on_conflict_do_update(index_elements=["tenant_id", "day"], set_=more), added)


def add_up_days() -> None:
    """Write the client's days anew from the days of its states, for a history that was not seen but written."""
    sums = [func.sum(CheckDay.__table__.c[name]) for name in COUNTS]
    rows = select(CheckDay.tenant_id, CheckDay.day, *sums).group_by(CheckDay.tenant_id, CheckDay.day)
    statement = upsert(CheckClientDay.__table__).from_select(["tenant_id", "day", *COUNTS], rows)
    new = {name: statement.excluded[name] for name in COUNTS}
    session().execute(statement.on_conflict_do_update(index_elements=["tenant_id", "day"], set_=new))
