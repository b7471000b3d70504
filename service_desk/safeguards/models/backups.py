"""What is to be backed up how often, and where the copies lie."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key

MEDIA = ("local", "offsite", "cloud")


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
        tenant_key("connection_id", "erp_connection", ondelete="SET NULL (connection_id)"),
        tenant_key("heartbeat_id", "heartbeat"),
        one_of("scope", "database", "account_set", "server", "files"),
        one_of("backup_type", "full", "diff", "log"),
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
