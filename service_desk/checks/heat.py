"""The heat strip: the worst state of each of the last days, from the daily roll-ups."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, Date, Integer, any_, case, func, select

from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckClientDay, CheckDay, CheckState
from service_desk.lib.charts.facts import State
from service_desk.scope import session
from service_desk.spelled import given, spelled_out

Days = list[tuple[date, State]]
GRAVITY: tuple[State, ...] = ("none", "ok", "unknown", "warn", "crit")

LETTERS: dict[str, State] = {"c": "crit", "w": "warn", "u": "unknown", "o": "ok"}
# One row for each client: how far its days lie behind the first, and a letter for each of them.
_LETTER = case(
    (CheckClientDay.n_crit > 0, "c"),
    (CheckClientDay.n_warn > 0, "w"),
    ((CheckClientDay.n_unknown > 0) & (CheckClientDay.n_unknown >= CheckClientDay.n), "u"),
    else_="o",
)
_CLIENT_DAYS = spelled_out(
    select(
        CheckClientDay.tenant_id,
        func.array_agg(CheckClientDay.day - given("since", Date())),
        func.array_agg(_LETTER),
    )
    .where(
        CheckClientDay.tenant_id == any_(given("ids", ARRAY(Integer))),
        CheckClientDay.day.between(given("since", Date()), given("until", Date())),
    )
    .group_by(CheckClientDay.tenant_id)
)

# Of the client in scope: how often each check was how grave on each day.
_SUMS = tuple(func.sum(column) for column in (CheckDay.n_crit, CheckDay.n_warn, CheckDay.n_unknown, CheckDay.n))
_BY_CHECK = (
    select(CheckState.check, CheckDay.day, *_SUMS)
    .join(CheckState, (CheckState.tenant_id == CheckDay.tenant_id) & (CheckState.id == CheckDay.state_id))
    .where(CheckDay.day >= given("since", Date()))
    .group_by(CheckState.check, CheckDay.day)
)
_OF_CLIENT = spelled_out(_BY_CHECK)
_BY_CONNECTION = spelled_out(_BY_CHECK.add_columns(CheckState.connection_id).group_by(CheckState.connection_id))


def worst_days(tenant_ids: Sequence[int], today: date, days: int) -> dict[int, Days]:
    """Per client the worst state of each of the last `days` days up to `today`; a day without a result is `none`."""
    since = today - timedelta(days=days - 1)
    dates: list[date] = [since + timedelta(days=n) for n in range(days)]
    found: dict[int, Days] = {}
    asked = {"ids": list(tenant_ids), "since": since, "until": today}
    empty: list[State] = ["none"] * days
    rows: Any = session().execute(_CLIENT_DAYS, asked).all()
    for owner, places, letters in rows:
        line: list[State] = [*empty]
        for place, letter in zip(places, letters, strict=True):
            line[place] = LETTERS[letter]
        found[owner] = list(zip(dates, line, strict=True))
    return found


def group_days(today: date, days: int) -> dict[str, Days]:
    """The same for the client in scope, per layer of the catalogue."""
    since = today - timedelta(days=days - 1)
    rows = session().execute(_OF_CLIENT, {"since": since}).all()
    known = (row for row in rows if row[0] in CATALOG)
    return _lines(((CATALOG[check].group, day, _worst(*sums)) for check, day, *sums in known), since, days)


def check_days(today: date, days: int) -> dict[tuple[int | None, str], Days]:
    """The same for the client in scope, per connection and check."""
    since = today - timedelta(days=days - 1)
    rows = session().execute(_BY_CONNECTION, {"since": since}).all()
    found = (((connection, check), day, _worst(*sums)) for check, day, *sums, connection in rows)
    return _lines(found, since, days)


def strip(connection_id: int | None, today: date, days: int = 30) -> Days:
    """The line of one connection of the client in scope; None: of what belongs to no connection."""
    since = today - timedelta(days=days - 1)
    mine = CheckState.connection_id.is_not_distinct_from(connection_id)
    rows = session().execute(spelled_out(_BY_CHECK.where(mine)), {"since": since}).all()
    return _lines((("", day, _worst(*sums)) for _, day, *sums in rows), since, days).get("") or _line({}, since, days)


def _worst(crit: int, warn: int, unknown: int, n: int) -> State:
    """A day is as bad as its worst result; a day on which nothing could be seen is unknown, not fine."""
    if crit:
        return "crit"
    if warn:
        return "warn"
    return "unknown" if unknown and unknown >= n else "ok"


def _lines(rows: Iterable[tuple[Any, date, State]], since: date, days: int) -> dict[Any, Days]:
    found: dict[Any, dict[date, State]] = {}
    for owner, day, state in rows:
        of_owner = found.setdefault(owner, {})
        of_owner[day] = max(of_owner.get(day, "none"), state, key=GRAVITY.index)
    return {owner: _line(states, since, days) for owner, states in found.items()}


def _line(states: Mapping[date, State], since: date, days: int) -> Days:
    each = (since + timedelta(days=n) for n in range(days))
    return [(day, states.get(day, "none")) for day in each]
