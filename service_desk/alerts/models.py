"""Incidents with all that happens to them, what is to be told of them, and silences."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key

CONNECTION = "erp_connection"


class Incident(TenantRow, Base):
    """One trouble from its opening to its end. `params` freezes the figures its sentence was said with.

    The partial unique index is the rule itself: one open incident for the same connection, check and subject.

    `muted` says why nobody is told just now: "maintenance", "silence", or "parent" (what it hangs on is down too);
    `muted_until` is when that is looked at again. `told_at` is when people were first told, `step` how far it was
    escalated since and `next_step_at` when it is escalated further. `cleared_at`: the condition is gone, but this check
    wants a person to have seen it. `flapping_since` is set while it comes and goes; `digest_at` is when its flips are
    told next.
    """

    __tablename__ = "incident"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str]
    subject: Mapped[str]
    severity: Mapped[str]
    state_id: Mapped[int | None] = mapped_column(BigInteger)
    value: Mapped[float | None] = mapped_column(Float)
    unit: Mapped[str] = mapped_column(default="")
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    reopened: Mapped[int] = mapped_column(default=0)
    muted: Mapped[str] = mapped_column(default="", server_default="")
    muted_until: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    next_step_at: Mapped[datetime | None]
    flapping_since: Mapped[datetime | None]
    digest_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(default="")
    acknowledged_note: Mapped[str] = mapped_column(default="", server_default="")
    resolved_at: Mapped[datetime | None]
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        tenant_key("connection_id", CONNECTION, ondelete="SET NULL (connection_id)"),
        tenant_key("ticket_id", "ticket"),
        one_of("severity", "warn", "crit", "unknown"),
        one_of("muted", "", "maintenance", "silence", "parent"),
        Index(
            "uq_incident_open",
            "tenant_id",
            "connection_id",
            "check",
            "subject",
            unique=True,
            postgresql_where="resolved_at is null",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_incident_tenant_id_resolved_at", "tenant_id", "resolved_at"),
        Index("ix_incident_tenant_id_ticket_id", "tenant_id", "ticket_id"),
    )


class IncidentEvent(TenantRow, Base):
    """One thing that happened to an incident. `by` is a person's name or "" for the desk itself; only ever added to."""

    __tablename__ = "incident_event"

    incident_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    kind: Mapped[str]
    by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    __table_args__ = (
        tenant_key("incident_id", "incident", ondelete="CASCADE"),
        Index("ix_incident_event_tenant_id_incident_id", "tenant_id", "incident_id"),
    )


class AlertNotice(TenantRow, Base):
    """Something that people are to be told, of one client, from `due_at` on. Whoever tells it sets `taken_at`.

    `why`: opened (new, or worse than what was told), escalated (`step` 1 or 2: nobody has acknowledged it), ended,
    storm (more than five at once: say counts), flapping (it comes and goes from now on), digest (the flips of the last
    hour), no_data (nothing looked for too long). `incident_ids` are the incidents it speaks of, `severity` the worst of
    them. `connection_id` is the asset they share; null: several, or none.
    """

    __tablename__ = "alert_notice"

    why: Mapped[str]
    severity: Mapped[str]
    step: Mapped[int] = mapped_column(SmallInteger, default=0)
    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    incident_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
        one_of("why", "opened", "escalated", "ended", "storm", "flapping", "digest", "no_data"),
        one_of("severity", "warn", "crit", "unknown"),
        Index("ix_alert_notice_waiting", "tenant_id", "due_at", postgresql_where="taken_at is null"),
        Index("ix_alert_notice_recent", "tenant_id", "created_at"),
    )


class IncidentMail(TenantRow, Base):
    """This mail told of this incident; one mail may tell of several."""

    __tablename__ = "incident_mail"

    incident_id: Mapped[int] = mapped_column(BigInteger)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id", ondelete="CASCADE"))
    __table_args__ = (
        tenant_key("incident_id", "incident", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "incident_id", "mail_id"),
    )


class Silence(TenantRow, Base):
    """Nobody is told of what it matches until `ends_at`; it always ends. "" and null match everything.

    `check` and `subject` may end in `*`. `ended_at` is when somebody ended it early.
    """

    __tablename__ = "silence"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    severity: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    author_name: Mapped[str]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
        CheckConstraint("ends_at > created_at", name="ends"),
        one_of("severity", "", "warn", "crit", "unknown"),
        Index("ix_silence_live", "tenant_id", "ends_at", postgresql_where="ended_at is null"),
    )
