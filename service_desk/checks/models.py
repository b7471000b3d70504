"""Schedules, runs, current states, flips, the series in partitions, its roll-ups, and heartbeats."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, LargeBinary, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.checks.push_models import PushKey, PushSeen
from service_desk.db import Base, Kind, ReferenceRow, TenantRow, one_of, tenant_key
from service_desk.scope import current

CONNECTION = "erp_connection"


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
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
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
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
        one_of("outcome", "", "looked", "no_connection", "skipped"),
        Index("ix_check_run_recent", "tenant_id", "connection_id", "due_at"),
        Index("ix_check_run_open", "tenant_id", "connection_id", postgresql_where="finished_at IS NULL"),
    )


class CheckState(TenantRow, Base):
    """How it stands with one subject of a check now; the one row that every page reads.

    `state` is what is shown. `told_state` is the last confirmed state, the one that flips speak of: while a look is
    being confirmed or the connection is down, it keeps what people were told. `seen_at` is when the facts were taken,
    `received_at` when they reached us. A subject that is no longer there has `gone_at`. `sentence_params` holds all
    that the sentence needs, the parameters of `reason` among them (under "reason"). `memory` is what the check asked to
    be given back with its next look. `looks` are the last five results and `ring` the last 21 confirmed states, a
    letter each; `flapping_since` is set while the ring turns too often. `maintained`: the last look fell into a
    maintenance window. What is gone is forgotten after 90 days, and sooner when too many subjects of a check went.
    """

    __tablename__ = "check_state"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    since: Mapped[datetime]
    told_state: Mapped[str | None]
    pending_state: Mapped[str | None]
    pending_count: Mapped[int] = mapped_column(SmallInteger, default=0)
    value: Mapped[float | None] = mapped_column(Float)
    unit: Mapped[str] = mapped_column(default="")
    sentence_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    right_needed: Mapped[str] = mapped_column(default="")
    grant_statement: Mapped[str] = mapped_column(default="")
    # Every right of an ERP may stand in it, so pages leave it; whoever writes a state reads it with `states.whole()`.
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", deferred=True)
    looks: Mapped[str] = mapped_column(default="", server_default="")
    ring: Mapped[str] = mapped_column(default="", server_default="")
    flapping_since: Mapped[datetime | None]
    maintained: Mapped[bool] = mapped_column(default=False, server_default="false")
    seen_at: Mapped[datetime]
    received_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
        one_of("state", "ok", "warn", "crit", "unknown"),
        Index("ix_check_state_bad", "tenant_id", postgresql_where="state <> 'ok' AND gone_at IS NULL"),
        Index(
            "uq_check_state_subject",
            "tenant_id",
            "connection_id",
            "check",
            "subject",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )


class CheckFlip(TenantRow, Base):
    """A confirmed change of state. `from_state` is `new` the first time and `flapping` when it became calm again;
    `to_state` is `gone` when the subject went. It is kept for ever and names what it speaks of by itself: `state_id` is
    no key, for the state of a subject that went long ago is forgotten.

    `noticed_at` is set by whoever tells people about it.
    """

    __tablename__ = "check_flip"

    state_id: Mapped[int] = mapped_column(BigInteger)
    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    check: Mapped[str]
    subject: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    value: Mapped[float | None] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    noticed_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("to_state", "ok", "warn", "crit", "unknown", "gone"),
        Index("ix_check_flip_state", "tenant_id", "state_id", "at"),
        Index("ix_check_flip_fresh", "tenant_id", "id", postgresql_where="noticed_at IS NULL"),
    )


class CheckResult(Base):
    """One result of one subject, raw. Weekly partitions of `seen_at`, made and dropped by gate_rotate_partitions."""

    __tablename__ = "check_result"
    __kind__: ClassVar[Kind] = "tenant"

    tenant_id: Mapped[int] = mapped_column(primary_key=True, default=lambda: current().tenant_id)
    state_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str]
    value: Mapped[float | None] = mapped_column(Float)
    maintained: Mapped[bool] = mapped_column(default=False, server_default="false")
    __table_args__ = ({"postgresql_partition_by": "RANGE (seen_at)"},)


class _Rollup(TenantRow):
    """What the results of a span add up to; `n_warn`, `n_crit`, `n_unknown` and `n_maintained` are parts of `n`.

    A result of a maintenance window counts as maintained and as nothing else: it speaks for or against nobody.
    """

    state_id: Mapped[int] = mapped_column(BigInteger)
    n: Mapped[int]
    n_warn: Mapped[int]
    n_crit: Mapped[int]
    n_unknown: Mapped[int]
    n_maintained: Mapped[int] = mapped_column(default=0, server_default="0")
    low: Mapped[float | None] = mapped_column(Float)
    high: Mapped[float | None] = mapped_column(Float)
    total: Mapped[float] = mapped_column(Float)
    last: Mapped[float | None] = mapped_column(Float)


class CheckHour(_Rollup, Base):
    """Results by the hour (UTC), kept 13 months."""

    __tablename__ = "check_hour"

    hour: Mapped[datetime]
    __table_args__ = (
        tenant_key("state_id", "check_state", ondelete="CASCADE"),
        Index("uq_check_hour", "tenant_id", "state_id", "hour", unique=True),
    )


class CheckDay(_Rollup, Base):
    """Results by the client's own calendar day, kept five years."""

    __tablename__ = "check_day"

    day: Mapped[date]
    __table_args__ = (
        tenant_key("state_id", "check_state", ondelete="CASCADE"),
        Index("uq_check_day", "tenant_id", "state_id", "day", unique=True),
    )


class CheckClientDay(TenantRow, Base):
    """How many results of a client's day were bad, all its checks together: what the front page draws of each client.

    Adding up `check_day` of every client shown would read tens of thousands of rows for one page.
    """

    __tablename__ = "check_client_day"

    day: Mapped[date]
    n: Mapped[int]
    n_warn: Mapped[int]
    n_crit: Mapped[int]
    n_unknown: Mapped[int]
    __table_args__ = (Index("uq_check_client_day", "tenant_id", "day", unique=True),)


class CheckInput(TenantRow, Base):
    """A record that an upper floor hands down for checks to judge: a drill, a copy, a plan, a licence.

    `kind` is a word of finding.RECORDS, `data` that record's fields; one row for each kind and subject.
    """

    __tablename__ = "check_input"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    __table_args__ = (
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
        Index(
            "uq_check_input",
            "tenant_id",
            "connection_id",
            "kind",
            "subject",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
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
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
        CheckConstraint("minutes BETWEEN 1 AND 10080", name="length"),
        CheckConstraint("at_minute BETWEEN 0 AND 1439", name="minute"),
        Index("ix_maintenance_window_live", "tenant_id", postgresql_where="cancelled_at is null"),
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
        tenant_key("connection_id", CONNECTION, ondelete="CASCADE"),
        Index("uq_check_breaker", "tenant_id", "connection_id", unique=True),
    )


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


__all__ = [
    "CheckBreaker", "CheckClientDay", "CheckDay", "CheckFlip", "CheckHour", "CheckInput", "CheckPlan",
    "CheckResult", "CheckRun", "CheckState", "EnginePulse", "Heartbeat", "HeartbeatPing", "MaintenanceWindow",
    "PushKey", "PushSeen",
]  # fmt: skip
