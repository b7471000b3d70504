"""Who wants what and when: quiet hours on a wall clock, digests, told together, how fast, how often again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.alerts.delivery.pace import ATTEMPTS, LONGEST_WAIT, Outcome, after, turn, wait
from service_desk.alerts.delivery.plan import Reader, planned
from service_desk.alerts.delivery.wishes import Quiet, Wish

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
NIGHT = Quiet(from_minute=22 * 60, until_minute=8 * 60, zone="Asia/Shanghai")
EVERYTHING = ("crit", "warn", "unknown")
# The library wants its bounds without a zone.
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@dataclass(frozen=True)
class Told:
    id: int
    why: str = "opened"
    severity: str = "crit"
    step: int = 0


def at(hour: int, minute: int = 0) -> datetime:
    """A moment by the clocks of Shanghai."""
    return datetime(2026, 11, 22, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("hour", "ends"), [(12, None), (21, None), (22, at(8) + timedelta(days=1)), (0, at(8)), (7, at(8)), (8, None)]
)
def test_it_knows_the_quiet_hours_across_midnight(hour: int, ends: datetime | None) -> None:
    assert NIGHT.ends_at(at(hour)) == ends


def test_it_reads_quiet_hours_on_the_wall_clock_also_when_that_jumps() -> None:
    berlin = Quiet(from_minute=60, until_minute=4 * 60, zone="Europe/Berlin")
    autumn = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 01:30; two o'clock comes twice
    assert berlin.ends_at(autumn) == datetime(2026, 10, 25, 3, 0, tzinfo=UTC)
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert berlin.ends_at(spring) == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)


@given(moments, st.integers(0, 1439), st.integers(0, 1439), st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]))
def test_quiet_hours_end_after_now_and_within_a_day(now: datetime, begins: int, ends: int, zone: str) -> None:
    over = Quiet(from_minute=begins, until_minute=ends, zone=zone).ends_at(now)
    assert over is None or now < over <= now + timedelta(hours=25)
    if begins == ends:
        assert over is None


def test_critical_things_come_through_unless_somebody_said_no() -> None:
    assert Wish(quiet=NIGHT).waits("crit", at(23)) == ("", at(23))
    assert Wish(quiet=NIGHT, severities=EVERYTHING).waits("warn", at(23))[0] == "quiet"
    deaf = Quiet(from_minute=22 * 60, until_minute=8 * 60, zone="Asia/Shanghai", breaks=False)
    assert Wish(quiet=deaf).waits("crit", at(23)) == ("quiet", at(8) + timedelta(days=1))


def test_a_digest_is_due_on_the_hour_or_in_the_morning_and_never_in_quiet_hours() -> None:
    assert Wish(digest="hourly").waits("warn", at(12, 5)) == ("digest", at(13))
    assert Wish(digest="daily", digest_minute=540).waits("warn", at(12)) == ("digest", at(9) + timedelta(days=1))
    assert Wish(digest="daily", digest_minute=540).waits("warn", at(7)) == ("digest", at(9))
    assert Wish(digest="hourly", quiet=NIGHT).waits("warn", at(21, 30)) == ("digest", at(8) + timedelta(days=1))
    assert Wish(digest="hourly").waits("crit", at(12, 5)) == ("", at(12, 5))


def test_it_tells_only_what_was_wished_for() -> None:
    wish = Wish(severities=("warn",), clients=(7,), when_over=False)
    assert wish.wants("warn", 7, over=False)
    assert not wish.wants("crit", 7, over=False)
    assert not wish.wants("warn", 8, over=False)
    assert not wish.wants("warn", 7, over=True)


def test_it_puts_together_what_is_told_at_the_same_time() -> None:
    reader = Reader(wish=Wish(severities=EVERYTHING, digest="hourly"), channel="wecom", name="x")
    notices = [Told(1, severity="warn"), Told(2), Told(3, severity="unknown"), Told(4, "escalated", "warn", 1)]
    plans = planned(notices, [reader], 7, NOW)
    assert [(plan.notice_ids, plan.held_for, plan.severity) for plan in plans] == [
        ((1, 3), "digest", "warn"),
        ((2, 4), "", "crit"),
    ]


def test_it_tells_an_owner_what_nobody_has_seen_whatever_was_wished() -> None:
    owner = Reader(wish=Wish(severities=()), channel="email", name="x", steps=1)
    notices = [Told(1), Told(2, "escalated", "warn", 1)]
    assert [plan.notice_ids for plan in planned(notices, [owner], 7, NOW)] == [(2,)]


@given(st.lists(st.floats(0, 90), max_size=120), st.sampled_from([20, 100]))
def test_no_destination_gets_more_than_it_takes_in_a_minute_and_nothing_is_lost(
    gaps: list[float], per_minute: int
) -> None:
    """Messages arrive in any rhythm, also all at once after workers were away; each waits for its turn."""
    begun = NOW
    waiting: list[tuple[datetime, datetime | None]] = []
    for gap in gaps:
        begun += timedelta(seconds=gap if gap > 60 else 0)
        waiting.append((begun, None))
    paced, sent, clock = None, [], NOW
    while waiting:
        waiting.sort(key=lambda one: one[0])
        due, slot = waiting.pop(0)
        clock = max(clock, due)
        mine = turn(paced, clock, per_minute, slot)
        paced = mine.next_at
        if mine.at <= clock:
            sent.append(clock)
        else:
            waiting.append((mine.at, mine.at))
    assert len(sent) == len(gaps)
    assert all(later - earlier > timedelta(minutes=1) for earlier, later in zip(sent, sent[per_minute:], strict=False))


def test_a_message_that_misses_its_turn_lines_up_anew() -> None:
    slot = NOW - timedelta(minutes=5)
    assert turn(NOW + timedelta(seconds=9), NOW, 20, slot).at == NOW + timedelta(seconds=9)
    assert turn(NOW + timedelta(seconds=9), NOW, 20, NOW - timedelta(seconds=1)).at == NOW
    assert turn(None, NOW, 0).next_at == NOW


def test_it_waits_twice_as_long_each_time_and_gives_up_once() -> None:
    waits = [wait(attempt) for attempt in range(1, 20)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=15), LONGEST_WAIT)
    assert wait(1, 600) == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("verdict", "attempts", "repeatable", "state"),
    [
        ("sent", 1, False, "sent"),
        ("never", 1, True, "failed"),
        ("later", 1, False, "waiting"),
        ("later", ATTEMPTS, False, "failed"),
        ("unknown", 1, False, "maybe_sent"),
        ("unknown", 1, True, "waiting"),
        ("unknown", ATTEMPTS, True, "maybe_sent"),
    ],
)
def test_what_may_have_arrived_is_repeated_only_where_a_copy_is_told(
    verdict: str, attempts: int, repeatable: bool, state: str
) -> None:
    coming = after(Outcome(verdict=verdict, answer=""), attempts, NOW, repeatable=repeatable)
    assert coming.state == state
    assert (coming.due_at is not None) == (state == "waiting")
