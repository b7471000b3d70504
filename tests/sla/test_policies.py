"""Which policy applies, and notices that come once and in time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service_desk.sla.calendar import Calendar, always_open, hours
from service_desk.sla.notices import notices, send_at, told_again
from service_desk.sla.policies import Policy, choose, due_changes, fault, merged_start, under_new_terms
from service_desk.sla.timeline import Cycle, Event, Target, Terms, cycles

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
REST = Policy(1, 9, default=True)


def run(minutes: int, now: datetime) -> tuple[Cycle, ...]:
    terms = Terms({"P2": {"resolution": Target(minutes, always_open("UTC"))}})
    return tuple(one for one in cycles([Event(START, "created", "client", "P2")], terms, now) if one.target)


def test_the_first_fitting_policy_wins_and_the_default_comes_last() -> None:
    night = Policy(2, 5, {"environment": frozenset({"prod"}), "type": frozenset({"incident", "change"})})
    prod = Policy(3, 6, {"environment": frozenset({"prod"})})
    everything = [REST, prod, night]
    assert choose(everything, {"environment": "prod", "type": "change"}) == night
    assert choose(everything, {"environment": "prod", "type": "question"}) == prod
    assert choose(everything, {"environment": "test"}) == REST
    assert choose([night], {}) is None


def test_there_is_exactly_one_default() -> None:
    assert fault([REST]) is None
    assert fault([]) == "no_default"
    assert fault([REST, replace(REST, id=2)]) == "two_defaults"


def test_new_terms_change_running_clocks_and_keep_breaches() -> None:
    before, after = run(60, START + 2 * HOUR), run(240, START + 2 * HOUR)
    kept = under_new_terms(before, after)
    assert kept[0].breached_at == START + HOUR
    assert kept[0].due == START + 4 * HOUR
    change = due_changes(before, after, "policy")
    assert [(one.old, one.new, one.reason) for one in change] == [(START + HOUR, START + 4 * HOUR, "policy")]


def test_a_merge_keeps_its_own_start_unless_asked() -> None:
    assert merged_start(START + HOUR, START, take_earlier=False) == START + HOUR
    assert merged_start(START, START + HOUR, take_earlier=True) == START


def test_warnings_come_once_and_only_the_most_urgent() -> None:
    thresholds = [HOUR, HOUR / 2, HOUR / 4]
    now = START + 3.4 * HOUR
    (cycle,) = run(240, now)
    assert notices(cycle, thresholds, [], START + 2.9 * HOUR) == ()
    (first,) = notices(cycle, thresholds, [], START + 3 * HOUR)
    assert (first.kind, first.at, first.threshold) == ("warning", START + 3 * HOUR, HOUR)
    assert notices(cycle, thresholds, [HOUR], now) == ()
    (urgent,) = notices(cycle, thresholds, [], START + 3.8 * HOUR)
    assert (urgent.at, urgent.threshold) == (START + 3.75 * HOUR, HOUR / 4)
    assert notices(cycle, thresholds, [HOUR / 4], START + 3.9 * HOUR) == ()


def test_a_clock_that_is_over_or_stands_still_is_not_talked_about() -> None:
    (cycle,) = run(240, START + HOUR)
    assert notices(replace(cycle, met_at=START), [HOUR], [], START + 9 * HOUR) == ()
    assert notices(replace(cycle, target=None), [HOUR], [], START + 9 * HOUR) == ()


def test_a_moved_due_time_is_told_again_only_when_it_moved_later() -> None:
    sent = {HOUR}
    assert told_again(sent, START, START + HOUR) == set()
    assert told_again(sent, START, None) == set()
    assert told_again(sent, START + HOUR, START) == sent
    assert told_again(sent, START, START) == sent


def test_notices_wait_for_waking_hours_unless_round_the_clock() -> None:
    waking = Calendar("UTC", (hours([["07:00", "21:00"]]),) * 7)
    late = START.replace(hour=23)
    assert send_at(late, round_the_clock=False, waking=waking) == late + 8 * HOUR
    assert send_at(late, round_the_clock=True, waking=waking) == late
    assert send_at(START, round_the_clock=False, waking=waking) == START
