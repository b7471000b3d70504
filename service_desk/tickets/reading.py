"""What the pages of tickets read: lists in one statement, one ticket in four."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    TextClause,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from service_desk.checks.models import CheckState
from service_desk.db import words
from service_desk.files.models import StoredFile
from service_desk.lib.text import normalise, query_grams
from service_desk.scope import current, session
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import ErpConnection, Tenant
from service_desk.tickets.models import (
    OVER,
    Ticket,
    TicketAttachment,
    TicketChange,
    TicketGram,
    TicketItem,
    TicketMessage,
    TicketStatusInterval,
)
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


@dataclass(frozen=True)
class Stood:
    """An interval of a status, as the page reads it."""

    status: str
    started_at: datetime
    actor_name: str
    reason: str


@dataclass(frozen=True)
class Changed:
    """A change of priority or assignee, as the page reads it."""

    at: datetime
    field: str
    before: str
    after: str
    actor_name: str
    reason: str


@dataclass(frozen=True)
class Linked:
    """The present state of the check a ticket is about."""

    check: str
    subject: str
    state: str
    sentence_params: dict[str, Any]
    reason: str
    id: int


@dataclass(frozen=True)
class Around:
    """Everything about a ticket that is not said in it."""

    stood: list[Stood]
    changed: list[Changed]
    items: list[tuple[int, str, bool]]
    files: dict[int, list[tuple[int, str, int]]]
    linked: Linked | None
    connection: str
    previous: int | None
    following: int | None
    similar: list[tuple[int, str]] = field(default_factory=list)


def messages(ticket: Ticket, *, public_only: bool = False) -> Sequence[TicketMessage]:
    """What was said, oldest first."""
    said = select(TicketMessage).where(TicketMessage.ticket_id == ticket.id)
    said = said.where(TicketMessage.public) if public_only else said
    return session().scalars(said.order_by(TicketMessage.created_at, TicketMessage.id)).all()


def around(ticket: Ticket) -> Around:
    """The facts beside a ticket in one statement; similar tickets in a second."""
    row = session().execute(_around(), _of(ticket)).one()
    return Around(
        stood=sorted((_stood(one) for one in row.stood or ()), key=lambda one: one.started_at),
        changed=sorted((_changed(one) for one in row.changed or ()), key=lambda one: one.at),
        items=[(one["id"], one["text"], one["done"]) for one in row.items or ()],
        files=_by_message(row.files or ()),
        linked=Linked(**row.linked) if row.linked else None,
        connection=row.connection or "",
        previous=row.previous,
        following=row.following,
        similar=similar(ticket),
    )


def files_of(ticket: Ticket) -> dict[int, list[tuple[int, str, int]]]:
    """The files of each message: id, name, bytes."""
    held = (StoredFile.id == TicketAttachment.file_id) & (StoredFile.tenant_id == TicketAttachment.tenant_id)
    rows = session().execute(
        select(TicketAttachment.message_id, StoredFile.id, StoredFile.name, StoredFile.size)
        .join(StoredFile, held)
        .where(TicketAttachment.ticket_id == ticket.id)
    )
    found: dict[int, list[tuple[int, str, int]]] = {}
    for message, file_id, name, size in rows:
        found.setdefault(message, []).append((file_id, name, size))
    return found


def _of(ticket: Ticket) -> dict[str, Any]:
    """What the statements below ask with."""
    return {
        "ticket": ticket.id,
        "number": ticket.number,
        "about": ticket.check,
        "subject": ticket.subject,
        "connection": ticket.connection_id,
    }


@cache
def _around() -> TextClause:
    """Everything beside a ticket as columns of one row. Putting it together costs more than asking it: done once."""
    other = aliased(Ticket)
    number = given("number", Integer())
    neighbour = select(other.number).where(other.status.not_in(words(*OVER)))
    before = neighbour.where(other.number < number).order_by(other.number.desc())
    after = neighbour.where(other.number > number).order_by(other.number)
    held = (StoredFile.id == TicketAttachment.file_id) & (StoredFile.tenant_id == TicketAttachment.tenant_id)
    item = _object(id=TicketItem.id, text=TicketItem.text, done=TicketItem.done_at.is_not(None))
    file = _object(message=TicketAttachment.message_id, id=StoredFile.id, name=StoredFile.name, size=StoredFile.size)
    files = select(func.jsonb_agg(file)).select_from(TicketAttachment).join(StoredFile, held)
    connection = select(ErpConnection.name).where(ErpConnection.id == given("connection", BigInteger()))
    row = select(
        _list(TicketStatusInterval, "status", "started_at", "actor_name", "reason").label("stood"),
        _list(TicketChange, "at", "field", "before", "after", "actor_name", "reason").label("changed"),
        select(func.jsonb_agg(item)).where(TicketItem.ticket_id == _TICKET).scalar_subquery().label("items"),
        files.where(TicketAttachment.ticket_id == _TICKET).scalar_subquery().label("files"),
        _state().label("linked"),
        connection.scalar_subquery().label("connection"),
        before.limit(1).scalar_subquery().label("previous"),
        after.limit(1).scalar_subquery().label("following"),
    )
    return spelled_out(row)


_TICKET = given("ticket", BigInteger())


def _object(**columns: Any) -> Any:
    pairs = [part for name, column in columns.items() for part in (name, column)]
    return func.jsonb_build_object(*pairs)


def _list(model: Any, *names: str) -> Any:
    built = _object(**{name: getattr(model, name) for name in names})
    return select(func.jsonb_agg(built)).where(model.ticket_id == _TICKET).scalar_subquery()


def _state() -> Any:
    names = ("id", "check", "subject", "state", "sentence_params", "reason")
    return (
        select(_object(**{name: getattr(CheckState, name) for name in names}))
        .where(
            CheckState.check == given("about", Text()),
            CheckState.subject == given("subject", Text()),
            CheckState.connection_id.is_not_distinct_from(given("connection", BigInteger())),
        )
        .limit(1)
        .scalar_subquery()
    )


def _stood(one: dict[str, Any]) -> Stood:
    return Stood(**one | {"started_at": datetime.fromisoformat(one["started_at"])})


def _changed(one: dict[str, Any]) -> Changed:
    return Changed(**one | {"at": datetime.fromisoformat(one["at"])})


def _by_message(files: Sequence[dict[str, Any]]) -> dict[int, list[tuple[int, str, int]]]:
    found: dict[int, list[tuple[int, str, int]]] = {}
    for one in files:
        found.setdefault(one["message"], []).append((one["id"], one["name"], one["size"]))
    return found


def similar(ticket: Ticket, most: int = 4) -> list[tuple[int, str]]:
    """Earlier tickets about the same check, or that share most pairs of characters with the title."""
    wanted = sorted(query_grams(ticket.title))[:24]
    enough = max(2, -(-len(wanted) * 2 // 5))
    asked = {"ticket": ticket.id, "about": ticket.check, "grams": wanted, "enough": enough, "most": most}
    return [(row.number, row.title) for row in session().execute(_similar(), asked)]


@cache
def _similar() -> Any:
    shared = (
        select(TicketGram.ticket_id, func.count().label("shared"))
        .where(TicketGram.gram == any_(bindparam("grams", type_=ARRAY(Text))))
        .group_by(TicketGram.ticket_id)
        .subquery()
    )
    same_check = (Ticket.check == bindparam("about", type_=Text)) & (Ticket.check != "")
    return (
        select(Ticket.number, Ticket.title)
        .outerjoin(shared, shared.c.ticket_id == Ticket.id)
        .where(
            Ticket.id != bindparam("ticket", type_=BigInteger),
            or_(same_check, shared.c.shared >= bindparam("enough", type_=Integer)),
        )
        .order_by(same_check.desc(), shared.c.shared.desc().nulls_last(), Ticket.number.desc())
        .limit(bindparam("most", type_=Integer))
    )
