"""The rows of the money page, worst first, from what the database added up. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Sums(Protocol):
    """What invoices of one client in one currency come to, in minor units."""

    tenant_id: int
    currency: str
    open: int
    overdue: int
    late: int
    month: int
    drafts: int


class Waiting(Protocol):
    """Work that waits to be billed."""

    minutes: int
    worth_minor: int


@dataclass
class ClientMoney:
    """One line of the page: a client and what it owes, by currency."""

    tenant: Any
    sums: list[Any] = field(default_factory=list)
    waiting: Any = None

    @property
    def late(self) -> int:
        return sum(one.late for one in self.sums)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Overdue first, then open, then work that waits."""
        return (
            -sum(one.overdue for one in self.sums),
            -sum(one.open for one in self.sums),
            -(self.waiting.minutes if self.waiting else 0),
        )


@dataclass
class Total:
    """One currency over all clients."""

    currency: str
    open: int = 0
    overdue: int = 0
    month: int = 0
    waiting: int = 0
    minutes: int = 0


def clients(tenants: Iterable[Any], sums: Iterable[Any], waiting: Mapping[int, Any]) -> list[ClientMoney]:
    """One row per client, who needs a reminder first."""
    rows = {tenant.id: ClientMoney(tenant, waiting=waiting.get(tenant.id)) for tenant in tenants}
    for one in sums:
        if one.tenant_id in rows:
            rows[one.tenant_id].sums.append(one)
    return sorted(rows.values(), key=lambda row: (row.rank, row.tenant.short_name))


def totals(rows: Iterable[ClientMoney]) -> list[Total]:
    """The sums over all clients, one for each currency, the largest first. Work counts in the client's currency."""
    found: dict[str, Total] = {}
    for row in rows:
        for one in row.sums:
            total = found.setdefault(one.currency, Total(one.currency))
            total.open, total.overdue, total.month = (
                total.open + one.open,
                total.overdue + one.overdue,
                total.month + one.month,
            )
        if row.waiting:
            total = found.setdefault(row.tenant.currency, Total(row.tenant.currency))
            total.waiting, total.minutes = total.waiting + row.waiting.worth_minor, total.minutes + row.waiting.minutes
    return sorted(found.values(), key=lambda total: -total.open - total.month)
