"""Inspection rounds 巡检: what one looks at, and every walk through it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key


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
