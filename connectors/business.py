"""What connectors make of rows about books, documents and master data. Pure, but for the clock of `timed`."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.base import ConnectorError, Seen, Spot, milliseconds_since
from connectors.facts import (
    Duplicates,
    Interface,
    LedgerGap,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Timing,
    Unbalanced,
    Vouchers,
)
from connectors.values import cents, day, whole

if TYPE_CHECKING:
    # Over HTTP there is no driver of a database.
    from connectors.odbc import Rows

GAPS = frozenset({"missing_table", "missing_column", "missing_right"})

# A half of the smallest coin: what is less is no difference between debits and credits.
CENT = Decimal("0.005")
MASTERS = ("customers", "vendors", "items")
LACKING = {"items": ("no_unit", "no_cost"), "vendors": ("no_bank_account", "no_tax_number")}

Ask = Callable[[str], Sequence[Any]]


def where_there(ask: Ask, statements: Mapping[str, str]) -> list[tuple[str, Any]]:
    """(label, first row) of each statement whose table is there and may be read; when none is, the first reason.

    `statements`: name of a statement -> how its documents are called. Raises ConnectorError.
    """
    found: list[tuple[str, Any]] = []
    first: ConnectorError | None = None
    for name, label in statements.items():
        try:
            found.append((label, ask(name)[0]))
        except ConnectorError as error:
            if error.reason not in GAPS:
                raise
            first = first or error
    if not found and first is not None:
        raise first
    return found


def unposted(found: "Rows", spot: Spot) -> Seen:
    """Rows of (year, period, how many, day of the oldest, its age in days) as facts."""
    return Seen(
        facts=[
            Vouchers(account_set=spot.code, seen_at=spot.seen_at, year=year, period=period, count=count,
                     oldest_on=day(oldest), oldest_age_days=whole(age))
            for year, period, count, oldest, age in found.rows
        ],
        truncated=found.truncated,
    )  # fmt: skip


def unbalanced(found: Iterable[tuple[int, int, str, Decimal]], spot: Spot) -> list[Unbalanced]:
    """(year, period, number, debits less credits) of vouchers that do not balance as facts, each once."""
    facts = (
        Unbalanced(account_set=spot.code, seen_at=spot.seen_at, year=year, period=period, number=number,
                   difference=difference)
        for year, period, number, difference in found
    )  # fmt: skip
    return list({fact.subject: fact for fact in facts}.values())


def doubles(ask: Ask, spot: Spot) -> Seen:
    """What the statements `double_…` tell of all three kinds of master data."""
    return duplicates({name: ask(f"double_{name}")[0] for name in MASTERS}, spot)


def gaps(ask: Ask, spot: Spot) -> Seen:
    """What the statements `gaps_…` tell of items and vendors."""
    return master_gaps({name: (what, ask(f"gaps_{name}")[0]) for name, what in LACKING.items()}, spot)


def duplicates(rows: Mapping[str, Any], spot: Spot) -> Seen:
    """Master -> (groups, example) as facts; no group at all is told as well, so that a trend can be seen."""
    return Seen(
        facts=[
            Duplicates(account_set=spot.code, seen_at=spot.seen_at, master=master, groups=whole(row[0]) or 0,
                       example=row[1])
            for master, row in rows.items()
        ]
    )  # fmt: skip


def master_gaps(found: Mapping[str, tuple[tuple[str, ...], Any]], spot: Spot) -> Seen:
    """Master -> (what is looked for, a row of count and example for each) as facts."""
    return Seen(
        facts=[
            MasterGaps(account_set=spot.code, seen_at=spot.seen_at, master=master, what=what,
                       count=whole(row[2 * at]) or 0, example=row[2 * at + 1])
            for master, (sought, row) in found.items()
            for at, what in enumerate(sought)
        ]
    )  # fmt: skip


def odd_dates(found: Sequence[tuple[str, Any]], spot: Spot) -> Seen:
    """(documents, (count, example)) as facts."""
    return Seen(
        facts=[
            OddDates(account_set=spot.code, seen_at=spot.seen_at, document_type=label, count=whole(row[0]) or 0,
                     example=None if row[1] is None else str(row[1]))
            for label, row in found
        ]
    )  # fmt: skip


def open_documents(found: Sequence[tuple[str, Any]], spot: Spot) -> Seen:
    """(documents, (count, days of the oldest, example)) as facts."""
    return Seen(
        facts=[
            OpenDocuments(account_set=spot.code, seen_at=spot.seen_at, document_type=label, count=whole(row[0]) or 0,
                          oldest_age_days=whole(row[1]), example=None if row[2] is None else str(row[2]))
            for label, row in found
        ]
    )  # fmt: skip


def ledger_gap(
    spot: Spot, month: tuple[int, int], stock: object, ledger: object, currency: str | None = None
) -> LedgerGap:
    """What stock and general ledger say of one month (year, period), side by side."""
    return LedgerGap(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=month[0],
        period=month[1],
        stock_amount=cents(stock),
        ledger_amount=cents(ledger),
        currency=currency,
    )


def came_in(found: "Rows", spot: Spot) -> Seen:
    """Rows of (interface, seconds since something last came through it) as facts; what failed leaves no trace."""
    return Seen(
        facts=[
            Interface(account_set=spot.code, seen_at=spot.seen_at, name=str(name).strip(), failed=None,
                      last_success_age_s=whole(age))
            for name, age in found.rows
        ],
        truncated=found.truncated,
    )  # fmt: skip


def timed(reports: Mapping[str, Callable[[], object]], spot: Spot) -> Seen:
    """How long each question of the business took, as a report that asks it would."""
    facts = []
    for report, asked in reports.items():
        start = time.perf_counter()
        asked()
        facts.append(
            Timing(account_set=spot.code, seen_at=spot.seen_at, report=report, took_ms=milliseconds_since(start))
        )
    return Seen(facts=facts)
