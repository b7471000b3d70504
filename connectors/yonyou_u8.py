"""Yonyou U8 / U8+ (用友 U8) on SQL Server, read straight from its databases. Nothing is ever written.

UFSystem holds account sets, operators and tasks; UFDATA_<account set>_<year> the business of one account set, where
the year is that of the database, which may hold several fiscal years. A SQL read costs no U8 licence seat.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from connectors import odbc, probing
from connectors.base import (
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
from connectors.facts import Backup, Period, Reachable, Stock, Task, User, Vouchers
from connectors.reach import Address, resolve
from connectors.statements import load

SYSTEM = "UFSystem"
STATEMENTS = load("yonyou_u8")

# GL_mend's flags -> the module's usual short name.
MODULES = ("GL", "AR", "AP", "ST", "SA", "PU", "IA", "FA", "WA")

FIXTURE = "fixture"
DRIVERS = {
    odbc.MICROSOFT: N_("Microsoft ODBC Driver 18"),
    odbc.FREETDS: N_("FreeTDS"),
    FIXTURE: N_("Fixture databases in a folder"),
}
ENCRYPTION = {
    "verified": N_("Encrypted, certificate checked"),
    "required": N_("Encrypted, any certificate"),
    "off": N_("Not encrypted"),
}


def _needs(*names: str) -> tuple[Need, ...]:
    return tuple(need for name in names for need in STATEMENTS[name].needs)


class YonyouU8(Connector[odbc.Session]):
    """用友 U8 over ODBC."""

    kind = "yonyou_u8"
    label = N_("Yonyou U8")
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address of SQL Server")
        ),
        Field(name="port", label=N_("Port"), type="integer", default=1433, required=True, repoints=True),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret"),
        Field(
            name="encryption",
            label=N_("Encryption"),
            type="choice",
            default="required",
            choices=ENCRYPTION,
            repoints=True,
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

    def _target(self) -> odbc.Target:
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
        return odbc.connected(self._target(), deadline)

    def list_account_sets(self, session: odbc.Session) -> list[AccountSet]:
        """Account sets with the database that holds their latest year."""
        accounts = session.rows(STATEMENTS["account_sets"], SYSTEM).rows
        spans = _optional(session, "account_databases") or []
        latest = {row[0]: row[1] for row in _optional(session, "account_years") or []}
        there = {str(row[0]).upper(): str(row[0]) for row in session.rows(STATEMENTS["databases"]).rows}
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
        """Prove table, columns and right; older builds may lack the fiscal year, which `_by_year` makes up for."""
        try:
            session.look_at(need, database_for(need.database, account_set))
        except ConnectorError as error:
            if not _is_older_build(error):
                raise
            columns = tuple(column for column in need.columns if column != "iyear")
            session.look_at(replace(need, columns=columns), database_for(need.database, account_set))

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
        yield "database", lambda: _database_step(session[0])
        yield "rights", lambda: self._rights_steps(session[0])
        yield "version", lambda: probing.version_step(session[0], STATEMENTS["version"])
        yield "account_sets", lambda: self._account_set_steps(session[0])

    def _login_step(self, stack: ExitStack, deadline: Deadline, session: list[odbc.Session]) -> Iterator[Step]:
        session.append(stack.enter_context(self.open(deadline)))
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})

    def _rights_steps(self, session: odbc.Session) -> Iterator[Step]:
        """Rights and read-only, in every database that is read; an unreadable list of account sets comes out later."""
        try:
            sets = self.list_account_sets(session)
        except ConnectorError:
            sets = []
        needs: list[tuple[Need, AccountSet | None]] = [
            (need, place)
            for statement in STATEMENTS.values()
            if statement.database != "any" and not statement.name.endswith("_one_year")
            for need in statement.needs
            for place in (sets if need.database == "account_set" else [None])
        ]
        yield from probing.rights_steps(lambda need, place: self.check_need(session, need, place), needs, OPTIONAL)
        databases = dict.fromkeys([SYSTEM, *(place.database for place in sets if place.database)])
        yield from probing.read_only_steps(
            session, databases, STATEMENTS["write_rights"], STATEMENTS["writable_tables"]
        )

    def _account_set_steps(self, session: odbc.Session) -> Iterator[Step]:
        sets = self.list_account_sets(session)
        if not sets:
            raise ConnectorError("no_account_sets")
        for place in sets:
            yield Step(name="account_sets", state="ok", detail={"code": place.code, "name": place.name})

    # The facts.

    @fact("reachable", per="connection", needs=_needs("alive"))
    def reachable(self, session: odbc.Session, spot: Spot) -> Seen:
        start = time.perf_counter()
        session.rows(STATEMENTS["alive"])
        answer_ms = milliseconds_since(start)
        version = session.rows(STATEMENTS["version"]).rows[0][0]
        return Seen(
            facts=[
                Reachable(
                    seen_at=spot.seen_at, up=True, connect_ms=session.connect_ms, answer_ms=answer_ms, version=version
                )
            ]
        )

    @fact("backups", per="connection", needs=_needs("backups"))
    def backups(self, session: odbc.Session, spot: Spot) -> Seen:
        found = session.rows(STATEMENTS["backups"], "msdb")
        return Seen(facts=[_backup(row, spot) for row in found.rows], truncated=found.truncated)

    @fact("users", per="connection", needs=_needs("users"))
    def users(self, session: odbc.Session, spot: Spot) -> Seen:
        """Operators; U8 records no last login among the columns that are known."""
        found = session.rows(STATEMENTS["users"], SYSTEM)
        linked = _optional(session, "user_roles")
        roles = _grouped((row[0], row[2] or row[1]) for row in linked or [])
        sets = _grouped((row[0], row[1]) for row in _optional(session, "supervisors") or [])
        facts = [
            User(
                seen_at=spot.seen_at,
                login=login,
                name=name,
                enabled=enabled == 1,
                admin=admin == 1,
                roles=None if linked is None else roles.get(login, ()),
                supervisor_of=sets.get(login, ()),
            )
            for login, name, enabled, admin in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("tasks", per="connection", needs=_needs("tasks"))
    def tasks(self, session: odbc.Session, spot: Spot) -> Seen:
        found = session.rows(STATEMENTS["tasks"], SYSTEM)
        # A task may have several log rows; they come oldest first and the oldest is the one that counts.
        first = {row[0]: row for row in reversed(found.rows)}
        return Seen(facts=[_task(row, spot) for row in first.values()], truncated=found.truncated)

    @fact("stock", per="account_set", needs=_needs("stock"))
    def stock(self, session: odbc.Session, spot: Spot) -> Seen:
        found = session.rows(STATEMENTS["stock"], _database(spot))
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

    @fact("vouchers", per="account_set", needs=_needs("vouchers"))
    def vouchers(self, session: odbc.Session, spot: Spot) -> Seen:
        found = _by_year(session, "vouchers", spot)
        facts = [
            Vouchers(
                account_set=spot.code,
                seen_at=spot.seen_at,
                year=year,
                period=period,
                count=count,
                oldest_on=day(oldest),
                oldest_age_days=whole(age),
            )
            for year, period, count, oldest, age in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("periods", per="account_set", needs=_needs("periods"))
    def periods(self, session: odbc.Session, spot: Spot) -> Seen:
        found = _by_year(session, "periods", spot)
        known = _optional(session, "period_dates", spot.code) or []
        dates = {(row[0], row[1]): (day(row[2]), day(row[3])) for row in known}
        return Seen(
            facts=[_period(row, dates.get((row[0], row[1]), (None, None)), spot) for row in found.rows],
            truncated=found.truncated,
        )


# A gap in these leaves a gap in the facts, never an unknown.
OPTIONAL = {need for statement in STATEMENTS.values() if statement.optional for need in statement.needs}


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


def database_for(role: str, account_set: AccountSet | None) -> str:
    """The database that plays a statement's part."""
    if role == "account_set":
        return (account_set and account_set.database) or ""
    return {"system": SYSTEM, "msdb": "msdb"}.get(role, "master")


def day(value: Any) -> date | None:
    """A date from what the driver made of it; FreeTDS hands newer date types to older protocol versions as text."""
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value


def whole(value: Any) -> int | None:
    """A whole number from what the driver made of it, which may be a decimal or a text; None stays None."""
    return None if value is None else int(value)


def _database(spot: Spot) -> str:
    return database_for("account_set", spot.account_set)


def _database_step(session: odbc.Session) -> Iterator[Step]:
    session.enter(SYSTEM)
    yield Step(name="database", state="ok", detail={"database": SYSTEM})


def _optional(session: odbc.Session, name: str, *params: Any) -> list[Any] | None:
    """The rows of a statement whose table not every installation has, or lets us read: then None."""
    try:
        return session.rows(STATEMENTS[name], SYSTEM, params).rows
    except ConnectorError as error:
        if error.reason in ("missing_table", "missing_column", "missing_right"):
            return None
        raise


def _by_year(session: odbc.Session, name: str, spot: Spot) -> odbc.Rows:
    """Rows that begin with the fiscal year; older builds have no such column, there it is the database's own year."""
    try:
        return session.rows(STATEMENTS[name], _database(spot))
    except ConnectorError as error:
        if not _is_older_build(error):
            raise
    found = session.rows(STATEMENTS[f"{name}_one_year"], _database(spot))
    year = spot.account_set.year if spot.account_set else None
    return odbc.Rows([(year, *row) for row in found.rows], found.truncated)


def _is_older_build(error: ConnectorError) -> bool:
    return error.reason == "missing_column" and str(error.params["column"]).lower() == "iyear"


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for key, value in pairs:
        groups[key] = (*groups.get(key, ()), value)
    return groups


def _backup(row: Any, spot: Spot) -> Backup:
    name, state, model = row[:3]
    full, diff, log, size = (whole(value) for value in row[3:])
    parts = str(name).upper().split("_")
    return Backup(
        account_set=parts[1] if parts[0] == "UFDATA" and len(parts) == 3 else None,
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


def _task(row: Any, spot: Spot) -> Task:
    key, account_set, user, user_name, function, station, state = row[:7]
    age = whole(row[7])
    return Task(
        account_set=account_set,
        seen_at=spot.seen_at,
        key=key,
        what="task",
        name=function,
        user=user,
        user_name=user_name,
        station=station,
        state=state,
        since_at=spot.ago(age),
        age_s=age,
    )


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


def fixture_steps(settings: Mapping[str, Any], *, allow_loopback: bool) -> Iterator[Step]:
    """The way to fixture databases: there is no network on it, and the steps say so."""
    from connectors import fixture  # noqa: PLC0415 - the fixture road loads a parser

    fixture.folder_of(settings, allow_loopback=allow_loopback)
    for name in ("name", "tcp", "tls"):
        yield Step(name=name, state="ok", reason="fixture")
