"""What lists of tickets show: one page in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, TextClause, bindparam, case, func, select

from service_desk.db import words
from service_desk.lib.text import normalise, query_grams
from service_desk.scope import current, session
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import OVER, Ticket, TicketGram
from service_desk.tickets.words import WAITING

PAGE = 50
SHOWS = ("open", "mine", "unassigned", "waiting", "over", "all")


@dataclass(frozen=True)
class Filters:
    """What a list shows: `show` is one of SHOWS; the others narrow it."""

    show: str = "open"
    client: str = ""
    priority: str = ""
    query: str = ""
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """True when something besides the usual view is chosen."""
        return bool(self.client or self.priority or self.query or self.show != "open")


def _shown(filters: Filters, me: ColumnElement[int]) -> list[ColumnElement[bool]]:
    is_open = Ticket.status.not_in(words(*OVER))
    wanted: dict[str, list[ColumnElement[bool]]] = {
        "open": [is_open],
        "mine": [is_open, Ticket.assignee_person_id == me],
        "unassigned": [is_open, Ticket.assignee_person_id.is_(None)],
        "waiting": [Ticket.status.in_(words(*WAITING))],
        "over": [Ticket.status.in_(words(*OVER))],
        "all": [],
    }
    conditions = wanted.get(filters.show, [is_open])
    if filters.priority:
        conditions.append(Ticket.priority == filters.priority)
    if filters.client:
        conditions.append(Tenant.slug == filters.client)
    if filters.query:
        conditions.append(matching(filters.query))
    return conditions


def matching(query: str) -> ColumnElement[bool]:
    """Tickets that hold every pair of characters of `query`, or bear it as their number."""
    plain = normalise(query).strip().lstrip("#")
    if plain.isdecimal() and len(plain) < 10:
        return Ticket.number == int(plain)
    wanted = sorted(query_grams(plain))[:12]
    holding = (
        select(TicketGram.ticket_id)
        .where(TicketGram.gram.in_(wanted))
        .group_by(TicketGram.tenant_id, TicketGram.ticket_id)
        .having(func.count() == len(wanted))
    )
    return Ticket.id.in_(holding) if wanted else Ticket.id.is_(None)


# What a line of a list shows; the rest of a ticket and of its client is not read for it.
IN_LISTS = (
    Ticket.tenant_id,
    Ticket.number,
    Ticket.title,
    Ticket.status,
    Ticket.priority,
    Ticket.due_at,
    Ticket.assignee_name,
    Ticket.updated_at,
    Tenant.slug,
    Tenant.short_name,
    Tenant.initial,
    Tenant.colour,
)


@dataclass(frozen=True)
class Listed:
    """One page of a list (rows of IN_LISTS), and how many there are."""

    rows: Sequence[Any]
    total: int
    first: int

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def listed(filters: Filters) -> Listed:
    """A page of tickets with their clients, nearest due first, then the urgent, then the old; one statement."""
    first = (filters.page - 1) * PAGE
    found = session().execute(_listed(filters), {"me": current().actor.person_id, "first": first}).all()
    return Listed(found, found[0].together if found else 0, first + 1)


def _listed(filters: Filters) -> Select[*tuple[Any, ...]] | TextClause:
    """The usual views are put together and planned once; what somebody typed stays a parameter."""
    if filters.client or filters.query:
        me, first = bindparam("me", type_=Integer), bindparam("first", type_=Integer)
        return _page(filters, me).offset(first)
    return _usual(filters.show, filters.priority)


@cache
def _usual(show: str, priority: str) -> TextClause:
    usual = _page(Filters(show=show, priority=priority), given("me", Integer()))
    return spelled_out(usual.offset(given("first", Integer())))


def _page(filters: Filters, me: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    running = case((Ticket.status.in_(words(*OVER)), 1), else_=0)
    order = (running, Ticket.due_at.asc().nulls_last(), Ticket.priority, Ticket.created_at)
    return (
        select(*IN_LISTS, func.count().over().label("together"))
        .join(Tenant, Tenant.id == Ticket.tenant_id)
        .where(*_shown(filters, me))
        .order_by(*((Ticket.updated_at.desc(),) if filters.show in ("over", "all") else order))
        .limit(PAGE)
    )
