"""What the books of Kingdee Galaxy's database tell: vouchers, periods, master data, and how long questions take."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connectors import business, odbc
from connectors.base import ConnectorError, Seen, Spot, fact
from connectors.facts import Period
from connectors.k3_periods import closing_states, standing_of
from connectors.sqlserver_base import OverSqlServer
from connectors.statements import load, needs
from connectors.values import day

OWN = load("kingdee_galaxy_db")
# The categories of stock closing -> the module's usual short name.
CLOSED_BY_DAY = {"STK": "ST", "HS": "IA"}
WITHOUT_VOID = "FINVALID"
OPEN = {"open_sales_orders": "销售订单", "open_purchase_orders": "采购订单"}


class GalaxyBooks(OverSqlServer):
    """Books and master data of Galaxy, by organisation."""

    @fact("vouchers", per="account_set", needs=needs(OWN, "vouchers"))
    def vouchers(self, session: odbc.Session, spot: Spot) -> Seen:
        """Vouchers that are not posted, by period."""
        try:
            found = self.ask(session, "vouchers", spot, spot.code)
        except ConnectorError as error:
            if not void_unknown(error):
                raise
            found = self.ask(session, "vouchers_with_void", spot, spot.code)
        return business.unposted(found, spot)

    @fact("unbalanced", per="account_set", needs=needs(OWN, "unbalanced"))
    def unbalanced(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "unbalanced", spot, spot.code)
        rows = (
            (year, period, str(number), Decimal(str(debits or 0)) - Decimal(str(credits or 0)))
            for year, period, number, debits, credits in found.rows
        )
        return Seen(facts=business.unbalanced(rows, spot), truncated=found.truncated)

    @fact("periods", per="account_set", needs=needs(OWN, "current_periods"))
    def periods(self, session: odbc.Session, spot: Spot) -> Seen:
        """The ledger's state from where each account book stands, that of stock and costing from their closing day."""
        found = self.ask(session, "current_periods", spot, spot.code)
        standings = standing_of(found.rows)
        if len(standings) == 1:
            standings = [replace(standings[0], module="GL")]
        else:
            standings = [replace(one, module=f"GL {one.module}") for one in standings]
        until = {
            CLOSED_BY_DAY[category]: day(last)
            for category, last in self.ask_if_there(session, "stock_closed", spot, spot.code) or []
            if category in CLOSED_BY_DAY
        }
        facts = [_with_days(one, until) for one in closing_states(standings, spot)]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("duplicates", per="account_set", needs=needs(OWN, "duplicates"))
    def duplicates(self, session: odbc.Session, spot: Spot) -> Seen:
        """Items of the same name and specification."""
        return business.duplicates({"items": self.ask(session, "duplicates", spot, spot.code).rows[0]}, spot)

    @fact("master_gaps", per="account_set", needs=needs(OWN, "gaps_items"))
    def master_gaps(self, session: odbc.Session, spot: Spot) -> Seen:
        """Items without a unit or a cost; suppliers without an account or a number, where they may be read."""
        found = {"items": (("no_unit", "no_cost"), self.ask(session, "gaps_items", spot, spot.code).rows[0])}
        for row in self.ask_if_there(session, "gaps_vendors", spot, spot.code) or []:
            found["vendors"] = (("no_bank_account", "no_tax_number"), row)
        return business.master_gaps(found, spot)

    @fact("open_documents", per="account_set", needs=needs(OWN, *OPEN))
    def open_documents(self, session: odbc.Session, spot: Spot) -> Seen:
        """Orders that have been open for more than sixty days."""
        found = [(what, self.ask(session, name, spot, spot.code).rows[0]) for name, what in OPEN.items()]
        return business.open_documents(found, spot)

    @fact("timings", per="account_set", needs=needs(OWN, "stock", "unbalanced"))
    def timings(self, session: odbc.Session, spot: Spot) -> Seen:
        """How long the questions take that reports of stock and ledger ask as well."""
        reports = {
            "即时库存": lambda: self.ask(session, "stock", spot, spot.code),
            "凭证查询": lambda: self.ask(session, "unbalanced", spot, spot.code),
        }
        return business.timed(reports, spot)

    @fact("odd_dates", per="account_set", needs=needs(OWN, "future_vouchers"))
    def odd_dates(self, session: odbc.Session, spot: Spot) -> Seen:
        """Vouchers dated after today."""
        return business.odd_dates([("凭证", self.ask(session, "future_vouchers", spot, spot.code).rows[0])], spot)


def void_unknown(error: ConnectorError) -> bool:
    """Whether what is missing is the mark of void vouchers."""
    return error.reason == "missing_column" and str(error.params["column"]).upper() == WITHOUT_VOID


def _with_days(period: Period, until: Mapping[str, date | None]) -> Period:
    """The same with the modules that close by the day: closed when the last day of the month is."""
    if not 1 <= period.period <= 12:
        return period
    last = date(period.year, period.period, monthrange(period.year, period.period)[1])
    by_day = {module: closed is not None and closed >= last for module, closed in until.items()}
    return replace(period, closed={**period.closed, **by_day})
