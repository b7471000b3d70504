"""Attachments, evidence and issued papers: a row per client, bytes by hash."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, Kind, TenantRow, one_of


class Blob(Base):
    """Bytes under their SHA-256; the same bytes of one client are kept once, and never shared between clients."""

    __tablename__ = "blob"
    __kind__: ClassVar[Kind] = "tenant"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int]


class StoredFile(TenantRow, Base):
    """A file as people know it: a name, a media type and the hash of its bytes.

    `about` names the thing it belongs to (`ticket:7`); `shown_to_client` says that the client's people may have it.
    """

    __tablename__ = "stored_file"

    name: Mapped[str]
    media_type: Mapped[str]
    purpose: Mapped[str]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    about: Mapped[str] = mapped_column(default="")
    shown_to_client: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "sha256"], ["blob.tenant_id", "blob.sha256"]),
        one_of("purpose", "attachment", "evidence", "invoice", "paper"),
        Index("ix_stored_file_tenant_about", "tenant_id", "about"),
    )
