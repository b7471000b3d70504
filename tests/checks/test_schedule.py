"""Due times: an even grid, cron on the client's wall clock, both sides of the hour that is lost or comes twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from service_desk.checks.schedule import BadCron, alert_after, next_due, on_cron, on_grid, phase, retry_at, stable
from service_desk.scope import Walls
from tests.world import World

MOMENTS = st.integers(1_577_836_800, 2_051_222_400).map(lambda second: datetime.fromtimestamp(second, UTC))
INTERVALS = st.sampled_from((60, 300, 900, 1800, 7200, 86400))
BERLIN = "Europe/Berlin"


@given(MOMENTS, INTERVALS, st.integers(0, 86399))
def test_it_stays_on_the_grid(after: datetime, interval: int, offset: int) -> None:
    due = on_grid(after, interval, offset % interval)
    assert after < due <= after + timedelta(seconds=interval)
    assert (due.timestamp() - offset % interval) % interval == 0
    assert on_grid(due, interval, offset % interval) == due + timedelta(seconds=interval)


@given(st.integers(1, 10**6), st.integers(1, 10**9))
def test_it_lets_the_checks_of_one_connection_meet(tenant: int, connection: int) -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    slow = on_grid(start, 7200, phase(tenant, connection, 7200))
    for interval in (60, 300, 900, 1800):
        offset = phase(tenant, connection, interval)
        assert on_grid(slow - timedelta(seconds=1), interval, offset) == slow


def test_it_spreads_connections_evenly() -> None:
    spots = [phase(1, connection, 300) // 30 for connection in range(2000)]
    assert all(140 < spots.count(spot) < 260 for spot in range(10))


def test_the_gate_computes_the_same_grid(world: World) -> None:
    sql = text(
        "SELECT to_timestamp((floor((extract(epoch FROM cast(:now AS timestamptz)) - :phase) / :every) + 1) * :every"
        " + :phase)"
    )
    with Walls.engine.begin() as connection:
        for n in range(200):
            now = datetime(2026, 3, 28, tzinfo=UTC) + timedelta(seconds=n * 977.5)
            every = (60, 300, 7200)[n % 3]
            got = connection.execute(sql, {"now": now, "phase": n % every, "every": every}).scalar_one()
            assert got == on_grid(now, every, n % every)


def wall_times(line: str, zone: str, since: datetime, days: int) -> list[str]:
    """All wall times at which a cron line is due, each with its offset."""
    found, at = [], since
    while (at := on_cron(at, line, zone)) < since + timedelta(days=days):
        found.append(f"{at.astimezone(ZoneInfo(zone)):%m-%d %H:%M %z}")
    return found


def test_it_runs_once_in_the_hour_that_comes_twice() -> None:
    since = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert wall_times("30 2 * * *", BERLIN, since, 2) == ["10-25 02:30 +0200", "10-26 02:30 +0100"]


def test_it_runs_after_the_hour_that_is_lost() -> None:
    since = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert wall_times("30 2 * * *", BERLIN, since, 2) == ["03-29 03:00 +0200", "03-30 02:30 +0200"]


def test_it_follows_the_clients_clock() -> None:
    due = on_cron(datetime(2026, 11, 22, tzinfo=UTC), "0 8 * * *", "Asia/Shanghai")
    assert due == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


@given(MOMENTS, st.integers(0, 59))
def test_it_is_always_later_and_never_skips_a_day(after: datetime, spread: int) -> None:
    due = on_cron(after, "0 3 * * *", BERLIN, spread)
    assert after < due <= after + timedelta(hours=25, seconds=60)


@pytest.mark.parametrize("line", ["", "not a cron line", "* * *", "61 * * * *", "0 0 30 2 *"])
def test_it_refuses_a_line_that_is_none(line: str) -> None:
    with pytest.raises(BadCron):
        on_cron(datetime(2026, 11, 22, tzinfo=UTC), line, "UTC")


def test_it_prefers_the_cron_line_and_spreads_it_stably() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    due = next_due(now, interval_s=60, phase_s=0, cron="0 8 * * *", zone_name="UTC", seed="7")
    assert due == datetime(2026, 11, 22, 8, 0, stable("7", 60), tzinfo=UTC)
    assert next_due(now, interval_s=60, phase_s=0, cron=None, zone_name="UTC") == now + timedelta(seconds=60)


def test_it_looks_again_soon_but_not_at_once() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert retry_at(now, 60) == now + timedelta(seconds=12)
    assert retry_at(now, 7200) == now + timedelta(seconds=30)


def test_it_adds_the_grace_in_real_time_across_the_lost_hour() -> None:
    last = datetime(2026, 3, 28, 1, 0, tzinfo=UTC)
    after = alert_after(last, period_s=None, cron="0 2 * * *", zone_name=BERLIN, grace_s=1800)
    assert after == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
