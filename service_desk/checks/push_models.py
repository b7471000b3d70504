"""What is known of pushes: the keys of collector scripts, and which pushes were taken."""

from datetime import datetime

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
