"""What others hand over: collector scripts at the client's, whose pushes are known again, and the floors above."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, tenant_key


class PushSeen(TenantRow, Base):
    """One push that was taken, by its sender (agent, script key) and the id it gave: sent again, it changes nothing."""

    __tablename__ = "push_seen"

    source: Mapped[str]
    push_id: Mapped[str]
    received_at: Mapped[datetime]
    __table_args__ = (
        Index("uq_push_seen", "tenant_id", "source", "push_id", unique=True),
        Index("ix_push_seen_old", "tenant_id", "received_at"),
    )


class PushKey(TenantRow, Base):
    """The address at which one collector script at the client's hands over what it saw of one connection."""

    __tablename__ = "push_key"

    connection_id: Mapped[int] = mapped_column(BigInteger)
    script: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    key_hint: Mapped[str]
    created_at: Mapped[datetime]
    last_push_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
        Index("uq_push_key", "tenant_id", "connection_id", "script", unique=True),
    )


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
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
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
