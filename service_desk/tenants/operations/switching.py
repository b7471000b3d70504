"""All clients at a glance: the list and the switcher, worst first."""

from dataclasses import dataclass

from sqlalchemy import Integer, Text, case, column, func, select, table

from service_desk.lib.text import normalise
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection, Tenant

RANK = {"crit": 0, "warn": 1, "unknown": 2, "ok": 3}
# The checks stand on a floor above this one: their table is named here, not imported.
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


def client_list() -> list[Client]:
    """The open clients of the overview in scope, worst first. One statement."""
    rank = case(RANK, value=_CHECKS.c.state, else_=RANK["unknown"])
    findings = func.count().filter(_CHECKS.c.state.in_(("crit", "warn")))
    states = (
        select(_CHECKS.c.tenant_id, func.min(rank).label("worst"), findings.label("findings"))
        .where(_CHECKS.c.gone_at.is_(None))
        .group_by(_CHECKS.c.tenant_id)
        .subquery()
    )
    erps = (
        select(ErpConnection.tenant_id, func.string_agg(ErpConnection.name, " · ").label("names"))
        .group_by(ErpConnection.tenant_id)
        .subquery()
    )
    rows = session().execute(
        select(Tenant, states.c.worst, states.c.findings, erps.c.names)
        .outerjoin(states, states.c.tenant_id == Tenant.id)
        .outerjoin(erps, erps.c.tenant_id == Tenant.id)
        .where(Tenant.closed_at.is_(None))
    )
    found = [_client(*row) for row in rows]
    return sorted(found, key=lambda client: (RANK[client.state], client.short_name))


def _client(tenant: Tenant, worst: int | None, findings: int | None, names: str | None) -> Client:
    state = next((word for word, rank in RANK.items() if rank == worst), "unknown")
    return Client(
        tenant.id,
        tenant.slug,
        tenant.name,
        tenant.short_name,
        tenant.initial,
        tenant.colour,
        tenant.engineer_name,
        names or "",
        state,
        findings or 0,
    )


def switcher(query: str = "") -> list[Client]:
    """The clients whose name, short name or address contains what was typed, worst first."""
    wanted = normalise(query).strip().casefold()
    return [
        client for client in client_list() if wanted in f"{client.name} {client.short_name} {client.slug}".casefold()
    ]
