"""Tryton 8 over its JSON-RPC, with a user who may only read.

Methods of the server's models are called by name; a company is an account set. What Tryton keeps from every user
(sessions, its queue, login attempts) is not asked for. What is asked stands in statements/tryton.toml.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, ClassVar

from connectors import https
from connectors.base import N_, AccountSet, Field, Seen, Spot, fact
from connectors.facts import Grant, Job, LoggedError, Period, Stock, Task, Unbalanced, User, Vouchers
from connectors.http_base import OverHttp, web_fields, wire_fields
from connectors.http_values import OLD_DAYS, age, odd, old_open, once, twice
from connectors.questions import load, needs
from connectors.roles import Role
from connectors.tryton_rpc import Rpc
from connectors.values import grouped

QUESTIONS = load("tryton")

# The user made by the installation itself, who is never refused anything; number 0 is the server's own hand.
ADMINISTRATOR, SERVER = 1, 0


class Tryton(OverHttp[Rpc]):
    """Tryton 8.x."""

    kind = "tryton"
    label = N_("Tryton")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(port=8000),
        Field(name="database", label=N_("Database"), required=True, repoints=True),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret", required=True),
        *wire_fields(),
    )
    questions = QUESTIONS
    timed = ("lines",)
    sampled = ("users", "jobs", "stock", "drafts", "periods")
    about = N_(
        "Companies, users with their groups, scheduled actions and their errors, stock, account moves by state, date "
        "and balance, periods, old receivables, tax numbers and product codes that stand twice, through Tryton's own "
        "interface. Passwords and texts are never read, amounts only to see whether moves balance."
    )
    verified = N_("A real Tryton 8 that runs in the tests.")
    cannot: ClassVar = {"backups": N_("backups are made outside Tryton, by the server of its database")}
    role = Role(
        give=(
            N_("Administration > Users > Groups: create a group for us."),
            N_(
                "In its Access Permissions add each model listed here with Read access alone: no Write, Create or "
                "Delete."
            ),
            N_("Administration > Users: create a user with this group alone, and all companies to be read."),
        ),
        take=(N_("Administration > Users: deactivate the user, then the group."),),
    )

    def session(self, web: https.Web) -> Rpc:
        found = self.settings
        return Rpc(web, found["database"], found["user"], self.secrets["password"])

    def list_account_sets(self, session: Rpc) -> list[AccountSet]:
        rows, _ = session.rows(QUESTIONS["companies"])
        return [AccountSet(code=str(row["id"]), name=row["rec_name"], database=session.database) for row in rows]

    @fact("users", per="connection", needs=needs(QUESTIONS, "users"))
    def users(self, session: Rpc, spot: Spot) -> Seen:
        """Users with their groups; Tryton shows nobody when another user was last there."""
        rows, truncated = session.rows(QUESTIONS["users"])
        facts = [
            User(
                seen_at=spot.seen_at,
                login=row["login"],
                name=row["name"],
                enabled=bool(row["active"]),
                admin=row["id"] == ADMINISTRATOR,
                roles=tuple(group["rec_name"] for group in row["groups."]),
            )
            for row in rows
            if row["id"] != SERVER
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("grants", per="connection", needs=needs(QUESTIONS, "users"))
    def grants(self, session: Rpc, spot: Spot) -> Seen:
        """The groups of each user."""
        rows, truncated = session.rows(QUESTIONS["users"])
        facts = [
            Grant(
                seen_at=spot.seen_at,
                holder=row["login"],
                holder_name=row["name"],
                right=str(group["id"]),
                right_name=group["rec_name"],
            )
            for row in rows
            if row["id"] != SERVER
            for group in row["groups."]
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("tasks", per="connection", needs=needs(QUESTIONS, "overdue"))
    def tasks(self, session: Rpc, spot: Spot) -> Seen:
        """Scheduled actions whose time has passed without their being run."""
        rows, truncated = session.rows(QUESTIONS["overdue"], _values(spot))
        facts = [
            Task(
                seen_at=spot.seen_at,
                key=f"ir.cron/{row['id']}",
                what="job",
                name=row["method"],
                since_at=row["next_call"],
                age_s=age(row["next_call"], spot),
            )
            for row in rows
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("jobs", per="connection", needs=needs(QUESTIONS, "jobs", "job_log", "errors"))
    def jobs(self, session: Rpc, spot: Spot) -> Seen:
        """Scheduled actions: failed where an error was kept after the last run of the day, fine where one ran."""
        values = _values(spot)
        rows, truncated = session.rows(QUESTIONS["jobs"])
        log, more = session.rows(QUESTIONS["job_log"], values)
        errors, still = session.rows(QUESTIONS["errors"], values)
        ran = {row["cron"]: row for row in log}
        failed = {str(row["origin"]): row["create_date"] for row in errors}
        names = once((str(row["method"]), str(row["id"])) for row in rows)
        facts = [
            _job(name, row, ran.get(row["id"]), failed.get(f"ir.cron,{row['id']}"), spot)
            for name, row in zip(names, rows, strict=True)
        ]
        return Seen(facts=facts, truncated=truncated or more or still)

    @fact("errors", per="connection", needs=needs(QUESTIONS, "errors"))
    def errors(self, session: Rpc, spot: Spot) -> Seen:
        """Errors of the last day that nobody solved, by the action or task that they arose in."""
        rows, truncated = session.rows(QUESTIONS["errors"], _values(spot))
        found = grouped((str(row["origin"]), row["create_date"]) for row in rows)
        facts = [
            LoggedError(seen_at=spot.seen_at, code=code, count=len(moments), latest_age_s=age(_latest(moments), spot))
            for code, moments in sorted(found.items())
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("stock", per="account_set", needs=needs(QUESTIONS, "warehouses", "stock"))
    def stock(self, session: Rpc, spot: Spot) -> Seen:
        """Products below zero in each warehouse, its input, storage and output zones together."""
        facts: list[Stock] = []
        warehouses, truncated = session.rows(QUESTIONS["warehouses"])
        for warehouse in warehouses:
            context = {"locations": [warehouse["id"]], "with_childs": True, "company": _company(spot)}
            rows, more = session.rows(QUESTIONS["stock"], context=context)
            truncated = truncated or more
            facts += [_negative(row, warehouse, spot) for row in rows if row["quantity"] is not None]
        return Seen(facts=facts, truncated=truncated)

    @fact("vouchers", per="account_set", needs=needs(QUESTIONS, "drafts"))
    def vouchers(self, session: Rpc, spot: Spot) -> Seen:
        """Account moves still in draft, by the month in which their period begins."""
        rows, truncated = session.rows(QUESTIONS["drafts"], _values(spot))
        months = sorted((_month(row), row["date"]) for row in rows)
        facts = [
            _unposted(month, [day for _, day in found], spot) for month, found in groupby(months, lambda row: row[0])
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "lines"))
    def unbalanced(self, session: Rpc, spot: Spot) -> Seen:
        """Posted moves of the last sixty days whose lines do not balance; one that the cap cut through is left out."""
        rows, truncated = session.rows(QUESTIONS["lines"], _values(spot))
        moves = [(link, list(found)) for link, found in groupby(rows, lambda row: row["move"])]
        whole = moves[:-1] if truncated else moves
        facts = []
        for link, found in whole:
            difference = sum((_amount(row["debit"]) - _amount(row["credit"]) for row in found), Decimal(0))
            if difference:
                move = found[0]["move."]
                facts.append(
                    Unbalanced(
                        account_set=spot.code,
                        seen_at=spot.seen_at,
                        year=move["date"].year,
                        period=move["date"].month,
                        number=str(move["number"] or link),
                        difference=difference,
                    )
                )
        return Seen(facts=facts, truncated=truncated)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "periods"))
    def periods(self, session: Rpc, spot: Spot) -> Seen:
        """Standard periods of the general ledger; closed and locked both count as closed."""
        rows, truncated = session.rows(QUESTIONS["periods"], _values(spot))
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
            for row in rows
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("odd_dates", per="account_set", needs=needs(QUESTIONS, "future"))
    def odd_dates(self, session: Rpc, spot: Spot) -> Seen:
        """Account moves dated after today."""
        rows, truncated = session.rows(QUESTIONS["future"], _values(spot))
        numbers = [str(row["number"] or row["id"]) for row in rows]
        return Seen(facts=[odd("account.move", numbers, spot)], truncated=truncated)

    @fact("open_documents", per="account_set", needs=needs(QUESTIONS, "receivables"))
    def open_documents(self, session: Rpc, spot: Spot) -> Seen:
        """Receivables that were due more than sixty days ago and are not settled."""
        rows, truncated = session.rows(QUESTIONS["receivables"], _values(spot))
        found = [(str((row.get("move.") or {}).get("number") or row["id"]), row["maturity_date"]) for row in rows]
        return Seen(facts=[old_open("receivable", found, spot)], truncated=truncated)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "identifiers", "products"))
    def duplicates(self, session: Rpc, spot: Spot) -> Seen:
        """Tax numbers that several parties have, codes that several products have."""
        identifiers, more = session.rows(QUESTIONS["identifiers"])
        products, still = session.rows(QUESTIONS["products"])
        pairs = {(str(row["code"]), row["party"]) for row in identifiers if row["code"]}
        facts = [
            twice("customers", (code for code, _ in pairs), spot),
            twice("items", (row["code"] for row in products), spot),
        ]
        return Seen(facts=facts, truncated=more or still)


def _job(name: str, row: Mapping[str, Any], ran: Mapping[str, Any] | None, failed: Any, spot: Spot) -> Job:
    due = row["next_call"]
    late = age(due, spot) if due and row["active"] else 0
    ended = ran["ended"] if ran else None
    broken = failed is not None and (ended is None or failed >= ended)
    return Job(
        seen_at=spot.seen_at,
        name=name,
        enabled=bool(row["active"]),
        outcome="failed" if broken else "ok" if ran else None,
        last_age_s=age(ended, spot) if ended else None,
        last_took_s=round((ended - ran["started"]).total_seconds()) if ran and ended else None,
        overdue_s=late if late > 0 else None,
    )


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


def _amount(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def _latest(moments: Iterable[Any]) -> datetime:
    return max((one for one in moments if isinstance(one, datetime)), default=datetime.min.replace(tzinfo=UTC))


def _values(spot: Spot) -> dict[str, Any]:
    """What the questions bind, as Tryton writes it; its moments are in UTC."""
    today = spot.seen_at.date()
    return {
        "company": _company(spot),
        "now": _moment(spot.seen_at),
        "day": _moment(spot.seen_at - timedelta(days=1)),
        "today": _date(today),
        "old": _date(today - timedelta(days=OLD_DAYS)),
        "none": None,
    }


def _moment(moment: datetime) -> dict[str, Any]:
    names = ("year", "month", "day", "hour", "minute", "second")
    return {"__class__": "datetime", "microsecond": 0, **{name: getattr(moment, name) for name in names}}


def _date(day: date) -> dict[str, Any]:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}
