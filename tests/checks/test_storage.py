"""The series in its partitions: a page reads only the weeks it shows, what is old goes, what is long is cut."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from service_desk.checks.detail import BYTES, ROWS, capped
from service_desk.checks.models import CheckDay, CheckHour, CheckResult, CheckState
from service_desk.scope import SYSTEM, Walls, gate, session, tenant_scope
from tests.checks.matrix import _a_state
from tests.world import World

Asked = list[tuple[str, Any]]


@contextmanager
def listening() -> Iterator[Asked]:
    """Every statement of this process with its values."""
    heard: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        heard.append((statement, values))

    event.listen(Walls.engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(Walls.engine, "before_cursor_execute", note)


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
    with listening() as heard:
        assert browser.get(f"/t/{world.a.slug}/checks/{values['state_id']}?days={days}").status_code == 200
    asked = [(said, given_) for said, given_ in heard if "check_result" in said]
    assert len(asked) == (1 if weeks else 0)
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        plans = [
            str(line) for said, given_ in asked for line in
            session().connection().exec_driver_sql(f"EXPLAIN {said}", given_).scalars()
        ]  # fmt: skip
    touched = set(re.findall(r"check_result_p\d{8}", " ".join(plans)))
    assert touched <= {week(now - timedelta(days=n)) for n in range(days + 1)}
    assert bool(touched) == bool(weeks)
    assert len(touched) <= weeks


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
