"""What every connector over SQL Server shares: the form, the walk of the probe, reachability and backups.

A system on top of it adds its own statements, says which database plays which part, and finds its account sets.
"""

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, ClassVar

from connectors import odbc, probing, scripts, tds_pure
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
from connectors.facts import Backup, Reachable
from connectors.reach import Address, resolve
from connectors.statements import Statement, load, needs
from connectors.values import whole

SHARED = load("sqlserver_shared")
GAPS = frozenset({"missing_table", "missing_column", "missing_right"})

FIXTURE = "fixture"
DRIVERS = {
    odbc.MICROSOFT: N_("Microsoft ODBC Driver 18"),
    odbc.FREETDS: N_("FreeTDS"),
    tds_pure.PURE: N_("Built in, no driver needed"),
    FIXTURE: N_("Fixture databases in a folder"),
}
FIELDS = (
    Field(name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address of SQL Server")),
    Field(name="port", label=N_("Port"), type="integer", default=1433, required=True, repoints=True),
    Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
    Field(name="password", label=N_("Password"), type="secret"),
    Field(
        name="encryption", label=N_("Encryption"), type="choice", default="required", choices=ENCRYPTION, repoints=True
    ),
    Field(
        name="driver",
        label=N_("Driver"),
        type="choice",
        default=odbc.FREETDS,
        choices=DRIVERS,
        repoints=True,
        demo_choices=(FIXTURE,),
    ),
    Field(name="folder", label=N_("Folder of the fixture databases"), repoints=True, demo_only=True),
)


class OverSqlServer(Connector[odbc.Session]):
    """A system whose data lies in SQL Server, read over ODBC."""

    fields: ClassVar[tuple[Field, ...]] = FIELDS
    # All statements of the system by name, the shared ones among them.
    statements: ClassVar[Mapping[str, Statement]] = SHARED

    # Rights on the whole server that the system's statements need.
    server_rights: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def parts(cls, account_sets: Sequence[AccountSet]) -> dict[str, list[str]]:
        """The databases by the part they play for the statements, as they are usually called."""

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> scripts.Script:
        """The least-privilege script for an administrator of the server."""
        parts = cls.parts(account_sets)
        wanted = [
            (database, need)
            for statement in cls.statements.values()
            for need in statement.needs
            for database in parts.get(statement.database, [])
        ]
        return scripts.sql_server(user, wanted, cls.server_rights)

    @abstractmethod
    def database_for(self, session: odbc.Session, role: str, account_set: AccountSet | None) -> str:
        """The database that plays a statement's part. Raises ConnectorError when there is none."""

    @abstractmethod
    def home(self, session: odbc.Session) -> str:
        """The database without which nothing is told; the probe enters it. Raises ConnectorError."""

    def owner(self, session: odbc.Session, database: str) -> str | None:
        """The code of the account set that a database belongs to; None when it is shared or not known."""
        return None

    def target(self) -> odbc.Target:
        """Where to log in, and how."""
        return odbc.Target(
            address=self._address(),
            driver=self.settings["driver"],
            user=self.settings["user"],
            password=self.secrets.get("password", ""),
            encryption=self.settings["encryption"],
        )

    def _address(self) -> Address:
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    def open(self, deadline: Deadline) -> AbstractContextManager[odbc.Session]:
        """Log in to master, which every login may enter; the statements then go to their own databases."""
        if self.settings["driver"] == FIXTURE:
            from connectors import fixture  # noqa: PLC0415 - the fixture road loads a parser

            return fixture.connected(self.settings, deadline, allow_loopback=self.allow_loopback)
        if self.settings["driver"] == tds_pure.PURE:
            return tds_pure.connected(self.target(), deadline)
        return odbc.connected(self.target(), deadline)

    def ask(self, session: odbc.Session, name: str, spot: Spot | None = None, *params: Any) -> odbc.Rows:
        """The rows of a statement, asked in the database that plays its part. Raises ConnectorError."""
        statement = self.statements[name]
        place = spot.account_set if spot else None
        database = None if statement.database == "any" else self.database_for(session, statement.database, place)
        return session.rows(statement, database, params)

    def ask_if_there(
        self, session: odbc.Session, name: str, spot: Spot | None = None, *params: Any
    ) -> list[Any] | None:
        """The rows of a statement whose table not every installation has, or lets us read: then None."""
        try:
            return self.ask(session, name, spot, *params).rows
        except ConnectorError as error:
            if error.reason in GAPS:
                return None
            raise

    def check_need(self, session: odbc.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right by asking for no row; and that no row is hidden from this login."""
        session.look_at(need, self.database_for(session, need.database, account_set))
        if need.table in _HIDING:
            self.require_sight(session, need.table)

    def require_sight(self, session: odbc.Session, table: str) -> None:
        """Raise ConnectorError missing_right when the server would hide rows of this view from the login."""
        right = _HIDING[table]
        seen = session.rows(self.statements["sight"]).rows[0]
        if not dict(zip(_SIGHT, seen, strict=True))[right]:
            grant = f"USE [master]; GRANT {right} TO {scripts.bracketed(session.user)};"
            raise ConnectorError("missing_right", {"table": table}, right=right, grant=grant)

    # The probe.

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the account sets; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        if self.settings["driver"] == FIXTURE:
            yield "name", lambda: fixture_steps(self.settings, allow_loopback=self.allow_loopback)
        else:
            host, port = self.settings["host"], self.settings["port"]
            yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
            yield "tcp", lambda: probing.tcp_step(self._address(), deadline)
            yield "tls", lambda: probing.tls_step(self._address(), self.settings["encryption"], deadline)
        session: list[odbc.Session] = []
        yield "login", lambda: self._login_step(stack, deadline, session)
        yield "database", lambda: self._database_step(session[0])
        yield "rights", lambda: self._rights_steps(session[0])
        yield "version", lambda: probing.version_step(session[0], self.statements["version"])
        yield "account_sets", lambda: probing.account_set_steps(self.list_account_sets(session[0]))

    def _login_step(self, stack: ExitStack, deadline: Deadline, session: list[odbc.Session]) -> Iterator[Step]:
        session.append(stack.enter_context(self.open(deadline)))
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})

    def _database_step(self, session: odbc.Session) -> Iterator[Step]:
        home = self.home(session)
        session.enter(home)
        yield Step(name="database", state="ok", detail={"database": home})

    def _rights_steps(self, session: odbc.Session) -> Iterator[Step]:
        """Rights and read-only, in every database that is read; an unreadable list of account sets comes out later."""
        try:
            sets = self.list_account_sets(session)
        except ConnectorError:
            sets = []
        wanted: list[tuple[Need, AccountSet | None]] = [
            (need, place)
            for statement in self.statements.values()
            if statement.database != "any" and not statement.fallback
            for need in statement.needs
            for place in (sets if need.database == "account_set" else [None])
        ]
        # A gap in these leaves a gap in the facts, never an unknown.
        optional = {need for one in self.statements.values() if one.optional for need in one.needs}
        yield from probing.rights_steps(lambda need, place: self.check_need(session, need, place), wanted, optional)
        databases = dict.fromkeys([self.home(session), *(place.database for place in sets if place.database)])
        roles, tables = self.statements["write_rights"], self.statements["writable_tables"]
        yield from probing.read_only_steps(session, databases, roles, tables)

    # The facts.

    @fact("reachable", per="connection", needs=needs(SHARED, "alive"))
    def reachable(self, session: odbc.Session, spot: Spot) -> Seen:
        """The time to be logged in, the time of one smallest question, and the version."""
        start = time.perf_counter()
        self.ask(session, "alive")
        answer_ms = milliseconds_since(start)
        version = self.ask(session, "version").rows[0][0]
        fact = Reachable(
            seen_at=spot.seen_at, up=True, connect_ms=session.connect_ms, answer_ms=answer_ms, version=version
        )
        return Seen(facts=[fact])

    @fact("backups", per="connection", needs=needs(SHARED, "backups"))
    def backups(self, session: odbc.Session, spot: Spot) -> Seen:
        """The latest backups of every database, by SQL Server's own record and clock."""
        self.require_sight(session, "sys.databases")
        found = session.rows(self.statements["backups"], "msdb")
        facts = [backup(row, self.owner(session, str(row[0])), spot) for row in found.rows]
        return Seen(facts=facts, truncated=found.truncated)


# Views that leave rows out instead of refusing -> the right that shows them all; `sight` answers in this order.
_HIDING = {
    "sys.databases": "VIEW ANY DATABASE",
    "sys.server_principals": "VIEW ANY DEFINITION",
    "sys.server_role_members": "VIEW ANY DEFINITION",
    "sys.server_permissions": "VIEW ANY DEFINITION",
}
_SIGHT = ("VIEW ANY DATABASE", "VIEW ANY DEFINITION")


def backup(row: Any, owner: str | None, spot: Spot) -> Backup:
    """A row of the statement `backups` as a fact; its ages are in seconds by the server's clock."""
    name, state, model = row[:3]
    full, diff, log, size = (whole(value) for value in row[3:])
    return Backup(
        account_set=owner,
        seen_at=spot.seen_at,
        database=name,
        state=state,
        recovery_model=model,
        size_bytes=size,
        full_at=spot.ago(full),
        full_age_s=full,
        diff_at=spot.ago(diff),
        diff_age_s=diff,
        log_at=spot.ago(log),
        log_age_s=log,
    )


def databases_of(account_sets: Sequence[AccountSet]) -> list[str]:
    """The databases that hold the account sets; a stand-in name before any is known."""
    return [one.database for one in account_sets if one.database] or ["<database of the account set>"]


def fixture_steps(settings: Mapping[str, Any], *, allow_loopback: bool) -> Iterator[Step]:
    """The way to fixture databases: there is no network on it, and the steps say so."""
    from connectors import fixture  # noqa: PLC0415 - the fixture road loads a parser

    fixture.folder_of(settings, allow_loopback=allow_loopback)
    for name in ("name", "tcp", "tls"):
        yield Step(name=name, state="ok", reason="fixture")
