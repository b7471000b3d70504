"""Signs of life: of the jobs at the client's that report in by themselves, and of our own clock."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, Index, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, ReferenceRow, TenantRow, one_of, tenant_key


class Heartbeat(TenantRow, Base):
    """A job at the client's that reports in by itself; late by more than `grace_s`, it counts as missed.

    `status`: new, up, running (started, no end yet), failed, missed, timed_out, paused. `alert_after` is the moment
    from which silence is an alarm; null when nothing is expected. `started_at` is set while it runs. `healthy` is how
    the last run ended (null: none yet), `unjudged` that a worker has still to turn the news into a state. `metrics` are
    the numbers that came with its last end (bytes, rows, seconds), by the names the job gave them.
    """

    __tablename__ = "heartbeat"

    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    key_hint: Mapped[str]
    period_s: Mapped[int | None]
    cron: Mapped[str | None]
    grace_s: Mapped[int]
    status: Mapped[str] = mapped_column(default="new")
    healthy: Mapped[bool | None]
    unjudged: Mapped[bool] = mapped_column(default=False)
    alert_after: Mapped[datetime | None]
    last_ping_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    run_mark: Mapped[str | None]
    last_duration_s: Mapped[float | None] = mapped_column(Float)
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pings: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]
    __table_args__ = (
        one_of("status", "new", "up", "running", "failed", "missed", "timed_out", "paused"),
        # The clock looks across clients, so this one index is led by the time.
        Index("ix_heartbeat_silent", "alert_after", postgresql_where="alert_after IS NOT NULL"),
    )


class HeartbeatPing(TenantRow, Base):
    """One sign of life: success, start, fail, log. The last hundred of each heartbeat are kept."""

    __tablename__ = "heartbeat_ping"

    heartbeat_id: Mapped[int] = mapped_column(BigInteger)
    n: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    kind: Mapped[str]
    exit_code: Mapped[int | None] = mapped_column(SmallInteger)
    duration_s: Mapped[float | None] = mapped_column(Float)
    body: Mapped[str] = mapped_column(default="")
    body_cut: Mapped[bool] = mapped_column(default=False)
    method: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        tenant_key("heartbeat_id", "heartbeat", ondelete="CASCADE"),
        one_of("kind", "success", "start", "fail", "log"),
        Index("uq_heartbeat_ping", "tenant_id", "heartbeat_id", "n", unique=True),
    )


class EnginePulse(ReferenceRow, Base):
    """When the clock last went round, and since when the oldest unstarted job waits. It names no client."""

    __tablename__ = "engine_pulse"

    name: Mapped[str] = mapped_column(unique=True)
    beat_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]
