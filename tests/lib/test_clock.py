"""Wall clocks and words for time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service_desk.lib.clock import (
    UnknownZone,
    ago,
    at_wall,
    hours_minutes,
    in_words,
    language,
    local_day,
    show_day,
    show_hour,
    show_offset,
    show_time,
    zone,
)

NOON = datetime(2026, 11, 22, 4, 0, 59, tzinfo=UTC)


def test_it_shows_dates_and_times_as_people_write_them() -> None:
    assert show_day(date(2026, 11, 22), "zh") == "2026-11-22 周日"
    assert show_day(date(2026, 11, 23), "en") == "2026-11-23 Mon"
    assert show_time(NOON, "Asia/Shanghai", "zh") == "2026-11-22 周日 12:00"
    assert show_hour(NOON, "America/New_York") == "23:00"
    assert local_day(NOON, "America/New_York") == date(2026, 11, 21)
    assert show_offset(NOON, "Asia/Kathmandu") == "UTC+05:45"
    assert show_offset(NOON, "America/St_Johns") == "UTC-03:30"


@pytest.mark.parametrize(
    ("day", "minute", "name", "expected"),
    [
        (date(2026, 4, 5), 120, "Australia/Sydney", "2026-04-04T15:00"),  # 02:00 happens twice: the first
        (date(2026, 10, 4), 150, "Australia/Sydney", "2026-10-03T16:30"),  # 02:30 does not exist
        (date(2026, 12, 31), 1440, "Asia/Shanghai", "2026-12-31T16:00"),
    ],
)
def test_it_reads_wall_times_where_clocks_jump(day: date, minute: int, name: str, expected: str) -> None:
    assert at_wall(day, minute, name) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "Asia", "a\x00b"])
def test_it_refuses_names_that_are_no_zone(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


@pytest.mark.parametrize(
    ("length", "chinese", "english"),
    [
        (timedelta(seconds=59), "不到 1 分钟", "under 1 min"),
        (timedelta(hours=31), "1 天 7 小时", "1 d 7 h"),
        (timedelta(hours=3, minutes=20, seconds=59), "3 小时 20 分钟", "3 h 20 min"),
        (timedelta(days=2, minutes=5), "2 天", "2 d"),
        (timedelta(hours=-2), "2 小时", "2 h"),
    ],
)
def test_it_says_lengths_of_time(length: timedelta, chinese: str, english: str) -> None:
    assert in_words(length, "zh") == chinese
    assert in_words(length, "en") == english


def test_it_says_how_long_ago() -> None:
    assert ago(NOON - timedelta(hours=2), NOON, "zh") == "2 小时前"
    assert ago(NOON + timedelta(minutes=5), NOON, "zh") == "5 分钟后"
    assert ago(NOON - timedelta(days=1), NOON, "en") == "1 d ago"
    assert ago(NOON + timedelta(days=1), NOON, "en") == "in 1 d"
    assert ago(NOON, NOON, "en") == "just now"
    assert ago(NOON - timedelta(days=13, hours=23), NOON, "zh") == "13 天 23 小时前"
    assert ago(NOON - timedelta(days=342, hours=16), NOON, "zh") == "342 天前"
    assert ago(NOON + timedelta(days=14, hours=5), NOON, "en") == "in 14 d"


def test_it_writes_hours_and_minutes() -> None:
    assert [hours_minutes(seconds) for seconds in (5400, 59, -60, -59, 360000)] == [
        "1:30",
        "0:00",
        "-0:01",
        "0:00",
        "100:00",
    ]


def test_it_takes_the_language_from_a_locale() -> None:
    assert [language(name) for name in ("zh_Hans_CN", "zh-CN", "en", "de")] == ["zh", "zh", "en", "en"]
