"""The verbs of tickets. Only these write tickets; each runs in the client's scope, in its one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, BigInteger, Integer, Table, Text, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from service_desk.accounts.roles import DESK_ROLES
from service_desk.db import Base
from service_desk.files.accepted import checked
from service_desk.files.models import StoredFile
from service_desk.files.operations import keep
from service_desk.jobs import enqueue
from service_desk.lib.errors import Invalid, NotThere, Refused
from service_desk.lib.text import grams
from service_desk.scope import current, load, session
from service_desk.sla.operations import snapshot
from service_desk.tickets.clocks import REOPEN_DAYS
from service_desk.tickets.models import (
    PRIORITIES,
    STATUSES,
    Ticket,
    TicketAttachment,
    TicketChange,
    TicketCounter,
    TicketGram,
    TicketItem,
    TicketMessage,
    TicketStatusInterval,
)
from service_desk.tickets.timing import refresh_clocks, start_clocks

Upload = tuple[str, bytes]
OVER = ("solved", "closed")


def side_of_actor() -> str:
    """Who speaks in the scope in force: `desk`, `client` or `machine`."""
    role = current().actor.role
    if role == "system":
        return "machine"
    return "desk" if role in DESK_ROLES or role == "successor" else "client"


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

    `facts` are those of Draft. Raises Invalid for an unknown priority or a file that is not taken.
    """
    kept = _checked(files)
    (ticket,) = _open([Draft(**facts)], now)
    message = _opening(ticket, facts["body"], now)
    session().add(message)
    session().flush()  # Attachments and the mail's job need its id.
    _attach(ticket, message, kept)
    if message.side == "client":
        enqueue("ticket_mail", message.id, slot=f"ticket-message-{message.id}")
    return ticket


def open_tickets(drafts: Sequence[Draft], *, now: datetime) -> list[Ticket]:
    """Open many at once, in a handful of statements however many they are. The order is kept."""
    tickets = _open(drafts, now)
    said = [_opening(ticket, draft.body, now) for ticket, draft in zip(tickets, drafts, strict=True)]
    _write_rows(TicketMessage, said)
    return tickets


def _write_rows(model: type[TicketMessage] | type[TicketStatusInterval], rows: Sequence[Base]) -> None:
    """Rows nobody asks for again: they go out without their numbers coming back, one prepared statement for all."""
    if rows:
        table = cast("Table", model.__table__)
        session().execute(
            insert(table), [{name: value for name, value in vars(row).items() if name in table.c} for row in rows]
        )


def _open(drafts: Sequence[Draft], now: datetime) -> list[Ticket]:
    if not drafts:
        return []
    if any(draft.priority not in PRIORITIES for draft in drafts):
        raise Invalid(_l("There is no such priority."), field="priority")
    terms, first, db = snapshot(), _take_numbers(len(drafts)), session()
    tickets = [_drafted(draft, first + place, terms, now) for place, draft in enumerate(drafts)]
    db.add_all(tickets)
    db.flush()  # Everything below points to their ids.
    stood = [
        TicketStatusInterval(ticket_id=one.id, status="new", started_at=now, actor_name=one.author_name)
        for one in tickets
    ]
    _write_rows(TicketStatusInterval, stood)
    _index(zip(tickets, (draft.body for draft in drafts), strict=True))
    start_clocks(tickets, now)
    return tickets


def _drafted(draft: Draft, number: int, terms: dict[str, Any], now: datetime) -> Ticket:
    facts = {name: value for name, value in asdict(draft).items() if name != "body"}
    stamps = dict.fromkeys(("status_since", "created_at", "updated_at"), now)
    return Ticket(number=number, status="new", terms=terms, **facts, **stamps)


def _opening(ticket: Ticket, body: str, now: datetime) -> TicketMessage:
    return TicketMessage(
        ticket_id=ticket.id,
        body=body,
        public=True,
        opening=True,
        side="machine" if ticket.source in ("alert", "duty") else side_of_actor(),
        author_name=ticket.author_name,
        author_person_id=ticket.author_person_id,
        via=ticket.source,
        created_at=now,
    )


def _take_numbers(count: int) -> int:
    """The first of the client's next `count` numbers. The counter's row stays locked until the commit: no gaps."""
    counted = (
        insert(TicketCounter)
        .values(tenant_id=current().tenant_id, last_number=count)
        .on_conflict_do_update(index_elements=["tenant_id"], set_={"last_number": TicketCounter.last_number + count})
        .returning(TicketCounter.last_number)
    )
    return int(session().execute(counted).scalar_one()) - count + 1


def _say(
    ticket: Ticket,
    body: str,
    public: bool,
    side: str,
    via: str,
    now: datetime,
    author_name: str,
    author_person_id: int | None,
) -> TicketMessage:
    message = TicketMessage(
        ticket_id=ticket.id,
        body=body,
        public=public,
        side=side,
        author_name=author_name,
        author_person_id=author_person_id,
        via=via,
        created_at=now,
    )
    session().add(message)
    session().flush()  # Attachments and the mail's job need its id.
    return message


def _checked(files: Sequence[Upload]) -> list[tuple[str, str, bytes]]:
    if len(files) > 10:
        raise Invalid(_l("At most ten files at a time."), field="files")
    return [checked(name, data) for name, data in files]


def _attach(ticket: Ticket, message: TicketMessage, files: Iterable[tuple[str, str, bytes]]) -> None:
    for name, kind, data in files:
        kept = keep(name, kind, data, "attachment")
        session().add(TicketAttachment(ticket_id=ticket.id, message_id=message.id, file_id=kept.id))


def _index(opened: Iterable[tuple[Ticket, str]]) -> None:
    """The pairs of characters under which tickets are found: the title, and the beginning of what a person wrote."""
    pairs = [
        (ticket.id, gram)
        for ticket, body in opened
        for gram in grams(ticket.title if ticket.source == "alert" else f"{ticket.title}\n{body[:2000]}")
    ]
    numbers = literal([number for number, _ in pairs], ARRAY(BigInteger))
    found = func.unnest(numbers, literal([gram for _, gram in pairs], ARRAY(Text)))
    rows = found.table_valued("ticket_id", "gram").render_derived()
    listed = select(literal(current().tenant_id, Integer), rows.c.ticket_id, rows.c.gram)
    session().execute(insert(TicketGram).from_select(["tenant_id", "ticket_id", "gram"], listed))


def reply(
    ticket: Ticket,
    body: str,
    public: bool = True,
    *,
    now: datetime,
    via: str = "desk",
    files: Sequence[Upload] = (),
) -> TicketMessage:
    """Say something in a ticket. The desk's first public word opens it; a client's word ends waiting for the client
    and brings a solved ticket back. Raises Refused when it was closed more than seven days ago.
    """
    kept = _checked(files)
    _hold(ticket)
    side, actor = side_of_actor(), current().actor
    if side == "client" and not public:
        raise Invalid(_l("Only the desk writes internal notes."), field="public")
    if side == "client":
        _wake(ticket, now)
    message = _say(ticket, body, public, side, via, now, actor.name, actor.person_id)
    _attach(ticket, message, kept)
    ticket.updated_at = now
    _touch(ticket, now)
    if side == "desk" and public and ticket.status == "new":
        _enter(ticket, "open", now, "")
    refresh_clocks(ticket, now)
    if public and side != "machine":
        enqueue("ticket_mail", message.id, slot=f"ticket-message-{message.id}")
    return message


def note(ticket: Ticket, body: str, *, now: datetime, public: bool = False) -> TicketMessage:
    """A machine's remark: it moves no clock and wakes nobody."""
    return _say(ticket, body, public, "machine", "alert", now, current().actor.name, None)


def _wake(ticket: Ticket, now: datetime) -> None:
    over_since = ticket.closed_at or ticket.solved_at
    if ticket.status in OVER and over_since and now - over_since > timedelta(days=REOPEN_DAYS):
        raise Refused(
            _l("This ticket was closed more than seven days ago."), _l("Please open a new one and name this number.")
        )
    if ticket.status in (*OVER, "waiting_client"):
        _enter(ticket, "open", now, "")


def set_status(ticket: Ticket, status: str, reason: str = "", *, now: datetime) -> None:
    """Put the ticket into another status; the same one again changes nothing. The only way a status changes."""
    if status not in STATUSES:
        raise Invalid(_l("There is no such status."), field="status")
    _hold(ticket)
    if ticket.status == status:
        return
    _enter(ticket, status, now, reason)
    _touch(ticket, now)
    refresh_clocks(ticket, now)


def _enter(ticket: Ticket, status: str, now: datetime, reason: str) -> None:
    open_one = (TicketStatusInterval.ticket_id == ticket.id, TicketStatusInterval.ended_at.is_(None))
    session().execute(update(TicketStatusInterval).where(*open_one).values(ended_at=now))
    session().add(
        TicketStatusInterval(
            ticket_id=ticket.id, status=status, started_at=now, actor_name=current().actor.name, reason=reason
        )
    )
    ticket.status, ticket.status_since, ticket.updated_at = status, now, now
    ticket.solved_at = (ticket.solved_at or now) if status in OVER else None
    ticket.closed_at = now if status == "closed" else None
    session().flush()  # The clocks below read the intervals back.


def end_by_machine(remarks: Mapping[int, str], *, now: datetime) -> None:
    """Say in these tickets (id -> remark) that it is over, and close those no person has touched; few statements.

    What is over already is left alone.
    """
    there = select(Ticket).where(Ticket.id.in_(remarks), Ticket.status.not_in(OVER)).order_by(Ticket.id)
    rows = session().scalars(there.with_for_update().execution_options(populate_existing=True)).all()
    name = current().actor.name
    said = [
        TicketMessage(ticket_id=one.id, body=remarks[one.id], public=False, side="machine", author_name=name,
                      author_person_id=None, via="alert", created_at=now)
        for one in rows
    ]  # fmt: skip
    _write_rows(TicketMessage, said)
    ended = [one for one in rows if not human_touched(one)]
    standing = TicketStatusInterval.ticket_id.in_([one.id for one in ended]) & TicketStatusInterval.ended_at.is_(None)
    session().execute(update(TicketStatusInterval).where(standing).values(ended_at=now))
    stand = [
        TicketStatusInterval(ticket_id=one.id, status="closed", started_at=now, actor_name=name, reason="")
        for one in ended
    ]
    _write_rows(TicketStatusInterval, stand)
    for one in ended:
        one.status, one.status_since, one.updated_at = "closed", now, now
        one.solved_at, one.closed_at = one.solved_at or now, now
        refresh_clocks(one, now)


def close(ticket: Ticket, *, solution: str = "", tell: bool = True, now: datetime) -> None:
    """Close a ticket; what was the solution is said in it first, publicly when `tell`.

    Raises Refused while points of its checklist are open.
    """
    waiting = select(TicketItem.id).where(TicketItem.ticket_id == ticket.id, TicketItem.done_at.is_(None)).limit(1)
    if session().scalar(waiting) is not None:
        raise Refused(_l("Points of the checklist are still open."), _l("Tick them off or delete them first."))
    if solution.strip():
        reply(ticket, solution, tell, now=now)
    set_status(ticket, "closed", now=now)


def schedule(ticket: Ticket, at: datetime, reason: str = "", *, now: datetime) -> None:
    """Agree on a date for the work; the pausable clocks stand still until then."""
    _hold(ticket)
    ticket.scheduled_for = at
    set_status(ticket, "scheduled", reason, now=now)


def set_priority(ticket: Ticket, priority: str, reason: str = "", *, now: datetime) -> None:
    """Change how urgent it is. Lowering it needs a reason, which the client can read. Raises Invalid without one."""
    if priority not in PRIORITIES:
        raise Invalid(_l("There is no such priority."), field="priority")
    _hold(ticket)
    if priority > ticket.priority and not reason.strip() and side_of_actor() != "machine":
        raise Invalid(_l("Say why it is less urgent; the client can read it."), field="reason")
    if priority != ticket.priority:
        _change(ticket, "priority", ticket.priority, priority, reason, now)
        ticket.priority = priority
        refresh_clocks(ticket, now)


def assign(ticket: Ticket, person_id: int | None, name: str, *, now: datetime) -> None:
    """Give the ticket to somebody, or to nobody."""
    _hold(ticket)
    if ticket.assignee_person_id != person_id:
        _change(ticket, "assignee", ticket.assignee_name, name, "", now)
        ticket.assignee_person_id, ticket.assignee_name = person_id, name


def _change(ticket: Ticket, field: str, before: str, after: str, reason: str, now: datetime) -> None:
    session().add(
        TicketChange(
            ticket_id=ticket.id,
            at=now,
            field=field,
            before=before,
            after=after,
            actor_name=current().actor.name,
            reason=reason,
        )
    )
    ticket.updated_at = now
    _touch(ticket, now)
    session().flush()  # The clocks read the change back.


def add_items(ticket: Ticket, texts: Iterable[str]) -> None:
    """Add points to the checklist, one per text; empty ones are left out."""
    kept = [text.strip() for text in texts if text.strip()]
    first = len(session().scalars(select(TicketItem.id).where(TicketItem.ticket_id == ticket.id)).all())
    for place, text in enumerate(kept):
        session().add(TicketItem(ticket_id=ticket.id, position=first + place, text=text))


def tick(ticket: Ticket, item_id: int, *, now: datetime) -> None:
    """Tick a point of the checklist off, or take the tick back."""
    item = load(TicketItem, item_id, lock=True)
    if item.ticket_id != ticket.id:
        raise NotThere()
    done = item.done_at is None
    item.done_at, item.done_by = (now, current().actor.name) if done else (None, "")
    _touch(ticket, now)


def drop_item(ticket: Ticket, item_id: int) -> None:
    """Take a point off the checklist."""
    session().execute(delete(TicketItem).where(TicketItem.id == item_id, TicketItem.ticket_id == ticket.id))


def human_touched(ticket: Ticket) -> bool:
    """True once a person has done anything to it: then a machine does not close it any more."""
    return ticket.human_touched_at is not None


def touch(ticket: Ticket, now: datetime) -> None:
    """A person worked on it (a timer, a work record): a machine does not close it any more."""
    _touch(ticket, now)


def _touch(ticket: Ticket, now: datetime) -> None:
    if current().actor.role != "system" and ticket.human_touched_at is None:
        ticket.human_touched_at = now


def _hold(ticket: Ticket) -> None:
    """Lock the ticket's row and read it again, so that two verbs at once follow one another."""
    session().flush()  # Reading again would forget what this transaction has changed and not sent yet.
    session().refresh(ticket, with_for_update=True)


def by_number(number: int, *, lock: bool = False) -> Ticket:
    """The ticket of this number. Raises NotThere."""
    statement = select(Ticket).where(Ticket.number == number)
    found = session().scalars(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotThere()
    return found


def attachment(ticket: Ticket, file_id: int, *, public_only: bool = False) -> StoredFile:
    """A file of this ticket. Raises NotThere for any other, and for a note's file when only public ones are asked."""
    statement = (
        select(StoredFile)
        .join(TicketAttachment, TicketAttachment.file_id == StoredFile.id)
        .join(TicketMessage, TicketMessage.id == TicketAttachment.message_id)
        .where(TicketAttachment.ticket_id == ticket.id, StoredFile.id == file_id)
    )
    found = session().scalars(statement.where(TicketMessage.public) if public_only else statement).first()
    if found is None:
        raise NotThere()
    return found
