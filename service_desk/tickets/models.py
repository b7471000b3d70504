"""Tickets, what was said in them, how long they stood in which status, and the clocks that were promised."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, Kind, TenantRow, one_of, tenant_key, words

OVER = ("solved", "closed")
STATUSES = ("new", "open", "waiting_client", "waiting_vendor", "scheduled", "solved", "closed")
PRIORITIES = ("P1", "P2", "P3", "P4")
SOURCES = ("desk", "portal", "alert", "mail", "phone", "duty")
CATEGORIES = ("fault", "question", "change", "access", "data", "training", "other")
CLOCKS = ("first_response", "next_reply", "next_update", "resolution")


class TicketCounter(TenantRow, Base):
    """The last ticket number of a client; the row is locked while the next number is taken, so there are no gaps."""

    __tablename__ = "ticket_counter"

    last_number: Mapped[int]
    __table_args__ = (UniqueConstraint("tenant_id"),)


class Ticket(TenantRow, Base):
    """One matter of a client. `due_at` repeats the nearest open clock, so that lists only compare datetimes.

    `check` and `subject` name what a check found; with `connection_id` they lead to its present state.
    """

    __tablename__ = "ticket"

    number: Mapped[int]
    title: Mapped[str]
    status: Mapped[str] = mapped_column(default="new")
    status_since: Mapped[datetime]
    priority: Mapped[str] = mapped_column(default="P3")
    category: Mapped[str] = mapped_column(default="other")
    source: Mapped[str]
    author_name: Mapped[str]
    author_person_id: Mapped[int | None] = mapped_column(Integer)
    assignee_name: Mapped[str] = mapped_column(default="")
    assignee_person_id: Mapped[int | None] = mapped_column(Integer)
    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was promised, frozen at the opening
    due_at: Mapped[datetime | None]
    scheduled_for: Mapped[datetime | None]
    human_touched_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        tenant_key("connection_id", "erp_connection", ondelete="SET NULL (connection_id)"),
        one_of("status", *STATUSES),
        one_of("priority", *PRIORITIES),
        one_of("source", *SOURCES),
        one_of("category", *CATEGORIES),
        Index("ix_ticket_open", "tenant_id", "due_at", postgresql_where="status not in ('solved', 'closed')"),
        Index("ix_ticket_tenant_id_updated_at", "tenant_id", "updated_at"),
        Index("ix_ticket_tenant_id_author_person_id", "tenant_id", "author_person_id"),
        Index("ix_ticket_tenant_id_check_subject", "tenant_id", "check", "subject"),
    )


class TicketStatusInterval(TenantRow, Base):
    """The ticket stood in `status` from `started_at` up to, not including, `ended_at` (None: it still does)."""

    __tablename__ = "ticket_status_interval"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    actor_name: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        tenant_key("ticket_id", "ticket", ondelete="CASCADE"),
        one_of("status", *STATUSES),
        Index("ix_ticket_status_interval_ticket", "tenant_id", "ticket_id", "started_at"),
        Index(
            "uq_ticket_status_interval_now", "tenant_id", "ticket_id", unique=True, postgresql_where="ended_at is null"
        ),
    )


class TicketMessage(TenantRow, Base):
    """Something said: `side` is who spoke (desk, client, machine); what is not public stays on the desk."""

    __tablename__ = "ticket_message"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str]
    public: Mapped[bool]
    opening: Mapped[bool] = mapped_column(default=False)
    side: Mapped[str]
    author_name: Mapped[str]
    author_person_id: Mapped[int | None] = mapped_column(Integer)
    via: Mapped[str] = mapped_column(default="desk")
    created_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("ticket_id", "ticket", ondelete="CASCADE"),
        one_of("side", "desk", "client", "machine"),
        Index("ix_ticket_message_ticket", "tenant_id", "ticket_id", "created_at"),
    )


class TicketAttachment(TenantRow, Base):
    """A kept file that came with a message."""

    __tablename__ = "ticket_attachment"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int] = mapped_column(BigInteger)
    file_id: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        tenant_key("ticket_id", "ticket", ondelete="CASCADE"),
        tenant_key("message_id", "ticket_message", ondelete="CASCADE"),
        tenant_key("file_id", "stored_file"),
        Index("ix_ticket_attachment_ticket", "tenant_id", "ticket_id"),
    )


class TicketItem(TenantRow, Base):
    """One line of a ticket's checklist."""

    __tablename__ = "ticket_item"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int]
    text: Mapped[str]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        tenant_key("ticket_id", "ticket", ondelete="CASCADE"),
        Index("ix_ticket_item_ticket", "tenant_id", "ticket_id", "position"),
    )


class TicketChange(TenantRow, Base):
    """The priority or the assignee changed: what it was, what it is, who said so and why."""

    __tablename__ = "ticket_change"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    field: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    actor_name: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        tenant_key("ticket_id", "ticket", ondelete="CASCADE"),
        one_of("field", "priority", "assignee"),
        Index("ix_ticket_change_ticket", "tenant_id", "ticket_id", "at"),
    )


class TicketClock(TenantRow, Base):
    """One run of one promised clock, as the ticket's verbs last computed it; lists, warnings and reports read it.

    `due_at` is None while a pause without an end holds the clock. `breached_at` never goes away again. `ended_at`
    without `met_at`: the clock was stopped, neither kept nor missed.
    """

    __tablename__ = "ticket_clock"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    minutes: Mapped[int]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    paused_since: Mapped[datetime | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    met_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    waived_reason: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        tenant_key("ticket_id", "ticket", ondelete="CASCADE"),
        one_of("kind", *CLOCKS),
        UniqueConstraint("tenant_id", "ticket_id", "kind", "started_at"),
        Index(
            "ix_ticket_clock_due",
            "tenant_id",
            "due_at",
            postgresql_where="met_at is null and ended_at is null",
        ),
    )


class TicketGram(Base):
    """A pair of neighbouring characters of a ticket's title or text, for search by equality."""

    __tablename__ = "ticket_gram"
    __kind__: ClassVar[Kind] = "tenant"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    gram: Mapped[str] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        tenant_key("ticket_id", "ticket", ondelete="CASCADE"),
        Index("ix_ticket_gram_ticket", "tenant_id", "ticket_id"),
    )


OPEN = Ticket.status.not_in(words(*OVER))
