"""Permission reviews 权限审计: what was seen, what was found in it, and what was decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key
from service_desk.safeguards.models.signing import Signed


class AccessSnapshot(TenantRow, Base):
    """Users, principals and grants as they were seen, under the SHA-256 of their plain form; the same is kept once."""

    __tablename__ = "access_snapshot"

    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[dict[str, Any]]
    users: Mapped[int]
    grants: Mapped[int]
    taken_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("tenant_id", "sha256"),)


class AccessReview(Signed, TenantRow, Base):
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
