"""Instants and wall clocks. Instants are aware datetimes; the zone is always the reader's or the client's, named."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Language = Literal["zh", "en"]

_WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_UNITS = ((86400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min"))


class UnknownZone(ValueError):
    """The name is not a zone of the IANA database."""


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``; raises UnknownZone, also for names that are no plain zone name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(name) from error


def language(locale: str) -> Language:
    """Return the language of a locale name such as ``zh_Hans_CN``, ``zh-CN`` or ``en``; English if it is neither."""
    return "zh" if locale.lower().startswith("zh") else "en"


def at_wall(day: date, minute: int, zone_name: str) -> datetime:
    """Return the instant (UTC) at which the clocks in ``zone_name`` show ``minute`` minutes past midnight of ``day``.

    1440 is midnight at the end of the day. A wall time that does not exist is read with the offset before the gap,
    one that exists twice means the first (RFC 5545 §3.3.5, PEP 495 fold=0).
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC)


def local(instant: datetime, zone_name: str) -> datetime:
    """Return ``instant`` (aware) on the wall clock of ``zone_name``."""
    return instant.astimezone(zone(zone_name))


def local_day(instant: datetime, zone_name: str) -> date:
    """Return the calendar day it is in ``zone_name`` at ``instant``."""
    return local(instant, zone_name).date()


@lru_cache(maxsize=4096)
def show_day(day: date, lang: Language) -> str:
    """``2026-11-22 周日`` or ``2026-11-22 Sun``."""
    return f"{day.year:04}-{day.month:02}-{day.day:02} {_WEEKDAYS[lang][day.weekday()]}"


def show_time(instant: datetime, zone_name: str, lang: Language) -> str:
    """``2026-11-22 周日 10:42`` on the wall clock of ``zone_name``; seconds are dropped, never rounded up."""
    wall = local(instant, zone_name)
    return f"{show_day(wall.date(), lang)} {wall:%H:%M}"


def show_hour(instant: datetime, zone_name: str) -> str:
    """``10:42`` on the wall clock of ``zone_name``."""
    return f"{local(instant, zone_name):%H:%M}"


def show_offset(instant: datetime, zone_name: str) -> str:
    """``UTC+08:00``, for papers, where a time without its zone is no evidence."""
    offset = f"{local(instant, zone_name):%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def in_words(length: timedelta, lang: Language) -> str:
    """Say a length of time with its two largest units, rounded down to the minute.

    ``1 天 7 小时``, ``3 小时 20 分钟``, ``不到 1 分钟``; ``1 d 7 h``, ``3 h 20 min``, ``under 1 min``. No sign.
    """
    rest = int(abs(length).total_seconds())
    words: list[str] = []
    for size, chinese, english in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {chinese if lang == 'zh' else english}")
        if words and (not count or len(words) == 2):
            break
    return " ".join(words) or ("不到 1 分钟" if lang == "zh" else "under 1 min")


def ago(then: datetime, now: datetime, lang: Language) -> str:
    """Say how far ``then`` lies from ``now``: ``31 小时前``-like words, ``刚刚`` within a minute, ``… 后`` ahead.

    From two weeks on only the days are said: nobody counts the hours of last spring.
    """
    gap = now.astimezone(UTC) - then.astimezone(UTC)
    if abs(gap) < timedelta(minutes=1):
        return "刚刚" if lang == "zh" else "just now"
    if abs(gap) >= timedelta(days=14):
        gap = timedelta(days=int(gap / timedelta(days=1)))
    words = in_words(gap, lang)
    if lang == "zh":
        return words + ("前" if gap > timedelta() else "后")
    return f"{words} ago" if gap > timedelta() else f"in {words}"


def hours_minutes(seconds: int) -> str:
    """``h:mm`` for tables and time sheets, rounded down to the minute: 5400 -> ``1:30``; -60 -> ``-0:01``."""
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 and minutes else ''}{minutes // 60}:{minutes % 60:02d}"
