"""Availability by month: from confirmed changes, without maintenance, with what nobody saw told apart."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from service_desk.checks.maintenance import Span
from service_desk.checks.models import CheckDay, CheckFlip, CheckHour, CheckState, MaintenanceWindow
from service_desk.checks.months import months
from service_desk.checks.series import flips
from service_desk.checks.uptime import KINDS, gaps, uptime
from service_desk.lib.clock import at_wall, local_day
from service_desk.scope import SYSTEM, session, tenant_scope
from tests.checks.matrix import _a_state
from tests.counting import statements
from tests.world import World

T0 = datetime(2026, 11, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Change(NamedTuple):
    at: datetime
    from_state: str
    to_state: str


def at(hours: float) -> datetime:
    return T0 + hours * HOUR


def hours_of(
    *changes: tuple[float, str, str], told: str | None = "ok", until: float = 10, **more: list[Span]
) -> dict[str, float]:
    found = uptime([Change(at(h), came, went) for h, came, went in changes], told, T0, at(until), **more)
    return {kind: length / HOUR for kind, length in found.lengths.items() if length} | {"falls": found.falls}


def test_it_adds_up_the_time_between_changes() -> None:
    assert hours_of() == {"ok": 10, "falls": 0}
    assert hours_of((2, "ok", "crit"), (3, "crit", "ok")) == {"ok": 9, "crit": 1, "falls": 1}
    assert hours_of((-5, "ok", "crit"), (4, "crit", "warn")) == {"crit": 4, "warn": 6, "falls": 1}
    assert hours_of((1, "new", "crit"), told="crit") == {"unknown": 1, "crit": 9, "falls": 1}
    assert hours_of((1, "ok", "unknown"), (3, "unknown", "ok")) == {"ok": 8, "unknown": 2, "falls": 0}
    assert hours_of((4, "crit", "gone"), told="crit") == {"crit": 4, "falls": 1}, "gone is over"
    assert hours_of((12, "ok", "crit")) == {"ok": 10, "falls": 0}, "what comes after does not count"
    assert hours_of(told=None) == {"unknown": 10, "falls": 0}


def test_maintenance_is_left_out_and_blindness_told_apart() -> None:
    down = ((2, "ok", "crit"), (6, "crit", "ok"))
    window = [Span(at(3), at(7)), Span(at(3.5), at(4))]
    assert hours_of(*down, maintained=window) == {"ok": 5, "crit": 1, "maintained": 4, "falls": 1}
    blind = [Span(at(5), at(8))]
    assert hours_of(*down, unseen=blind) == {"ok": 4, "crit": 3, "unknown": 3, "falls": 1}
    assert hours_of(*down, unseen=blind, maintained=window) == {
        "ok": 4,
        "crit": 1,
        "unknown": 1,
        "maintained": 4,
        "falls": 1,
    }


@pytest.mark.parametrize(
    ("down", "percent"), [(timedelta(0), 100.0), (timedelta(seconds=1), 99.99), (15 * DAY, 50.0), (30 * DAY, 0.0)]
)
def test_a_hundred_percent_is_never_down(down: timedelta, percent: float) -> None:
    changes = [Change(T0 - HOUR, "ok", "crit"), Change(T0 + down, "crit", "ok")]
    assert uptime(changes, "ok", T0, T0 + 30 * DAY).percent == percent
    assert uptime([], None, T0, T0 + DAY).percent is None, "nothing was seen"


MOMENTS = st.floats(-20, 30).map(at)
SPANS = st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda ends: Span(min(ends), max(ends))), max_size=4)


@given(
    st.lists(st.tuples(MOMENTS, st.sampled_from(["ok", "warn", "crit", "unknown"])), max_size=8), SPANS, SPANS,
    st.floats(0.1, 24),
)  # fmt: skip
def test_every_moment_counts_once(
    told: list[tuple[datetime, str]], unseen: list[Span], maintained: list[Span], until: float
) -> None:
    changes = [Change(moment, "ok", went) for moment, went in sorted(told)]
    found = uptime(changes, "ok", T0, at(until), unseen=unseen, maintained=maintained)
    assert sum(found.lengths.values(), timedelta()) == at(until) - T0
    assert set(found.lengths) == set(KINDS)
    assert all(length >= timedelta() for length in found.lengths.values())
    halves = [uptime(changes, "ok", start, end, unseen=unseen, maintained=maintained)
              for start, end in ((T0, at(until / 2)), (at(until / 2), at(until)))]  # fmt: skip
    assert all(found.lengths[kind] == sum((half.lengths[kind] for half in halves), timedelta()) for kind in KINDS)


def test_nobody_looked_when_no_result_came_for_long() -> None:
    hours = [(at(0), at(1)), (at(1), at(2)), (at(2), at(5)), (at(5), None)]
    assert gaps(hours, at(6.5), HOUR) == [Span(at(3), at(5))]
    assert gaps(hours, at(8), HOUR) == [Span(at(3), at(5)), Span(at(6), at(8))]
    assert gaps(hours, at(8), 3 * HOUR) == []


def test_the_page_says_it_for_each_month_of_the_clients_calendar(app: Flask, world: World) -> None:
    state_id, zone = _a_state(world)["state_id"], "Asia/Shanghai"
    now = datetime.now(UTC)
    this = local_day(now, zone).replace(day=1)
    last = (this - DAY).replace(day=1)
    begun = at_wall(last, 0, zone)
    sums = {"state_id": state_id, "n": 2, "n_warn": 0, "n_crit": 0, "n_unknown": 0, "total": 1.0}
    with tenant_scope(world.a.id, SYSTEM):
        state = session().get_one(CheckState, (world.a.id, state_id))
        state.told_state = "ok"
        watched = int((now - begun) / HOUR)
        # Every half hour, but for a day in which nobody looked; and since two days before the month.
        session().add_all(
            CheckHour(hour=begun + n * HOUR, **sums) for n in range(-48, watched + 1) if not 240 <= n < 264
        )
        session().add(CheckDay(day=last - 2 * DAY, **sums))
        said = {"state_id": state_id, "check": state.check, "subject": state.subject}
        for hours, came, went in ((24, "ok", "crit"), (27, "crit", "ok"), (100, "ok", "crit"), (110, "crit", "ok")):
            session().add(CheckFlip(from_state=came, to_state=went, at=begun + hours * HOUR, **said))
        window = {
            "first_day": last + 4 * DAY,
            "at_minute": 4 * 60,
            "minutes": 10 * 60,
            "zone": zone,
            "author_name": "Ada",
        }
        session().add(MaintenanceWindow(title="planned", created_at=begun, **window))
        late = {**window, "first_day": last + DAY, "at_minute": 0}
        session().add(MaintenanceWindow(title="afterwards", created_at=now, **late))
        session().add(MaintenanceWindow(title="called off", created_at=begun, cancelled_at=begun, **late))
        session().add(MaintenanceWindow(title="another check", created_at=begun, check="db.up", **late))
        session().flush()
        lines = {line.name: line for line in months(state, None, flips(state_id)[::-1], zone, 30, now, "zh")}
    before = lines[f"{last:%Y-%m}"]
    assert (before.down, before.falls, before.unknown, before.maintained) == ("3 小时", 1, "", "10 小时")
    seen = (this - last).days * 24 - 10
    assert before.percent == f"{(seen - 3) * 10000 // seen / 100:.2f} %"
    with statements() as heard:
        page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/checks/{state_id}?months=all").text
    assert len(heard) <= 10, heard
    panel = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("可用率") :]))
    assert f"{last:%Y-%m}" in panel
    assert "1 天" in panel, "with a plan, the day in which nobody looked is told"


def test_a_subject_nobody_ever_looked_at_has_no_month(world: World) -> None:
    state_id = _a_state(world)["state_id"]
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        state = session().get_one(CheckState, (world.a.id, state_id))
        assert months(state, None, [], "Asia/Shanghai", 7, datetime(2026, 11, 22, tzinfo=UTC), "zh") == []
