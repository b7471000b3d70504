"""Contracts, tax treatments, number series, invoices with their lines and claims, payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, PracticeRow, TenantRow, one_of, practice_key, tenant_key

INVOICE_STATES = ("draft", "issued", "partly_paid", "paid", "void", "credited")


class TaxRate(PracticeRow, Base):
    """What one tax treatment comes to from one day until another. Rates change by law, so they are rows.

    `code` names the treatment (a contract refers to it), `rate` is percent; the label is printed on the invoice.
    """

    __tablename__ = "tax_rate"

    code: Mapped[str]
    label_zh: Mapped[str]
    label_en: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Numeric(6, 3))
    note: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    __table_args__ = (
        UniqueConstraint("practice_id", "code", "valid_from"),
        CheckConstraint("rate >= 0 AND rate < 100", name="rate"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="validity"),
    )


class NumberSeries(PracticeRow, Base):
    """How invoices or credit notes of a practice are numbered: the form of the number and when counting restarts."""

    __tablename__ = "number_series"

    key: Mapped[str]
    form: Mapped[str]
    resets: Mapped[str] = mapped_column(default="yearly")
    __table_args__ = (
        UniqueConstraint("practice_id", "key"),
        one_of("key", "invoice", "credit_note"),
        one_of("resets", "yearly", "monthly", "never"),
    )


class NumberCounter(PracticeRow, Base):
    """The last number taken in one period of a series; its row is locked by whoever takes the next."""

    __tablename__ = "number_counter"

    series_id: Mapped[int] = mapped_column(BigInteger)
    period: Mapped[str]
    last: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        practice_key("series_id", "number_series"),
        UniqueConstraint("practice_id", "series_id", "period"),
    )


class Contract(TenantRow, Base):
    """What was agreed with a client: the kind, the hourly rate, how time is rounded, tax, days to pay, the scope.

    `rate_minor` is whole minor units of `currency` an hour; prices include the tax when `tax_included`.
    """

    __tablename__ = "contract"

    title: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="hourly")
    rate_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(default="CNY")
    rounding_mode: Mapped[str] = mapped_column(default="ceil")
    rounding_step: Mapped[int] = mapped_column(default=15)
    rounding_scope: Mapped[str] = mapped_column(default="entry")
    minimum_minutes: Mapped[int] = mapped_column(default=0)
    group_by: Mapped[str] = mapped_column(default="entry")
    tax_code: Mapped[str] = mapped_column(default="none")
    tax_included: Mapped[bool] = mapped_column(default=True)
    payment_days: Mapped[int] = mapped_column(default=15)
    purchase_order: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    scope_in: Mapped[str] = mapped_column(default="")
    scope_out: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    __table_args__ = (
        one_of("kind", "hourly", "fixed_monthly", "retainer", "prepaid", "per_incident", "annual"),
        one_of("rounding_mode", "default", "ceil", "floor", "closest"),
        one_of("rounding_scope", "entry", "day", "invoice"),
        one_of("group_by", "entry", "ticket", "activity"),
        CheckConstraint("rate_minor >= 0 AND payment_days >= 0", name="amounts"),
        CheckConstraint("rounding_step > 0 AND minimum_minutes >= 0", name="rounding"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="term"),
        Index("ix_contract_tenant_starts", "tenant_id", "starts_on"),
    )


class Invoice(TenantRow, Base):
    """An invoice or a credit note. From its issue on, all but what payments and voiding change stands still.

    `party` holds both parties, the bank block, the tax table and the contract's number as they were at the issue.
    Amounts are whole minor units; a credit note's are negative.
    """

    __tablename__ = "invoice"

    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id"))
    kind: Mapped[str] = mapped_column(default="invoice")
    state: Mapped[str] = mapped_column(default="draft")
    contract_id: Mapped[int | None] = mapped_column(BigInteger)
    corrects_id: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[str | None]
    period: Mapped[str | None]
    sequence: Mapped[int | None]
    title: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    purchase_order: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    currency: Mapped[str]
    tax_code: Mapped[str]
    tax_included: Mapped[bool]
    payment_days: Mapped[int]
    supply_from: Mapped[date]
    supply_until: Mapped[date]
    issued_on: Mapped[date | None]
    due_on: Mapped[date | None]
    net_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    tax_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    total_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    party: Mapped[dict[str, Any]] = mapped_column(default=dict)
    template_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        one_of("kind", "invoice", "credit_note"),
        one_of("state", *INVOICE_STATES),
        tenant_key("contract_id", "contract"),
        ForeignKeyConstraint(
            ["tenant_id", "corrects_id"], ["invoice.tenant_id", "invoice.id"], name="fk_invoice_corrects"
        ),
        CheckConstraint("(state = 'draft') = (number IS NULL)", name="numbered"),
        CheckConstraint("net_minor + tax_minor = total_minor", name="total"),
        CheckConstraint("(kind = 'credit_note') = (corrects_id IS NOT NULL)", name="corrects"),
        Index("uq_invoice_number", "practice_id", "kind", "number", unique=True),
        Index("uq_invoice_sequence", "practice_id", "kind", "period", "sequence", unique=True),
        Index(
            "uq_invoice_corrects",
            "tenant_id",
            "corrects_id",
            unique=True,
            postgresql_where="corrects_id IS NOT NULL AND state <> 'void'",
        ),
        Index("ix_invoice_tenant_state", "tenant_id", "state", "due_on"),
        Index("ix_invoice_issued", "issued_on", "tenant_id"),
        # What is to be done about money is little, whatever the history.
        Index(
            "ix_invoice_unsettled",
            "tenant_id",
            "state",
            "due_on",
            postgresql_where="state IN ('draft', 'issued', 'partly_paid')",
        ),
    )


class InvoiceLine(TenantRow, Base):
    """One line: work (with its minutes), an item or a discount.

    `amount_minor` includes the tax when the invoice's prices do; `net_minor` never does, and the nets of all lines
    come to the invoice's.
    """

    __tablename__ = "invoice_line"

    invoice_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(default="work")
    text: Mapped[str]
    minutes: Mapped[int | None]
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    unit: Mapped[str] = mapped_column(default="hour")
    price_minor: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    net_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(6, 3))
    __table_args__ = (
        tenant_key("invoice_id", "invoice", ondelete="CASCADE"),
        one_of("kind", "work", "flat", "fee", "overage", "extra", "discount"),
        one_of("unit", "hour", "visit", "incident", "month", "year", "item"),
        Index("ix_invoice_line_tenant_invoice", "tenant_id", "invoice_id", "position"),
    )


class EntryClaim(TenantRow, Base):
    """Where a work entry went: onto a line of an invoice, or written off. An entry has one open claim at most."""

    __tablename__ = "entry_claim"

    entry_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(default="invoice")
    invoice_id: Mapped[int | None] = mapped_column(BigInteger)
    line_id: Mapped[int | None] = mapped_column(BigInteger)
    minutes: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    released_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("kind", "invoice", "write_off"),
        tenant_key("entry_id", "work_entry"),
        tenant_key("invoice_id", "invoice", ondelete="CASCADE"),
        tenant_key("line_id", "invoice_line", ondelete="CASCADE"),
        CheckConstraint("(kind = 'invoice') = (invoice_id IS NOT NULL AND line_id IS NOT NULL)", name="goes_somewhere"),
        Index("uq_entry_claim_open", "tenant_id", "entry_id", unique=True, postgresql_where="released_at IS NULL"),
        Index(
            "ix_entry_claim_written_off",
            "tenant_id",
            "entry_id",
            postgresql_where="kind = 'write_off' AND released_at IS NULL",
        ),
        Index("ix_entry_claim_tenant_invoice", "tenant_id", "invoice_id"),
    )


class InvoicePaper(TenantRow, Base):
    """The PDF of an invoice in one language: asked for, then made once by a worker and kept for good."""

    __tablename__ = "invoice_paper"

    invoice_id: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("invoice_id", "invoice"),
        tenant_key("file_id", "stored_file"),
        one_of("language", "zh_Hans_CN", "en"),
        CheckConstraint("(file_id IS NULL) = (sha256 IS NULL)", name="kept"),
        UniqueConstraint("tenant_id", "invoice_id", "language"),
    )


class Payment(TenantRow, Base):
    """Money that came in. It is never deleted: a mistake is taken back, with its reason."""

    __tablename__ = "payment"

    received_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    method: Mapped[str] = mapped_column(default="bank")
    reference: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    taken_back_at: Mapped[datetime | None]
    taken_back_reason: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        one_of("method", "bank", "wechat", "alipay", "cash", "other"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_payment_tenant_received", "tenant_id", "received_on"),
    )


class Allocation(TenantRow, Base):
    """How much of a payment goes to which invoice."""

    __tablename__ = "allocation"

    payment_id: Mapped[int] = mapped_column(BigInteger)
    invoice_id: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        tenant_key("payment_id", "payment"),
        tenant_key("invoice_id", "invoice"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("tenant_id", "payment_id", "invoice_id"),
        Index("ix_allocation_tenant_invoice", "tenant_id", "invoice_id"),
    )
