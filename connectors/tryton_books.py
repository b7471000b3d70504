"""What Tryton's books and records tell: stock, moves, periods, receivables, doubles."""

from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from connectors.base import Seen, Spot, fact
from connectors.facts import Period, Stock, Unbalanced, Vouchers
from connectors.http_base import OverHttp
from connectors.http_values import odd, old_open, twice
from connectors.questions import needs
from connectors.tryton_rpc import Rpc
from connectors.tryton_values import QUESTIONS, company_of, today_of, values_of


class TrytonBooks(OverHttp[Rpc]):
    """Books and master data of Tryton."""

    @fact("stock", per="account_set", needs=needs(QUESTIONS, "warehouses", "stock"))
    def stock(self, session: Rpc, spot: Spot) -> Seen:
        """Products below zero in each warehouse, its input, storage and output zones together."""
        facts: list[Stock] = []
        warehouses, truncated = session.rows(QUESTIONS["warehouses"])
        for warehouse in warehouses:
            context = {"locations": [warehouse["id"]], "with_childs": True, "company": company_of(spot)}
            rows, more = session.rows(QUESTIONS["stock"], context=context)
            truncated = truncated or more
            facts += [_negative(row, warehouse, spot) for row in rows if row["quantity"] is not None]
        return Seen(facts=facts, truncated=truncated)

    @fact("vouchers", per="account_set", needs=needs(QUESTIONS, "drafts"))
    def vouchers(self, session: Rpc, spot: Spot) -> Seen:
        """Account moves still in draft, by the month in which their period begins."""
        rows, truncated = session.rows(QUESTIONS["drafts"], values_of(session, spot))
        months = sorted((_month(row), row["date"]) for row in rows)
        facts = [
            _unposted(month, [day for _, day in found], spot, today_of(session, spot))
            for month, found in groupby(months, lambda row: row[0])
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "lines"))
    def unbalanced(self, session: Rpc, spot: Spot) -> Seen:
        """Posted moves of the last sixty days whose lines do not balance; one that the cap cut through is left out."""
        rows, truncated = session.rows(QUESTIONS["lines"], values_of(session, spot))
        moves = [(link, list(found)) for link, found in groupby(rows, lambda row: row["move"])]
        whole = moves[:-1] if truncated else moves
        facts = []
        for link, found in whole:
            difference = sum((_amount(row["debit"]) - _amount(row["credit"]) for row in found), Decimal(0))
            if difference:
                move = found[0]["move."]
                facts.append(
                    Unbalanced(
                        account_set=spot.code,
                        seen_at=spot.seen_at,
                        year=move["date"].year,
                        period=move["date"].month,
                        number=str(move["number"] or link),
                        difference=difference,
                    )
                )
        return Seen(facts=facts, truncated=truncated)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "periods"))
    def periods(self, session: Rpc, spot: Spot) -> Seen:
        """Standard periods of the general ledger; closed and locked both count as closed."""
        rows, truncated = session.rows(QUESTIONS["periods"], values_of(session, spot))
        facts = [
            Period(
                account_set=spot.code,
                seen_at=spot.seen_at,
                year=row["start_date"].year,
                period=row["start_date"].month,
                begins_on=row["start_date"],
                ends_on=row["end_date"],
                closed={"GL": row["state"] != "open"},
            )
            for row in rows
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("odd_dates", per="account_set", needs=needs(QUESTIONS, "future"))
    def odd_dates(self, session: Rpc, spot: Spot) -> Seen:
        """Account moves dated after today."""
        rows, truncated = session.rows(QUESTIONS["future"], values_of(session, spot))
        numbers = [str(row["number"] or row["id"]) for row in rows]
        return Seen(facts=[odd("account.move", numbers, spot)], truncated=truncated)

    @fact("open_documents", per="account_set", needs=needs(QUESTIONS, "receivables"))
    def open_documents(self, session: Rpc, spot: Spot) -> Seen:
        """Receivables that were due more than sixty days ago and are not settled."""
        rows, truncated = session.rows(QUESTIONS["receivables"], values_of(session, spot))
        found = [(str((row.get("move.") or {}).get("number") or row["id"]), row["maturity_date"]) for row in rows]
        return Seen(facts=[old_open("receivable", found, spot, today_of(session, spot))], truncated=truncated)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "identifiers", "products"))
    def duplicates(self, session: Rpc, spot: Spot) -> Seen:
        """Tax numbers that several parties have, codes that several products have."""
        identifiers, more = session.rows(QUESTIONS["identifiers"])
        products, still = session.rows(QUESTIONS["products"])
        pairs = {(str(row["code"]), row["party"]) for row in identifiers if row["code"]}
        facts = [
            twice("customers", (code for code, _ in pairs), spot),
            twice("items", (row["code"] for row in products), spot),
        ]
        return Seen(facts=facts, truncated=more or still)


def _negative(row: dict[str, Any], warehouse: dict[str, Any], spot: Spot) -> Stock:
    unit = row.get("default_uom.") or {}
    return Stock(
        account_set=spot.code,
        seen_at=spot.seen_at,
        item=row["code"] or str(row["id"]),
        item_name=row["template."]["name"],
        warehouse=warehouse["code"] or str(warehouse["id"]),
        warehouse_name=warehouse["name"],
        quantity=Decimal(str(row["quantity"])),
        unit=unit.get("rec_name"),
    )


def _unposted(month: tuple[int, int], days: list[date], spot: Spot, today: date) -> Vouchers:
    return Vouchers(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=month[0],
        period=month[1],
        count=len(days),
        oldest_on=min(days),
        oldest_age_days=(today - min(days)).days,
    )


def _month(move: dict[str, Any]) -> tuple[int, int]:
    begin = move["period."]["start_date"]
    return begin.year, begin.month


def _amount(value: Any) -> Decimal:
    return Decimal(str(value or 0))
