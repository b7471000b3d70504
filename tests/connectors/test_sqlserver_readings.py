"""What single readings of a SQL Server mean."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sqlserver_readings import (
    ahead_s,
    category,
    cpu_shares,
    heads,
    identity_use,
    length_s,
    since_s,
    supported_until,
)
from connectors.sqlserver_space import GIGABYTE, express_bytes


@pytest.mark.parametrize(
    ("version", "until"),
    [
        ("10.0.6000.29", date(2019, 7, 9)),
        ("10.50.6000.34", date(2019, 7, 9)),
        ("13.0.6300.2", date(2026, 7, 14)),
        ("16.0.1000.6", date(2033, 1, 11)),
        ("99.0.1", None),
    ],
)
def test_a_version_is_supported_until_a_day(version: str, until: date | None) -> None:
    assert supported_until(version) == until


@given(st.floats(-4000, 4000, allow_nan=False), st.floats(0, 20, allow_nan=False))
def test_a_clock_is_off_by_what_it_shows_against_the_middle_of_the_way(off: float, way: float) -> None:
    asked = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    answered = asked + timedelta(seconds=way)
    shown = asked + timedelta(seconds=way / 2 + off)
    found = ahead_s(f"{shown:%Y-%m-%dT%H:%M:%S}.{shown.microsecond:06d}7", asked, answered)
    assert found == pytest.approx(off, abs=0.002)


def test_a_clock_without_fractions_is_read_as_well() -> None:
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert ahead_s("2026-11-22T03:00:00", at, at) == 3600


def test_processors_are_shared_between_the_server_and_the_others() -> None:
    record = (
        "<R><SystemHealth><ProcessUtilization>{}</ProcessUtilization><SystemIdle>{}</SystemIdle></SystemHealth></R>"
    )
    assert cpu_shares([record.format(20, 50), record.format(40, 50), "<garbled"]) == (30.0, 20.0)
    assert cpu_shares(["<garbled"]) is None


def test_the_head_of_a_chain_is_who_waits_for_nobody() -> None:
    rows = [(54, 53, 9000), (55, 54, 4000), (60, 61, None)]
    assert heads(rows) == {53: (2, 9.0), 61: (1, 0.0)}
    # A ring, which the server is about to break.
    assert heads([(1, 2, 10), (2, 1, 20)]) == {1: (2, 0.02)}


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6)), max_size=9))
def test_every_session_that_waits_is_counted_once(rows: list[tuple[int, int, int]]) -> None:
    waiting = list({row[0]: row for row in rows}.values())
    assert sum(count for count, _ in heads(waiting).values()) == len(waiting)


@pytest.mark.parametrize(("digits", "seconds"), [(412, 252), (93015, 34215), (1000000, 360000), (0, 0), (None, None)])
def test_a_length_of_the_agent_is_hours_minutes_seconds(digits: Any, seconds: int | None) -> None:
    assert length_s(digits) == seconds


def test_a_moment_of_the_agent_is_compared_with_the_servers_own_clock() -> None:
    assert since_s(20261122, 20530, "2026-11-22T03:05:30") == 3600
    assert since_s(20261122, 0, "2026-11-22T00:00:01") == 1
    assert since_s(0, 0, "2026-11-22T00:00:01") is None


@pytest.mark.parametrize(
    ("type_id", "precision", "last", "step", "expected"),
    [
        (56, 10, "2147483646", "1", (100.0, 1)),
        (48, 3, "51", "1", (20.0, 204)),
        (108, 4, "5000", "2", (50.01, 2499)),
        (56, 10, "-5", "-1", None),
        (36, 0, "1", "1", None),
        (56, 10, "-2000", "1", (0.0, 2147485647)),
    ],
)
def test_a_number_that_counts_itself_up_uses_up_its_type(
    type_id: int, precision: int, last: str, step: str, expected: tuple[float, int] | None
) -> None:
    assert identity_use(type_id, precision, last, step) == expected


@pytest.mark.parametrize(
    ("version", "gigabytes"), [("10.0.1600", 4), ("10.50.1600", 10), ("13.0.1", 10), ("17.0.1000", 50)]
)
def test_the_express_edition_stops_at_a_size_of_its_own(version: str, gigabytes: int) -> None:
    assert express_bytes(version) == gigabytes * GIGABYTE


@pytest.mark.parametrize(
    ("wait", "name"), [("LCK_M_S", "lock"), ("PAGEIOLATCH_EX", "disk"), ("THREADPOOL", "cpu"), ("LAZYWRITER_SLEEP", "")]
)
def test_a_wait_has_a_category_or_is_idling(wait: str, name: str) -> None:
    assert category(wait) == name
