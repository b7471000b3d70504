"""SAP Business One on SAP HANA, read straight from its schemas. Nothing is ever written; no seat is taken.

SBOCOMMON lists the companies; each company is a schema of its own and an account set 账套. The driver is SAP's own and
installed by whoever runs this.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors import hana_wire, probing
from connectors.base import (
    ENCRYPTION,
    N_,
    AccountSet,
    Connector,
    ConnectorError,
    Deadline,
    Field,
    Need,
    Seen,
    Spot,
    Step,
    fact,
    milliseconds_since,
    walked,
)
from connectors.facts import Reachable, Server
from connectors.hana_wire import Session, Target, quoted
from connectors.odbc import Rows
from connectors.reach import Address, resolve
from connectors.sap_b1_readings import Books, erp_grants, read
from connectors.sap_b1_sql import COMPANIES, companies_of
from connectors.scripts import PASSWORD, Script
from connectors.statements import load

COMMON = "SBOCOMMON"
STATEMENTS = load("sap_b1_hana")
GAPS = frozenset({"missing_table", "missing_column", "missing_right"})


class SapB1Hana(Books, Connector[Session]):
    """SAP Business One over hdbcli."""

    kind = "sap_b1_hana"
    label = N_("SAP Business One (HANA)")
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address")),
        Field(name="port", label=N_("Port"), type="integer", default=30015, required=True, repoints=True,
              hint=N_("3<number of the instance>15, or 3<number>13 of a tenant")),
        Field(name="tenant", label=N_("Tenant database"), repoints=True, hint=N_("Empty where there is only one")),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret", required=True),
        Field(name="encryption", label=N_("Encryption"), type="choice", default="required", choices=ENCRYPTION,
              repoints=True),
        COMPANIES,
    )  # fmt: skip
    statements = STATEMENTS
    about = N_(
        "The list of companies, and of each users with their authorisations and logins, stock, journal vouchers, "
        "posting periods, documents that wait, stay open or are dated wrong, and gaps in the item master. Passwords "
        "are never read, amounts only to see whether entries balance."
    )
    verified = N_(
        "The statements at the level of Python's database interface, over fixture tables with the names of SAP's own "
        "help; SAP's driver only for a closed port, a name that is not there and a server that is silent. No HANA has "
        "been in front of it. SAP's driver hdbcli is not part of the product and is installed by yourself: pip install "
        "hdbcli."
    )
    cannot: ClassVar = {
        "backups": N_("connect HANA itself as a connection of its own"),
        "seats": N_("seats are told by the license server alone"),
    }

    # The way there.

    def _address(self) -> Address:
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    def open(self, deadline: Deadline) -> AbstractContextManager[Session]:
        """Log in once, read only."""
        target = Target(
            address=self._address(),
            user=self.settings["user"],
            password=self.secrets["password"],
            encryption=self.settings["encryption"],
            tenant=self.settings["tenant"] or "",
        )
        return hana_wire.connected(target, deadline)

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
            spot = Spot(account_set=place, seen_at=datetime.now(UTC))
            rows = self.ask_if_there(session, "company_name", spot) or []
            found.append(AccountSet(code=one, name=str(rows[0][0] or one) if rows else one, database=one))
        return found

    def check_need(self, session: Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right by asking for no row."""
        session.look_at(need, self._schema(need.database, account_set))

    # The probe.

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the companies; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        host, port = self.settings["host"], self.settings["port"]
        session: list[Session] = []
        yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
        yield "tcp", lambda: probing.tcp_step(self._address(), deadline)
        yield "login", lambda: self._login_steps(stack, deadline, session)
        yield "rights", lambda: self._rights_steps(session[0])
        yield "read_only", lambda: self._read_only_steps(session[0])
        yield "version", lambda: self._version_step(session[0])
        yield "account_sets", lambda: probing.account_set_steps(self.list_account_sets(session[0]))

    def _login_steps(self, stack: ExitStack, deadline: Deadline, session: list[Session]) -> Iterator[Step]:
        """The driver encrypts and logs in at one go, so both are known at once."""
        session.append(stack.enter_context(self.open(deadline)))
        plain = self.settings["encryption"] == "off"
        yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})
        yield Step(name="database", state="ok", detail={"database": self.settings["tenant"] or self.settings["host"]})

    def _rights_steps(self, session: Session) -> Iterator[Step]:
        sets = self._sets_if_there(session)
        wanted: list[tuple[Need, AccountSet | None]] = [
            (need, place)
            for statement in STATEMENTS.values()
            for need in statement.needs
            for place in (sets if need.database == "account_set" else [None])
            if need.database != "common" or not self.settings["companies"]
        ]
        optional = {need for one in STATEMENTS.values() if one.optional for need in one.needs}
        yield from probing.rights_steps(lambda need, place: self.check_need(session, need, place), wanted, optional)

    def _sets_if_there(self, session: Session) -> list[AccountSet]:
        """The companies; an unreadable list comes out later."""
        try:
            return self.list_account_sets(session)
        except ConnectorError:
            return []

    def _read_only_steps(self, session: Session) -> Iterator[Step]:
        """Whether the login can change anything in a company's schema."""
        clean = True
        for place in self._sets_if_there(session):
            rows = session.rows(STATEMENTS["write_rights"], None, (session.user.upper(), place.code)).rows
            if rows:
                clean = False
                params = {"how": ", ".join(str(row[0]) for row in rows), "database": place.code}
                yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")
        if clean:
            yield Step(name="read_only", state="ok")

    def _version_step(self, session: Session) -> Iterator[Step]:
        version = session.rows(STATEMENTS["version"]).rows[0][0]
        yield Step(name="version", state="ok", detail={"version": str(version)})

    # The facts.

    @fact("reachable", per="connection")
    def reachable(self, session: Session, spot: Spot) -> Seen:
        """The time to be logged in, of one smallest question, and the version."""
        start = time.perf_counter()
        session.rows(STATEMENTS["alive"])
        answer_ms = milliseconds_since(start)
        version = str(session.rows(STATEMENTS["version"]).rows[0][0])
        fact = Reachable(
            seen_at=spot.seen_at, up=True, connect_ms=session.connect_ms, answer_ms=answer_ms, version=version
        )
        return Seen(facts=[fact])

    @fact("server", per="connection")
    def server(self, session: Session, spot: Spot) -> Seen:
        """Version and clock of HANA."""
        asked = datetime.now(UTC)
        version, told = session.rows(STATEMENTS["version"]).rows[0]
        middle = asked + (datetime.now(UTC) - asked) / 2
        there = told if isinstance(told, datetime) else datetime.fromisoformat(str(told)[:26])
        ahead = there.replace(tzinfo=UTC) - middle
        fact = Server(seen_at=spot.seen_at, version=str(version), clock_ahead_s=round(ahead / timedelta(seconds=1), 1))
        return Seen(facts=[fact])

    @fact("grants", per="account_set", needs=read("users", "erp_grants"))
    def grants(self, session: Session, spot: Spot) -> Seen:
        """What the users of a company may read or do."""
        return erp_grants(self, session, spot)
