"""All clients at a glance, worst first."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, Date, Integer, Select, Text, TextClause, case, column, func, literal, select, table

from service_desk.lib.text import normalise
from service_desk.scope import session
from service_desk.spelled import spelled_out
from service_desk.tenants.models import ErpConnection, Tenant

RANK = {"crit": 0, "warn": 1, "unknown": 2, "ok": 3}
WORDS = {place: word for word, place in RANK.items()}
# The checks stand on a floor above this one: their tables are named here, not imported.
_DAYS = table("check_client_day", column("tenant_id", Integer), column("day", Date))
_CHECKS = table("check_state", column("tenant_id", Integer), column("state", Text), column("gone_at"))


@dataclass(frozen=True)
class Client:
    """One client as lists show it. `state`: crit, warn, unknown or ok; `unknown` too when nothing is watched yet."""

    slug: str
    name: str
    short_name: str
    initial: str
    colour: int
    engineer_name: str
    erp_line: str
    state: str
    findings: int


@dataclass(frozen=True)
class Found:
    """The first clients of a list, and how many more there are."""

    clients: list[Client]
    hidden: int


def switcher(today: date, query: str = "", most: int = 50) -> Found:
    """The open clients of the overview in scope, worst first; with a query those whose name, short name or address
    contains it. One statement.

    Well is who has nothing that is not well and was looked at yesterday or today: whoever nobody looks at is unknown.
    """
    wanted = normalise(query).strip().casefold()
    rows = session().execute(_question(today - timedelta(days=1), None if wanted else most)).all()
    if not wanted:
        return Found([_client(row) for row in rows], rows[0].together - len(rows) if rows else 0)
    fits = [row for row in rows if wanted in f"{row.name} {row.short_name} {row.slug}".casefold()]
    return Found([_client(row) for row in fits[:most]], max(0, len(fits) - most))


def _client(row: Any) -> Client:
    return Client(
        row.slug,
        row.name,
        row.short_name,
        row.initial,
        row.colour,
        row.engineer_name,
        row.names or "",
        WORDS[row.rank],
        row.findings or 0,
    )


@lru_cache(maxsize=8)
def _question(since: date, most: int | None) -> TextClause:
    """Only of the clients that are shown are the systems read."""
    ranked = _ranked(since).limit(most).cte("ranked").prefix_with("MATERIALIZED")
    names = select(func.string_agg(ErpConnection.name, " · ")).where(ErpConnection.tenant_id == ranked.c.id)
    return spelled_out(
        select(ranked, names.scalar_subquery().label("names")).order_by(ranked.c.rank, ranked.c.short_name)
    )


def _ranked(since: date) -> Select[Any]:
    states = _states()
    seen = select(_DAYS.c.tenant_id, literal(1).label("seen")).where(_DAYS.c.day >= since).distinct().subquery()
    healthy = case((seen.c.seen.is_not(None), RANK["ok"]), else_=RANK["unknown"])
    rank = func.coalesce(states.c.worst, healthy).label("rank")
    shown = (
        Tenant.id, Tenant.slug, Tenant.name, Tenant.short_name, Tenant.initial, Tenant.colour, Tenant.engineer_name
    )  # fmt: skip
    return (
        select(*shown, rank, states.c.findings, func.count().over().label("together"))
        .outerjoin(states, states.c.tenant_id == Tenant.id)
        .outerjoin(seen, seen.c.tenant_id == Tenant.id)
        .where(Tenant.closed_at.is_(None))
        .order_by(rank, Tenant.short_name)
    )


def _states() -> CTE:
    """Of each client with a finding the worst, and how many there are."""
    rank = case(RANK, value=_CHECKS.c.state, else_=RANK["unknown"])
    findings = func.count().filter(_CHECKS.c.state.in_(("crit", "warn")))
    return (
        select(_CHECKS.c.tenant_id, func.min(rank).label("worst"), findings.label("findings"))
        .where(_CHECKS.c.gone_at.is_(None), _CHECKS.c.state != "ok")
        .group_by(_CHECKS.c.tenant_id)
        .cte("states")
    )
