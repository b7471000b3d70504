"""The heat strip: the worst state of each of the last days, from the daily roll-ups."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import Row, func, select

from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckDay, CheckState
from service_desk.lib.charts.facts import State
from service_desk.scope import session

Days = list[tuple[date, State]]


def worst_days(tenant_ids: Sequence[int], today: date, days: int) -> dict[int, Days]:
    """Per client the worst state of each of the last `days` days up to `today`; a day without a result is `none`."""
    since = today - timedelta(days=days - 1)
    statement = (
        select(CheckDay.tenant_id, CheckDay.day, *_sums())
        .where(CheckDay.tenant_id.in_(tenant_ids), CheckDay.day >= since)
        .group_by(CheckDay.tenant_id, CheckDay.day)
    )
    return _filled(session().execute(statement).all(), since, days)


def group_days(today: date, days: int) -> dict[str, Days]:
    """The same for the client in scope, per layer of the catalogue."""
    since = today - timedelta(days=days - 1)
    statement = (
        select(CheckState.check, CheckDay.day, *_sums())
        .join(CheckState, (CheckState.tenant_id == CheckDay.tenant_id) & (CheckState.id == CheckDay.state_id))
        .where(CheckDay.day >= since)
        .group_by(CheckState.check, CheckDay.day)
    )
    found: dict[str, dict[date, State]] = {}
    for check, day, *sums in session().execute(statement):
        if check in CATALOG:
            of_group = found.setdefault(CATALOG[check].group, {})
            of_group[day] = max(of_group.get(day, "none"), _worst(*sums), key=GRAVITY.index)
    return {group: _line(states, since, days) for group, states in found.items()}


GRAVITY: tuple[State, ...] = ("none", "ok", "unknown", "warn", "crit")


def _sums() -> tuple[object, ...]:
    return tuple(func.sum(column) for column in (CheckDay.n_crit, CheckDay.n_warn, CheckDay.n_unknown, CheckDay.n))


def _worst(crit: int, warn: int, unknown: int, n: int) -> State:
    """A day is as bad as its worst result; a day on which nothing could be seen is unknown, not fine."""
    if crit:
        return "crit"
    if warn:
        return "warn"
    return "unknown" if unknown and unknown >= n else "ok"


def _filled(rows: Iterable[Row[tuple[int, date, int, int, int, int]]], since: date, days: int) -> dict[int, Days]:
    found: dict[int, dict[date, State]] = {}
    for owner, day, *sums in rows:
        found.setdefault(owner, {})[day] = _worst(*sums)
    return {owner: _line(states, since, days) for owner, states in found.items()}


def _line(states: dict[date, State], since: date, days: int) -> Days:
    each = (since + timedelta(days=n) for n in range(days))
    return [(day, states.get(day, "none")) for day in each]
