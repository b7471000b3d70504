"""What the rows that Galaxy answers with mean. Pure: rows by the names of the data file go in, facts come out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from connectors.base import Spot
from connectors.facts import Stock, User, Vouchers
from connectors.http_values import number
from connectors.k3_periods import Standing

ADMINISTRATOR = "administrator"
PLACE = ("FStockId.FNumber", "FMaterialId.FNumber")

Row = Mapping[str, Any]


def moment(value: Any) -> datetime:
    """A moment of a record, such as 2026-07-01T08:30:00 or with a fraction. Raises ValueError."""
    return datetime.fromisoformat(str(value)[:19])


def user(row: Row, roles: Mapping[str, tuple[str, ...]] | None, age_s: int | None, spot: Spot) -> User:
    """A user; `roles` by name, None where they are not shown; `age_s`: seconds since the last login."""
    name, account = str(row["FName"]), row["FUserAccount"]
    return User(
        seen_at=spot.seen_at,
        login=str(account or name),
        name=name if account else None,
        enabled=row["FForbidStatus"] == "A",
        admin=ADMINISTRATOR in (name.casefold(), str(account).casefold()),
        roles=None if roles is None else roles.get(name, ()),
        last_seen_at=spot.ago(age_s),
    )


def below_zero(rows: Sequence[Row], spot: Spot) -> list[Stock]:
    """The negative rows of an item in a warehouse together; a row without a quantity is none."""

    def place(row: Row) -> list[str]:
        return [str(row[key]) for key in PLACE]

    negative = sorted((row for row in rows if row["FBaseQty"] is not None), key=place)
    return [_stock(list(found), spot) for _, found in groupby(negative, key=place)]


def _stock(rows: Sequence[Row], spot: Spot) -> Stock:
    first = rows[0]
    return Stock(
        account_set=spot.code,
        seen_at=spot.seen_at,
        warehouse=str(first["FStockId.FNumber"]),
        warehouse_name=first["FStockId.FName"],
        item=str(first["FMaterialId.FNumber"]),
        item_name=first["FMaterialId.FName"],
        spec=first["FMaterialId.FSpecification"] or None,
        quantity=sum((number(row["FBaseQty"]) or Decimal(0) for row in rows), Decimal(0)),
        unit=first["FBaseUnitId.FName"],
        rows=len(rows),
    )


def by_period(rows: Sequence[Row], today: date, spot: Spot) -> list[Vouchers]:
    """Vouchers by their period. `today`: by the server's own clock."""
    months = sorted((int(row["FYear"]), int(row["FPeriod"]), moment(row["FDate"]).date()) for row in rows)
    facts = []
    for (year, period), found in groupby(months, key=lambda row: row[:2]):
        days = [row[2] for row in found]
        facts.append(
            Vouchers(
                account_set=spot.code,
                seen_at=spot.seen_at,
                year=year,
                period=period,
                count=len(days),
                oldest_on=days[0],
                oldest_age_days=(today - days[0]).days,
            )
        )
    return facts


def totals(row: Row) -> tuple[int, int, str, Decimal]:
    """Year, period and number of a voucher, and by how much its debits exceed its credits."""
    debits, credits = (number(row[name]) or Decimal(0) for name in ("FDebitTotal", "FCreditTotal"))
    return int(row["FYear"]), int(row["FPeriod"]), str(row["FBillNo"]), debits - credits


def standings(rows: Sequence[Row]) -> list[Standing]:
    """Where each account book stands; the only one is the ledger itself."""
    found = [row for row in rows if row["FCurrentYear"] and row["FCurrentPeriod"]]
    return [
        Standing(
            module="GL" if len(found) == 1 else f"GL {row['FNumber']}",
            year=int(row["FCurrentYear"]),
            period=int(row["FCurrentPeriod"]),
        )
        for row in found
    ]


def likeness(row: Row) -> str | None:
    """By what two records of the master data are taken for one; None when there is nothing to go by."""
    name = str(row["FName"] or "").strip()
    return f"{name} {str(row.get('FSpecification') or '').strip()}".strip() if name else None
