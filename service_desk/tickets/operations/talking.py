"""What is said on a ticket, by people and by the machine, and what that does to its course."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.jobs import enqueue
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import current, session
from service_desk.tickets.clocks import REOPEN_DAYS
from service_desk.tickets.models import (
    OVER,
    Ticket,
    TicketItem,
    TicketMessage,
)
from service_desk.tickets.operations.course import enter, set_status
from service_desk.tickets.operations.finding import hold, side_of_actor, touch
from service_desk.tickets.operations.twice import said_just_now
from service_desk.tickets.operations.writing import Upload, accepted_files, attach
from service_desk.tickets.timing import refresh_clocks


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
    and brings a solved ticket back. What was just said is not said again: its first message is returned.
    Raises Refused when it was closed more than seven days ago.
    """
    kept = accepted_files(files)
    hold(ticket)
    if said := said_just_now(ticket, body, public, kept, now):
        return said
    side, actor = side_of_actor(), current().actor
    if side == "client" and not public:
        raise Invalid(_l("Only the desk writes internal notes."), field="public")
    if side == "client":
        _wake(ticket, now)
    message = _say(ticket, body, public, side, via, now, actor.name, actor.person_id)
    attach(ticket, message, kept)
    ticket.updated_at = now
    touch(ticket, now)
    if side == "desk" and public and ticket.status == "new":
        enter(ticket, "open", now, "")
    refresh_clocks(ticket, now)
    if public and side != "machine":
        enqueue("ticket_mail", message.id, slot=f"ticket-message-{message.id}")
    return message


def was_just_said(ticket: Ticket, body: str, public: bool, *, now: datetime, files: Sequence[Upload] = ()) -> bool:
    """True when the acting person's last word in this ticket was this very one; holds the ticket's row."""
    hold(ticket)
    return said_just_now(ticket, body, public, accepted_files(files), now) is not None


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
        enter(ticket, "open", now, "")


def close(ticket: Ticket, *, solution: str = "", tell: bool = True, now: datetime) -> None:
    """Close a ticket; what was the solution is said in it first, publicly when `tell`. One that is closed stays so.

    Raises Refused while points of its checklist are open.
    """
    hold(ticket)
    if ticket.status == "closed":
        return
    waiting = select(TicketItem.id).where(TicketItem.ticket_id == ticket.id, TicketItem.done_at.is_(None)).limit(1)
    if session().scalar(waiting) is not None:
        raise Refused(_l("Points of the checklist are still open."), _l("Tick them off or delete them first."))
    if solution.strip():
        reply(ticket, solution, tell, now=now)
    set_status(ticket, "closed", now=now)
