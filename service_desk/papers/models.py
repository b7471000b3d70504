"""Every report that is not an invoice: asked for, built by a worker, kept as frozen bytes with their hash."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key


class Paper(TenantRow, Base):
    """One version of a paper. `version` counts within its kind and what it is about (`round:7`, or nothing).

    `params` says what it was asked to hold. How far the building is stands in its job's row (slot `paper-<id>`).
    The client sees it once it is released.
    """

    __tablename__ = "paper"

    kind: Mapped[str]
    about: Mapped[str] = mapped_column(default="")
    version: Mapped[int]
    title: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="waiting")
    problem: Mapped[str] = mapped_column(default="")
    pages: Mapped[int] = mapped_column(default=0)
    file_id: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        one_of("kind", "handover", "overview", "round", "drill", "review"),
        one_of("language", "zh_Hans_CN", "en"),
        one_of("state", "waiting", "ready", "failed", "cancelled"),
        tenant_key("file_id", "stored_file"),
        CheckConstraint("(state = 'ready') = (file_id IS NOT NULL AND sha256 IS NOT NULL)", name="kept"),
        UniqueConstraint("tenant_id", "kind", "about", "version"),
        Index("ix_paper_tenant_requested", "tenant_id", "requested_at"),
    )
