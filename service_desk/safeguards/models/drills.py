"""Restore drills and their steps."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key
from service_desk.safeguards.models.signing import Signed


class RestoreDrill(Signed, TenantRow, Base):
    """One restore drill: planned for a day, run step by step, ended good or failed, signed.

    `counts` holds the compared tables: {"table", "expected", "found"}. `minutes` is the time from start to a working
    system, measured against the plan's `rto_minutes` of that day.
    """

    __tablename__ = "restore_drill"

    plan_id: Mapped[int | None] = mapped_column(BigInteger)
    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="planned")
    result: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    minutes: Mapped[int | None]
    rto_minutes: Mapped[int | None]
    failed_step: Mapped[str] = mapped_column(default="")
    backup_file: Mapped[str] = mapped_column(default="")
    backup_hash: Mapped[str] = mapped_column(default="")
    restored_to: Mapped[str] = mapped_column(default="")
    counts: Mapped[list[Any]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(default="")
    done_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("plan_id", "backup_plan"),
        tenant_key("connection_id", "erp_connection", ondelete="SET NULL (connection_id)"),
        one_of("state", "planned", "running", "done", "called_off"),
        one_of("result", "", "good", "failed"),
        CheckConstraint("(state = 'done') = (result <> '' AND finished_at IS NOT NULL)", name="ended"),
        Index("ix_restore_drill_tenant_due", "tenant_id", "due_on"),
        Index("ix_restore_drill_plan", "tenant_id", "plan_id", "finished_at"),
        Index(
            "uq_restore_drill_open", "tenant_id", "plan_id", unique=True,
            postgresql_where="state IN ('planned', 'running') AND plan_id IS NOT NULL",
        ),
    )  # fmt: skip


class DrillStep(TenantRow, Base):
    """One step of a drill with its own time. `words` is a msgid of the template, or what the engineer wrote."""

    __tablename__ = "drill_step"

    drill_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(SmallInteger)
    key: Mapped[str] = mapped_column(default="")
    words: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        tenant_key("drill_id", "restore_drill", ondelete="CASCADE"),
        one_of("state", "open", "done", "failed", "skipped"),
        UniqueConstraint("tenant_id", "drill_id", "position"),
    )
