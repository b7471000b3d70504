"""Backup plans and copies, restore drills, permission reviews, inspection rounds: what guards a client's data."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key

SCOPES = ("database", "account_set", "server", "files")
TYPES = ("full", "diff", "log")
MEDIA = ("local", "offsite", "cloud")
CONNECTION = "erp_connection"


class BackupPlan(TenantRow, Base):
    """What is to be backed up, how often, where to, kept for how long, and what a loss may cost.

    `scope` says what `subject` names: a database, an account set 账套, the whole server (`subject` empty), or things
    outside SQL (attachments, print templates). It follows an interval (`every_s`) or a cron line on the client's wall
    clock. `drill_every_days` null: no restore drill is wanted for it.
    """

    __tablename__ = "backup_plan"

    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    scope: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    backup_type: Mapped[str]
    every_s: Mapped[int | None]
    cron: Mapped[str | None]
    medium: Mapped[str] = mapped_column(default="local")
    place: Mapped[str] = mapped_column(default="")
    keep_days: Mapped[int | None]
    rpo_minutes: Mapped[int | None]
    rto_minutes: Mapped[int | None]
    responsible: Mapped[str] = mapped_column(default="")
    heartbeat_id: Mapped[int | None] = mapped_column(BigInteger)
    drill_every_days: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("connection_id", CONNECTION, ondelete="SET NULL (connection_id)"),
        tenant_key("heartbeat_id", "heartbeat"),
        one_of("scope", *SCOPES),
        one_of("backup_type", *TYPES),
        one_of("medium", *MEDIA),
        CheckConstraint("num_nonnulls(every_s, cron) = 1", name="one_schedule"),
        CheckConstraint("every_s IS NULL OR every_s >= 60", name="every"),
        CheckConstraint("(scope = 'server') = (subject = '')", name="named"),
        Index("ix_backup_plan_connection", "tenant_id", "connection_id", postgresql_where="archived_at IS NULL"),
    )


class BackupCopy(TenantRow, Base):
    """A place where copies of the backups lie beside the live data: what 3-2-1 counts.

    `newest_at` is confirmed by hand (`how`), or read from a heartbeat whose success says that a copy was made, or from
    the inventory that such a heartbeat sends along.
    """

    __tablename__ = "backup_copy"

    name: Mapped[str]
    medium: Mapped[str]
    device: Mapped[str] = mapped_column(default="disk")
    heartbeat_id: Mapped[int | None] = mapped_column(BigInteger)
    newest_at: Mapped[datetime | None]
    how: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("heartbeat_id", "heartbeat"),
        one_of("medium", *MEDIA),
        one_of("device", "disk", "nas", "tape", "usb", "object"),
        one_of("how", "", "hand", "heartbeat", "inventory"),
        Index("ix_backup_copy_tenant_name", "tenant_id", "name"),
    )


class _Signed:
    """Who signed: the engineer, and the client's people in the portal, who may add a remark."""

    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(default="")
    client_signed_at: Mapped[datetime | None]
    client_signed_by: Mapped[str] = mapped_column(default="")
    client_remark: Mapped[str] = mapped_column(default="")


class RestoreDrill(_Signed, TenantRow, Base):
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
        tenant_key("connection_id", CONNECTION, ondelete="SET NULL (connection_id)"),
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


class AccessSnapshot(TenantRow, Base):
    """Users, principals and grants as they were seen, under the SHA-256 of their plain form; the same is kept once."""

    __tablename__ = "access_snapshot"

    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[dict[str, Any]]
    users: Mapped[int]
    grants: Mapped[int]
    taken_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("tenant_id", "sha256"),)


class AccessReview(_Signed, TenantRow, Base):
    """One permission review 权限审计: a snapshot, compared with the last one, each finding decided, signed.

    While `state` is `looking`, its job (slot `review-<id>`) asks the connections. `unseen` lists what could not be
    looked at, with the reason: {"connection", "kind", "reason", "params"}. `ticket_id`: where it stands what is to be
    taken away.
    """

    __tablename__ = "access_review"

    state: Mapped[str] = mapped_column(default="looking")
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger)
    before_id: Mapped[int | None] = mapped_column(BigInteger)
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    unseen: Mapped[list[Any]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(default="")
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(default="")
    taken_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("snapshot_id", "access_snapshot"),
        tenant_key("before_id", "access_review"),
        tenant_key("ticket_id", "ticket"),
        one_of("state", "looking", "open", "done", "failed", "called_off"),
        Index("ix_access_review_tenant_requested", "tenant_id", "requested_at"),
        Index(
            "uq_access_review_ticket", "tenant_id", "ticket_id", unique=True, postgresql_where="ticket_id IS NOT NULL"
        ),
        Index("uq_access_review_open", "tenant_id", unique=True, postgresql_where="state IN ('looking', 'open')"),
    )


class AccessFinding(TenantRow, Base):
    """One finding of a review, and what was decided about it.

    `mark` is a hash of rule, subject and the facts that matter: while it stays the same, a right that was kept for a
    reason stays decided (`carried`); when the facts change, it is asked again. What is to be taken away is a point of
    the review's ticket (`item_id`); `outcome` is what the next snapshot showed of it, at `outcome_at`.
    """

    __tablename__ = "access_finding"

    review_id: Mapped[int] = mapped_column(BigInteger)
    rule: Mapped[str]
    grave: Mapped[str]
    system: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    mark: Mapped[str]
    decision: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    carried: Mapped[bool] = mapped_column(default=False)
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(default="")
    outcome_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("review_id", "access_review", ondelete="CASCADE"),
        tenant_key("item_id", "ticket_item", ondelete="SET NULL (item_id)"),
        one_of("outcome", "", "gone", "still", "unseen"),
        one_of("grave", "crit", "warn", "info"),
        one_of("decision", "", "keep", "revoke", "ask"),
        CheckConstraint("decision <> 'keep' OR reason <> ''", name="kept_for_a_reason"),
        UniqueConstraint("tenant_id", "review_id", "mark"),
    )


class RoundTemplate(TenantRow, Base):
    """What an inspection round 巡检 looks at: {"kind": "auto", "group"} or {"kind": "manual", "words"}, in order.

    `held_at` is when a round of it ended last: from it follows when the next one is due.
    """

    __tablename__ = "round_template"

    name: Mapped[str]
    rhythm: Mapped[str]
    items: Mapped[list[Any]] = mapped_column(default=list)
    held_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("rhythm", "daily", "weekly", "monthly"),
        Index("uq_round_template_name", "tenant_id", "name", unique=True, postgresql_where="archived_at IS NULL"),
    )


class InspectionRound(TenantRow, Base):
    """One walk through a template's items; finished, it is printed and stays as it is."""

    __tablename__ = "inspection_round"

    template_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    summary: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        tenant_key("template_id", "round_template"),
        one_of("state", "open", "done"),
        Index("ix_inspection_round_tenant_started", "tenant_id", "started_at"),
        Index("uq_inspection_round_open", "tenant_id", "template_id", unique=True, postgresql_where="state = 'open'"),
    )


class RoundItem(TenantRow, Base):
    """One item of a round: looked at by a check (`auto`) or by a person (`manual`), or brought over (`carried`).

    `mark` tells that the items of two rounds are the same. `state` empty: not inspected yet. `seen` holds what an
    automatic item saw (check, subject, state, sentence parameters, reason, seen_at), so that it is said in any
    language. `open_since` is the day from which this finding has stood open, over however many rounds.
    """

    __tablename__ = "round_item"

    round_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str]
    mark: Mapped[str]
    heading: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    before: Mapped[str] = mapped_column(default="")
    before_note: Mapped[str] = mapped_column(default="")
    open_since: Mapped[date | None]
    missed: Mapped[int] = mapped_column(SmallInteger, default=0)
    set_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("round_id", "inspection_round", ondelete="CASCADE"),
        one_of("kind", "auto", "manual", "carried"),
        one_of("state", "", "ok", "warn", "crit", "unknown"),
        one_of("before", "", "ok", "warn", "crit", "unknown", "missed"),
        UniqueConstraint("tenant_id", "round_id", "mark"),
        Index("ix_round_item_round", "tenant_id", "round_id", "position"),
    )


__all__ = [
    "AccessFinding", "AccessReview", "AccessSnapshot", "BackupCopy", "BackupPlan", "DrillStep", "InspectionRound",
    "RestoreDrill", "RoundItem", "RoundTemplate",
]  # fmt: skip
