"""The flap rule of Nagios: 21 states, twenty weights, a fifth starts it, a twentieth ends it; and three of five."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.checks.finding import Finding, Level
from service_desk.checks.flapping import RING, change, flaps, turned
from service_desk.checks.life import Flip, Rule, Standing, advance

HARD: list[Level] = ["crit", "ok"] * 12  # never twice the same
NOON = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
rings = st.text("owcu", min_size=1, max_size=RING)
levels: st.SearchStrategy[Level] = st.sampled_from(["ok", "warn", "crit", "unknown"])


def run(found: list[Level], rule: Rule, before: Standing | None = None) -> tuple[Standing, list[Flip]]:
    """The standing after these results, a minute apart, and the flips on the way."""
    flips, begin = [], before.seen_at if before else NOON
    for place, level in enumerate(found, 1):
        before, flip = advance(before, Finding(state=level), rule, begin + timedelta(minutes=place))
        flips += [flip] if flip else []
    assert before is not None
    return before, flips


@pytest.mark.parametrize(
    ("ring", "percent"),
    [
        ("o" * 21, 0.0),
        ("oc" * 10 + "o", 100.0),
        ("o" * 20 + "c", 6.25),  # one change, the newest: 1.25 of twenty
        ("c" + "o" * 20, 3.75),  # one change, the oldest: 0.75 of twenty
        ("oc", 6.25),  # a short ring counts as if it had always been its first state
    ],
)
def test_it_weighs_new_changes_more_than_old_ones(ring: str, percent: float) -> None:
    assert change(ring) == pytest.approx(percent)


@given(rings)
def test_it_stays_between_nothing_and_all(ring: str) -> None:
    assert 0 <= change(ring) <= 100 + 1e-9
    assert (change(ring) == 0) == (len(set(ring)) == 1)


@given(rings, st.booleans())
def test_it_changes_its_mind_only_beyond_the_two_limits(ring: str, flapping: bool) -> None:
    percent = change(ring)
    if 5 < percent < 20:
        assert flaps(ring, flapping) is flapping
    else:
        assert flaps(ring, flapping) is (percent >= 20)


@given(st.lists(levels, max_size=60))
def test_it_keeps_no_more_than_21_states(found: list[Level]) -> None:
    ring = ""
    for level in found:
        ring = turned(ring, level)
    assert len(ring) == min(len(found), RING)


def test_it_flaps_over_21_states_and_becomes_calm_again() -> None:
    rule = Rule(flaps=True)
    after, _ = run(["ok", "crit", "ok", "crit"], rule)
    assert after.flapping_since is None, "three changes, the newest of twenty, are 18.4 percent"
    after, _ = run(["ok"], rule, after)
    assert after.flapping_since is not None
    after, flips = run(["ok"] * 21, rule, after)
    assert after.flapping_since is None
    assert flips == [Flip(came="flapping", went="ok")], "its incident must learn that it is over"


def test_it_records_hard_states_only() -> None:
    after, flips = run(["ok", *HARD], Rule(flaps=True, confirm_n=2))
    assert (after.flapping_since, flips, set(after.ring)) == (None, [], {"o"})


def test_it_calls_nothing_flapping_that_is_seldom_looked_at() -> None:
    after, _ = run(["ok", "crit"] * 12, Rule(flaps=False))
    assert after.flapping_since is None


@given(st.lists(levels, min_size=1, max_size=80))
def test_it_says_that_it_is_calm_whenever_it_becomes_calm(found: list[Level]) -> None:
    rule, before = Rule(flaps=True), None
    for place, level in enumerate(found):
        after, flip = advance(before, Finding(state=level), rule, NOON + timedelta(minutes=place))
        ended = before is not None and before.flapping_since is not None and after.flapping_since is None
        assert ended == (flip is not None and flip.came == "flapping")
        before = after


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (["ok", "warn", "ok", "warn", "ok"], "ok"),
        (["ok", "warn", "ok", "warn", "ok", "warn"], "warn"),
        (["ok", "crit", "ok", "warn", "crit"], "warn"),
        (["ok", "crit", "crit", "ok", "crit"], "crit"),
        (["ok", "warn", "ok", "ok", "warn", "ok", "ok", "warn"], "ok"),
    ],
)
def test_it_confirms_a_noisy_gauge_by_three_of_five(found: list[Level], told: str) -> None:
    after, _ = run(found, Rule(confirm_n=3, confirm_of=5))
    assert after.told == told


def test_it_counts_what_led_to_a_change_only_once() -> None:
    rule = Rule(confirm_n=3, confirm_of=5)
    after, _ = run(["ok", "crit", "crit", "crit", "ok", "crit"], rule)
    assert after.told == "ok", "one bad result after it was well again is not three"


@given(st.lists(levels, min_size=1, max_size=60))
def test_it_tells_nothing_that_was_not_seen_three_times_in_five(found: list[Level]) -> None:
    rule, before = Rule(confirm_n=3, confirm_of=5), None
    for place, level in enumerate(found):
        before, flip = advance(before, Finding(state=level), rule, NOON + timedelta(minutes=place))
        if flip is not None and flip.went in ("warn", "crit") and flip.came in ("ok", "new"):
            assert sum(one in ("warn", "crit") for one in found[max(0, place - 4) : place + 1]) >= 3
