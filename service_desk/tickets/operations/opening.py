"""Opening tickets: number, promises, clocks, first message, and the grams they are found by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, BigInteger, Integer, Text, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import insert

from service_desk.jobs import enqueue
from service_desk.lib.errors import Invalid
from service_desk.lib.text import grams
from service_desk.rows import given, keep_rows, source, write_rows
from service_desk.scope import current, session
from service_desk.sla.operations import snapshot
from service_desk.tickets.models import (
    PRIORITIES,
    Ticket,
    TicketCounter,
    TicketGram,
    TicketMessage,
    TicketStatusInterval,
)
from service_desk.tickets.operations.finding import side_of_actor
from service_desk.tickets.operations.twice import opened_just_now
from service_desk.tickets.operations.writing import Upload, accepted_files, attach
from service_desk.tickets.timing import start_clocks

_COUNTER = TicketCounter.__table__
_NUMBERS = (
    insert(_COUNTER)
    .on_conflict_do_update(
        index_elements=["tenant_id"], set_={"last_number": _COUNTER.c.last_number + bindparam("count", type_=Integer)}
    )
    .returning(_COUNTER.c.last_number)
)
_FOUND = source(column("ticket_id", BigInteger), column("grams", ARRAY(Text)))
_GRAMS = insert(TicketGram.__table__).from_select(
    ["tenant_id", "ticket_id", "gram"],
    select(bindparam("tenant_id", type_=Integer), _FOUND.c.ticket_id, func.unnest(_FOUND.c.grams)),
)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A ticket that is to be opened."""

    title: str
    body: str
    priority: str = "P3"
    source: str
    author_name: str
    author_person_id: int | None = None
    connection_id: int | None = None
    category: str = "other"
    check: str = ""
    subject: str = ""


def open_ticket(*, files: Sequence[Upload] = (), now: datetime, **facts: Any) -> Ticket:
    """Open a ticket under the client's next number; its promises are frozen and its clocks start.

    `facts` are those of Draft. What a person has just opened in the same words is not opened again, but returned.
    Raises Invalid for an unknown priority or a file that is not taken.
    """
    kept = accepted_files(files)
    if facts.get("author_person_id") is not None:
        _take_numbers(0)  # Takes none, and lets two that come at once follow one another.
        if opened := opened_just_now(facts["title"], facts["body"], kept, now):
            return opened
    (ticket,) = _open([Draft(**facts)], now)
    message = TicketMessage(**_opening(ticket, facts["body"], now))
    session().add(message)
    session().flush()  # Attachments and the mail's job need its id.
    attach(ticket, message, kept)
    if message.side == "client":
        enqueue("ticket_mail", message.id, slot=f"ticket-message-{message.id}")
    return ticket


def open_tickets(drafts: Sequence[Draft], *, now: datetime) -> list[Ticket]:
    """Open many at once, in a handful of statements however many they are. The order is kept."""
    tickets = _open(drafts, now)
    write_rows(TicketMessage, [_opening(one, draft.body, now) for one, draft in zip(tickets, drafts, strict=True)])
    return tickets


def _open(drafts: Sequence[Draft], now: datetime) -> list[Ticket]:
    if not drafts:
        return []
    if any(draft.priority not in PRIORITIES for draft in drafts):
        raise Invalid(_l("There is no such priority."), field="priority")
    terms, first = snapshot(), _take_numbers(len(drafts))
    tickets = [_drafted(draft, first + place, terms, now) for place, draft in enumerate(drafts)]
    keep_rows(tickets)  # Everything below points to their ids.
    stood = [
        {"ticket_id": one.id, "status": "new", "started_at": now, "actor_name": one.author_name} for one in tickets
    ]
    write_rows(TicketStatusInterval, stood)
    _index(zip(tickets, (draft.body for draft in drafts), strict=True))
    start_clocks(tickets, now)
    return tickets


def _drafted(draft: Draft, number: int, terms: dict[str, Any], now: datetime) -> Ticket:
    facts = {name: value for name, value in vars(draft).items() if name != "body"}
    stamps = dict.fromkeys(("status_since", "created_at", "updated_at"), now)
    return Ticket(number=number, status="new", terms=terms, **facts, **stamps)


def _opening(ticket: Ticket, body: str, now: datetime) -> dict[str, Any]:
    """The first message of a ticket."""
    return {
        "ticket_id": ticket.id,
        "body": body,
        "public": True,
        "opening": True,
        "side": "machine" if ticket.source in ("alert", "duty") else side_of_actor(),
        "author_name": ticket.author_name,
        "author_person_id": ticket.author_person_id,
        "via": ticket.source,
        "created_at": now,
    }


def _take_numbers(count: int) -> int:
    """The first of the client's next `count` numbers. The counter's row stays locked until the commit: no gaps."""
    last = session().scalar(_NUMBERS, {"last_number": count, "count": count})
    return int(last or 0) - count + 1


def _index(opened: Iterable[tuple[Ticket, str]]) -> None:
    """The pairs of characters under which tickets are found: the title, and the beginning of what a person wrote."""
    found = [
        {
            "ticket_id": ticket.id,
            "grams": [*grams(ticket.title if ticket.source == "alert" else f"{ticket.title}\n{body[:2000]}")],
        }
        for ticket, body in opened
    ]
    session().execute(_GRAMS, {"tenant_id": current().tenant_id} | given(found))
