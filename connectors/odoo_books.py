"""What Odoo's books and records tell: stock, entries, lock dates, doubles, odd dates, what stays open."""

from datetime import date
from decimal import Decimal
from typing import Any

from connectors import business
from connectors.base import ConnectorError, Seen, Spot, fact
from connectors.facts import Stock
from connectors.http_base import OverHttp
from connectors.http_values import day, moment, months_closed, number, odd, old_open, twice, unposted, untaxed
from connectors.odoo_rpc import OdooSession
from connectors.odoo_values import QUESTIONS, linked, text, today_of, values_of
from connectors.questions import needs
from connectors.untold import NOT_FOLLOWED
from connectors.zones import day_in

FOLLOWED = "real_time"  # a category of automated valuation
DATE_LENGTH = len("2026-11-22")
_BOOKS = (("GL", "fiscalyear"), ("tax", "tax"), ("sales", "sale"), ("purchases", "purchase"))


class OdooBooks(OverHttp[OdooSession]):
    """Books and master data of Odoo."""

    @fact("stock", per="account_set", needs=needs(QUESTIONS, "stock"))
    def stock(self, session: OdooSession, spot: Spot) -> Seen:
        """Products below zero by location; rows of several lots or owners are summed."""
        rows, truncated = session.rows(QUESTIONS["stock"], values_of(session, spot))
        found: dict[tuple[str, str], Stock] = {}
        for row in rows:
            quantity = number(row["quantity"])
            item, place = linked(row["product_id"]), linked(row["location_id"])
            if quantity is None or quantity >= 0 or item is None or place is None:
                continue
            before = found.get((item[0], place[0]))
            found[item[0], place[0]] = Stock(
                account_set=spot.code,
                seen_at=spot.seen_at,
                item=item[0],
                item_name=item[1],
                warehouse=place[0],
                warehouse_name=place[1],
                quantity=quantity + (before.quantity if before else 0),
                unit=(linked(row.get("product_uom_id")) or ("", None))[1],
                rows=1 + (before.rows if before else 0),
            )
        return Seen(facts=tuple(found.values()), truncated=truncated)

    @fact("vouchers", per="account_set", needs=needs(QUESTIONS, "drafts"))
    def vouchers(self, session: OdooSession, spot: Spot) -> Seen:
        """Journal entries in draft, by the month of their date."""
        rows, truncated = session.rows(QUESTIONS["drafts"], values_of(session, spot))
        days = [found for row in rows if (found := day(row["date"]))]
        return Seen(facts=unposted(days, spot, today_of(session, spot)), truncated=truncated)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "companies"))
    def periods(self, session: OdooSession, spot: Spot) -> Seen:
        """The latest months by the company's lock dates; Odoo has no periods of its own."""
        rows, _ = session.rows(QUESTIONS["companies"])
        row = next((row for row in rows if str(row["id"]) == spot.code), {})
        books = {name: day(row[f"{part}_lock_date"]) for name, part in _BOOKS if f"{part}_lock_date" in row}
        hard = day(row.get("hard_lock_date"))
        until = {name: max(filter(None, (found, hard)), default=None) for name, found in books.items()}
        return Seen(facts=months_closed(until, spot, today_of(session, spot)))

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "balances", "entries"))
    def unbalanced(self, session: OdooSession, spot: Spot) -> Seen:
        """Posted entries of the last sixty days whose items do not add up to zero: the farthest to either side."""
        question = QUESTIONS["balances"]
        sums: dict[int, Decimal] = {}
        for most in (True, False):
            for link, total in session.sums(question, values_of(session, spot), most):
                amount = number(total)
                if amount is not None and abs(amount) > business.CENT and linked(link):
                    sums[int(link[0])] = amount
        rows, _ = session.rows(QUESTIONS["entries"], {"ids": sorted(sums)}) if sums else ([], False)
        found = (
            (when.year, when.month, text(row["name"]), sums[row["id"]]) for row in rows if (when := day(row["date"]))
        )
        return Seen(facts=business.unbalanced(found, spot), truncated=len(sums) >= question.cap)

    @fact("ledger_gaps", per="account_set", needs=needs(QUESTIONS, "categories", "stock_values", "stock_accounts"))
    def ledger_gaps(self, session: OdooSession, spot: Spot) -> Seen:
        """Stock and ledger as they stand just now, of the categories whose stock the ledger follows."""
        values = values_of(session, spot)
        rows, truncated = session.rows(QUESTIONS["categories"], company=values["company"])
        held = {
            row["id"]: int(link[0])
            for row in rows
            if row["property_valuation"] == FOLLOWED and (link := linked(row["property_stock_valuation_account_id"]))
        }
        if not held:
            raise ConnectorError("unsupported", {"missing": NOT_FOLLOWED})
        values |= {"categories": sorted(held), "accounts": sorted(set(held.values()))}
        stock = session.total(QUESTIONS["stock_values"], values, "value")
        ledger = session.total(QUESTIONS["stock_accounts"], values, "balance")
        today = today_of(session, spot)
        gap = business.ledger_gap(spot, (today.year, today.month), number(stock), number(ledger))
        return Seen(facts=[gap], truncated=truncated)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "customers", "products"))
    def duplicates(self, session: OdooSession, spot: Spot) -> Seen:
        """Partners with one tax number, products with one internal reference."""
        partners, more = session.rows(QUESTIONS["customers"])
        products, still = session.rows(QUESTIONS["products"])
        facts = [
            twice("customers", (text(row["vat"]) for row in partners), spot),
            twice("items", (text(row["default_code"]) for row in products), spot),
        ]
        return Seen(facts=facts, truncated=more or still)

    @fact("master_gaps", per="connection", needs=needs(QUESTIONS, "untaxed_customers", "untaxed_suppliers"))
    def master_gaps(self, session: OdooSession, spot: Spot) -> Seen:
        """Companies that are bought from or sold to and have no tax number."""
        customers, more = session.rows(QUESTIONS["untaxed_customers"])
        suppliers, still = session.rows(QUESTIONS["untaxed_suppliers"])
        facts = [
            untaxed("customers", [text(row["name"]) or "" for row in customers], spot),
            untaxed("vendors", [text(row["name"]) or "" for row in suppliers], spot),
        ]
        return Seen(facts=facts, truncated=more or still)

    @fact("odd_dates", per="account_set", needs=needs(QUESTIONS, "future"))
    def odd_dates(self, session: OdooSession, spot: Spot) -> Seen:
        """Journal entries dated after today, or before there were any."""
        rows, truncated = session.rows(QUESTIONS["future"], values_of(session, spot))
        return Seen(facts=[odd("account.move", [text(row["name"]) for row in rows], spot)], truncated=truncated)

    @fact("open_documents", per="account_set", needs=needs(QUESTIONS, "unpaid", "sales"))
    def open_documents(self, session: OdooSession, spot: Spot) -> Seen:
        """Sales orders still to be invoiced and invoices still to be paid after sixty days."""
        facts, cut = [], False
        for name, column in (("sales", "date_order"), ("unpaid", "invoice_date_due")):
            rows, truncated = session.rows(QUESTIONS[name], values_of(session, spot))
            found = [(text(row["name"]), _dated(row[column], session)) for row in rows]
            kind = "sale.order" if name == "sales" else "out_invoice"
            facts.append(old_open(kind, found, spot, today_of(session, spot)))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)


def _dated(value: Any, session: OdooSession) -> date | None:
    """The day of a document: a date as it stands, or a moment in UTC by the calendar of the books."""
    told = moment(value) if len(str(value)) > DATE_LENGTH else None
    return day_in(session.zone, told) if told else day(value)
