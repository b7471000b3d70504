"""The rules of drills: how proven a backup is, how a drill ends, when the next is due."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors import CONNECTORS
from service_desk.safeguards import drilling
from tests.safeguards import calm

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
DONE = [(key, "done") for key, _ in drilling.steps("yonyou_u8")]


def test_it_is_never_fresh_or_stale() -> None:
    assert drilling.proof(None, 90, NOW) == "never"
    assert drilling.proof(NOW - timedelta(days=90), 90, NOW) == "fresh"
    assert drilling.proof(NOW - timedelta(days=90, seconds=1), 90, NOW) == "stale"


def test_every_erp_has_its_steps_and_no_key_twice() -> None:
    for kind in (*CONNECTORS, "unknown"):
        keys = [key for key, _ in drilling.steps(kind)]
        assert keys == ["file", "restore", "checkdb", "counts", "login", "clean"]
    assert "CHECKDB" in dict(drilling.steps("kingdee_k3"))["checkdb"]
    assert "Business One" in dict(drilling.steps("sap_b1_hana"))["login"]
    assert drilling.tables("sap_b1_sql")[0] == {"table": "OJDT", "expected": None, "found": None}
    assert "amcheck" in dict(drilling.steps("tryton"))["checkdb"]


def test_a_drill_is_good_when_restoring_and_checking_were_done_and_counts_agree() -> None:
    equal: list[dict[str, Any]] = [
        {"table": "t", "expected": 3, "found": 3},
        {"table": "u", "expected": None, "found": None},
    ]
    end = drilling.ended(DONE, equal, NOW, NOW + timedelta(minutes=75))
    assert (end.result, end.failed_step, end.minutes) == ("good", "", 75)
    fewer = drilling.ended(DONE, [{"table": "t", "expected": 3, "found": 2}], NOW, NOW)
    assert (fewer.result, fewer.failed_step) == ("failed", "counts")
    skipped = [(key, "skipped" if key == "checkdb" else state) for key, state in DONE]
    assert drilling.ended(skipped, equal, NOW, NOW).failed_step == "checkdb"
    assert drilling.half_counted([{"table": "t", "expected": 3, "found": None}, *equal]) == ["t"]


def test_the_next_is_due_so_many_days_after_the_last_or_at_once_by_the_clients_calendar() -> None:
    assert drilling.next_due(None, 90, NOW, "Asia/Shanghai") == date(2026, 11, 22)
    assert drilling.next_due(NOW, 90, NOW, "Asia/Shanghai") == date(2027, 2, 20)
    night = NOW.replace(hour=16, minute=1)
    assert drilling.next_due(None, 90, night, "Asia/Shanghai") == date(2026, 11, 23)
    assert drilling.next_due(night, 90, NOW, "Asia/Shanghai") == date(2027, 2, 21)


STATES = st.lists(st.sampled_from(["done", "failed", "skipped", "open"]), min_size=len(DONE), max_size=len(DONE))
COUNTED = st.none() | st.integers(0, 9)
COUNTS = st.lists(
    st.fixed_dictionaries(
        {"table": st.text(), "expected": st.none() | st.integers(0, 9), "found": st.none() | st.integers(0, 9)}
    ),
    max_size=4,
)


@calm
@given(STATES, COUNTS)
def test_no_drill_is_good_that_was_not_restored_checked_and_equal(
    states: list[str], counts: list[dict[str, object]]
) -> None:
    steps = [(key, state) for (key, _), state in zip(DONE, states, strict=True)]
    end = drilling.ended(steps, counts, NOW, NOW + timedelta(minutes=5))
    held = dict(steps)
    proven = "failed" not in states and held["restore"] == held["checkdb"] == "done" and not drilling.differing(counts)
    assert (end.result == "good") == proven
    assert bool(end.failed_step) == (end.result == "failed")
