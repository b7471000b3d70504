"""Incidents: what a check found, as one open matter per connection, check and subject."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key


class Incident(TenantRow, Base):
    """One trouble from its opening to its end. `params` freezes the figures its sentence was said with.

    The partial unique index is the rule itself: one open incident for the same connection, check and subject.
    """

    __tablename__ = "incident"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str]
    subject: Mapped[str]
    severity: Mapped[str]
    state_id: Mapped[int | None] = mapped_column(BigInteger)
    value: Mapped[float | None]
    unit: Mapped[str] = mapped_column(default="")
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    reopened: Mapped[int] = mapped_column(default=0)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(default="")
    resolved_at: Mapped[datetime | None]
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        tenant_key("connection_id", "erp_connection"),
        tenant_key("ticket_id", "ticket"),
        one_of("severity", "warn", "crit", "unknown"),
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


class IncidentMail(TenantRow, Base):
    """This mail told of this incident; one mail may tell of several."""

    __tablename__ = "incident_mail"

    incident_id: Mapped[int] = mapped_column(BigInteger)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id", ondelete="CASCADE"))
    __table_args__ = (
        tenant_key("incident_id", "incident", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "incident_id", "mail_id"),
    )
