"""SAP Business One on SAP HANA, read straight from its schemas. Nothing is ever written; no seat is taken.

SBOCOMMON lists the companies; each company is a schema of its own and an account set 账套. The driver is SAP's own and
installed by whoever runs this.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import (
    N_,
    AccountSet,
    ConnectorError,
    Field,
    Need,
    Seen,
    Spot,
    Step,
    fact,
    milliseconds_since,
    now,
)
from connectors.database_base import writable
from connectors.facts import Reachable, Server
from connectors.hana_base import FIELDS, OverHana
from connectors.hana_wire import Session, quoted
from connectors.odbc import Rows
from connectors.sap_b1_readings import Books
from connectors.sap_b1_sql import COMPANIES, companies_of
from connectors.scripts import PASSWORD, Script
from connectors.statements import load

COMMON = "SBOCOMMON"
STATEMENTS = load("sap_b1_hana")
GAPS = frozenset({"missing_table", "missing_column", "missing_right"})


class SapB1Hana(Books, OverHana):
    """SAP Business One over hdbcli."""

    kind = "sap_b1_hana"
    label = N_("SAP Business One (HANA)")
    fields: ClassVar[tuple[Field, ...]] = (*FIELDS, COMPANIES)
    statements = STATEMENTS
    about = N_(
        "The list of companies, and of each users with their authorisations and logins, stock, journal vouchers, "
        "posting periods, documents that wait, stay open or are dated wrong, alerts, and gaps in the item master. "
        "Passwords are never read, amounts only to see whether entries balance, and stock and ledger agree."
    )
    verified = N_(
        "The statements at the level of Python's database interface, over fixture tables with the names of SAP's own "
        "help, but for those of item groups (OITB), which are general knowledge; SAP's driver only for a closed port, "
        "a name that is not there and a server that is silent. No HANA has been in front of it. SAP's driver hdbcli is "
        "not part of the product and is installed by yourself: pip install hdbcli."
    )
    cannot: ClassVar = {
        "backups": N_("connect HANA itself as a connection of its own"),
        "seats": N_("seats are told by the license server alone"),
        "tasks": N_("where Business One keeps what somebody has open is described nowhere we know of"),
        "interfaces": N_("the tables of Business One's integration framework are described nowhere we know of"),
    }

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> Script:
        """The least-privilege script: a restricted user who may SELECT the named tables and nothing else."""
        schemas = {"common": [COMMON], "account_set": [one.code for one in account_sets] or ["<schema of the company>"]}
        tables = {
            f"{quoted(schema)}.{quoted(need.table)}": None
            for statement in STATEMENTS.values()
            for need in statement.needs
            for schema in schemas[need.database]
        }
        name = quoted(user.upper())
        made = f'CREATE RESTRICTED USER {name} PASSWORD "{PASSWORD}" NO FORCE_FIRST_PASSWORD_CHANGE;'
        grants = [f"GRANT SELECT ON {table} TO {name};" for table in tables]
        run = [made, f"ALTER USER {name} ENABLE CLIENT CONNECT;", *grants]
        return Script(run="\n".join(run), undo=f"DROP USER {name} CASCADE;")

    def ask(self, session: Session, name: str, spot: Spot | None = None, *params: Any) -> Rows:
        """The rows of a statement in the schema that plays its part. Raises ConnectorError."""
        statement = self.statements[name]
        return session.rows(statement, self._schema(statement.database, spot.account_set if spot else None), params)

    def _schema(self, role: str, account_set: AccountSet | None) -> str:
        if role == "account_set":
            return account_set.code if account_set else ""
        return COMMON if role == "common" else ""

    def ask_if_there(self, session: Session, name: str, spot: Spot | None = None, *params: Any) -> list[Any] | None:
        """The rows of a statement whose table not every installation has, or lets us read: then None."""
        try:
            return self.ask(session, name, spot, *params).rows
        except ConnectorError as error:
            if error.reason in GAPS:
                return None
            raise

    def list_account_sets(self, session: Session) -> list[AccountSet]:
        """The companies that Business One lists, or those that were named, with their names where they may be read."""
        named = companies_of(self.settings["companies"])
        if not named:
            rows = self.ask(session, "account_sets").rows
            return [AccountSet(code=str(code), name=str(name or code), database=str(code)) for code, name in rows]
        found = []
        for one in named:
            place = AccountSet(code=one, name=one, database=one)
            spot = Spot(account_set=place, seen_at=now())
            rows = self.ask_if_there(session, "company_name", spot) or []
            found.append(AccountSet(code=one, name=str(rows[0][0] or one) if rows else one, database=one))
        return found

    def check_need(self, session: Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right by asking for no row."""
        session.look_at(need, self._schema(need.database, account_set))

    # The probe.

    def wanted(self, session: Session) -> list[tuple[Need, AccountSet | None]]:
        """Everything that is read, in every company; the list of companies only where it is needed."""
        sets = self._sets_if_there(session)
        return [
            (need, place)
            for statement in STATEMENTS.values()
            for need in statement.needs
            for place in (sets if need.database == "account_set" else [None])
            if need.database != "common" or not self.settings["companies"]
        ]

    def optional(self) -> set[Need]:
        """What not every installation has."""
        return {need for one in STATEMENTS.values() if one.optional for need in one.needs}

    def _sets_if_there(self, session: Session) -> list[AccountSet]:
        """The companies; an unreadable list comes out later."""
        try:
            return self.list_account_sets(session)
        except ConnectorError:
            return []

    def read_only_steps(self, session: Session) -> Iterator[Step]:
        """Whether the login can change anything in a company's schema."""
        for place in self._sets_if_there(session):
            yield from writable((row[0] for row in self._write_rights(session, place.code)), place.code)

    def _write_rights(self, session: Session, schema: str) -> list[Any]:
        return list(session.rows(STATEMENTS["write_rights"], None, (session.user.upper(), schema)).rows)

    def version(self, session: Session) -> str:
        """Of HANA; Business One's own is not told."""
        return str(session.rows(STATEMENTS["version"]).rows[0][0])

    # The facts.

    @fact("reachable", per="connection")
    def reachable(self, session: Session, spot: Spot) -> Seen:
        """The time to be logged in, of one smallest question, and the version."""
        start = time.perf_counter()
        session.rows(STATEMENTS["alive"])
        answer_ms = milliseconds_since(start)
        fact = Reachable(
            seen_at=spot.seen_at,
            up=True,
            connect_ms=session.connect_ms,
            answer_ms=answer_ms,
            version=self.version(session),
        )
        return Seen(facts=[fact])

    @fact("server", per="connection")
    def server(self, session: Session, spot: Spot) -> Seen:
        """Version and clock of HANA."""
        asked = now()
        version, told = session.rows(STATEMENTS["version"]).rows[0]
        middle = asked + (now() - asked) / 2
        there = told if isinstance(told, datetime) else datetime.fromisoformat(str(told)[:26])
        ahead = there.replace(tzinfo=UTC) - middle
        fact = Server(seen_at=spot.seen_at, version=str(version), clock_ahead_s=round(ahead / timedelta(seconds=1), 1))
        return Seen(facts=[fact])
