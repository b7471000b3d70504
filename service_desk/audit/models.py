"""Who did what: rows are only ever added, and each carries the hash of the one before it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, LedgerRow


class AuditEvent(LedgerRow, Base):
    """One act. `chain` numbers the rows of one owner without a gap; `hash` covers the row and the hash before it."""

    __tablename__ = "audit_event"

    chain: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_person: Mapped[int | None]
    actor_name: Mapped[str]
    act: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(default="")
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        LedgerRow.one_owner(),
        Index("uq_audit_event_tenant_chain", "tenant_id", "chain", unique=True),
        Index("uq_audit_event_practice_chain", "practice_id", "chain", unique=True),
        Index("uq_audit_event_person_chain", "person_id", "chain", unique=True),
    )
