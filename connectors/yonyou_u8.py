"""Yonyou U8 / U8+ (用友 U8) on SQL Server, read straight from its databases. Nothing is ever written.

UFSystem holds account sets, operators and tasks; UFDATA_<account set>_<year> the business of one account set, where
the year is that of the database, which may hold several fiscal years. A SQL read costs no U8 licence seat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from connectors import business, odbc
from connectors.base import N_, AccountSet, ConnectorError, Need, Seen, Spot, fact
from connectors.facts import Period, Stock, User
from connectors.sqlserver_base import SHARED, databases_of
from connectors.statements import Statement, load, needs
from connectors.values import day, grouped, whole
from connectors.yonyou_u8_books import BOOKS, U8Books, is_older_build
from connectors.yonyou_u8_locks import LOCKS, U8Locks
from connectors.yonyou_u8_rights import RIGHTS, U8Rights

SYSTEM = "UFSystem"
OWN = load("yonyou_u8")
STATEMENTS = SHARED | OWN | RIGHTS | LOCKS | BOOKS

# GL_mend's flags -> the module's usual short name.
MODULES = ("GL", "AR", "AP", "ST", "SA", "PU", "IA", "FA", "WA")


class YonyouU8(U8Rights, U8Locks, U8Books):
    """用友 U8 over ODBC."""

    kind = "yonyou_u8"
    label = N_("Yonyou U8")
    statements: ClassVar[Mapping[str, Statement]] = STATEMENTS
    about = N_(
        "From UFSystem: account sets, operators, their roles, rights and last login, tasks, seats, periods, whether "
        "there are backup plans of U8's own. From each account set: stock below zero, vouchers, who is editing them "
        "and which systems outside of U8 send some, approvals, administrators of data, orders, stock bills, customers, "
        "vendors and items. Of SQL Server: backups, space, sessions, jobs, settings, logins. Passwords and texts of "
        "statements are never read; amounts only to see whether vouchers balance, and stock and ledger agree."
    )
    verified = N_(
        "Fixture databases with U8's own table and column names, and a test server that speaks SQL Server's protocol, "
        "over FreeTDS and Microsoft's driver. No U8 and no SQL Server of a client have been in front of it yet. The "
        "columns of UA_Log, Table_Task, UserHrPersonContro, ua_Task_Common, the two tables of locks, AA_HoldBusObject "
        "and IA_Subsidiary come from descriptions by others; where yours differ, the probe names the column."
    )

    @classmethod
    def parts(cls, account_sets: Sequence[AccountSet]) -> dict[str, list[str]]:
        """The databases by their part."""
        return {"system": [SYSTEM], "msdb": ["msdb"], "account_set": databases_of(account_sets)}

    def home(self, session: odbc.Session) -> str:
        """The database of account sets, operators and tasks."""
        return SYSTEM

    def database_for(self, session: odbc.Session, role: str, account_set: AccountSet | None) -> str:
        """The database that plays a statement's part."""
        if role == "account_set":
            return (account_set and account_set.database) or ""
        return {"system": SYSTEM, "msdb": "msdb"}.get(role, "master")

    def owner(self, session: odbc.Session, database: str) -> str | None:
        """The account set in the name of a business database, be it of this year or an earlier one."""
        parts = database.upper().split("_")
        return parts[1] if parts[0] == "UFDATA" and len(parts) == 3 else None

    def list_account_sets(self, session: odbc.Session) -> list[AccountSet]:
        """Account sets with the database that holds their latest year."""
        accounts = self.ask(session, "account_sets").rows
        spans = self.ask_if_there(session, "account_databases") or []
        latest = {row[0]: row[1] for row in self.ask_if_there(session, "account_years") or []}
        there = {str(row[0]).upper(): str(row[0]) for row in self.ask(session, "databases").rows}
        return [
            account_set_of(
                code=code,
                name=name,
                year=int(latest.get(code) or first_year),
                spans=[(row[1], row[2], row[3]) for row in spans if row[0] == code],
                there=there,
            )
            for code, name, first_year in accounts
        ]

    def check_need(self, session: odbc.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right; older builds may lack the fiscal year, which `by_year` makes up for."""
        try:
            super().check_need(session, need, account_set)
        except ConnectorError as error:
            if not is_older_build(error):
                raise
            columns = tuple(column for column in need.columns if column != "iyear")
            super().check_need(session, replace(need, columns=columns), account_set)

    # The facts.

    @fact("users", per="connection", needs=needs(OWN, "users"))
    def users(self, session: odbc.Session, spot: Spot) -> Seen:
        """Operators with their roles, the account sets they supervise, their last login, and whether they left."""
        found = self.ask(session, "users")
        linked = self.ask_if_there(session, "user_roles")
        roles = grouped((row[0], row[2] or row[1]) for row in linked or [])
        sets = _supervised(self.ask_if_there(session, "supervisors") or [], linked or [])
        ages = {row[0]: whole(row[1]) for row in self.ask_if_there(session, "last_seen") or []}
        left = self.people_left(session)
        facts = [
            User(
                seen_at=spot.seen_at,
                login=login,
                name=name,
                enabled=enabled == 1,
                admin=admin == 1,
                roles=None if linked is None else roles.get(login, ()),
                supervisor_of=sets.get(login, ()),
                last_seen_at=spot.ago(ages.get(login)),
                left_on=left.get(login),
            )
            for login, name, enabled, admin in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("stock", per="account_set", needs=needs(OWN, "stock"))
    def stock(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "stock", spot)
        facts = [
            Stock(
                account_set=spot.code,
                seen_at=spot.seen_at,
                warehouse=warehouse,
                warehouse_name=warehouse_name,
                item=item,
                item_name=item_name,
                spec=spec,
                quantity=Decimal(str(quantity)),
                rows=rows,
            )
            for warehouse, warehouse_name, item, item_name, spec, quantity, rows in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("vouchers", per="account_set", needs=needs(OWN, "vouchers"))
    def vouchers(self, session: odbc.Session, spot: Spot) -> Seen:
        """Vouchers that are not posted, by period."""
        return business.unposted(self.by_year(session, "vouchers", spot), spot)

    @fact("periods", per="account_set", needs=needs(OWN, "periods"))
    def periods(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.by_year(session, "periods", spot)
        known = self.ask_if_there(session, "period_dates", spot, spot.code) or []
        dates = {(row[0], row[1]): (day(row[2]), day(row[3])) for row in known}
        return Seen(
            facts=[_period(row, dates.get((row[0], row[1]), (None, None)), spot) for row in found.rows],
            truncated=found.truncated,
        )


def account_set_of(
    *, code: str, name: str, year: int, spans: Sequence[tuple[Any, Any, Any]], there: Mapping[str, str]
) -> AccountSet:
    """The account set with its current database.

    `spans` are the rows (first year, last year or None, database or None) of UA_AccountDatabase: a span without an end
    is the one in use. Without spans, one database holds one year, and `year` is the latest. `there` maps the names of
    the databases in capitals to their spelling; one that is not there is still named, so that its absence is told.
    """
    begin, database = year, None
    if spans:
        begin, _, database = max(spans, key=lambda span: (span[1] is None, span[0]))
    wanted = database or f"UFDATA_{code}_{begin}"
    return AccountSet(code=code, name=name, database=there.get(str(wanted).upper(), str(wanted)), year=year)


def _supervised(rows: Sequence[Any], links: Sequence[Any]) -> dict[Any, tuple[str, ...]]:
    """Operator -> account sets that they supervise, themselves or through a role."""
    members = grouped((role, user) for user, role, *_ in links)
    pairs = [
        (user, place) for holder, place, is_user in rows for user in ([holder] if is_user else members.get(holder, ()))
    ]
    return grouped(dict.fromkeys(pairs))


def _period(row: Any, dates: tuple[date | None, date | None], spot: Spot) -> Period:
    year, period, *flags = row
    return Period(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=year,
        period=period,
        begins_on=dates[0],
        ends_on=dates[1],
        closed={module: bool(flag) for module, flag in zip(MODULES, flags, strict=True) if flag is not None},
    )
