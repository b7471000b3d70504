"""Kingdee K/3 WISE (金蝶 K/3 WISE) and KIS on SQL Server, read straight from their databases. Nothing is ever written.

A control database lists the account sets; each account set is a database of its own, AIS<moment of its making>, and
holds its users, locks, stock and ledger. K/3 before 13 has no control database: there every AIS database is one.
A SQL read costs no K/3 licence seat.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from connectors import business, odbc
from connectors.base import N_, AccountSet, ConnectorError, Seen, Spot, fact
from connectors.facts import Stock, Task, User
from connectors.k3_books import BOOKS, K3Books
from connectors.k3_periods import Standing, closing_states, leave_day, standing_of
from connectors.sqlserver_base import SHARED, databases_of
from connectors.statements import Statement, load, needs
from connectors.values import day, grouped, whole

OWN = load("kingdee_k3")

# K/3 from 13 on, KIS, KIS in another edition; the first that is there is the one in use.
CONTROL = ("KDAcctDB", "AcctCtl", "AcctCtl_KEE")
_SET = re.compile(r"AIS\d{14}", re.IGNORECASE)

# Administrator, by the number and by the name that K/3 creates it with.
ADMINISTRATOR, ADMINISTRATOR_NAME = 16394, "administrator"


class KingdeeK3(K3Books):
    """金蝶 K/3 WISE and KIS over ODBC."""

    kind = "kingdee_k3"
    label = N_("Kingdee K/3 WISE / KIS")
    statements: ClassVar[Mapping[str, Statement]] = SHARED | OWN | BOOKS
    about = N_(
        "The list of account sets, and in each of them users with their groups, rights and last entry in the log, open "
        "functions, stock below zero, vouchers, periods, stock bills and the tills that some are brought in from, "
        "customers, vendors and items. Of SQL Server: backups, space, sessions, jobs, settings, logins. Passwords and "
        "texts of statements are never read; amounts only to see whether vouchers balance, and stock and ledger agree."
    )
    verified = N_(
        "Fixture databases with K/3's own table and column names, and a test server that speaks SQL Server's protocol, "
        "over FreeTDS and Microsoft's driver. No K/3, no KIS and no SQL Server of a client have been in front of it "
        "yet. The meaning of the bits in t_AccessControl follows K/3's dictionary and was not tried. ICInvBal and "
        "t_Balance, by which stock and ledger are compared, are general knowledge and not confirmed."
    )
    cannot: ClassVar = {
        "seats": N_("as far as we know K/3's own dictionary, it names no table of licence seats"),
    }

    @classmethod
    def parts(cls, account_sets: Sequence[AccountSet]) -> dict[str, list[str]]:
        """The databases by their part; the control database of K/3 from 13 on."""
        return {"control": [CONTROL[0]], "msdb": ["msdb"], "account_set": databases_of(account_sets)}

    def home(self, session: odbc.Session) -> str:
        """The control database, or master where K/3 is too old to have one."""
        return self._control(session) or "master"

    def database_for(self, session: odbc.Session, role: str, account_set: AccountSet | None) -> str:
        """The database that plays a statement's part. Raises ConnectorError when there is no control database."""
        if role == "account_set":
            return (account_set and account_set.database) or ""
        if role == "control":
            found = self._control(session)
            if found is None:
                raise ConnectorError("unknown_database", {"database": CONTROL[0]})
            return found
        return "msdb" if role == "msdb" else "master"

    def _databases(self, session: odbc.Session) -> list[str]:
        return [str(row[0]) for row in self.ask(session, "databases").rows]

    def _control(self, session: odbc.Session) -> str | None:
        there = {name.lower(): name for name in self._databases(session)}
        return next((there[name.lower()] for name in CONTROL if name.lower() in there), None)

    def owner(self, session: odbc.Session, database: str) -> str | None:
        """The account set that the control database says a database holds."""
        return self._owners(session).get(database.lower())

    def _owners(self, session: odbc.Session) -> Mapping[str, str]:
        if self._known_owners is None:
            try:
                sets = self.list_account_sets(session)
            except ConnectorError:
                # Backups are told all the same, only not whose they are.
                sets = []
            self._known_owners = {str(one.database).lower(): one.code for one in sets}
        return self._known_owners

    _known_owners: Mapping[str, str] | None = None

    def list_account_sets(self, session: odbc.Session) -> list[AccountSet]:
        """Account sets from the control database; without one, every database that is named like an account set."""
        there = {name.lower(): name for name in self._databases(session)}
        if not any(name.lower() in there for name in CONTROL):
            found = sorted(name for name in there.values() if _SET.fullmatch(name))
            return [AccountSet(code=name, name=name, database=name) for name in found]
        return [
            AccountSet(code=str(code), name=name or str(code), database=there.get(str(database).lower(), database))
            for code, name, database in self.ask(session, "account_sets").rows
        ]

    # The facts.

    @fact("users", per="account_set", needs=needs(OWN, "users"))
    def users(self, session: odbc.Session, spot: Spot) -> Seen:
        """Users with the employee behind each, the day that employee left, and when the user was last active."""
        found = self.ask(session, "users", spot)
        employees = {row[0]: (row[1], row[2]) for row in self.ask_if_there(session, "employees", spot) or []}
        linked = self.ask_if_there(session, "groups", spot)
        groups = grouped((row[0], str(row[1])) for row in linked or [])
        ages = {row[0]: whole(row[1]) for row in self.ask_if_there(session, "last_seen", spot) or []}
        facts = [
            User(
                account_set=spot.code,
                seen_at=spot.seen_at,
                login=login,
                name=employees.get(number, (None, None))[0],
                enabled=not forbidden,
                admin=number == ADMINISTRATOR or str(login).casefold() == ADMINISTRATOR_NAME,
                roles=None if linked is None else groups.get(number, ()),
                last_seen_at=spot.ago(ages.get(number)),
                left_on=leave_day(day(employees.get(number, (None, None))[1])),
            )
            for number, login, forbidden in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("tasks", per="account_set", needs=needs(OWN, "tasks"))
    def tasks(self, session: odbc.Session, spot: Spot) -> Seen:
        """Functions under network control; K/3 names them by number alone."""
        found = self.ask(session, "tasks", spot)
        return Seen(facts=[_task(row, spot) for row in found.rows], truncated=found.truncated)

    @fact("stock", per="account_set", needs=needs(OWN, "stock"))
    def stock(self, session: odbc.Session, spot: Spot) -> Seen:
        """Negative stock, also of virtual warehouses; one that was deleted is still told, by its inner number."""
        found = self.ask(session, "stock", spot)
        virtual = self.ask_if_there(session, "virtual_stock", spot) or []
        facts = {fact.subject: fact for fact in (_stock(row, spot) for row in [*virtual, *found.rows])}
        return Seen(facts=list(facts.values()), truncated=found.truncated)

    @fact("vouchers", per="account_set", needs=needs(OWN, "vouchers"))
    def vouchers(self, session: odbc.Session, spot: Spot) -> Seen:
        """Vouchers that are not posted, by period."""
        return business.unposted(self.ask(session, "vouchers", spot), spot)

    @fact("periods", per="account_set", needs=needs(OWN, "subsystems"))
    def periods(self, session: odbc.Session, spot: Spot) -> Seen:
        """The closing state that follows from where each module stands."""
        found = self.ask(session, "subsystems", spot)
        settings = self.ask_if_there(session, "current_periods", spot) or []
        return Seen(facts=closing_states(_standings(found.rows, settings), spot), truncated=found.truncated)


def _standings(subsystems: Sequence[Any], settings: Sequence[Any]) -> list[Standing]:
    """Where each module stands; the settings fill in the modules that have no row of their own."""
    own = [
        Standing(module=str(module).strip().upper(), year=year, period=period, closed=bool(closed))
        for module, year, period, closed in subsystems
        if module and year and period
    ]
    known = {standing.module for standing in own}
    return own + [standing for standing in standing_of(settings) if standing.module not in known]


def _task(row: Any, spot: Spot) -> Task:
    control, number, function, user, name, station = row[:6]
    age = whole(row[6])
    return Task(
        account_set=spot.code,
        seen_at=spot.seen_at,
        # The same numbers come again in every account set.
        key=f"{spot.code}/{control}/{number}",
        what="task",
        name=None if function is None else str(function),
        user=None if user is None else str(user),
        user_name=name,
        station=station,
        since_at=spot.ago(age),
        age_s=age,
    )


def _stock(row: Any, spot: Spot) -> Stock:
    warehouse, warehouse_name, item, item_name, spec, unit, warehouse_id, item_id, quantity, rows = row
    return Stock(
        account_set=spot.code,
        seen_at=spot.seen_at,
        warehouse=warehouse or f"#{warehouse_id}",
        warehouse_name=warehouse_name,
        item=item or f"#{item_id}",
        item_name=item_name,
        spec=spec,
        quantity=Decimal(str(quantity)),
        unit=unit,
        rows=rows,
    )
