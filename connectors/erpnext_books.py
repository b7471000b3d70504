"""What ERPNext's books and records tell: stock, entries, periods, doubles, odd dates, what stays open."""

from collections.abc import Sequence

from connectors import business
from connectors.base import ConnectorError, Seen, Spot, fact
from connectors.erpnext_api import FrappeSession
from connectors.erpnext_values import QUESTIONS, today_of, values_of
from connectors.facts import Period, Stock
from connectors.http_base import OverHttp
from connectors.http_values import day, last_months, number, odd, old_open, twice, unposted, untaxed
from connectors.questions import needs
from connectors.untold import NOT_FOLLOWED

ITEMS_AT_ONCE = 100
BALANCE = "erpnext.accounts.utils.get_balance_on"


class ERPNextBooks(OverHttp[FrappeSession]):
    """Books and master data of ERPNext."""

    @fact("stock", per="account_set", needs=needs(QUESTIONS, "stock", "warehouses", "items"))
    def stock(self, session: FrappeSession, spot: Spot) -> Seen:
        """Items below zero in the warehouses of a company."""
        houses, _ = session.rows(QUESTIONS["warehouses"], values_of(session, spot))
        ours = {row["name"] for row in houses}
        rows, truncated = session.rows(QUESTIONS["stock"])
        below = [
            (row, quantity) for row in rows if row["warehouse"] in ours and (quantity := number(row["actual_qty"]))
        ]
        names = self._item_names(session, [str(row["item_code"]) for row, _ in below])
        facts = [
            Stock(
                account_set=spot.code,
                seen_at=spot.seen_at,
                item=str(row["item_code"]),
                item_name=names.get(str(row["item_code"])),
                warehouse=str(row["warehouse"]),
                quantity=quantity,
                unit=row.get("stock_uom"),
            )
            for row, quantity in below
            if quantity < 0
        ]
        return Seen(facts=facts, truncated=truncated)

    def _item_names(self, session: FrappeSession, codes: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        wanted = sorted(set(codes))
        for start in range(0, len(wanted), ITEMS_AT_ONCE):
            rows, _ = session.rows(QUESTIONS["items"], {"items": wanted[start : start + ITEMS_AT_ONCE]})
            found |= {str(row["name"]): str(row["item_name"]) for row in rows}
        return found

    @fact("vouchers", per="account_set", needs=needs(QUESTIONS, "drafts"))
    def vouchers(self, session: FrappeSession, spot: Spot) -> Seen:
        """Journal entries in draft, by the month of their date."""
        rows, truncated = session.rows(QUESTIONS["drafts"], values_of(session, spot))
        days = [found for row in rows if (found := day(row["posting_date"]))]
        return Seen(facts=unposted(days, spot, today_of(session, spot)), truncated=truncated)

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "unbalanced"))
    def unbalanced(self, session: FrappeSession, spot: Spot) -> Seen:
        """Submitted journal entries with a difference."""
        rows, truncated = session.rows(QUESTIONS["unbalanced"], values_of(session, spot))
        found = (
            (when.year, when.month, str(row["name"]), difference)
            for row in rows
            if (when := day(row["posting_date"])) and (difference := number(row["difference"]))
        )
        return Seen(facts=business.unbalanced(found, spot), truncated=truncated)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "periods", "closings"))
    def periods(self, session: FrappeSession, spot: Spot) -> Seen:
        """The latest months: closed by an accounting period that covers them, or by a closing voucher after them."""
        values = values_of(session, spot)
        rows, _ = session.rows(QUESTIONS["periods"], values)
        spans = [(day(row["start_date"]), day(row["end_date"])) for row in rows if not row.get("disabled")]
        closings, _ = session.rows(QUESTIONS["closings"], values)
        until = max((found for row in closings if (found := day(row["period_end_date"]))), default=None)
        facts = []
        for begin, end in last_months(today_of(session, spot), 6):
            covered = any(first and last and first <= begin and last >= end for first, last in spans)
            closed = {"GL": covered or (until is not None and until >= end)}
            facts.append(
                Period(
                    account_set=spot.code,
                    seen_at=spot.seen_at,
                    year=begin.year,
                    period=begin.month,
                    begins_on=begin,
                    ends_on=end,
                    closed=closed,
                )
            )
        return Seen(facts=facts)

    @fact(
        "ledger_gaps",
        per="account_set",
        needs=needs(QUESTIONS, "inventory_system", "warehouses", "stock_values", "stock_accounts"),
    )
    def ledger_gaps(self, session: FrappeSession, spot: Spot) -> Seen:
        """Stock and ledger as they stand just now, where the ledger follows each movement of the stock."""
        values = values_of(session, spot)
        company = next(iter(session.rows(QUESTIONS["inventory_system"], values)[0]), {})
        if not company.get("enable_perpetual_inventory"):
            raise ConnectorError("unsupported", {"missing": NOT_FOLLOWED})
        ours = {row["name"] for row in session.rows(QUESTIONS["warehouses"], values)[0]}
        stock, cut = session.rows(QUESTIONS["stock_values"])
        accounts, more = session.rows(QUESTIONS["stock_accounts"], values)
        if cut or more:
            raise ConnectorError("bad_answer", {"what": "too many rows to sum"})
        asked = ({"account": str(row["name"]), "date": values["today"]} for row in accounts)
        today = today_of(session, spot)
        held = sum(number(row["stock_value"]) or 0 for row in stock if row["warehouse"] in ours)
        booked = sum(number(session.method(BALANCE, one)) or 0 for one in asked)
        month, currency = (today.year, today.month), company.get("default_currency")
        return Seen(facts=[business.ledger_gap(spot, month, held, booked, currency)])

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "customers", "suppliers"))
    def duplicates(self, session: FrappeSession, spot: Spot) -> Seen:
        """Customers, and vendors, with one tax number."""
        customers, more = session.rows(QUESTIONS["customers"])
        suppliers, still = session.rows(QUESTIONS["suppliers"])
        facts = [
            twice("customers", (row["tax_id"] for row in customers), spot),
            twice("vendors", (row["tax_id"] for row in suppliers), spot),
        ]
        return Seen(facts=facts, truncated=more or still)

    @fact("master_gaps", per="connection", needs=needs(QUESTIONS, "untaxed_customers", "untaxed_suppliers"))
    def master_gaps(self, session: FrappeSession, spot: Spot) -> Seen:
        """Companies that are bought from or sold to and have no tax number."""
        customers, more = session.rows(QUESTIONS["untaxed_customers"])
        suppliers, still = session.rows(QUESTIONS["untaxed_suppliers"])
        facts = [
            untaxed("customers", [str(row["name"]) for row in customers], spot),
            untaxed("vendors", [str(row["name"]) for row in suppliers], spot),
        ]
        return Seen(facts=facts, truncated=more or still)

    @fact("odd_dates", per="account_set", needs=needs(QUESTIONS, "future"))
    def odd_dates(self, session: FrappeSession, spot: Spot) -> Seen:
        """Ledger entries dated after today, by their vouchers."""
        rows, truncated = session.rows(QUESTIONS["future"], values_of(session, spot))
        numbers = list(dict.fromkeys(str(row["voucher_no"]) for row in rows))
        return Seen(facts=[odd("GL Entry", numbers, spot)], truncated=truncated)

    @fact("open_documents", per="account_set", needs=needs(QUESTIONS, "sales", "purchases", "unpaid"))
    def open_documents(self, session: FrappeSession, spot: Spot) -> Seen:
        """Orders still open and invoices still unpaid after sixty days."""
        facts, cut = [], False
        for name in ("sales", "purchases", "unpaid"):
            question = QUESTIONS[name]
            rows, truncated = session.rows(question, values_of(session, spot))
            found = [(str(row["name"]), day(row[question.columns[1]])) for row in rows]
            facts.append(old_open(question.of, found, spot, today_of(session, spot)))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)
