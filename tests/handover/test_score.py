"""The completeness score: weights, ageing, blockers; never a hundred while something is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.handover.score import Item, judge, score

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
MONTH = timedelta(days=30)


def item(weight: int = 10, *, there: bool = True, age: int | None = None, blocks: bool = False, key: str = "a") -> Item:
    seen = NOW - timedelta(days=age) if age is not None else None
    return Item(key, "access", weight, "words", "page", there, seen, MONTH if age is not None else None, blocks)


@pytest.mark.parametrize(
    ("age", "state", "share"),
    [(0, "there", 1.0), (30, "there", 1.0), (45, "old", 0.75), (60, "old", 0.5), (400, "old", 0.5)],
)
def test_it_counts_less_the_older_it_is_down_to_half(age: int, state: str, share: float) -> None:
    judged = judge(item(age=age), NOW)
    assert (judged.state, float(judged.share)) == (state, share)


def test_it_counts_nothing_for_what_is_missing() -> None:
    assert score([item(30), item(10, there=False, key="b")], NOW).percent == 75


def test_it_is_never_complete_while_something_is_missing() -> None:
    assert score([item(1000), item(1, there=False, key="b")], NOW).percent == 99
    assert score([item(1000)], NOW).percent == 100


def test_it_names_the_heaviest_missing_thing_first_and_blockers_apart() -> None:
    judged = score([item(5, there=False, key="light"), item(20, there=False, key="heavy", blocks=True), item(9)], NOW)
    assert [one.item.key for one in judged.missing] == ["heavy", "light"]
    assert [one.item.key for one in judged.blockers] == ["heavy"]


@given(st.lists(st.tuples(st.integers(1, 20), st.booleans(), st.integers(0, 200)), min_size=1, max_size=12))
def test_it_never_falls_when_something_is_mended(rows: list[tuple[int, bool, int]]) -> None:
    items = [item(weight, there=there, age=age, key=str(n)) for n, (weight, there, age) in enumerate(rows)]
    before = score(items, NOW).percent
    assert 0 <= before <= 100
    mended = [item(items[0].weight, age=0, key="0"), *items[1:]]
    assert score(mended, NOW).percent >= before
