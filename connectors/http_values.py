"""What ERPs send as JSON, as values: moments, days, quantities, months."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base import ConnectorError, Spot
from connectors.facts import Duplicates, MasterGaps, OddDates, OpenDocuments, Period, Vouchers

OLD_DAYS = 60  # an open document is old after this many days
FIRST_DAY = date(2000, 1, 1)  # nothing was booked before


def moment(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """A moment in UTC from a text in the system's zone, or from milliseconds since 1970. Raises ConnectorError."""
    if value in (None, False, ""):
        return None
    try:
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value / 1000, UTC)
        found = datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError):
        raise ConnectorError("bad_answer", {"what": "date"}) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def day(value: Any) -> date | None:
    """A date from the beginning of a text. Raises ConnectorError."""
    if value in (None, False, ""):
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ConnectorError("bad_answer", {"what": "date"}) from None


def number(value: Any) -> Decimal | None:
    """A quantity from a number or a text; NULL stays None. Raises ConnectorError."""
    if value in (None, False, ""):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ConnectorError("bad_answer", {"what": "number"}) from None
    if not found.is_finite():
        raise ConnectorError("bad_answer", {"what": "number"})
    return found


def paged(page: Callable[[int], list[dict[str, Any]]], size: int, cap: int) -> tuple[list[dict[str, Any]], bool]:
    """Rows of numbered pages, at most `cap`, and whether there are more.

    A server that pays no heed to pages sends everything at once, or the same page for ever; neither is read twice.
    """
    found: list[dict[str, Any]] = []
    last: list[dict[str, Any]] = []
    for place in range(1, -(-cap // size) + 2):
        part = page(place)
        if part and part == last:
            break
        found += part
        last = part
        if len(part) != size or len(found) > cap:
            break
    return found[:cap], len(found) > cap


def age(found: datetime, spot: Spot) -> int:
    """Whole seconds that a moment lies back."""
    return round((spot.seen_at - found).total_seconds())


def unposted(days: Iterable[date], spot: Spot, today: date) -> list[Vouchers]:
    """Unposted vouchers by the month of their date. `today`: the day where they were dated."""
    months: dict[tuple[int, int], list[date]] = {}
    for one in days:
        months.setdefault((one.year, one.month), []).append(one)
    return [
        Vouchers(
            account_set=spot.code,
            seen_at=spot.seen_at,
            year=year,
            period=month,
            count=len(found),
            oldest_on=min(found),
            oldest_age_days=(today - min(found)).days,
        )
        for (year, month), found in sorted(months.items())
    ]


def last_months(today: date, count: int) -> list[tuple[date, date]]:
    """First and last day of the latest months, this one included, oldest first."""
    found = []
    begin = today.replace(day=1)
    for _ in range(count):
        after = (begin + timedelta(days=32)).replace(day=1)
        found.append((begin, after - timedelta(days=1)))
        begin = (begin - timedelta(days=1)).replace(day=1)
    return found[::-1]


def months_closed(until: dict[str, date | None], spot: Spot, today: date, count: int = 6) -> list[Period]:
    """The latest months with what is closed in them, from the days up to which each module is closed (None = none).

    `today`: the day where the books are kept.
    """
    return [
        Period(
            account_set=spot.code,
            seen_at=spot.seen_at,
            year=begin.year,
            period=begin.month,
            begins_on=begin,
            ends_on=end,
            closed={module: day is not None and day >= end for module, day in until.items()},
        )
        for begin, end in last_months(today, count)
    ]


def twice(master: str, keys: Iterable[str | None], spot: Spot) -> Duplicates:
    """How many keys stand more than once, and one of them."""
    counts = Counter(key.strip() for key in keys if key and key.strip())
    found = sorted(key for key, count in counts.items() if count > 1)
    return Duplicates(
        account_set=spot.code,
        seen_at=spot.seen_at,
        master=master,
        groups=len(found),
        example=found[0] if found else None,
    )


def lacking(master: str, what: str, names: Sequence[str], spot: Spot) -> MasterGaps:
    """Records of the master data that were asked for by what they lack."""
    return MasterGaps(
        account_set=spot.code,
        seen_at=spot.seen_at,
        master=master,
        what=what,
        count=len(names),
        example=names[0] if names else None,
    )


def untaxed(master: str, names: Sequence[str], spot: Spot) -> MasterGaps:
    """Companies among the customers or vendors that were asked for by their lack of a tax number."""
    return lacking(master, "no_tax_number", names, spot)


def old_open(kind: str, found: Sequence[tuple[str, date | None]], spot: Spot, today: date) -> OpenDocuments:
    """Open documents (number, date) that were asked for by their age, counted up to `today` as in `unposted`."""
    oldest = min((when for _, when in found if when), default=None)
    return OpenDocuments(
        account_set=spot.code,
        seen_at=spot.seen_at,
        document_type=kind,
        count=len(found),
        oldest_age_days=(today - oldest).days if oldest else None,
        example=found[0][0] if found else None,
    )


def odd(kind: str, numbers: Sequence[str], spot: Spot) -> OddDates:
    """Documents that were asked for by their odd dates."""
    return OddDates(
        account_set=spot.code,
        seen_at=spot.seen_at,
        document_type=kind,
        count=len(numbers),
        example=numbers[0] if numbers else None,
    )


def once(names: Iterable[tuple[str, str]]) -> list[str]:
    """Names for (name, key), each once: one that stands several times gets its key behind it."""
    pairs = list(names)
    counts = Counter(name for name, _ in pairs)
    return [name if counts[name] == 1 else f"{name} ({key})" for name, key in pairs]
