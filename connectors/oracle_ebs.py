"""Oracle E-Business Suite, read from the schema APPS of its database, with everything the database tells of itself.

One database is one installation and one account set 账套, whatever number of ledgers and organizations it keeps.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import repeat
from typing import Any, ClassVar

from connectors import business
from connectors import oracle_wire as wire
from connectors.base import N_, AccountSet, Seen, Spot, fact
from connectors.facts import Approval, Grant, Job, Period, Stock, Task, Unbalanced, User
from connectors.http_values import unposted
from connectors.oracle import Oracle
from connectors.oracle_state import STATEMENTS as OF_THE_DATABASE
from connectors.statements import load, needs
from connectors.values import grouped, whole

OWN = load("oracle_ebs")
ADMIN = "SYSTEM_ADMINISTRATOR"  # the key of the responsibility that may do everything
OUTCOMES = {"C": "ok", "I": "ok", "R": "ok", "G": "ok", "E": "failed", "X": "cancelled", "D": "cancelled"}
WARNED = "warning"
MODULES = {101: "GL", 200: "AP", 222: "AR"}
CLOSED = frozenset("CP")  # closed, and closed for good


class OracleEbs(Oracle):
    """E-Business Suite 12 over the database it runs on."""

    kind = "oracle_ebs"
    label = N_("Oracle E-Business Suite")
    statements: ClassVar = {**OF_THE_DATABASE, **OWN}
    about = N_(
        "Users with their responsibilities, concurrent requests, stock below zero, journal entries that are not posted "
        "or do not balance, periods, and notices that want an answer; beside them state, space, backups, jobs and "
        "sessions of the database. Passwords are never read, amounts only to see whether entries balance."
    )
    verified = N_(
        "The statements only against a stand-in with the names of tables and columns that public programs for "
        "E-Business Suite use; every one is unverified. No E-Business Suite has been in front of it yet."
    )
    cannot: ClassVar = {
        "seats": N_("where E-Business Suite counts licences is described nowhere we know of"),
        "interfaces": N_("every interface of E-Business Suite has a table of its own, and none of them is read"),
        "open_documents": N_("the tables of orders and invoices of E-Business Suite are not read"),
        "odd_dates": N_("the tables of orders and invoices of E-Business Suite are not read"),
        "duplicates": N_("the flexible codes of items, customers and suppliers differ by installation"),
        "master_gaps": N_("which fields of an item have to be filled differs by installation"),
        "ledger_gaps": N_("which accounts hold the stock is set by organization and subinventory, and not read"),
    }

    def list_account_sets(self, session: wire.Session) -> list[AccountSet]:
        """The installation."""
        return [AccountSet(code=session.service, name=session.service, database=session.service)]

    @fact("users", per="account_set", needs=needs(OWN, "ebs_users", "ebs_grants"))
    def users(self, session: wire.Session, spot: Spot) -> Seen:
        """Users of E-Business Suite with their responsibilities; those of the database are principals."""
        found, held = session.rows(OWN["ebs_users"]), session.rows(OWN["ebs_grants"])
        keys = grouped((str(row[0]), str(row[2])) for row in held.rows)
        facts = [
            User(
                account_set=spot.code, seen_at=spot.seen_at, login=str(login), name=name, enabled=bool(lets_in),
                admin=ADMIN in keys.get(str(login), ()), roles=keys.get(str(login), ()),
                last_seen_at=spot.ago(whole(seen)),
            )
            for login, name, lets_in, seen in found.rows
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated or held.truncated)

    @fact("grants", per="account_set", needs=needs(OWN, "ebs_grants"))
    def ebs_grants(self, session: wire.Session, spot: Spot) -> Seen:
        """Responsibilities that somebody holds today."""
        held = session.rows(OWN["ebs_grants"])
        facts = [
            Grant(
                account_set=spot.code, seen_at=spot.seen_at, holder=str(login), holder_name=name, right=str(key),
                right_name=title,
            )
            for login, name, key, title in held.rows
        ]  # fmt: skip
        return Seen(facts=list({one.subject: one for one in facts}.values()), truncated=held.truncated)

    @fact("jobs", per="account_set", needs=needs(OWN, "ended_requests"))
    def ebs_requests(self, session: wire.Session, spot: Spot) -> Seen:
        """Concurrent programs that ran thrice or more within a week, and how the latest request of each ended."""
        found = session.rows(OWN["ended_requests"])
        facts: dict[str, Job] = {}
        for program, status, age, took in found.rows:
            # Programs of two applications may bear one name; the later request stands for both.
            facts.setdefault(str(program), _job(str(program), str(status), age, took, spot))
        return Seen(facts=list(facts.values()), truncated=found.truncated)

    @fact("tasks", per="account_set", needs=needs(OWN, "open_requests"))
    def ebs_tasks(self, session: wire.Session, spot: Spot) -> Seen:
        """Concurrent requests that run, or wait past their time, for an hour or more."""
        found = session.rows(OWN["open_requests"])
        facts = [
            Task(
                account_set=spot.code, seen_at=spot.seen_at, key=f"{spot.code}/{number}", what="job",
                name=f"{program} ({number})", user=str(login), user_name=name,
                state="running" if phase == "R" else "pending", since_at=spot.ago(whole(age)), age_s=whole(age),
            )
            for number, phase, program, login, name, age in found.rows
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("stock", per="account_set", needs=needs(OWN, "ebs_stock"))
    def ebs_stock(self, session: wire.Session, spot: Spot) -> Seen:
        """Stock below zero; a warehouse is an organization and its subinventory."""
        found = session.rows(OWN["ebs_stock"])
        places: dict[tuple[str, str], list[Any]] = {}
        for row in found.rows:
            places.setdefault((f"{row[0]}/{row[1]}", str(row[2])), []).append(row)
        facts = [
            Stock(
                account_set=spot.code, seen_at=spot.seen_at, warehouse=place, item=item, item_name=rows[0][3],
                unit=rows[0][4], quantity=sum((Decimal(str(row[5])) for row in rows), Decimal()), rows=len(rows),
            )
            for (place, item), rows in places.items()
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("vouchers", per="account_set", needs=needs(OWN, "ebs_vouchers"))
    def ebs_vouchers(self, session: wire.Session, spot: Spot) -> Seen:
        """Journal entries that are not posted, by the month of their date."""
        found = session.rows(OWN["ebs_vouchers"])
        days = (day for when, count, _ in found.rows for day in repeat(when.date(), int(count)))
        # The database says which day it is where the entries are dated.
        facts = unposted(days, spot, found.rows[0][2].date()) if found.rows else []
        return Seen(facts=facts, truncated=found.truncated)

    @fact("unbalanced", per="account_set", needs=needs(OWN, "ebs_unbalanced"))
    def ebs_unbalanced(self, session: wire.Session, spot: Spot) -> Seen:
        """Journal entries whose debits and credits differ in the ledger's currency."""
        found = session.rows(OWN["ebs_unbalanced"])
        facts = [
            Unbalanced(
                account_set=spot.code, seen_at=spot.seen_at, year=when.year, period=when.month,
                number=f"{name} ({number})", difference=Decimal(str(debits)) - Decimal(str(credits)),
            )
            for number, name, when, debits, credits in found.rows
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("periods", per="account_set", needs=needs(OWN, "ebs_periods"))
    def ebs_periods(self, session: wire.Session, spot: Spot) -> Seen:
        """Months that are closed in every ledger, by module; a module that no ledger began is left out."""
        found = session.rows(OWN["ebs_periods"])
        months: dict[tuple[int, int], list[Any]] = {}
        for row in found.rows:
            months.setdefault((row[2].year, row[2].month), []).append(row)
        facts = [_period(year, month, rows, spot) for (year, month), rows in sorted(months.items())]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("approvals", per="account_set", needs=needs(OWN, "ebs_approvals"))
    def ebs_approvals(self, session: wire.Session, spot: Spot) -> Seen:
        """Notices that want an answer; the workflow's own number and kind stand for the document."""
        found = session.rows(OWN["ebs_approvals"])
        facts = [
            Approval(
                account_set=spot.code, seen_at=spot.seen_at, document=str(number), document_type=str(kind),
                waits_for=role, age_s=max(0, whole(age) or 0),
            )
            for number, kind, role, age in found.rows
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("timings", per="account_set", needs=needs(OWN, "ebs_stock", "ebs_unbalanced"))
    def ebs_timings(self, session: wire.Session, spot: Spot) -> Seen:
        """How long the questions take that reports of stock and ledger ask as well."""
        reports = {
            "库存现有量": lambda: session.rows(OWN["ebs_stock"]),
            "日记账": lambda: session.rows(OWN["ebs_unbalanced"]),
        }
        return business.timed(reports, spot)


def _job(program: str, status: str, age: Any, took: Any, spot: Spot) -> Job:
    return Job(
        account_set=spot.code,
        seen_at=spot.seen_at,
        name=program,
        outcome=OUTCOMES.get(status, status.lower()),
        message=WARNED if status == "G" else None,
        last_age_s=whole(age),
        last_took_s=whole(took),
    )


def _period(year: int, month: int, rows: Sequence[Any], spot: Spot) -> Period:
    closed: dict[str, bool] = {}
    for application, _begin, _end, status in rows:
        module = MODULES[int(application)]
        closed[module] = closed.get(module, True) and status in CLOSED
    begin: date = min(row[1] for row in rows).date()
    return Period(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=year,
        period=month,
        begins_on=begin,
        ends_on=max(row[2] for row in rows).date(),
        closed=closed,
    )
