"""The series in its partitions: a page reads only the weeks it shows, what is old goes, what is long is cut."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from service_desk.checks import series
from service_desk.checks.detail import BYTES, ROWS, capped
from service_desk.checks.finding import Finding, Level
from service_desk.checks.life import Rule
from service_desk.checks.models import CheckDay, CheckFlip, CheckHour, CheckResult, CheckState
from service_desk.checks.operations import states
from service_desk.scope import SYSTEM, gate, session, tenant_scope
from tests.checks.matrix import _a_state
from tests.counting import asked
from tests.world import World


def week(at: datetime) -> str:
    """The partition a moment lies in."""
    return f"check_result_p{at - timedelta(days=at.weekday()):%Y%m%d}"


@pytest.mark.parametrize(("days", "weeks"), [(2, 2), (7, 0), (30, 0), (365, 0)])
def test_it_touches_only_the_partitions_of_the_days_it_shows(app: Flask, world: World, days: int, weeks: int) -> None:
    """Planned as the runtime login plans it: with the walls, and with the values that were sent."""
    now, values = datetime.now(UTC), _a_state(world)
    with tenant_scope(world.a.id, SYSTEM):
        for ago in range(0, 14 * 24, 6):
            at = now - timedelta(hours=ago)
            session().add(CheckResult(state_id=values["state_id"], seen_at=at, state="ok", value=ago))
    browser = world.sign_in(app, world.ada)
    with asked() as heard:
        assert browser.get(f"/t/{world.a.slug}/checks/{values['state_id']}?days={days}").status_code == 200
    of_results = [(said, sent) for said, sent in heard if "check_result" in said]
    assert len(of_results) == (1 if weeks else 0)
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        plans = [
            str(line) for said, sent in of_results for line in
            session().connection().exec_driver_sql(f"EXPLAIN {said}", sent).scalars()
        ]  # fmt: skip
    touched = set(re.findall(r"check_result_p\d{8}", " ".join(plans)))
    assert touched <= {week(now - timedelta(days=n)) for n in range(days + 1)}
    assert bool(touched) == bool(weeks)
    assert len(touched) <= weeks


@pytest.mark.parametrize("minute", [-1, 1])
def test_the_day_that_has_begun_where_the_client_is_belongs_to_a_year(world: World, minute: int) -> None:
    """At midnight in Shanghai it is four in the afternoon of the day before in UTC."""
    now, values = datetime(2026, 11, 20, 16, tzinfo=UTC) + timedelta(minutes=minute), _a_state(world)
    today = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    sums = {"n": 1, "n_warn": 0, "n_crit": 0, "n_unknown": 0, "total": 1.0, "state_id": values["state_id"], "high": 1.0}
    with tenant_scope(world.a.id, SYSTEM):
        session().add_all(CheckDay(day=today - timedelta(days=days), **sums) for days in (0, 1))
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        found = series.points(values["state_id"], now - timedelta(days=365), now)
    assert [point.at.date() for point in found] == [today - timedelta(days=1), today]


def test_it_prunes_the_roll_ups_after_thirteen_months_and_five_years(world: World) -> None:
    now, values = datetime.now(UTC), _a_state(world)
    sums = {"n": 1, "n_warn": 0, "n_crit": 0, "n_unknown": 0, "total": 1.0, "state_id": values["state_id"]}
    with tenant_scope(world.a.id, SYSTEM):
        session().add_all(CheckHour(hour=now - timedelta(days=days), **sums) for days in (1, 390, 400))
        session().add_all(CheckDay(day=(now - timedelta(days=days)).date(), **sums) for days in (1, 1800, 1830))
    gate("gate_prune_series", p_now=now, p_limit=5000)
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert sorted((now - row.hour).days for row in session().query(CheckHour)) == [1, 390]
        assert sorted((now.date() - row.day).days for row in session().query(CheckDay)) == [1, 1800]


def test_it_forgets_what_went_ninety_days_ago_and_keeps_its_flips(world: World) -> None:
    now, kept = datetime.now(UTC), _a_state(world)["state_id"]
    long_gone, lately = _a_state(world)["state_id"], _a_state(world)["state_id"]
    sums = {"n": 1, "n_warn": 0, "n_crit": 0, "n_unknown": 0, "total": 1.0}
    with tenant_scope(world.a.id, SYSTEM):
        for state_id, days in ((kept, None), (long_gone, 91), (lately, 89)):
            row = session().get_one(CheckState, (world.a.id, state_id))
            row.gone_at = now - timedelta(days=days) if days else None
            session().add_all(CheckHour(state_id=state_id, hour=now - timedelta(hours=n), **sums) for n in range(3))
            session().add(CheckDay(state_id=state_id, day=now.date(), **sums))
            said = {"check": row.check, "subject": row.subject, "from_state": "crit", "to_state": "gone", "at": now}
            session().add(CheckFlip(state_id=state_id, connection_id=row.connection_id, **said))
    # A caller whose clock is ahead makes nothing older than it is; and a little at a time, hours go before their state.
    gate("gate_prune_series", p_now=now + timedelta(days=30), p_limit=2)
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert session().query(CheckState).count() == 3
        assert session().query(CheckHour).count() == 7
    gate("gate_prune_series", p_now=now, p_limit=2)
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        assert {row.id for row in session().query(CheckState)} == {kept, lately}
        assert {row.state_id for row in session().query(CheckHour)} == {kept, lately}
        assert {row.state_id for row in session().query(CheckDay)} == {kept, lately}
        assert {row.state_id for row in session().query(CheckFlip)} == {kept, long_gone, lately}


def test_it_keeps_no_more_subjects_that_went_than_fit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who pushes other subjects every time makes the table no longer than the cap, check by check."""
    monkeypatch.setattr(states, "GONE", 3)
    _a_state(world)
    connection, begun = world.kept["connection"], datetime.now(UTC)
    with tenant_scope(world.a.id, SYSTEM):
        for n in range(1, 6):
            at = begun + timedelta(minutes=n)
            for check, subjects in (("bak.full.age", (f"A{n}", f"B{n}")), ("bak.diff.age", ("SAME",))):
                known = states.known_states(connection, [check])
                found = [Finding(subject=subject, state="crit", value=90.0, memory={"x": 1}) for subject in subjects]
                changes = states.judged(connection, check, found, known, Rule(), at)
                others = [row for row in known.values() if row.subject not in subjects]
                states.write(changes + states.gone(others, at), at, f"{check}-{n}")
        there = {row.subject: row for row in session().scalars(states.whole()) if row.check == "bak.full.age"}
        assert {subject for subject, row in there.items() if row.gone_at is None} == {"A5", "B5"}
        assert len(there) == 2 + 3, "the last three that went are known"
        assert {"A4", "B4"} < set(there)
        assert {name: bool(row.memory) for name, row in there.items() if name[1] in "45"} == {
            "A5": True, "B5": True, "A4": False, "B4": False
        }, "nothing is remembered for what went"  # fmt: skip
        flips = session().query(CheckFlip).filter_by(check="bak.full.age").all()
        assert {(flip.subject, flip.to_state) for flip in flips} >= {("A1", "crit"), ("A1", "gone"), ("B5", "crit")}
        (same,) = session().query(CheckState).filter_by(check="bak.diff.age").all()
        assert same.gone_at is None


def test_a_subject_with_limits_of_its_own_recovers_by_them(app: Flask, world: World) -> None:
    """The plan's rule would hold a weekly backup of 40 hours at warning for ever: its limit is 26."""
    begun, rule = datetime.now(UTC), Rule(clear_warn=23.4, clear_crit=45.0)
    state_id, connection = _a_state(world)["state_id"], world.kept["connection"]
    with tenant_scope(world.a.id, SYSTEM):
        looks: list[tuple[Level, float]] = [("warn", 171), ("warn", 160), ("ok", 40)]
        for n, (state, value) in enumerate(looks, 1):
            at = begun + timedelta(minutes=n)
            known = states.known_states(connection, ["bak.full.age"])
            one = Finding(
                subject="UFSystem", state=state, value=value, params={"database": "UFSystem", "age_s": value * 3600},
                limits=(170, 338),
            )  # fmt: skip
            states.write(states.judged(connection, "bak.full.age", [one], known, rule, at), at, f"own-{n}")
            session().expire_all()
        row = session().get_one(CheckState, (world.a.id, state_id))
        assert (row.state, row.sentence_params["limits"]) == ("ok", [170, 338])
    page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/checks/{state_id}").text
    assert "该数据库的备份计划" in page
    assert "170 小时" in page


def test_it_keeps_results_apart_by_client_in_the_partitions_too(world: World) -> None:
    now, values = datetime.now(UTC), _a_state(world)
    with tenant_scope(world.a.id, SYSTEM):
        session().add(CheckResult(state_id=values["state_id"], seen_at=now, state="ok", value=1))
    with tenant_scope(world.b.id, SYSTEM, read_only=True):
        assert session().query(CheckResult).count() == 0
        assert session().query(CheckState).count() == 0
        with pytest.raises(Exception, match="permission denied"):
            session().execute(text(f"SELECT * FROM {week(now)}"))


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3),
        st.one_of(
            st.integers(),
            st.integers(0, 20000).map(lambda size: "名" * size),
            st.integers(0, 60).map(lambda size: ["x" * 40 * size] * size),
        ),
        max_size=6,
    )
)
def test_it_keeps_no_more_detail_than_fits(params: dict[str, Any]) -> None:
    kept = capped(params)
    assert all(len(value) <= ROWS for value in kept.values() if isinstance(value, list))
    left_out = kept.get("left_out", [])
    assert set(kept) - {"left_out"} | set(left_out) == set(params)
    if not any(isinstance(value, str | list) for value in params.values()):
        assert kept == params
    assert sum(len(str(value).encode()) for name, value in kept.items() if name != "left_out") <= 2 * BYTES
