"""What the page of one ticket reads: what was said, and everything beside it in two statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, Text, TextClause, any_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from service_desk.checks.models import CheckState
from service_desk.db import words
from service_desk.files.models import StoredFile
from service_desk.lib.text import query_grams
from service_desk.scope import session
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import ErpConnection
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

_TICKET = given("ticket", BigInteger())
_HELD = (StoredFile.id == TicketAttachment.file_id) & (StoredFile.tenant_id == TicketAttachment.tenant_id)


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
    rows = session().execute(
        select(TicketAttachment.message_id.label("message"), StoredFile.id, StoredFile.name, StoredFile.size)
        .join(StoredFile, _HELD)
        .where(TicketAttachment.ticket_id == ticket.id)
    )
    return _by_message(rows.mappings())


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
    item = _object(id=TicketItem.id, text=TicketItem.text, done=TicketItem.done_at.is_not(None))
    file = _object(message=TicketAttachment.message_id, id=StoredFile.id, name=StoredFile.name, size=StoredFile.size)
    files = select(func.jsonb_agg(file)).select_from(TicketAttachment).join(StoredFile, _HELD)
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


def _by_message(files: Iterable[Mapping[Any, Any]]) -> dict[int, list[tuple[int, str, int]]]:
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
