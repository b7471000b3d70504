"""When a client is served and how fast: calendars, policies by priority, official holidays."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, ReferenceRow, TenantRow, one_of


class Holiday(ReferenceRow, Base):
    """One official day that differs from the week, the same for everybody."""

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    source: Mapped[str]
    __table_args__ = (one_of("kind", "work", "off", "statutory"),)


class ServiceCalendar(TenantRow, Base):
    """The hours in which a client is served, and whether waiting for a vendor stops the clock.

    Never changed: an edit is a new row, so that what was promised at a time can be told.

    `weekly` is {"mon": [["09:00", "18:00"]], …}; `overrides` is {"2026-11-28": [["09:00", "17:00"]], …}.
    """

    __tablename__ = "service_calendar"

    zone: Mapped[str]
    weekly: Mapped[dict[str, Any]]
    cn_holidays: Mapped[bool] = mapped_column(default=True)
    makeup: Mapped[bool] = mapped_column(default=True)
    overrides: Mapped[dict[str, Any]] = mapped_column(default=dict)
    vendor_pauses: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    __table_args__ = (Index("ix_service_calendar_tenant_id_created_at", "tenant_id", "created_at"),)


class SlaPolicy(TenantRow, Base):
    """What was promised for one priority, in minutes of service time; None: nothing was promised."""

    __tablename__ = "sla_policy"

    priority: Mapped[str]
    first_response_minutes: Mapped[int | None]
    next_reply_minutes: Mapped[int | None]
    next_update_minutes: Mapped[int | None]
    resolution_minutes: Mapped[int | None]
    round_the_clock: Mapped[bool] = mapped_column(default=False)
    warn_percent: Mapped[int] = mapped_column(default=80)
    changed_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("tenant_id", "priority"), one_of("priority", "P1", "P2", "P3", "P4"))
