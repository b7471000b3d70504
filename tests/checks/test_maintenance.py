"""Windows are computed: once, by rule, over midnight, over both jumps of the clocks, and never stored."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.checks.maintenance import BadRule, Window, occurrences, open_until, read_rule

SUNDAY = date(2026, 11, 22)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def window(rule: str = "", **more: object) -> Window:
    facts = {"first_day": SUNDAY, "at_minute": 22 * 60, "minutes": 240, "zone": "Asia/Shanghai", **more}
    return Window(rule=rule, **facts)  # type: ignore[arg-type]


def starts(one: Window, since: str, until: str) -> list[str]:
    return [f"{span.start:%m-%d %H:%M}" for span in occurrences(one, at(since), at(until))]


def test_it_opens_once_on_the_clients_wall_clock_and_lasts_over_midnight() -> None:
    one = window()
    assert starts(one, "2026-11-01T00:00Z", "2027-11-01T00:00Z") == ["11-22 14:00"]
    assert open_until([one], 7, "db.up", at("2026-11-22T17:59:59Z")) == at("2026-11-22T18:00Z")
    assert open_until([one], 7, "db.up", at("2026-11-22T18:00Z")) is None
    assert open_until([one], 7, "db.up", at("2026-11-22T13:59:59Z")) is None


def test_it_comes_again_every_saturday_and_every_last_friday() -> None:
    weekly = window("FREQ=WEEKLY;BYDAY=SA")
    assert starts(weekly, "2026-11-22T00:00Z", "2026-12-14T00:00Z") == ["11-28 14:00", "12-05 14:00", "12-12 14:00"]
    monthly = window("FREQ=MONTHLY;BYDAY=-1FR")
    assert starts(monthly, "2026-11-22T00:00Z", "2027-01-31T00:00Z") == ["11-27 14:00", "12-25 14:00", "01-29 14:00"]


def test_it_finds_the_one_that_began_before_the_time_asked_for() -> None:
    assert starts(window("FREQ=DAILY"), "2026-12-01T16:00Z", "2026-12-01T16:01Z") == ["12-01 14:00"]


@pytest.mark.parametrize(
    ("day", "minute", "start", "lasts"),
    [
        # 02:30 does not exist on that night in Berlin, and comes twice on the other: real length both times.
        (date(2026, 3, 29), 150, "2026-03-29T01:30Z", 120),
        (date(2026, 10, 25), 150, "2026-10-25T00:30Z", 120),
    ],
)
def test_it_keeps_its_length_where_clocks_jump(day: date, minute: int, start: str, lasts: int) -> None:
    one = window("FREQ=WEEKLY", first_day=day, at_minute=minute, minutes=lasts, zone="Europe/Berlin")
    (span,) = occurrences(one, at(start) - timedelta(hours=3), at(start) + timedelta(hours=3))
    assert (span.start, span.end - span.start) == (at(start), timedelta(minutes=lasts))


def test_it_is_at_the_same_wall_time_before_and_after_the_jump() -> None:
    one = window("FREQ=WEEKLY;BYDAY=SU", first_day=date(2026, 3, 22), at_minute=600, zone="Europe/Berlin")
    assert starts(one, "2026-03-22T00:00Z", "2026-04-01T00:00Z") == ["03-22 09:00", "03-29 08:00"]


def test_it_covers_what_it_names() -> None:
    moment = at("2026-11-22T15:00Z")
    assert open_until([window(connection_id=7)], 7, "db.up", moment)
    assert not open_until([window(connection_id=7)], 8, "db.up", moment)
    assert not open_until([window(connection_id=7)], None, "hb.job", moment)
    assert open_until([window(check="db.up")], 8, "db.up", moment)
    assert not open_until([window(check="db.up")], 8, "disk.free", moment)


def test_it_joins_windows_that_follow_one_another() -> None:
    late = window(at_minute=22 * 60, minutes=60)
    later = window(at_minute=23 * 60, minutes=60)
    assert open_until([later, late], 1, "x", at("2026-11-22T14:10Z")) == at("2026-11-22T16:00Z")


def test_it_answers_for_a_window_that_never_closes() -> None:
    always = window("FREQ=DAILY", at_minute=0, minutes=1440)
    assert open_until([always], 1, "x", at("2026-12-01T00:00Z")) is not None


@pytest.mark.parametrize(
    "rule",
    ["FREQ=HOURLY", "FREQ=SECONDLY", "nonsense", "FREQ=DAILY;BYHOUR=1,2,3", "FREQ=WEEKLY;BYDAY=XX", "",
     "FREQ=DAILY;UNTIL=20200101T000000", "RRULE:FREQ=DAILY\nEXDATE:20261122T220000"],
)  # fmt: skip
def test_it_refuses_a_rule_that_comes_never_or_all_the_time(rule: str) -> None:
    with pytest.raises(BadRule):
        read_rule(rule, datetime(2026, 11, 22, 22))  # noqa: DTZ001 - a wall time


RULES = st.sampled_from(["", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)).map(lambda wall: wall.replace(tzinfo=UTC))  # noqa: DTZ001


@given(
    RULES, st.integers(0, 1439), st.integers(1, 3000), st.sampled_from(["Asia/Shanghai", "America/New_York"]), MOMENTS
)
def test_it_is_open_exactly_within_its_occurrences(
    rule: str, minute: int, minutes: int, zone: str, moment: datetime
) -> None:
    one = window(rule, first_day=date(2026, 2, 1), at_minute=minute, minutes=minutes, zone=zone)
    around = list(occurrences(one, moment - timedelta(days=4), moment + timedelta(days=4)))
    assert around == sorted(around, key=lambda span: span.start)
    inside = any(span.start <= moment < span.end for span in around)
    until = open_until([one], 1, "x", moment)
    assert (until is not None) == inside
    assert until is None or until > moment


def test_a_nightly_window_of_many_years_is_counted_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty checks of every visit ask whether it is open; counting from its first day each time would cost seconds."""
    asked: list[str] = []

    def counted(text: str, first: datetime) -> object:
        asked.append(text)
        return read_rule(text, first)

    monkeypatch.setattr("service_desk.checks.maintenance.read_rule", counted)
    nightly = Window(first_day=date(2006, 11, 22), at_minute=120, minutes=60, rule="FREQ=DAILY", zone="Asia/Shanghai")
    begun = datetime(2026, 11, 21, 18, tzinfo=UTC)  # two in the morning there
    found = [open_until([nightly], 1, f"check-{n}", begun + timedelta(minutes=n)) for n in range(80)]
    assert found == [begun + timedelta(hours=1)] * 60 + [None] * 20
    assert len(asked) <= 2
