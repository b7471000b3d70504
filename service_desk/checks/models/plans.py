"""When a check is due, when a connection was visited, what holds visits back, and when trouble is expected."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key


class CheckPlan(TenantRow, Base):
    """One check of one connection: when it is due, and where its limits stand.

    It follows an interval (on the grid `phase_s` + n × `interval_s`, so that a late run never shifts the next) or a
    cron line read on the client's wall clock. `proposed` plans wait for one click. Limits that are null are off.
    `confirm_n` results in a row confirm a change for the worse, or so many of the last `confirm_of`. `heard_at` is when
    a visit last told anything about it, even that it could not look; `silent_since` is set once nothing was heard for
    three intervals: nobody looked, which is neither fine nor a fault of the client's.
    """

    __tablename__ = "check_plan"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    warn: Mapped[float | None] = mapped_column(Float)
    crit: Mapped[float | None] = mapped_column(Float)
    clear_warn: Mapped[float | None] = mapped_column(Float)
    clear_crit: Mapped[float | None] = mapped_column(Float)
    interval_s: Mapped[int]
    phase_s: Mapped[int] = mapped_column(default=0)
    cron: Mapped[str | None]
    confirm_n: Mapped[int] = mapped_column(SmallInteger, default=1)
    confirm_of: Mapped[int | None] = mapped_column(SmallInteger)
    recover_n: Mapped[int] = mapped_column(SmallInteger, default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    proposed: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[datetime | None]
    next_run_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
        Index("uq_check_plan", "tenant_id", "connection_id", "check", unique=True, postgresql_nulls_not_distinct=True),
        # The clock looks across clients, so this one index is led by the time.
        Index("ix_check_plan_due", "next_run_at", postgresql_where="enabled AND NOT proposed"),
    )


class CheckRun(TenantRow, Base):
    """One visit to a connection: the slot (its due time), the plans that were due, and how it ended."""

    __tablename__ = "check_run"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    due_at: Mapped[datetime]
    plan_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    job_id: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    duration_ms: Mapped[int | None]
    __table_args__ = (
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
        one_of("outcome", "", "looked", "no_connection", "skipped"),
        Index("ix_check_run_recent", "tenant_id", "connection_id", "due_at"),
        Index("ix_check_run_open", "tenant_id", "connection_id", postgresql_where="finished_at IS NULL"),
    )


class CheckBreaker(TenantRow, Base):
    """The circuit breaker of a connection.

    After three time-outs in a row only the smallest question is asked. `refused_stamp` is what the settings and
    secrets looked like when the server refused our login: until they change or a person asks, we do not log in again,
    since a wrong password repeated locks the client's account.
    """

    __tablename__ = "check_breaker"

    connection_id: Mapped[int] = mapped_column(BigInteger)
    timeouts: Mapped[int] = mapped_column(SmallInteger, default=0)
    probe_after: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    reason_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    refused_stamp: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
        Index("uq_check_breaker", "tenant_id", "connection_id", unique=True),
    )


class MaintenanceWindow(TenantRow, Base):
    """A time in which trouble is expected and nobody is told, for a client, one connection or one check.

    It begins on the wall clock of `zone`, on `first_day` at `at_minute` (minute of the day), lasts `minutes`, and comes
    again by `rule` (an RRULE of RFC 5545 without DTSTART; "" = once). Its occurrences are computed, never stored.
    """

    __tablename__ = "maintenance_window"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    first_day: Mapped[date]
    at_minute: Mapped[int]
    minutes: Mapped[int]
    rule: Mapped[str] = mapped_column(default="")
    zone: Mapped[str]
    author_name: Mapped[str]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
        CheckConstraint("minutes BETWEEN 1 AND 10080", name="length"),
        CheckConstraint("at_minute BETWEEN 0 AND 1439", name="minute"),
        Index("ix_maintenance_window_live", "tenant_id", postgresql_where="cancelled_at is null"),
    )
