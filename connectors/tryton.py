"""Tryton 8 over its JSON-RPC, with a user who may only read.

Methods of the server's models are called by name; a company is an account set. What Tryton keeps from every user
(sessions, its queue, login attempts) is not asked for.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, ClassVar

from connectors import https, probing
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
from connectors.facts import Period, Reachable, Stock, Task, User, Vouchers
from connectors.reach import Address, resolve
from connectors.tryton_rpc import CAP, Rpc

LEAVE_SECONDS = 2

# The user made by the installation itself, who is never refused anything.
ADMINISTRATOR = 1

COMPANIES = Need(table="company.company", columns=("rec_name",))
USERS = Need(table="res.user", columns=("login", "name", "active", "groups.rec_name"))
JOBS = Need(table="ir.cron", columns=("method", "next_call", "active"))
WAREHOUSES = Need(table="stock.location", columns=("code", "name", "type"))
PRODUCTS = Need(table="product.product", columns=("code", "template.name", "quantity", "default_uom.rec_name"))
MOVES = Need(table="account.move", columns=("date", "state", "company", "period.start_date"))
PERIODS = Need(table="account.period", columns=("state", "type", "company", "start_date", "end_date"))
ACCESS = Need(table="ir.model.access", columns=())


class Tryton(Connector[Rpc]):
    """Tryton 8.x."""

    kind = "tryton"
    label = N_("Tryton")
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address")),
        Field(name="port", label=N_("Port"), type="integer", default=8000, required=True, repoints=True),
        Field(name="database", label=N_("Database"), required=True, repoints=True),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret", required=True),
        Field(
            name="encryption",
            label=N_("Encryption"),
            type="choice",
            default="verified",
            choices=ENCRYPTION,
            repoints=True,
        ),
    )
    about = N_(
        "Companies, users, scheduled actions, stock, account moves and periods, through Tryton's own interface. "
        "Passwords and amounts are never read."
    )
    verified = N_("A real Tryton 8 that runs in the tests.")
    cannot: ClassVar = {"backups": N_("backups are made outside Tryton, by the server of its database")}

    def _address(self) -> Address:
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    def open(self, deadline: Deadline) -> AbstractContextManager[Rpc]:
        """Log in once and log out at the end."""
        return self._logged_in(deadline)

    @contextmanager
    def _logged_in(self, deadline: Deadline) -> Iterator[Rpc]:
        start = time.perf_counter()
        with https.connected(self._address(), self.settings["encryption"], deadline) as web:
            rpc = Rpc(web, self.settings["database"], self.settings["user"])
            rpc.log_in(self.secrets["password"])
            rpc.connect_ms = milliseconds_since(start)
            try:
                yield rpc
            finally:
                _leave(rpc)

    def list_account_sets(self, session: Rpc) -> list[AccountSet]:
        rows = session.search(COMPANIES, [], order="id")
        return [AccountSet(code=str(row["id"]), name=row["rec_name"], database=session.database) for row in rows]

    def check_need(self, session: Rpc, need: Need, account_set: AccountSet | None) -> None:
        """The fields by the model's own description, the right by counting."""
        names = [column.partition(".")[0] for column in need.columns]
        known = session.call(need, "fields_get", [names, 0, {}])
        missing = next((name for name in names if name not in known), None)
        if missing:
            raise ConnectorError("missing_column", {"table": need.table, "column": missing})
        session.call(need, "search_count", [[], 0, 1, {}])

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the companies; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        host, port = self.settings["host"], self.settings["port"]
        session: list[Rpc] = []
        yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
        yield "tcp", lambda: probing.tcp_step(self._address(), deadline)
        yield "tls", lambda: self._tls_step(deadline)
        yield "login", lambda: self._login_steps(stack, deadline, session)
        needs = [(need, None) for reader in self.readers().values() for need in reader.needs]
        yield (
            "rights",
            lambda: probing.rights_steps(lambda need, place: self.check_need(session[0], need, place), needs, set()),
        )
        yield "read_only", lambda: _read_only_step(session[0], [need.table for need, _ in needs])
        yield "version", lambda: [Step(name="version", state="ok", detail={"version": session[0].version()})]
        yield "account_sets", lambda: self._account_set_steps(session[0])

    def _tls_step(self, deadline: Deadline) -> Iterator[Step]:
        with https.connected(self._address(), self.settings["encryption"], deadline):
            plain = self.settings["encryption"] == "off"
            yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")

    def _login_steps(self, stack: ExitStack, deadline: Deadline, session: list[Rpc]) -> Iterator[Step]:
        session.append(stack.enter_context(self.open(deadline)))
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})
        yield Step(name="database", state="ok", detail={"database": session[0].database})

    def _account_set_steps(self, session: Rpc) -> Iterator[Step]:
        sets = self.list_account_sets(session)
        if not sets:
            raise ConnectorError("no_account_sets")
        for place in sets:
            yield Step(name="account_sets", state="ok", detail={"code": place.code, "name": place.name})

    @fact("reachable", per="connection", needs=(COMPANIES,))
    def reachable(self, session: Rpc, spot: Spot) -> Seen:
        start = time.perf_counter()
        session.call(COMPANIES, "search_count", [[], 0, 1, {}])
        answer_ms = milliseconds_since(start)
        fact = Reachable(
            seen_at=spot.seen_at,
            up=True,
            connect_ms=session.connect_ms,
            answer_ms=answer_ms,
            version=session.version(),
        )
        return Seen(facts=[fact])

    @fact("users", per="connection", needs=(USERS,))
    def users(self, session: Rpc, spot: Spot) -> Seen:
        """Users with their groups; Tryton shows nobody when another user was last there."""
        rows = session.search(USERS, [["active", "in", [True, False]]], order="login")
        facts = [
            User(
                seen_at=spot.seen_at,
                login=row["login"],
                name=row["name"],
                enabled=bool(row["active"]),
                admin=row["id"] == ADMINISTRATOR,
                roles=tuple(group["rec_name"] for group in row["groups."]),
            )
            for row in rows[:CAP]
            # Number 0 is the server's own hand; nobody can log in as it.
            if row["id"] != 0
        ]
        return Seen(facts=facts, truncated=len(rows) > CAP)

    @fact("tasks", per="connection", needs=(JOBS,))
    def tasks(self, session: Rpc, spot: Spot) -> Seen:
        """Scheduled actions whose time has passed without their being run."""
        due = [["active", "=", True], ["next_call", "<", _tagged(spot.seen_at)]]
        rows = session.search(JOBS, due, order="next_call")
        facts = [
            Task(
                seen_at=spot.seen_at,
                key=f"ir.cron/{row['id']}",
                what="job",
                name=row["method"],
                since_at=row["next_call"],
                age_s=round((spot.seen_at - row["next_call"]).total_seconds()),
            )
            for row in rows[:CAP]
        ]
        return Seen(facts=facts, truncated=len(rows) > CAP)

    @fact("stock", per="account_set", needs=(WAREHOUSES, PRODUCTS))
    def stock(self, session: Rpc, spot: Spot) -> Seen:
        """Products below zero in each warehouse, its input, storage and output zones together."""
        facts: list[Stock] = []
        truncated = False
        for warehouse in session.search(WAREHOUSES, [["type", "=", "warehouse"]], order="id"):
            context = {"locations": [warehouse["id"]], "with_childs": True, "company": _company(spot)}
            rows = session.search(PRODUCTS, [["quantity", "<", 0]], order="id", context=context)
            truncated = truncated or len(rows) > CAP
            facts += [_negative(row, warehouse, spot) for row in rows[:CAP]]
        return Seen(facts=facts, truncated=truncated)

    @fact("vouchers", per="account_set", needs=(MOVES,))
    def vouchers(self, session: Rpc, spot: Spot) -> Seen:
        """Account moves still in draft, by the month in which their period begins."""
        drafts = [["state", "=", "draft"], ["company", "=", _company(spot)]]
        rows = session.search(MOVES, drafts, order="date")
        months = sorted((_month(row), row["date"]) for row in rows[:CAP])
        facts = [
            _unposted(month, [day for _, day in found], spot) for month, found in groupby(months, lambda row: row[0])
        ]
        return Seen(facts=facts, truncated=len(rows) > CAP)

    @fact("periods", per="account_set", needs=(PERIODS,))
    def periods(self, session: Rpc, spot: Spot) -> Seen:
        """Standard periods of the general ledger; closed and locked both count as closed."""
        wanted = [["type", "=", "standard"], ["company", "=", _company(spot)]]
        rows = session.search(PERIODS, wanted, order="start_date")
        facts = [
            Period(
                account_set=spot.code,
                seen_at=spot.seen_at,
                year=row["start_date"].year,
                period=row["start_date"].month,
                begins_on=row["start_date"],
                ends_on=row["end_date"],
                closed={"GL": row["state"] != "open"},
            )
            for row in rows[:CAP]
        ]
        return Seen(facts=facts, truncated=len(rows) > CAP)


def _negative(row: dict[str, Any], warehouse: dict[str, Any], spot: Spot) -> Stock:
    unit = row.get("default_uom.") or {}
    return Stock(
        account_set=spot.code,
        seen_at=spot.seen_at,
        item=row["code"] or str(row["id"]),
        item_name=row["template."]["name"],
        warehouse=warehouse["code"] or str(warehouse["id"]),
        warehouse_name=warehouse["name"],
        quantity=Decimal(str(row["quantity"])),
        unit=unit.get("rec_name"),
    )


def _unposted(month: tuple[int, int], days: list[date], spot: Spot) -> Vouchers:
    return Vouchers(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=month[0],
        period=month[1],
        count=len(days),
        oldest_on=min(days),
        oldest_age_days=(spot.seen_at.date() - min(days)).days,
    )


def _month(move: dict[str, Any]) -> tuple[int, int]:
    begin = move["period."]["start_date"]
    return begin.year, begin.month


def _company(spot: Spot) -> int:
    return int(spot.code or 0)


def _tagged(moment: datetime) -> dict[str, Any]:
    names = ("year", "month", "day", "hour", "minute", "second")
    return {"__class__": "datetime", "microsecond": 0, **{name: getattr(moment, name) for name in names}}


def _read_only_step(session: Rpc, models: list[str]) -> Iterator[Step]:
    """Whether this user could change any model that is read here."""
    access = session.call(ACCESS, "get_access", [sorted(set(models)), {}])
    writable = [name for name, may in access.items() if may["write"] or may["create"] or may["delete"]]
    if not writable:
        yield Step(name="read_only", state="ok")
        return
    params = {"how": ", ".join(sorted(writable)), "database": session.database}
    yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")


def _leave(session: Rpc) -> None:
    """Log out; a server that is gone by now has ended the session itself, and is not waited for."""
    session.web.deadline = Deadline(min(LEAVE_SECONDS, session.web.deadline.left()))
    try:
        session.log_out()
    except ConnectorError:
        return
