"""How it stands with each subject of a check now, and every confirmed change of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key


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
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
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
        Index("ix_check_flip_connection", "tenant_id", "connection_id", "at"),
        Index("ix_check_flip_fresh", "tenant_id", "id", postgresql_where="noticed_at IS NULL"),
    )
