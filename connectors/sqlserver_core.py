"""What everything that is read over SQL Server goes through: the form, the login, the statements, the probe.

The readers of the server stand in the files beside this one; `sqlserver_base` puts them together.
"""

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
    Spot,
    Step,
    walked,
)
from connectors.reach import Address, resolve
from connectors.statements import Statement, load

PACKS = ("shared", "backups", "server", "space", "access")
SHARED = {name: one for pack in PACKS for name, one in load(f"sqlserver_{pack}").items()}
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


class SqlServerCore(Connector[odbc.Session]):
    """A system whose data lies in SQL Server, read over ODBC."""

    fields: ClassVar[tuple[Field, ...]] = FIELDS
    # All statements of the system by name, the shared ones among them.
    statements: ClassVar[Mapping[str, Statement]] = SHARED

    # Rights on the whole server that the statements need: the first shows its state, the second who may do what.
    server_rights: ClassVar[tuple[str, ...]] = ("VIEW SERVER STATE", "VIEW ANY DEFINITION")

    @classmethod
    @abstractmethod
    def parts(cls, account_sets: Sequence[AccountSet]) -> dict[str, list[str]]:
        """The databases by the part they play for the statements, as they are usually called."""

    @classmethod
    def columns_read(cls) -> dict[str, tuple[str, ...]]:
        """Table -> every column of it that any statement reads."""
        found: dict[str, dict[str, None]] = {}
        for need in (need for one in cls.statements.values() for need in one.needs):
            found.setdefault(need.table, {}).update(dict.fromkeys(need.columns))
        return {table: tuple(columns) for table, columns in sorted(found.items(), key=lambda one: one[0].lower())}

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> scripts.Script:
        """The least-privilege script for an administrator of the server."""
        parts = cls.parts(account_sets)

        def wanted(statements: Iterable[Statement]) -> list[tuple[str, Need]]:
            return [
                (database, need)
                for statement in statements
                for need in statement.needs
                for database in parts.get(statement.database, [])
            ]

        every = cls.statements.values()
        # What an older build has comes first, then what the usual one has, then what may be missing anywhere.
        older = wanted(one for one in every if one.fallback)
        usual = wanted(one for one in every if not one.fallback and not one.optional)
        optional = wanted(one for one in every if one.optional)
        rights = cls.server_rights
        return scripts.sql_server(user, older, rights, unsure=(usual, optional), enter=parts.get("own", ()))

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

    def places(self, session: odbc.Session, role: str, account_set: AccountSet | None) -> list[str]:
        """Where a statement is asked; `own` is every database that the connection reads. Raises ConnectorError."""
        if role == "own":
            return self.own_databases(session)
        if role in ("master", "msdb", "tempdb"):
            return [role]
        return [self.database_for(session, role, account_set)]

    def own_databases(self, session: odbc.Session) -> list[str]:
        """The system's own databases that are online: its home, its account sets. Raises ConnectorError."""
        if self._own is None:
            sets = self.list_account_sets(session)
            asleep = {"master", *(str(row[0]) for row in self.ask(session, "offline").rows)}
            found = [self.home(session), *(one.database for one in sets if one.database)]
            self._own = [name for name in dict.fromkeys(found) if name not in asleep]
        return self._own

    def ask(self, session: odbc.Session, name: str, spot: Spot | None = None, *params: Any) -> odbc.Rows:
        """The rows of a statement, asked in the database that plays its part. Raises ConnectorError."""
        statement = self.statements[name]
        if statement.database == "any":
            return session.rows(statement, None, params)
        for need in () if statement.partial else statement.needs:
            self.require_sight(session, need.table)
        (database,) = self.places(session, statement.database, spot.account_set if spot else None)
        return session.rows(statement, database, params)

    def ask_each(self, session: odbc.Session, name: str) -> Iterator[tuple[str, odbc.Rows]]:
        """The rows of a statement in each of the system's own databases. Raises ConnectorError."""
        statement = self.statements[name]
        for need in statement.needs:
            self.require_sight(session, need.table)
        for database in self.own_databases(session):
            yield database, session.rows(statement, database)

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

    def ask_if_known(self, session: odbc.Session, name: str, spot: Spot | None = None) -> list[Any]:
        """The rows of a statement about something that older servers do not have: there is none of it there."""
        try:
            return self.ask(session, name, spot).rows
        except ConnectorError as error:
            if error.reason in ("missing_table", "missing_column"):
                return []
            raise

    def check_need(self, session: odbc.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right by asking for no row; and that no row is hidden from this login."""
        for database in self.places(session, need.database, account_set):
            session.look_at(need, database)
        self.require_sight(session, need.table)

    def require_sight(self, session: odbc.Session, table: str) -> None:
        """Raise ConnectorError missing_right when the server would hide rows of this view from the login."""
        right = right_to_see(table)
        if right is None:
            return
        if self._sees is None:
            seen = session.rows(self.statements["sight"]).rows[0]
            self._sees = dict(zip(_SIGHT, seen, strict=True))
        if not self._sees[right]:
            grant = f"USE [master]; GRANT {right} TO {scripts.bracketed(session.user)};"
            raise ConnectorError("missing_right", {"table": table}, right=right, grant=grant)

    _sees: Mapping[str, Any] | None = None
    _own: list[str] | None = None

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


# Catalogue views leave out the rows of what the login has no right to know of; the views of the server's state refuse,
# or show the login nothing but itself.
_HIDING = {"sys.databases": "VIEW ANY DATABASE", "sys.database_mirroring": "VIEW ANY DATABASE"}
_PUBLIC = frozenset({"sys.configurations", "sys.database_files"})
_SIGHT = ("VIEW ANY DATABASE", "VIEW ANY DEFINITION", "VIEW SERVER STATE")


def right_to_see(table: str) -> str | None:
    """The right without which a view of the server shows less than there is; None where there is none such."""
    if not table.startswith("sys.") or table in _PUBLIC:
        return None
    return _HIDING.get(table) or ("VIEW SERVER STATE" if table.startswith("sys.dm_") else "VIEW ANY DEFINITION")


def databases_of(account_sets: Sequence[AccountSet]) -> list[str]:
    """The databases that hold the account sets; a stand-in name before any is known."""
    return [one.database for one in account_sets if one.database] or ["<database of the account set>"]


def fixture_steps(settings: Mapping[str, Any], *, allow_loopback: bool) -> Iterator[Step]:
    """The way to fixture databases: there is no network on it, and the steps say so."""
    from connectors import fixture  # noqa: PLC0415 - the fixture road loads a parser

    fixture.folder_of(settings, allow_loopback=allow_loopback)
    for name in ("name", "tcp", "tls"):
        yield Step(name=name, state="ok", reason="fixture")
