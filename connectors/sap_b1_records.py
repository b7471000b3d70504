"""What the Service Layer tells of documents that stay open, of master data, and of alerts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors import business
from connectors.base import ConnectorError, Seen, Spot, fact
from connectors.facts import Duplicates, Job, OpenDocuments
from connectors.http_base import OverHttp
from connectors.http_values import day, lacking, number, odd, old_open, twice, untaxed
from connectors.questions import needs
from connectors.sap_b1_layer import QUESTIONS, YES, Layer

OPEN = {"open_sales_orders": "销售订单", "open_purchase_orders": "采购订单", "open_invoices": "应收发票"}
FUTURE = {"future_sales_orders": "销售订单", "future_journal_entries": "日记账分录"}
LACKING = {"items_without_unit": "no_unit", "items_without_cost": "no_cost"}


class LayerRecords(OverHttp[Layer]):
    """Readers of documents and master data, for the connector."""

    @fact("open_documents", per="account_set", needs=needs(QUESTIONS, *OPEN))
    def open_documents(self, session: Layer, spot: Spot) -> Seen:
        """Orders and invoices that have been open for more than sixty days, and drafts that nobody added."""
        asked, truncated = ask_all(session, OPEN)
        facts = [_open(what, rows, session, spot) for what, rows in asked]
        drafts = if_there(session, "open_drafts")
        facts += [] if drafts is None else [_open("草稿", drafts, session, spot)]
        return Seen(facts=facts, truncated=truncated)

    @fact("odd_dates", per="account_set", needs=needs(QUESTIONS, *FUTURE))
    def odd_dates(self, session: Layer, spot: Spot) -> Seen:
        """Documents dated after today."""
        asked, truncated = ask_all(session, FUTURE)
        found = {what: [str(row.get("DocNum") or row.get("Number")) for row in rows] for what, rows in asked}
        return Seen(facts=[odd(what, numbers, spot) for what, numbers in found.items()], truncated=truncated)

    @fact("duplicates", per="account_set", needs=needs(QUESTIONS, "partners", "items"))
    def duplicates(self, session: Layer, spot: Spot) -> Seen:
        """Partners of the same tax number (or else the same name), and items of the same name."""
        partners, more = session.rows(QUESTIONS["partners"])
        items, most = session.rows(QUESTIONS["items"])
        facts: list[Duplicates] = []
        for master, kind in (("customers", "cCustomer"), ("vendors", "cSupplier")):
            keys = [row["FederalTaxID"] or row["CardName"] for row in partners if row["CardType"] == kind]
            facts.append(twice(master, keys, spot))
        facts.append(twice("items", [row["ItemName"] for row in items], spot))
        return Seen(facts=facts, truncated=more or most)

    @fact("master_gaps", per="account_set", needs=needs(QUESTIONS, *LACKING, "partners"))
    def master_gaps(self, session: Layer, spot: Spot) -> Seen:
        """Items without a unit or a cost, suppliers without a tax number."""
        asked, truncated = ask_all(session, LACKING)
        facts = [lacking("items", what, [str(row["ItemCode"]) for row in rows], spot) for what, rows in asked]
        partners, more = session.rows(QUESTIONS["partners"])
        bare = [str(row["CardCode"]) for row in partners if row["CardType"] == "cSupplier" and not row["FederalTaxID"]]
        return Seen(facts=[*facts, untaxed("vendors", bare, spot)], truncated=truncated or more)

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "entries"))
    def unbalanced(self, session: Layer, spot: Spot) -> Seen:
        """Journal entries of the last sixty days whose debits and credits differ."""
        rows, truncated = session.rows(QUESTIONS["entries"])
        found = (
            (when.year, when.month, str(row["Number"]), difference)
            for row in rows
            if (when := day(row["ReferenceDate"])) and abs(difference := _difference(row)) > business.CENT
        )
        return Seen(facts=business.unbalanced(found, spot), truncated=truncated)

    @fact("jobs", per="account_set", needs=needs(QUESTIONS, "alerts"))
    def alerts(self, session: Layer, spot: Spot) -> Seen:
        """Alerts, which Business One runs as jobs of its own; how one went it does not write down."""
        rows, truncated = session.rows(QUESTIONS["alerts"])
        facts = {fact.name: fact for fact in (_alert(row, session, spot) for row in rows)}
        return Seen(facts=list(facts.values()), truncated=truncated)


def ask_all(session: Layer, names: Mapping[str, str]) -> tuple[list[tuple[str, list[dict[str, Any]]]], bool]:
    """The records of several questions by what each asks for, and whether any of them has more."""
    asked = [(what, *session.rows(QUESTIONS[name])) for name, what in names.items()]
    return [(what, rows) for what, rows, _ in asked], any(more for *_, more in asked)


def if_there(session: Layer, name: str) -> list[dict[str, Any]] | None:
    """The records of a question that not every user may ask: then None."""
    try:
        return session.rows(QUESTIONS[name])[0]
    except ConnectorError as error:
        if error.reason in ("missing_right", "missing_table", "missing_column"):
            return None
        raise


def _difference(row: dict[str, Any]) -> Decimal:
    """By how much the debits of an entry exceed its credits."""
    lines = row["JournalEntryLines"] or []
    return sum((_amount(one, "Debit") - _amount(one, "Credit") for one in lines), Decimal(0))


def _amount(line: dict[str, Any], name: str) -> Decimal:
    return number(line.get(name)) or Decimal(0)


def _open(what: str, rows: list[dict[str, Any]], session: Layer, spot: Spot) -> OpenDocuments:
    found = [(str(row["DocNum"]), day(row["DocDate"])) for row in rows]
    return old_open(what, found, spot, session.now_there().date())


def _alert(row: dict[str, Any], session: Layer, spot: Spot) -> Job:
    active = row["Active"] == YES
    overdue = session.age_s(row["NextExecutionDate"], _clock(row["NextExecutionTime"]))
    return Job(
        account_set=spot.code,
        seen_at=spot.seen_at,
        name=f"{spot.code}: {row['Name']}",
        enabled=active,
        last_age_s=session.age_s(row["LastExecutionDate"], _clock(row["LastExecutionTime"])),
        overdue_s=overdue if active and overdue and overdue > 0 else None,
    )


def _clock(value: Any) -> str | None:
    """A time of day; one of the two stands as a whole number such as 930 for half past nine."""
    return f"{value // 100:02}:{value % 100:02}:00" if isinstance(value, int) else value
