"""What the checks saw in a year: roll-ups by day and hour, flips and incidents, all of it over by yesterday."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from service_desk.alerts.models import Incident
from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckDay, CheckFlip, CheckHour, CheckState
from service_desk.checks.operations.series import add_up_days
from service_desk.lib.clock import at_wall, local_day
from service_desk.running.demo.bulk import pour
from service_desk.running.demo.content import Sheet
from service_desk.running.demo.erp import fixture_of, has_fixture
from service_desk.running.demo.plan import DAYS
from service_desk.running.demo.year import PlannedTicket
from service_desk.scope import current, session

HOURS_OF = 14  # days that also have roll-ups by the hour
# Results a day, and the usual range of the value over a day.
USUAL: Mapping[str, tuple[int, float, float]] = {
    "db.up": (1440, 1, 1),
    "db.latency": (1440, 9, 46),
    "bak.full.age": (48, 0.4, 24.4),
    "lock.stuck": (288, 0, 21),
    "inv.negative": (96, 0, 0),
    "gl.unposted": (12, 0, 2),
    "acl.leaver": (1, 0, 0),
    "hb.job": (1, 1, 1),
}
SHORT = 60  # days of a check without a story of its own
# What alarmed when a ticket came of it: the value, where the story does not say.
ALARMED = {"lock.stuck": 840.0, "bak.full.age": 33.0, "inv.negative": 3.0}


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A trouble that is over: `level` warn or crit from `start` to `end`, with the value that was reached."""

    check: str
    start: datetime
    end: datetime
    level: str
    value: float
    ticket_id: int | None = None


def write_series(
    sheet: Sheet, states: Sequence[CheckState], tickets: Sequence[PlannedTicket], ids: Sequence[int], now: datetime
) -> None:
    """Write a year of roll-ups, flips and past incidents for the states of the client in scope."""
    dice = random.Random(f"{sheet.key}{now.date()}")  # noqa: S311 - plausible content, not a secret
    found = _apart([*_told(sheet, now), *_from_tickets(tickets, ids)])
    touched = {row.id: [one for one in found if _concerns(one, row, states)] for row in states}
    days: list[dict[str, Any]] = []
    hours: list[dict[str, Any]] = []
    for row in states:
        for day in _days(row, sheet):
            rolled = _day(row, day, touched[row.id], sheet.zone, dice)
            days.append({"state_id": row.id, "day": day, **rolled})
            if local_day(row.seen_at, sheet.zone) - day <= timedelta(days=HOURS_OF):
                hours += [{"state_id": row.id, **hour} for hour in _hours(row.check, day, rolled, sheet.zone)]
    pour(CheckDay, days)
    pour(CheckHour, hours)
    add_up_days()
    _tell(states, touched)


def _told(sheet: Sheet, now: datetime) -> Iterator[Episode]:
    """The troubles of the last weeks, as the client's sheet tells them."""
    past = fixture_of(sheet)[1].get("past", ()) if has_fixture(sheet) else ()
    for check, begin, end, level, value in past:
        first, last = (local_day(now, sheet.zone) - timedelta(days=back) for back in (begin, end))
        start, over = at_wall(first, 512, sheet.zone), at_wall(last, 1021, sheet.zone)
        yield Episode(check=check, start=start, end=over, level=level, value=float(value))


def _from_tickets(tickets: Sequence[PlannedTicket], ids: Sequence[int]) -> Iterator[Episode]:
    for one, ticket_id in zip(tickets, ids, strict=True):
        if one.story.check and one.solved_at is not None:
            alert, value = one.story.source == "alert", ALARMED[one.story.check]
            crit = CATALOG[one.story.check].crit
            yield Episode(
                check=one.story.check,
                start=one.created_at - timedelta(minutes=1 if alert else 25),
                end=one.solved_at,
                level="crit" if crit is not None and value >= crit else "warn",
                value=value,
                ticket_id=ticket_id,
            )


def _apart(episodes: Iterable[Episode]) -> list[Episode]:
    """Of troubles of one check that lie over one another, the earliest."""
    kept: list[Episode] = []
    for one in sorted(episodes, key=lambda one: one.start):
        if all(one.check != other.check or one.start > other.end + timedelta(days=1) for other in kept):
            kept.append(one)
    return kept


def _concerns(one: Episode, row: CheckState, states: Sequence[CheckState]) -> bool:
    """The first subject of a check carries its troubles: among databases, that is the business one (UFDATA…)."""
    same = [state for state in states if state.check == row.check]
    return row.check == one.check and row is min(same, key=lambda state: state.subject)


def _days(row: CheckState, sheet: Sheet) -> Iterator[date]:
    """Every day up to the one before the state was last seen: that day's results are there already."""
    last = local_day(row.seen_at, sheet.zone)
    for back in range(DAYS - 60 if row.check in USUAL else SHORT, 0, -1):
        yield last - timedelta(days=back)


def _day(
    row: CheckState, day: date, episodes: Sequence[Episode], zone: str, dice: random.Random
) -> dict[str, Any]:  # fmt: skip
    n, low, high = USUAL.get(row.check) or _calm(row)
    begin, end = at_wall(day, 0, zone), at_wall(day, 1440, zone)
    bad = {"warn": 0, "crit": 0}
    spread = dice.uniform(0.75, 1.0)
    reached = low + (high - low) * spread
    for one in episodes:
        inside = (min(one.end, end) - max(one.start, begin)).total_seconds()
        if inside > 0:
            bad[one.level] += min(n, max(1, round(n * inside / 86400)))
            reached = max(reached, one.value)
    middle = low + (min(reached, high) - low) / 2
    return {
        "n": n,
        "n_warn": bad["warn"],
        "n_crit": bad["crit"],
        "n_unknown": 0,
        "low": float(low),
        "high": round(reached, 2),
        "total": round(middle * n, 2),
        "last": round(middle, 2),
    }


def _calm(row: CheckState) -> tuple[int, float, float]:
    """A check without a story: it stayed about where it stands."""
    value = row.value or 0.0
    return max(1, 86400 // CATALOG[row.check].interval_s), min(value, value * 0.97), max(value, value * 0.97)


def _hours(check: str, day: date, rolled: Mapping[str, Any], zone: str) -> Iterator[dict[str, Any]]:
    """The day's roll-up spread over its hours; what is looked at once a day stands in one."""
    n = rolled["n"] // 24
    if not n:
        yield {"hour": at_wall(day, 120, zone), **rolled}
        return
    left = {"n_warn": rolled["n_warn"], "n_crit": rolled["n_crit"]}
    for hour in range(24):
        bad = {name: min(n, left[name]) if hour >= 8 else 0 for name in left}
        left = {name: left[name] - bad[name] for name in left}
        wave = abs(12 - (hour + 10) % 24) / 12 if check != "bak.full.age" else ((hour + 22) % 24) / 24
        value = round(rolled["low"] + (rolled["last"] * 2 - 2 * rolled["low"]) * wave, 2)
        high = rolled["high"] if any(bad.values()) else value
        yield {
            "hour": at_wall(day, hour * 60, zone), "n": n, **bad, "n_unknown": 0, "low": min(value, high),
            "high": high, "total": round(value * n, 2), "last": value,
        }  # fmt: skip


def _tell(states: Sequence[CheckState], touched: Mapping[int, Sequence[Episode]]) -> None:
    """Flips and incidents of what is over; they were noticed when they came."""
    flips = []
    for row in states:
        for one in touched[row.id]:
            said = {"state_id": row.id, "connection_id": row.connection_id, "check": row.check, "subject": row.subject}
            for at, came, went, value in ((one.start, "ok", one.level, one.value), (one.end, one.level, "ok", None)):
                flips.append(
                    {**said, "from_state": came, "to_state": went, "value": value, "reason": "", "at": at,
                     "noticed_at": at + timedelta(seconds=40)}
                )  # fmt: skip
            session().add(_incident(row, one))
        if touched[row.id]:
            row.since = max(row.since - timedelta(days=300), *(one.end for one in touched[row.id]))
    if flips:
        session().execute(insert(CheckFlip), flips)


def _said(row: CheckState, one: Episode) -> dict[str, Any]:
    """The figures of the sentence as they were then."""
    said: dict[str, dict[str, Any]] = {
        "bak.full.age": {"database": row.subject, "age_s": one.value * 3600},
        "lock.stuck": {"who": "财务", "what": "填制凭证", "held_s": one.value * 60, "others": 0},
        "inv.negative": {"count": round(one.value), "item": "内六角螺丝", "warehouse": "原料仓", "quantity": "-12"},
        "db.latency": {"ms": round(one.value)},
    }
    return said.get(row.check, {})


def _incident(row: CheckState, one: Episode) -> Incident:
    said = _said(row, one)
    return Incident(
        connection_id=row.connection_id,
        check=row.check,
        subject=row.subject,
        severity=one.level,
        state_id=row.id,
        value=one.value,
        unit=row.unit,
        params={**row.sentence_params, **said, "wording": ""},
        opened_at=one.start,
        changed_at=one.end,
        acknowledged_at=one.start + timedelta(minutes=22),
        acknowledged_by=current().actor.name,
        resolved_at=one.end,
        ticket_id=one.ticket_id,
    )
