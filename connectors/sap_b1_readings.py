"""What the tables of SAP Business One tell, whichever database holds them. Passwords and contacts are never read.

The statements stand in a data file for each database; their rows have the same columns in the same order.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

from connectors import business
from connectors.base import N_, ConnectorError, Need, Seen, Spot, fact
from connectors.facts import (
    Approval,
    FailedLogins,
    Grant,
    Job,
    Period,
    Stock,
    User,
    Vouchers,
)
from connectors.odbc import Rows
from connectors.statements import load, needs
from connectors.untold import NOT_FOLLOWED
from connectors.values import day, whole

OWN = load("sap_b1_sql")

OPEN = {"open_sales_orders": "销售订单", "open_purchase_orders": "采购订单", "open_invoices": "应收发票"}
FUTURE = {"future_sales_orders": "销售订单", "future_journal_entries": "日记账分录"}
GAPS = {"items_without_cost": "no_cost", "items_without_unit": "no_unit"}
RIGHTS = {"F": "full", "R": "read"}
# A posting period's status: C closing, Y locked, A archived; with S only selling documents are still posted.
CLOSED = frozenset("CYA")
# How Business One calls the currency of China in a new company.
RENMINBI = {"RMB": "CNY"}
BY_RULES = N_("whether stock and ledger agree; rules of its own (advanced account determination) set the accounts")


class Asks(Protocol):
    """What a reader needs of its connector."""

    def ask(self, session: Any, name: str, spot: Spot | None = None, *params: Any) -> Rows: ...

    def ask_if_there(self, session: Any, name: str, spot: Spot | None = None, *params: Any) -> list[Any] | None: ...


def read(*names: str) -> tuple[Need, ...]:
    """What these statements read."""
    return needs(OWN, *names)


class Books:
    """The readers of one company's tables."""

    @fact("users", per="account_set", needs=read("users"))
    def users(self: Asks, session: Any, spot: Spot) -> Seen:
        """Users with their last login, where Business One keeps its record of logins."""
        found = self.ask(session, "users", spot)
        ages = {row[0]: whole(row[1]) for row in self.ask_if_there(session, "last_seen", spot) or []}
        facts = [
            User(
                account_set=spot.code,
                seen_at=spot.seen_at,
                login=str(code),
                name=name,
                enabled=locked != "Y",
                admin=superuser == "Y",
                last_seen_at=spot.ago(ages.get(code)),
            )
            for code, name, superuser, locked in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("failed_logins", per="account_set", needs=read("failed_logins"))
    def failed_logins(self: Asks, session: Any, spot: Spot) -> Seen:
        """Refused logins of the last hour, by Business One's own record and the server's clock."""
        count = int(self.ask(session, "failed_logins", spot).rows[0][0])
        return Seen(facts=[FailedLogins(account_set=spot.code, seen_at=spot.seen_at, count=count)])

    @fact("stock", per="account_set", needs=read("stock"))
    def stock(self: Asks, session: Any, spot: Spot) -> Seen:
        """Stock below zero; a place without a quantity is none."""
        found = self.ask(session, "stock", spot)
        return Seen(facts=[_stock(row, spot) for row in found.rows], truncated=found.truncated)

    @fact("vouchers", per="account_set", needs=read("vouchers"))
    def vouchers(self: Asks, session: Any, spot: Spot) -> Seen:
        """Journal vouchers 日记账凭证 that are not posted, by the month in which their posting period begins."""
        found = self.ask(session, "vouchers", spot)
        months = [(day(begin), count, day(oldest), whole(age)) for begin, count, oldest, age in found.rows]
        facts = [
            Vouchers(
                account_set=spot.code,
                seen_at=spot.seen_at,
                year=begin.year,
                period=begin.month,
                count=count,
                oldest_on=oldest,
                oldest_age_days=age,
            )
            for begin, count, oldest, age in months
            if begin
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("unbalanced", per="account_set", needs=read("unbalanced"))
    def unbalanced(self: Asks, session: Any, spot: Spot) -> Seen:
        """Journal entries of the last four hundred days that do not balance."""
        found = self.ask(session, "unbalanced", spot)
        rows = (
            (when.year, when.month, str(number), Decimal(str(debits or 0)) - Decimal(str(credits or 0)))
            for number, when, debits, credits in ((row[0], day(row[1]), *row[2:]) for row in found.rows)
            if when
        )
        return Seen(facts=business.unbalanced(rows, spot), truncated=found.truncated)

    @fact("periods", per="account_set", needs=read("periods"))
    def periods(self: Asks, session: Any, spot: Spot) -> Seen:
        found = self.ask(session, "periods", spot)
        facts = {one.subject: one for row in found.rows if (one := _period(row, spot))}
        return Seen(facts=list(facts.values()), truncated=found.truncated)

    @fact("approvals", per="account_set", needs=read("approvals"))
    def approvals(self: Asks, session: Any, spot: Spot) -> Seen:
        """Requests that are pending; those they wait for come in rows of their own."""
        found = self.ask(session, "approvals", spot)
        together: dict[Any, list[Any]] = {}
        for row in found.rows:
            together.setdefault(row[0], []).append(row)
        facts = [_approval(rows, spot) for rows in together.values()]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("open_documents", per="account_set", needs=read(*OPEN))
    def open_documents(self: Asks, session: Any, spot: Spot) -> Seen:
        """Orders and invoices that were not closed, and drafts that nobody added, after sixty days."""
        found = [(what, self.ask(session, name, spot).rows[0]) for name, what in OPEN.items()]
        drafts = self.ask_if_there(session, "open_drafts", spot)
        return business.open_documents(found + ([("草稿", drafts[0])] if drafts else []), spot)

    @fact("jobs", per="account_set", needs=read("alerts"))
    def b1_alerts(self: Asks, session: Any, spot: Spot) -> Seen:
        """Alerts, which Business One runs as jobs of its own; how one went it does not write down."""
        found = self.ask(session, "alerts", spot)
        facts = {fact.name: fact for fact in (_alert(row, spot) for row in found.rows)}
        return Seen(facts=list(facts.values()), truncated=found.truncated)

    @fact("timings", per="account_set", needs=read("stock", "unbalanced"))
    def timings(self: Asks, session: Any, spot: Spot) -> Seen:
        """How long the questions take that reports of stock and ledger ask as well."""
        reports = {
            "库存状态": lambda: self.ask(session, "stock", spot),
            "日记账分录": lambda: self.ask(session, "unbalanced", spot),
        }
        return business.timed(reports, spot)

    @fact("odd_dates", per="account_set", needs=read(*FUTURE))
    def odd_dates(self: Asks, session: Any, spot: Spot) -> Seen:
        """Documents dated after today."""
        return business.odd_dates(
            [(what, self.ask(session, name, spot).rows[0]) for name, what in FUTURE.items()], spot
        )

    @fact("duplicates", per="account_set", needs=read("duplicates"))
    def duplicates(self: Asks, session: Any, spot: Spot) -> Seen:
        """Items of the same name."""
        return business.duplicates({"items": self.ask(session, "duplicates", spot).rows[0]}, spot)

    @fact("master_gaps", per="account_set", needs=read(*GAPS))
    def master_gaps(self: Asks, session: Any, spot: Spot) -> Seen:
        """Items that lack their cost or their unit."""
        row = [value for name in GAPS for value in self.ask(session, name, spot).rows[0]]
        return business.master_gaps({"items": (tuple(GAPS.values()), row)}, spot)

    @fact("ledger_gaps", per="account_set", needs=read("inventory_system", "stock_value", "ledger_value"))
    def ledger_gaps(self: Asks, session: Any, spot: Spot) -> Seen:
        """Stock and ledger as they stand just now, where the ledger follows each movement of the stock."""
        follows, advanced, currency, today = self.ask(session, "inventory_system", spot).rows[0]
        if follows != "Y":
            raise ConnectorError("unsupported", {"missing": NOT_FOLLOWED})
        if advanced == "Y":
            raise ConnectorError("unsupported", {"missing": BY_RULES})
        stock, ledger = (self.ask(session, name, spot).rows[0][0] for name in ("stock_value", "ledger_value"))
        month = day(today) or spot.seen_at.date()
        currency = RENMINBI.get(currency, currency)
        return Seen(facts=[business.ledger_gap(spot, (month.year, month.month), stock, ledger, currency)])

    @fact("grants", per="account_set", needs=read("users", "erp_grants"))
    def erp_grants(self: Asks, session: Any, spot: Spot) -> Seen:
        """What the users of a company may read or do; a superuser may do everything."""
        users = self.ask(session, "users", spot)
        found = self.ask(session, "erp_grants", spot)
        held = [(row[0], row[1], "SUPERUSER", None, "full") for row in users.rows if row[2] == "Y"]
        held += [(code, name, str(right), title, RIGHTS[how]) for code, name, right, title, how in found.rows]
        facts = {fact.subject: fact for fact in (_grant(*one, spot) for one in held)}
        return Seen(facts=list(facts.values()), truncated=users.truncated or found.truncated)


def _alert(row: Any, spot: Spot) -> Job:
    name, active = str(row[0]), row[1] == "Y"
    overdue = whole(row[3])
    return Job(
        account_set=spot.code,
        seen_at=spot.seen_at,
        name=f"{spot.code}: {name}",
        enabled=active,
        last_age_s=whole(row[2]),
        overdue_s=overdue if active and overdue and overdue > 0 else None,
    )


def _grant(code: Any, name: Any, right: str, title: Any, scope: str, spot: Spot) -> Grant:
    return Grant(
        account_set=spot.code,
        seen_at=spot.seen_at,
        holder=str(code),
        holder_name=name,
        right=right,
        right_name=title,
        scope=scope,
    )


def _stock(row: Any, spot: Spot) -> Stock:
    warehouse, warehouse_name, item, item_name, unit, quantity = row
    return Stock(
        account_set=spot.code,
        seen_at=spot.seen_at,
        warehouse=str(warehouse),
        warehouse_name=warehouse_name,
        item=str(item),
        item_name=item_name,
        quantity=Decimal(str(quantity)),
        unit=unit or None,
    )


def _period(row: Any, spot: Spot) -> Period | None:
    begin, end, status = day(row[0]), day(row[1]), row[2]
    if begin is None:
        return None
    return Period(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=begin.year,
        period=begin.month,
        begins_on=begin,
        ends_on=end,
        closed={"GL": status in CLOSED, "SA": status in CLOSED or status == "S"},
    )


def _approval(rows: Sequence[Any], spot: Spot) -> Approval:
    request, kind, entry, _, age = rows[0]
    people = [str(row[3]) for row in rows if row[3]]
    return Approval(
        account_set=spot.code,
        seen_at=spot.seen_at,
        document=f"{kind}/{entry}/{request}",
        document_type=str(kind),
        waits_for=", ".join(people) or None,
        age_s=max(0, whole(age) or 0),
    )
