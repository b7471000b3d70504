"""Kingdee Galaxy (金蝶云星空) in a private cloud, read from its database on SQL Server. Nothing is ever written.

A data centre 数据中心 is one database, AIS…; all organisations share it, and each is told as an account set of its own.
The database shows what the WebAPI does not: locks, workflows that failed, plans, licence groups.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from connectors import odbc
from connectors.base import N_, AccountSet, ConnectorError, Field, Need, Seen, Spot, fact
from connectors.facts import Approval, Grant, Interface, Seats, Stock, Task, User
from connectors.kingdee_galaxy_books import OWN, WITHOUT_VOID, GalaxyBooks, void_unknown
from connectors.sqlserver_base import FIELDS, SHARED
from connectors.statements import Statement, needs
from connectors.values import day, grouped, whole

ADMINISTRATOR = "administrator"


class KingdeeGalaxyDb(GalaxyBooks):
    """金蝶云星空 over ODBC."""

    kind = "kingdee_galaxy_db"
    label = N_("Kingdee Galaxy (database)")
    fields: ClassVar[tuple[Field, ...]] = (
        *FIELDS,
        Field(name="database", label=N_("Database of the data centre"), required=True, repoints=True,
              hint=N_("AIS… as the list of data centres 数据中心 names it")),
    )  # fmt: skip
    statements: ClassVar[Mapping[str, Statement]] = SHARED | OWN
    about = N_(
        "Organisations, users with their roles, logins, licence groups and whether they left, negative stock, "
        "vouchers, current periods, locks, workflows that wait or failed, plans, orders that stay open, and items and "
        "suppliers that stand twice or lack something, from the database of a private cloud; of SQL Server its own "
        "state and its record of backups. Passwords are never read, amounts only to see whether vouchers balance."
    )
    verified = N_(
        "Fixture databases with Galaxy's own table and column names, and a test server that speaks SQL Server's "
        "protocol; no Galaxy has been in front of it yet. Not confirmed: the marks of posted and void vouchers "
        "(FPOSTED, FINVALID), what the states of a plan mean, that an employee disabled in T_HR_EMPINFO has left, and "
        "the tables of orders and suppliers and of the units and costs of items, which follow public programs."
    )
    cannot: ClassVar = {
        "ledger_gaps": N_(
            "which accounts hold the stock is set by templates of vouchers, whose tables are described nowhere we know "
            "of"
        ),
    }

    @classmethod
    def parts(cls, account_sets: Sequence[AccountSet]) -> dict[str, list[str]]:
        """The databases by their part; all organisations lie in one."""
        named = list(dict.fromkeys(one.database for one in account_sets if one.database))
        return {"centre": named or ["<database of the data centre>"], "msdb": ["msdb"]}

    def home(self, session: odbc.Session) -> str:
        """The database of the data centre."""
        return str(self.settings["database"])

    def database_for(self, session: odbc.Session, role: str, account_set: AccountSet | None) -> str:
        """The database that plays a statement's part."""
        return self.home(session) if role == "centre" else "master"

    def list_account_sets(self, session: odbc.Session) -> list[AccountSet]:
        """The organisations in use."""
        home = self.home(session)
        rows = self.ask(session, "account_sets").rows
        return [AccountSet(code=str(code), name=str(name or code), database=home) for code, name in rows]

    def check_need(self, session: odbc.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right; void vouchers may not be told apart, which `vouchers` makes up for."""
        try:
            super().check_need(session, need, account_set)
        except ConnectorError as error:
            if not void_unknown(error):
                raise
            columns = tuple(column for column in need.columns if column != WITHOUT_VOID)
            super().check_need(session, replace(need, columns=columns), account_set)

    # The facts.

    @fact("users", per="connection", needs=needs(OWN, "users"))
    def users(self, session: odbc.Session, spot: Spot) -> Seen:
        """Users with their roles, last logins and leaving; a user is known by the name, which is also the login."""
        found = self.ask(session, "users")
        linked = self.ask_if_there(session, "user_roles")
        inside = self.ask_if_there(session, "organisation_roles") or []
        roles = grouped(dict.fromkeys((row[0], str(row[3] or row[2])) for row in [*(linked or []), *inside]))
        ages = {row[0]: whole(row[1]) for row in self.ask_if_there(session, "last_seen") or []}
        left = {row[0]: day(row[1]) for row in self.ask_if_there(session, "employees") or []}
        facts = {
            str(name): User(
                seen_at=spot.seen_at,
                login=str(name),
                enabled=forbidden == "A",
                admin=str(name).casefold() == ADMINISTRATOR,
                roles=None if linked is None else roles.get(number, ()),
                last_seen_at=spot.ago(ages.get(number)),
                left_on=left.get(number),
            )
            for number, name, forbidden in found.rows
        }
        return Seen(facts=list(facts.values()), truncated=found.truncated)

    @fact(
        "grants",
        per="connection",
        needs=(
            *needs(SHARED, "principals", "powers", "server_grants", "database_grants", "database_roles"),
            *needs(OWN, "user_roles"),
        ),
    )
    def database_grants(self, session: odbc.Session, spot: Spot) -> Seen:
        """Roles of the users, everywhere or in one organisation, and the rights on the database below them."""
        below = super().database_grants(session, spot)
        found = self.ask(session, "user_roles")
        inside = self.ask_if_there(session, "organisation_roles") or []
        held = [(str(row[1]), str(row[2]), row[3], "") for row in found.rows]
        held += [(str(row[1]), str(row[2]), row[3], str(row[4])) for row in inside]
        roles = {
            (holder, right, scope): Grant(
                seen_at=spot.seen_at, holder=holder, right=right, right_name=name, scope=scope
            )
            for holder, right, name, scope in held
        }
        return Seen(facts=[*below.facts, *roles.values()], truncated=below.truncated or found.truncated)

    @fact("seats", per="connection", needs=needs(OWN, "licences"))
    def seats(self, session: odbc.Session, spot: Spot) -> Seen:
        """How many users are assigned to each licence group; how many there may be is not known from here."""
        found = self.ask(session, "licences")
        groups = Counter(one.strip() for row in found.rows for one in str(row[0]).split(",") if one.strip())
        facts = [Seats(seen_at=spot.seen_at, module=group, used=count) for group, count in sorted(groups.items())]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("tasks", per="connection", needs=needs(OWN, "locks", "plans"))
    def tasks(self, session: odbc.Session, spot: Spot) -> Seen:
        """Documents under network control, and plans with the number of their state; neither tells since when.

        A lock's age is that of the look which first met it; what the numbers of a plan mean is not known.
        """
        locks, plans = self.ask(session, "locks"), self.ask(session, "plans")
        facts = [Task(seen_at=spot.seen_at, key=f"lock/{row[0]}", what="lock", name=str(row[0])) for row in locks.rows]
        named = {str(row[0]): row[1] for row in plans.rows}
        facts += [
            Task(seen_at=spot.seen_at, key=f"plan/{name}", what="job", name=name, state=f"FSTATUS {state}")
            for name, state in named.items()
        ]
        return Seen(facts=facts, truncated=locks.truncated or plans.truncated)

    @fact("approvals", per="connection", needs=needs(OWN, "approvals"))
    def approvals(self, session: odbc.Session, spot: Spot) -> Seen:
        """Workflow tasks that wait; those they wait for come in rows of their own."""
        found = self.ask(session, "approvals")
        together: dict[Any, list[Any]] = {}
        for row in found.rows:
            together.setdefault(row[0], []).append(row)
        facts = {one.subject: one for one in (_approval(rows, spot) for rows in together.values())}
        return Seen(facts=list(facts.values()), truncated=found.truncated)

    @fact("interfaces", per="connection", needs=needs(OWN, "failed_workflows"))
    def interfaces(self, session: odbc.Session, spot: Spot) -> Seen:
        """Workflows that stopped because a step failed."""
        failed = int(self.ask(session, "failed_workflows").rows[0][0])
        return Seen(facts=[Interface(seen_at=spot.seen_at, name="工作流", failed=failed)])

    @fact("stock", per="account_set", needs=needs(OWN, "stock"))
    def stock(self, session: odbc.Session, spot: Spot) -> Seen:
        """Negative stock; an item or warehouse without a number is told by its inner one."""
        found = self.ask(session, "stock", spot, spot.code)
        return Seen(facts=[_stock(row, spot) for row in found.rows], truncated=found.truncated)


def _approval(rows: Sequence[Any], spot: Spot) -> Approval:
    task, kind, record, number, _, age = rows[0]
    people = [str(row[4]) for row in rows if row[4]]
    return Approval(
        seen_at=spot.seen_at,
        document=f"{number or record or ''}/{task}",
        document_type=None if kind is None else str(kind),
        waits_for=", ".join(dict.fromkeys(people)) or None,
        age_s=max(0, whole(age) or 0),
    )


def _stock(row: Any, spot: Spot) -> Stock:
    warehouse, warehouse_name, item, item_name, spec, warehouse_id, item_id, quantity, rows = row
    return Stock(
        account_set=spot.code,
        seen_at=spot.seen_at,
        warehouse=str(warehouse or f"#{warehouse_id}"),
        warehouse_name=warehouse_name,
        item=str(item or f"#{item_id}"),
        item_name=item_name,
        spec=spec or None,
        quantity=Decimal(str(quantity)),
        rows=rows,
    )
