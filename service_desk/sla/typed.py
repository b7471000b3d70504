"""Hours, lengths of time and single days as people type them, and back: 09:00-12:00, 13:30-18:00; 4h; 2d; 30分钟.

Any keyboard will do: full-width signs, Chinese commas and units are read like the plain ones.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from service_desk.lib.clock import Language
from service_desk.lib.text import normalise
from service_desk.sla.calendar import CalendarError, hours

Spans = list[list[str]]

CLOSED = frozenset({"", "-", "休", "休息", "闭", "关闭", "closed", "off"})
WHOLE_DAY: Spans = [["00:00", "24:00"]]
_ALWAYS = frozenset({"24h", "24小时", "全天", "allday"})
_SPAN = re.compile(r"(\d{1,2}:\d{2})(?:-|–|—|~|至|到)(\d{1,2}:\d{2})")
_PART = re.compile(r"(\d+(?:\.\d+)?)(minutes?|mins?|m|分钟?|hours?|h|小时|时|days?|d|天|个?工作日|日)")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})[\s,:]*(.*)")
_SIZES = {"m": 1, "分": 1, "h": 60, "小": 60, "时": 60}
_UNITS: dict[Language, tuple[str, str]] = {"zh": ("小时", "分钟"), "en": ("h", "m")}
_LONGEST = 366 * 24 * 60


class TypedError(ValueError):
    """What was typed is no hours, no length or no day; `line` is the one of several that is meant."""

    def __init__(self, line: str = "") -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Length:
    """A length of service time: whole working days, and minutes beside them."""

    days: Decimal = Decimal(0)
    minutes: Decimal = Decimal(0)

    def in_minutes(self, working_day: timedelta) -> int:
        """All of it in minutes, where a day is as long as the client's working day."""
        return int(self.days * Decimal(working_day.total_seconds()) / 60 + self.minutes)


def hours_typed(text: str) -> Spans:
    """The opening hours of one day: none for an empty field or 休. Raises TypedError."""
    plain = _plain(text)
    if plain in CLOSED:
        return []
    if plain in _ALWAYS:
        return WHOLE_DAY
    found = [_SPAN.fullmatch(part) for part in re.split("[,;、，；]+", plain.strip(",;、"))]
    spans = [[_wall(match[1]), _wall(match[2])] for match in found if match]
    try:
        hours(spans)
    except CalendarError as error:
        raise TypedError(text) from error
    if None in found:
        raise TypedError(text)
    return sorted(spans)


def hours_shown(spans: Sequence[Sequence[str]]) -> str:
    """Opening hours as a field holds them; nothing for a day that stays closed."""
    return ", ".join(f"{opens}-{closes}" for opens, closes in spans)


def length_typed(text: str) -> Length | None:
    """A promised length: 30 (minutes), 30m, 4h, 1.5h, 1h30m, 2d (working days), 4小时. None for an empty field.

    Raises TypedError when it is none, is nothing, or is longer than a year.
    """
    plain = _plain(text)
    if not plain:
        return None
    plain = f"{plain}m" if re.fullmatch(r"\d+", plain) else plain
    parts = _PART.findall(plain)
    if "".join(number + unit for number, unit in parts) != plain:
        raise TypedError(text)
    days = sum((Decimal(number) for number, unit in parts if unit[0] not in _SIZES), Decimal(0))
    minutes = sum((Decimal(number) * _SIZES[unit[0]] for number, unit in parts if unit[0] in _SIZES), Decimal(0))
    if not 1 <= days * 24 * 60 + minutes <= _LONGEST:
        raise TypedError(text)
    return Length(days, minutes)


def length_shown(minutes: int | None, lang: Language) -> str:
    """A promised length as a field holds it; it is read back as the same number of minutes."""
    whole, rest = divmod(minutes or 0, 60)
    hour, minute = _UNITS[lang]
    return " ".join([*([f"{whole} {hour}"] if whole else []), *([f"{rest} {minute}"] if rest else [])])


def days_typed(text: str) -> dict[str, Spans]:
    """Single days that differ, one a line: `2026-12-31 09:00-12:00`, `2027-01-04 休`. Raises TypedError."""
    return dict(_day_typed(line) for line in normalise(text).splitlines() if line.strip())


def days_shown(overrides: Mapping[str, Sequence[Sequence[str]]], lang: Language) -> str:
    """The days that differ as a field holds them, in order."""
    closed = {"zh": "休", "en": "closed"}[lang]
    return "\n".join(f"{day} {hours_shown(spans) or closed}" for day, spans in sorted(overrides.items()))


def _day_typed(line: str) -> tuple[str, Spans]:
    match = _DAY.fullmatch(line.strip())
    try:
        if match is None:
            raise TypedError(line)
        return date.fromisoformat(match[1]).isoformat(), hours_typed(match[2])
    except ValueError as error:
        raise TypedError(line) from error


def _plain(text: str) -> str:
    return "".join(normalise(text).split()).casefold().replace("：", ":")


def _wall(typed: str) -> str:
    return typed.rjust(5, "0")
