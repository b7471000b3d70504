"""All clients at a glance: the list and the switcher, worst first."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)

from service_desk.lib.text import normalise
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection, Tenant

RANK = {"crit": 0, "warn": 1, "unknown": 2, "ok": 3}
# The checks stand on a floor above this one: their tables are named here, not imported.
_DAYS = table("check_client_day", column("tenant_id", Integer), column("day", Date))
_CHECKS = table("check_state", column("tenant_id", Integer), column("state", Text), column("gone_at"))


@dataclass(frozen=True)
class Client:
    """One client as lists show it. `state`: crit, warn, unknown or ok; `unknown` too when nothing is watched yet."""

    id: int
    slug: str
    name: str
    short_name: str
    initial: str
    colour: int
    engineer_name: str
    erp_line: str
    state: str
    findings: int


def client_list(today: date) -> list[Client]:
    """The open clients of the overview in scope, worst first. One statement.

    Well is who has nothing that is not well and was looked at yesterday or today: whoever nobody looks at is unknown.
    """
    rows = session().execute(_ASKED, {"since": today - timedelta(days=1)})
    return sorted((_client(row) for row in rows), key=lambda client: (RANK[client.state], client.short_name))


def _client(row: Any) -> Client:
    rank = row.worst if row.worst is not None else RANK["ok" if row.seen else "unknown"]
    return Client(
        row.id,
        row.slug,
        row.name,
        row.short_name,
        row.initial,
        row.colour,
        row.engineer_name,
        row.names or "",
        next(word for word, place in RANK.items() if place == rank),
        row.findings or 0,
    )


def _asked() -> Select[Any]:
    not_well = (_CHECKS.c.gone_at.is_(None)) & (_CHECKS.c.state != literal_column("'ok'"))
    findings = func.count().filter(_CHECKS.c.state.in_(("crit", "warn")))
    rank = case(RANK, value=_CHECKS.c.state, else_=RANK["unknown"])
    states = (
        select(_CHECKS.c.tenant_id, func.min(rank).label("worst"), findings.label("findings"))
        .where(not_well)
        .group_by(_CHECKS.c.tenant_id)
        .subquery()
    )
    days = (
        select(_DAYS.c.tenant_id, literal(1).label("seen"))
        .where(_DAYS.c.day >= bindparam("since", type_=Date))
        .distinct()
        .subquery()
    )
    erps = (
        select(ErpConnection.tenant_id, func.string_agg(ErpConnection.name, " · ").label("names"))
        .group_by(ErpConnection.tenant_id)
        .subquery()
    )
    shown = (
        Tenant.id, Tenant.slug, Tenant.name, Tenant.short_name, Tenant.initial, Tenant.colour, Tenant.engineer_name
    )  # fmt: skip
    return (
        select(*shown, states.c.worst, states.c.findings, days.c.seen, erps.c.names)
        .outerjoin(states, states.c.tenant_id == Tenant.id)
        .outerjoin(days, days.c.tenant_id == Tenant.id)
        .outerjoin(erps, erps.c.tenant_id == Tenant.id)
        .where(Tenant.closed_at.is_(None))
    )


_ASKED = _asked()


def switcher(today: date, query: str = "") -> list[Client]:
    """The clients whose name, short name or address contains what was typed, worst first."""
    wanted = normalise(query).strip().casefold()
    return [
        client
        for client in client_list(today)
        if wanted in f"{client.name} {client.short_name} {client.slug}".casefold()
    ]
