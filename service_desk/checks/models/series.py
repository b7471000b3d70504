"""The results themselves, in partitions, and what they add up to by the hour, by the day and by the client."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Float, Index
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, Kind, TenantRow, tenant_key
from service_desk.scope import current


class CheckResult(Base):
    """One result of one subject, raw. Weekly partitions of `seen_at`, made and dropped by gate_rotate_partitions."""

    __tablename__ = "check_result"
    __kind__: ClassVar[Kind] = "tenant"

    tenant_id: Mapped[int] = mapped_column(primary_key=True, default=lambda: current().tenant_id)
    state_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str]
    value: Mapped[float | None] = mapped_column(Float)
    maintained: Mapped[bool] = mapped_column(default=False, server_default="false")
    __table_args__ = ({"postgresql_partition_by": "RANGE (seen_at)"},)


class _Rollup(TenantRow):
    """What the results of a span add up to; `n_warn`, `n_crit`, `n_unknown` and `n_maintained` are parts of `n`.

    A result of a maintenance window counts as maintained and as nothing else: it speaks for or against nobody.
    """

    state_id: Mapped[int] = mapped_column(BigInteger)
    n: Mapped[int]
    n_warn: Mapped[int]
    n_crit: Mapped[int]
    n_unknown: Mapped[int]
    n_maintained: Mapped[int] = mapped_column(default=0, server_default="0")
    low: Mapped[float | None] = mapped_column(Float)
    high: Mapped[float | None] = mapped_column(Float)
    total: Mapped[float] = mapped_column(Float)
    last: Mapped[float | None] = mapped_column(Float)


class CheckHour(_Rollup, Base):
    """Results by the hour (UTC), kept 13 months."""

    __tablename__ = "check_hour"

    hour: Mapped[datetime]
    __table_args__ = (
        tenant_key("state_id", "check_state", ondelete="CASCADE"),
        Index("uq_check_hour", "tenant_id", "state_id", "hour", unique=True),
    )


class CheckDay(_Rollup, Base):
    """Results by the client's own calendar day, kept five years."""

    __tablename__ = "check_day"

    day: Mapped[date]
    __table_args__ = (
        tenant_key("state_id", "check_state", ondelete="CASCADE"),
        Index("uq_check_day", "tenant_id", "state_id", "day", unique=True),
    )


class CheckClientDay(TenantRow, Base):
    """How many results of a client's day were bad, all its checks together: what the front page draws of each client.

    Adding up `check_day` of every client shown would read tens of thousands of rows for one page.
    """

    __tablename__ = "check_client_day"

    day: Mapped[date]
    n: Mapped[int]
    n_warn: Mapped[int]
    n_crit: Mapped[int]
    n_unknown: Mapped[int]
    __table_args__ = (Index("uq_check_client_day", "tenant_id", "day", unique=True),)
