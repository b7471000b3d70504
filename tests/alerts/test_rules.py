"""What flips make of incidents."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.alerts.rules import CONTINUES, Key, is_storm, lasts, latest, step, steps

NOON = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
KEY: Key = (1, "db.up", "")


@dataclass(frozen=True)
class Flip:
    id: int
    to_state: str
    at: datetime = NOON
    connection_id: int | None = 1
    check: str = "db.up"
    subject: str = ""


@dataclass(frozen=True)
class Known:
    severity: str
    resolved_at: datetime | None = None
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None


OPEN = Known("crit")
ENDED = Known("crit", NOON - CONTINUES)
LONG_ENDED = Known("crit", NOON - CONTINUES - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("to_state", "known", "what"),
    [
        ("crit", None, "open"),
        ("warn", None, "open"),
        ("crit", OPEN, "nothing"),
        ("warn", OPEN, "change"),
        ("crit", ENDED, "reopen"),
        ("crit", LONG_ENDED, "open"),
        ("ok", OPEN, "resolve"),
        ("gone", OPEN, "resolve"),
        ("ok", None, "nothing"),
        ("ok", ENDED, "nothing"),
        ("unknown", OPEN, "nothing"),
        ("unknown", None, "nothing"),
    ],
)
def test_it_decides_what_a_flip_means(to_state: str, known: Known | None, what: str) -> None:
    assert step(KEY, to_state, NOON, known).what == what


def test_it_takes_the_last_word_of_a_batch() -> None:
    flips = [Flip(3, "ok", NOON + timedelta(minutes=1)), Flip(1, "warn"), Flip(2, "crit")]
    assert latest(flips)[KEY].to_state == "ok"
    assert steps(flips, {}) == []
    assert [one.what for one in steps(flips, {KEY: OPEN})] == ["resolve"]


@given(st.lists(st.sampled_from(["ok", "warn", "crit", "unknown", "gone"]), max_size=30))
def test_it_never_opens_what_is_open_nor_ends_what_is_not(states: list[str]) -> None:
    known: Known | None = None
    for place, state in enumerate(states):
        at = NOON + timedelta(minutes=place * 7)
        one = step(KEY, state, at, known)
        if one.what in ("open", "reopen"):
            assert known is None or known.resolved_at is not None
            known = Known(one.severity)
        elif one.what == "change":
            assert known is not None
            assert known.resolved_at is None
            known = Known(one.severity)
        elif one.what == "resolve":
            assert known is not None
            assert known.resolved_at is None
            known = Known(known.severity, at)
        if state == "crit":
            assert known is not None
            assert (known.severity, known.resolved_at) == ("crit", None)


def test_it_waits_three_runs_before_darkness_is_news() -> None:
    five = timedelta(minutes=5)
    assert not lasts(NOON, five, NOON + timedelta(minutes=14))
    assert lasts(NOON, five, NOON + timedelta(minutes=15))


def test_it_calls_more_than_five_a_storm() -> None:
    assert not is_storm(range(5))
    assert is_storm(range(6))
