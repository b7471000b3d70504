"""What U8's books and records tell: vouchers that do not balance, doubles, gaps, odd dates, what stays open."""

from decimal import Decimal

from connectors import business, odbc
from connectors.base import ConnectorError, Seen, Spot, fact
from connectors.sqlserver_base import OverSqlServer
from connectors.statements import load, needs

BOOKS = load("yonyou_u8_books")
DOCUMENTS = {
    "sales_orders": "销售订单",
    "purchase_orders": "采购订单",
    "dispatches": "发货单",
    "receipts": "采购入库单",
    "issues": "销售出库单",
    "other_receipts": "其他入库单",
    "other_issues": "其他出库单",
    "product_receipts": "产成品入库单",
    "material_issues": "材料出库单",
}


class U8Books(OverSqlServer):
    """Books and master data of U8."""

    @fact("unbalanced", per="account_set", needs=needs(BOOKS, "unbalanced"))
    def unbalanced(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self._unbalanced(session, spot)
        rows = (
            (int(year or 0), int(period), f"{sign or ''}-{number}", Decimal(str(difference)))
            for year, period, sign, number, difference in found.rows
        )
        return Seen(facts=business.unbalanced(rows, spot), truncated=found.truncated)

    @fact("duplicates", per="account_set", needs=needs(BOOKS, "double_customers", "double_vendors", "double_items"))
    def duplicates(self, session: odbc.Session, spot: Spot) -> Seen:
        """Customers and vendors by their tax number, items by name and specification; ended ones are left out."""
        return business.doubles(lambda name: self.ask(session, name, spot).rows, spot)

    @fact("master_gaps", per="account_set", needs=needs(BOOKS, "gaps_items", "gaps_vendors"))
    def master_gaps(self, session: odbc.Session, spot: Spot) -> Seen:
        return business.gaps(lambda name: self.ask(session, name, spot).rows, spot)

    @fact("odd_dates", per="account_set", needs=needs(BOOKS, "odd_vouchers"))
    def odd_dates(self, session: odbc.Session, spot: Spot) -> Seen:
        """Documents of the modules that are there; what is not in use has no tables in older builds."""
        wanted = {"odd_vouchers": "凭证", **{f"odd_{name}": label for name, label in DOCUMENTS.items()}}
        return business.odd_dates(business.where_there(lambda name: self.ask(session, name, spot).rows, wanted), spot)

    @fact("open_documents", per="account_set", needs=needs(BOOKS, "open_sales_orders", "open_purchase_orders"))
    def open_documents(self, session: odbc.Session, spot: Spot) -> Seen:
        """Orders and dispatches that were not closed, receipts and issues that were not audited."""
        wanted = {f"open_{name}": label for name, label in DOCUMENTS.items()}
        return business.open_documents(
            business.where_there(lambda name: self.ask(session, name, spot).rows, wanted), spot
        )

    @fact("ledger_gaps", per="account_set", needs=needs(BOOKS, "closed_months", "stock_moves", "ledger_moves"))
    def ledger_gaps(self, session: odbc.Session, spot: Spot) -> Seen:
        """What stock and ledger moved by in the months that both have closed; an open month says nothing yet."""
        first = ((spot.account_set and spot.account_set.year) or 1) - 1
        closed = [tuple(row) for row in self.ask(session, "closed_months", spot, first).rows]
        stock, ledger = (
            {(row[0], row[1]): row[2] for row in self.ask(session, name, spot, first).rows}
            for name in ("stock_moves", "ledger_moves")
        )
        facts = [
            business.ledger_gap(spot, month, stock.get(month), ledger.get(month))
            for month in sorted(closed)
            if month in stock or month in ledger
        ]
        return Seen(facts=facts)

    @fact("interfaces", per="account_set", needs=needs(BOOKS, "interfaces"))
    def interfaces(self, session: odbc.Session, spot: Spot) -> Seen:
        """Systems outside of U8 whose vouchers came in; of one that failed nothing is left."""
        return business.came_in(self.ask(session, "interfaces", spot), spot)

    @fact("timings", per="account_set", needs=needs(BOOKS, "unbalanced"))
    def timings(self, session: odbc.Session, spot: Spot) -> Seen:
        """How long the questions take that reports of stock and ledger ask as well."""
        reports = {
            "现存量": lambda: self.ask(session, "stock", spot),
            "凭证汇总": lambda: self._unbalanced(session, spot),
        }
        return business.timed(reports, spot)

    def _unbalanced(self, session: odbc.Session, spot: Spot) -> odbc.Rows:
        year = (spot.account_set and spot.account_set.year) or 1
        return self.by_year(session, "unbalanced", spot, year - 1)

    def by_year(self, session: odbc.Session, name: str, spot: Spot, *params: object) -> odbc.Rows:
        """Rows that begin with the fiscal year; older builds have no such column, there it is the database's own."""
        try:
            return self.ask(session, name, spot, *params)
        except ConnectorError as error:
            if not is_older_build(error):
                raise
        found = self.ask(session, f"{name}_one_year", spot)
        year = spot.account_set.year if spot.account_set else None
        return odbc.Rows([(year, *row) for row in found.rows], found.truncated)


def is_older_build(error: ConnectorError) -> bool:
    """Whether what is missing is the fiscal year that builds before V10 do not have."""
    return error.reason == "missing_column" and str(error.params["column"]).lower() == "iyear"
