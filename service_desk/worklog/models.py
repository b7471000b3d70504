"""What was done, in four fields, and whose time it took."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, PersonRow, TenantRow, one_of, tenant_key

ACTIVITIES = ("support", "check", "backup", "change", "training", "travel", "other")


class RunningTimer(PersonRow, Base):
    """A person's one running timer, whichever client it runs for; names are copied, as this is no client's row."""

    __tablename__ = "running_timer"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    tenant_slug: Mapped[str]
    tenant_name: Mapped[str]
    colour: Mapped[int] = mapped_column(default=0)
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    ticket_number: Mapped[int | None]
    title: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    active_at: Mapped[datetime]  # the last sign of work on it: a forgotten timer is cut here
    stopped_at: Mapped[datetime | None]  # stopped, and not written down yet
    __table_args__ = (UniqueConstraint("person_id"),)


class WorkedInterval(PersonRow, Base):
    """When a person worked, over all clients: nobody works twice in the same minute, whoever would pay for it.

    The database itself refuses an overlap; a number is made a range because plain equality has no place in such an
    index without an extension.
    """

    __tablename__ = "worked_interval"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    entry_id: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("ended_at > started_at", name="order"),
        ExcludeConstraint(
            (text("int4range(person_id, person_id, '[]')"), "&&"),
            (text("tstzrange(started_at, ended_at)"), "&&"),
            name="ex_worked_interval_one_at_a_time",
            using="gist",
        ),
        UniqueConstraint("person_id", "tenant_id", "entry_id"),
        Index("ix_worked_interval_person_id_started_at", "person_id", "started_at"),
    )


class Entry(TenantRow, Base):
    """One piece of work: 时间 内容 问题 解决方案. Frozen by the database once an invoice line holds it.

    Three numbers stay apart: seconds worked (never rounded), minutes billable (by the contract's rule), and what the
    invoice line says. `rate_minor` is money per hour in minor units, resolved once, with its source.
    """

    __tablename__ = "work_entry"

    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    person_id: Mapped[int] = mapped_column(Integer)
    person_name: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    content: Mapped[str]
    problem: Mapped[str] = mapped_column(default="")
    solution: Mapped[str] = mapped_column(default="")
    internal_note: Mapped[str] = mapped_column(default="")
    environment: Mapped[str] = mapped_column(default="production")
    activity: Mapped[str] = mapped_column(default="support")
    billable: Mapped[bool] = mapped_column(default=True)
    worked_seconds: Mapped[int]
    billable_minutes: Mapped[int]
    rate_minor: Mapped[int | None] = mapped_column(BigInteger)
    rate_source: Mapped[str] = mapped_column(default="")
    corrects_id: Mapped[int | None] = mapped_column(BigInteger)
    article_id: Mapped[int | None] = mapped_column(BigInteger)
    invoice_line_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("ticket_id", "ticket"),
        tenant_key("corrects_id", "work_entry"),
        tenant_key("article_id", "article"),
        one_of("environment", "production", "test"),
        one_of("activity", *ACTIVITIES),
        CheckConstraint("ended_at >= started_at", name="order"),
        Index("ix_work_entry_tenant_id_started_at", "tenant_id", "started_at"),
        Index("ix_work_entry_tenant_id_ticket_id", "tenant_id", "ticket_id"),
        # Carries what is added up, so that the work of all clients that waits is counted without touching a row.
        Index(
            "ix_work_entry_unbilled",
            "tenant_id",
            "ended_at",
            postgresql_include=["id", "billable_minutes", "rate_minor"],
            postgresql_where="billable and invoice_line_id is null",
        ),
        Index("ix_work_entry_tenant_id_invoice_line_id", "tenant_id", "invoice_line_id"),
    )


class WorkTerms(TenantRow, Base):
    """How this client's time is rounded and what an hour costs. The contract's verbs write it; one row per client.

    `rate_minor` is money per hour in minor units of `currency`; None: no rate was agreed.
    """

    __tablename__ = "work_terms"

    mode: Mapped[str]
    step: Mapped[int]
    minimum: Mapped[int]
    scope: Mapped[str] = mapped_column(default="entry")
    rate_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str]
    rate_source: Mapped[str]
    agreed_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("tenant_id"),
        one_of("mode", "default", "ceil", "floor", "closest"),
        one_of("scope", "entry", "day", "invoice"),
        CheckConstraint("step > 0 AND minimum >= 0", name="rounding"),
    )


class MonthSign(TenantRow, Base):
    """The client's word on a month's hours: asked, then confirmed or disputed; a confirmed month is closed."""

    __tablename__ = "month_sign"

    month: Mapped[date]
    state: Mapped[str] = mapped_column(default="asked")
    worked_seconds: Mapped[int]
    billable_minutes: Mapped[int]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(default="")
    remark: Mapped[str] = mapped_column(default="")
    __table_args__ = (UniqueConstraint("tenant_id", "month"), one_of("state", "asked", "confirmed", "disputed"))
