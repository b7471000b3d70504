"""What K/3's rights, documents and master data tell."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors import business, odbc
from connectors.base import Seen, Spot, fact
from connectors.facts import Approval, Grant
from connectors.sqlserver_base import OverSqlServer
from connectors.statements import load, needs
from connectors.values import grouped, whole

BOOKS = load("kingdee_k3_books")
MOST_GRANTS = 20_000

# FTranType -> what the bill is called.
BILLS = {
    1: "采购入库单",
    2: "产品入库单",
    5: "委外加工入库单",
    10: "其他入库单",
    21: "销售出库单",
    24: "领料单",
    29: "其他出库单",
    41: "调拨单",
}
BROUGHT_IN = "出入库单引入"
Right = tuple[Any, str, str | None, str]


class K3Books(OverSqlServer):
    """Rights, documents and master data of K/3."""

    @fact("grants", per="account_set", needs=needs(BOOKS, "held_rights"))
    def erp_grants(self, session: odbc.Session, spot: Spot) -> Seen:
        """Rights over objects, user by user, and those that come with a group."""
        held = self.ask(session, "held_rights", spot)
        people = {row[0]: str(row[1]) for row in self.ask(session, "users", spot).rows}
        objects = {(row[0], row[1]): str(row[2]) for row in self.ask_if_there(session, "objects", spot) or []}
        bits = self.ask_if_there(session, "access_types", spot) or []
        links = self.ask_if_there(session, "groups", spot) or []
        rights = [*_over_objects(held.rows, objects, bits), *_by_group(self._group_rights(session, spot), links)]
        facts = {
            (holder, right): Grant(
                account_set=spot.code,
                seen_at=spot.seen_at,
                holder=people.get(holder, f"#{holder}"),
                right=right,
                right_name=name,
                source=source,
            )
            for holder, right, name, source in reversed(rights[:MOST_GRANTS])
        }
        return Seen(facts=list(facts.values())[::-1], truncated=held.truncated or len(rights) > MOST_GRANTS)

    def _group_rights(self, session: odbc.Session, spot: Spot) -> Sequence[Any]:
        return self.ask_if_there(session, "group_rights", spot) or []

    @fact("approvals", per="account_set", needs=needs(BOOKS, "approvals"))
    def approvals(self, session: odbc.Session, spot: Spot) -> Seen:
        """Stock bills between two levels. K/3 says whose turn it is in tables whose names differ by kind of bill."""
        found = self.ask(session, "approvals", spot)
        facts = {
            f"{kind}/{number}": Approval(
                account_set=spot.code,
                seen_at=spot.seen_at,
                document=str(number),
                document_type=BILLS.get(kind, f"#{kind}"),
                waits_for=f"{int(level) + 1} 级审核",
                age_s=max(0, whole(age) or 0),
            )
            for kind, number, level, age in found.rows
        }
        by_number = {fact.document: fact for fact in facts.values()}
        return Seen(facts=list(by_number.values()), truncated=found.truncated)

    @fact("unbalanced", per="account_set", needs=needs(BOOKS, "unbalanced"))
    def unbalanced(self, session: odbc.Session, spot: Spot) -> Seen:
        """A number is given once for each kind of voucher, so the inner one stands behind it."""
        found = self.ask(session, "unbalanced", spot)
        rows = (
            (year, period, f"{number} (#{inner})", Decimal(str(difference)))
            for year, period, number, inner, difference in found.rows
        )
        return Seen(facts=business.unbalanced(rows, spot), truncated=found.truncated)

    @fact("ledger_gaps", per="account_set", needs=needs(BOOKS, "stock_values", "ledger_values"))
    def ledger_gaps(self, session: odbc.Session, spot: Spot) -> Seen:
        """Stock and ledger at the end of the periods that both have left behind; a period of one alone says nothing."""
        first = spot.seen_at.year - 1
        stock = {(row[0], row[1]): row[2] for row in self.ask(session, "stock_values", spot, first).rows}
        ledger = {(row[0], row[1]): row[2] for row in self.ask(session, "ledger_values", spot, first).rows}
        facts = [
            business.ledger_gap(spot, _before(*begun), stock[begun], ledger[begun])
            for begun in sorted(stock.keys() & ledger.keys())
        ]
        return Seen(facts=facts)

    @fact("duplicates", per="account_set", needs=needs(BOOKS, "double_customers", "double_vendors", "double_items"))
    def duplicates(self, session: odbc.Session, spot: Spot) -> Seen:
        """Customers and vendors by their tax number, items by name and model; disabled ones are left out."""
        return business.doubles(lambda name: self.ask(session, name, spot).rows, spot)

    @fact("master_gaps", per="account_set", needs=needs(BOOKS, "gaps_items", "gaps_vendors"))
    def master_gaps(self, session: odbc.Session, spot: Spot) -> Seen:
        return business.gaps(lambda name: self.ask(session, name, spot).rows, spot)

    @fact("odd_dates", per="account_set", needs=needs(BOOKS, "odd_vouchers"))
    def odd_dates(self, session: odbc.Session, spot: Spot) -> Seen:
        """KIS in its smallest edition has no stock bills; vouchers are everywhere."""
        wanted = {"odd_vouchers": "凭证", "odd_stock_bills": "出入库单"}
        return business.odd_dates(business.where_there(lambda name: self.ask(session, name, spot).rows, wanted), spot)

    @fact("open_documents", per="account_set", needs=needs(BOOKS, "open_stock_bills"))
    def open_documents(self, session: odbc.Session, spot: Spot) -> Seen:
        found = [("出入库单", self.ask(session, "open_stock_bills", spot).rows[0])]
        return business.open_documents(found, spot)

    @fact("interfaces", per="account_set", needs=needs(BOOKS, "interfaces"))
    def interfaces(self, session: odbc.Session, spot: Spot) -> Seen:
        """Where stock bills are brought in from; of one that failed nothing is left."""
        found = self.ask(session, "interfaces", spot)
        named = [(str(till).strip() or BROUGHT_IN, age) for till, age in found.rows]
        return business.came_in(odbc.Rows(named, found.truncated), spot)

    @fact("timings", per="account_set", needs=needs(BOOKS, "unbalanced"))
    def timings(self, session: odbc.Session, spot: Spot) -> Seen:
        """How long the questions take that reports of stock and ledger ask as well."""
        reports = {
            "即时库存": lambda: self.ask(session, "stock", spot),
            "凭证查询": lambda: self.ask(session, "unbalanced", spot),
        }
        return business.timed(reports, spot)


def _before(year: int, period: int) -> tuple[int, int]:
    """The period that ends where this one begins, in years of twelve."""
    return (year, period - 1) if period > 1 else (year - 1, 12)


def _over_objects(
    held: Iterable[Sequence[Any]], objects: Mapping[tuple[Any, Any], str], bits: Iterable[Sequence[Any]]
) -> Iterator[Right]:
    """(user, right, its name, no group) for each named bit of a mask; a mask without one stands for itself."""
    named: dict[tuple[Any, Any], list[tuple[int, str]]] = defaultdict(list)
    for kind, number, bit, name in bits:
        if bit:
            named[kind, number].append((int(bit), str(name)))
    for user, kind, number, mask in held:
        title = objects.get((kind, number))
        found = [(bit, name) for bit, name in named[kind, number] if int(mask) & bit == bit]
        for bit, name in found:
            yield user, f"{kind}.{number}.{bit}", f"{title or f'#{number}'}：{name}", ""
        if not found:
            yield user, f"{kind}.{number}", title, ""


def _by_group(rights: Iterable[Sequence[Any]], links: Iterable[Sequence[Any]]) -> Iterator[Right]:
    members = grouped((group, user) for user, group in links)
    for group, subsystem, access in rights:
        for user in members.get(group, ()):
            yield user, f"{subsystem}.{access}", None, f"#{group}"
