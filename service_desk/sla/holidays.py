"""Official Chinese holidays as rows of data: read from the State Council's notice or seeded from a package.

No year is a constant of the product. A year without official rows falls back to the statutory days alone, and every
due time that crosses it is provisional until the notice (each October to December for the next year) is imported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

Kind = Literal["work", "off", "statutory"]

# First day of the Spring Festival, Qingming, Dragon Boat, Mid-Autumn: month and day. They follow the moon and the sun,
# so they are listed; the days off around them are decided year by year and come from the notice.
_MOVING = {
    2016: ("02-08", "04-04", "06-09", "09-15"), 2017: ("01-28", "04-04", "05-30", "10-04"),
    2018: ("02-16", "04-05", "06-18", "09-24"), 2019: ("02-05", "04-05", "06-07", "09-13"),
    2020: ("01-25", "04-04", "06-25", "10-01"), 2021: ("02-12", "04-04", "06-14", "09-21"),
    2022: ("02-01", "04-05", "06-03", "09-10"), 2023: ("01-22", "04-05", "06-22", "09-29"),
    2024: ("02-10", "04-04", "06-10", "09-17"), 2025: ("01-29", "04-04", "05-31", "10-06"),
    2026: ("02-17", "04-05", "06-19", "09-25"), 2027: ("02-06", "04-05", "06-09", "09-15"),
    2028: ("01-26", "04-04", "05-28", "10-03"), 2029: ("02-13", "04-04", "06-16", "09-22"),
    2030: ("02-03", "04-05", "06-05", "09-12"), 2031: ("01-23", "04-05", "06-24", "10-01"),
    2032: ("02-11", "04-04", "06-12", "09-19"), 2033: ("01-31", "04-04", "06-01", "09-08"),
    2034: ("02-19", "04-05", "06-20", "09-27"), 2035: ("02-08", "04-05", "06-10", "09-16"),
}  # fmt: skip
_WEEKDAYS = "一二三四五六日"
_DAY = re.compile(
    r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日"
    r"(?:\((?P<note>[^)]*)\))?(?P<to>\s*(?:至|到|-|—|~)\s*)?"
)
_WORD = re.compile(r"放假|补休|上班")


class NoticeError(ValueError):
    """The text is not a notice that can be trusted. ``code``: ``no_year``, ``no_days``, ``weekday`` (a date whose
    stated weekday is wrong), ``range`` or ``date``; ``detail`` quotes the words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """One day that differs from the week: ``work`` (make-up day), ``off``, or ``statutory`` (off, paid triple)."""

    day: date
    kind: Kind
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says; ``unread`` are sentences with a date that say neither off nor work, for a human eye."""

    year: int
    off: tuple[date, ...]
    work: tuple[date, ...]
    names: tuple[tuple[date, str], ...]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class HolidayTable:
    """The official days of some ``years``; ``off`` holds the statutory ones too."""

    years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]
    statutory: frozenset[date]

    def is_off(self, day: date) -> bool:
        """True when everybody has the day off; outside the known years only statutory days are."""
        return day in self.off if day.year in self.years else day in statutory_days(day.year)

    def is_makeup(self, day: date) -> bool:
        """True when a weekend day is worked in exchange for a long holiday."""
        return day in self.work

    def is_statutory(self, day: date) -> bool:
        """True on the days the law itself names (not on the days off around them)."""
        return day in self.statutory if day.year in self.years else day in statutory_days(day.year)


@cache
def statutory_days(year: int) -> frozenset[date]:
    """Return the statutory holidays of ``year``: 全国年节及纪念日放假办法, as amended from 2014 and from 2025.

    For years beyond the listed moon dates only the fixed days are known.
    """
    days = {date(year, 1, 1), date(year, 5, 1), *(date(year, 10, day) for day in (1, 2, 3))}
    if year >= 2025:
        days.add(date(year, 5, 2))
    if year in _MOVING:
        spring, *single = (date.fromisoformat(f"{year}-{day}") for day in _MOVING[year])
        first = -1 if year >= 2025 else 0  # since 2025 New Year's Eve counts too
        days.update(spring + timedelta(days=offset) for offset in range(first, 3))
        days.update(single)
    return frozenset(days)


def table(rows: Iterable[HolidayRow], years: Iterable[int] | None = None) -> HolidayTable:
    """Make the table of ``rows``; ``years`` are those known completely (by default every year that has a row)."""
    known = list(rows)
    off = frozenset(row.day for row in known if row.kind != "work")
    return HolidayTable(
        years=frozenset(years if years is not None else {row.day.year for row in known}),
        off=off,
        work=frozenset(row.day for row in known if row.kind == "work"),
        statutory=frozenset(row.day for row in known if row.kind == "statutory"),
    )


def seed_rows(years: Sequence[int]) -> tuple[HolidayRow, ...]:
    """Return the rows of ``years`` as the chinesecalendar package has them; a year it lacks gives none."""
    from chinese_calendar import constants  # noqa: PLC0415 - loaded for seeding only

    wanted = set(years)
    names = {member.value: member.chinese for member in constants.Holiday}
    listed: tuple[tuple[dict[date, str], bool], ...] = ((constants.holidays, True), (constants.workdays, False))
    rows = [
        HolidayRow(day, _kind(day, off=off), names[name], "chinesecalendar")
        for days, off in listed
        for day, name in days.items()
        if day.year in wanted
    ]
    return tuple(sorted(rows, key=lambda row: row.day))


def seeded_years() -> tuple[int, ...]:
    """Return the years the seeding package covers."""
    from chinese_calendar import constants  # noqa: PLC0415 - loaded for seeding only

    return tuple(sorted({day.year for day in constants.holidays}))


def _kind(day: date, *, off: bool) -> Kind:
    if not off:
        return "work"
    return "statutory" if day in statutory_days(day.year) else "off"


def rows_of(notice: Notice, source: str) -> tuple[HolidayRow, ...]:
    """Turn a notice that was read into rows; ``source`` names it (title or number of the document)."""
    names = dict(notice.names)
    days = [(day, True) for day in notice.off] + [(day, False) for day in notice.work]
    return tuple(HolidayRow(day, _kind(day, off=off), names[day], source) for day, off in sorted(days))


def read_notice(text: str, year: int | None = None) -> Notice:
    """Read the text of 国务院办公厅关于…部分节假日安排的通知 for ``year`` (found in the title when not given).

    Understood: ``1月27日至2月2日放假调休``, ``1月22日（星期日）、2月4日（星期六）上班``, ``补休``, a date without
    its month, explicit years, and days of the December before. A weekday that is stated must be right. Raises
    NoticeError.
    """
    plain = unicodedata.normalize("NFKC", text)
    year = year or _year_in(plain)
    found: dict[date, tuple[bool, str]] = {}
    unread: list[str] = []
    name = ""
    for sentence in re.split(r"[。;\n]", plain):
        heading = re.match(r"\s*(?:[(]?[一二三四五六七八九十]+[)]?[、.]\s*)?([^\d:]{2,12}):", sentence)
        name = heading[1].strip() if heading else name
        body = sentence[heading.end() :] if heading else sentence
        rest = _read_sentence(body, year, name, found)
        if rest:
            unread.append(sentence.strip())
    if not any(off for off, _ in found.values()):
        raise NoticeError("no_days")
    return Notice(
        year=year,
        off=tuple(sorted(day for day, (off, _) in found.items() if off)),
        work=tuple(sorted(day for day, (off, _) in found.items() if not off)),
        names=tuple((day, label) for day, (_, label) in sorted(found.items())),
        unread=tuple(unread),
    )


def _year_in(plain: str) -> int:
    match = re.search(r"关于\s*(\d{4})年|(\d{4})年(?:部分)?(?:节假日|放假)", plain)
    if not match:
        raise NoticeError("no_year")
    return int(match[1] or match[2])


def _read_sentence(sentence: str, year: int, name: str, found: dict[date, tuple[bool, str]]) -> bool:
    """Put the days of one sentence into ``found``; True when dates are left without a word for them."""
    # A remark in brackets that does not belong to a date may hold dates of its own: 在除夕(2月9日)休息.
    plain = re.sub(r"(?<!日)\([^)]*\)", "", sentence)
    waiting: list[date] = []
    for piece in _pieces(plain, year, name):
        if isinstance(piece, str):
            found.update(dict.fromkeys(waiting, (piece != "上班", name)))
            waiting = []
        else:
            waiting.extend(piece)
    return bool(waiting)


def _pieces(plain: str, year: int, name: str) -> Iterator[list[date] | str]:
    """Yield the days and the words of a sentence in their order; a range comes as one list."""
    marks = sorted([*_DAY.finditer(plain), *_WORD.finditer(plain)], key=lambda mark: mark.start())
    month, start = 0, None
    for mark in marks:
        if mark.re is _WORD:
            yield mark[0]
            continue
        month = int(mark["month"] or month)
        day = _dated(mark, year, month, name)
        if start is None and mark["to"]:
            start = day
            continue
        yield _range(start, day, mark[0]) if start else [day]
        start = None


def _dated(mark: re.Match[str], year: int, month: int, name: str) -> date:
    """The day a date means. Without a year, December in the New Year's paragraph is the December before."""
    stated = int(mark["year"]) if mark["year"] else year - (month == 12 and name.startswith("元旦"))
    try:
        day = date(stated, month, int(mark["day"]))
    except ValueError as error:
        raise NoticeError("date", mark[0]) from error
    weekday = re.search(r"(?:星期|周)([一二三四五六日天])", mark["note"] or "")
    if weekday and _WEEKDAYS.index(weekday[1].replace("天", "日")) != day.weekday():
        raise NoticeError("weekday", mark[0])
    return day


def _range(first: date, last: date, words: str) -> list[date]:
    if not first < last or last - first > timedelta(days=15):
        raise NoticeError("range", words)
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
