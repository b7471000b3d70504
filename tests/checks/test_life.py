"""Confirmation, hysteresis, recovery: whatever comes, nothing bad stays green and nobody is told twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import RANK, Finding, Level
from service_desk.checks.life import Flip, Rule, Standing, advance, leave, wait

START = datetime(2026, 11, 22, tzinfo=UTC)
LEVELS: tuple[Level, ...] = ("ok", "warn", "crit", "unknown")
RULES = st.builds(Rule, confirm_n=st.integers(1, 4), recover_n=st.integers(1, 4))


def lived(levels: list[Level], rule: Rule, first: Standing | None = None) -> list[tuple[Standing, Flip | None]]:
    """The standings after each result, a minute apart."""
    told, found = first, []
    for n, level in enumerate(levels):
        told, flip = advance(told, Finding(state=level), rule, START + timedelta(minutes=n + 1))
        found.append((told, flip))
    return found


@given(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=30), RULES)
def test_it_never_stays_green_over_results_that_are_not(levels: list[Level], rule: Rule) -> None:
    patience = max(rule.confirm_n, 2)
    after = lived(levels, rule)
    for n in range(patience - 1, len(levels)):
        if all(level != "ok" for level in levels[n - patience + 1 : n + 1]):
            assert after[n][0].state != "ok"


@given(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=30), RULES)
def test_it_is_never_green_unless_the_last_confirmed_look_was(levels: list[Level], rule: Rule) -> None:
    for standing, _ in lived(levels, rule):
        assert standing.state != "ok" or standing.told == "ok"


@given(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=40), RULES)
def test_it_tells_flips_that_follow_from_each_other(levels: list[Level], rule: Rule) -> None:
    last: str | None = None
    for standing, flip in lived(levels, rule):
        if flip is not None:
            assert flip.came == (last or "new")
            assert flip.came != flip.went
            last = flip.went
        elif standing.told != last:
            assert (last, standing.told) == (None, "ok")
            last = standing.told


@given(st.sampled_from(LEVELS), RULES)
def test_it_confirms_after_so_many_in_a_row_and_not_before(level: Level, rule: Rule) -> None:
    needed = {"ok": 1, "unknown": max(2, rule.confirm_n)}.get(level, rule.confirm_n)
    after = lived([level] * needed, rule)
    assert [standing.told for standing, _ in after] == [None] * (needed - 1) + [level]


def test_it_confirms_the_mildest_of_what_jumps() -> None:
    after = lived(["ok", "crit", "warn"], Rule(confirm_n=2))
    assert after[-1][1] == Flip(came="ok", went="warn")


@given(st.lists(st.sampled_from(("ok", "warn", "crit")), min_size=1, max_size=20))
def test_it_takes_no_result_that_is_not_newer(levels: list[Level]) -> None:
    standing = lived(levels, Rule())[-1][0]
    for state in LEVELS:
        assert advance(standing, Finding(state=state), Rule(), standing.seen_at) == (standing, None)


@given(st.floats(90, 100, exclude_min=True, exclude_max=True))
def test_it_holds_a_state_until_its_value_has_passed_the_clear_limit(value: float) -> None:
    rule = Rule(clear_crit=90, clear_warn=72)
    first = lived(["crit"], rule)[0][0]
    held, flip = advance(first, Finding(state="warn", value=value), rule, START + timedelta(hours=1))
    assert (held.state, flip) == ("crit", None)
    eased, flip = advance(held, Finding(state="warn", value=89), rule, START + timedelta(hours=2))
    assert (eased.state, flip) == ("warn", Flip(came="crit", went="warn"))


def test_it_waits_without_telling_and_comes_back_to_what_was_told() -> None:
    told = lived(["crit"], Rule())[0][0]
    waiting = wait(told, START + timedelta(hours=1))
    assert (waiting.state, waiting.reason, waiting.told) == ("unknown", "waiting", "crit")
    same, flip = advance(waiting, Finding(state="crit"), Rule(), START + timedelta(hours=2))
    assert (same.state, flip) == ("crit", None)
    well, flip = advance(waiting, Finding(state="ok"), Rule(), START + timedelta(hours=2))
    assert (well.state, flip) == ("ok", Flip(came="crit", went="ok"))


@given(st.sampled_from(LEVELS))
def test_it_says_gone_only_when_there_was_something_to_say(level: Level) -> None:
    standing = lived([level, level], Rule())[-1][0]
    left, flip = leave(standing, START + timedelta(hours=1))
    assert left.gone_at is not None
    assert flip == (None if level == "ok" else Flip(came=level, went="gone"))
    assert leave(left, START + timedelta(hours=2)) == (left, None)


def test_it_starts_anew_when_a_subject_comes_back() -> None:
    left, _ = leave(lived(["crit"], Rule())[0][0], START + timedelta(hours=1))
    back, flip = advance(left, Finding(state="crit"), Rule(), START + timedelta(hours=2))
    assert back.gone_at is None
    assert flip == Flip(came="new", went="crit")


def test_the_ranks_put_blindness_between_fine_and_bad() -> None:
    assert sorted(RANK, key=lambda state: RANK[state]) == ["ok", "unknown", "warn", "crit"]


def test_a_gauge_that_is_asked_often_is_calm_only_when_it_was_twice() -> None:
    """What is measured every few minutes and jumps must not end an alarm by one lucky look; facts end it at once."""
    units = ("%", "ms", "MB", "s", "min")
    often = {key: check for key, check in CATALOG.items() if check.planned and check.interval_s <= 300}
    gauges = {key for key, check in often.items() if check.unit in units and not check.manual}
    facts = {"bak.log.age", "db.restarted", "api.quota"}
    assert {key for key in gauges if CATALOG[key].recover_n < 2} == facts
