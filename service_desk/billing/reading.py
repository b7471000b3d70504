"""What the pages of money show, read in a few statements however many clients and invoices there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, select

from service_desk.billing.models import Allocation, Contract, EntryClaim, Invoice, InvoicePaper, Payment
from service_desk.billing.operations.claims import unbilled
from service_desk.billing.operations.issuing import paper_slot
from service_desk.jobs import Job
from service_desk.scope import session
from service_desk.worklog.models import Entry

Rows = Sequence[Row[*tuple[Any, ...]]]
OPEN = ("issued", "partly_paid")


@dataclass(frozen=True)
class Balance:
    """Where every billable minute of a client is. `missing` is 0 unless something is wrong."""

    logged: int
    invoiced: int
    written_off: int
    unbilled: int

    @property
    def missing(self) -> int:
        return self.logged - self.invoiced - self.written_off - self.unbilled


@dataclass(frozen=True)
class PaperState:
    """The PDF of an invoice in one language: asked for, on its way, or kept."""

    language: str
    file_id: int | None
    job_state: str
    sha256: str


@dataclass(frozen=True)
class Unbilled:
    """Work that waits to be billed: minutes, pieces and what it comes to before rounding and tax."""

    minutes: int
    pieces: int
    worth_minor: int


def balance() -> Balance:
    """Account for every billable minute of the client in scope, by where it is now.

    Logged is what the log says today; invoiced (drafts too) and written off is what was claimed. A claim that no
    longer fits its entry, or an entry held twice, shows as a difference.
    """
    held = EntryClaim.released_at.is_(None)
    row = (
        session()
        .execute(
            select(
                select(_sum(Entry.billable_minutes)).where(Entry.billable).scalar_subquery(),
                select(_sum(EntryClaim.minutes)).where(held, EntryClaim.kind == "invoice").scalar_subquery(),
                select(_sum(EntryClaim.minutes)).where(held, EntryClaim.kind == "write_off").scalar_subquery(),
                unbilled().with_only_columns(_sum(Entry.billable_minutes)).scalar_subquery(),
            )
        )
        .one()
    )
    return Balance(*(int(one) for one in row))


def _sum(column: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0)


def contract_on(day: date) -> Contract | None:
    """The contract in force with the client in scope, the latest where several are; else the next to start."""
    running = case((Contract.starts_on <= day, 0), else_=1)
    statement = select(Contract).where((Contract.ends_on.is_(None)) | (Contract.ends_on >= day))
    return session().scalars(statement.order_by(running, Contract.starts_on.desc()).limit(1)).first()


def contracts() -> Sequence[Contract]:
    """All contracts with the client in scope, the newest first."""
    return session().scalars(select(Contract).order_by(Contract.starts_on.desc(), Contract.id.desc())).all()


def invoices(limit: int = 60) -> Sequence[Invoice]:
    """Invoices and credit notes of the client in scope: drafts first, then the newest."""
    drafts_first = case((Invoice.state == "draft", 0), else_=1)
    statement = select(Invoice).order_by(drafts_first, Invoice.issued_at.desc(), Invoice.id.desc())
    return session().scalars(statement.limit(limit)).all()


def issued_invoices(limit: int = 100) -> Sequence[Invoice]:
    """What the client's people may see: everything issued, the newest first."""
    statement = select(Invoice).where(Invoice.state != "draft").order_by(Invoice.issued_at.desc(), Invoice.id.desc())
    return session().scalars(statement.limit(limit)).all()


def unbilled_entries(limit: int = 200) -> Sequence[Entry]:
    """The work that waits, oldest first."""
    return session().scalars(unbilled().order_by(Entry.started_at, Entry.id).limit(limit)).all()


def unbilled_sum(rate_minor: int) -> Unbilled:
    """What all waiting work comes to; entries without a rate of their own count at `rate_minor` an hour."""
    worth = Entry.billable_minutes * func.coalesce(Entry.rate_minor, rate_minor)
    sums = unbilled().with_only_columns(
        _sum(Entry.billable_minutes), func.count(), func.coalesce(func.sum(worth) / 60, 0)
    )
    row = session().execute(sums).one()
    return Unbilled(int(row[0]), int(row[1]), int(row[2]))


def payments(limit: int = 40) -> Rows:
    """Payments with the number of the invoice they went to, the newest first; the ones taken back too."""
    statement = (
        select(Payment, Invoice.number, Invoice.id.label("invoice_id"))
        .join(Allocation, and_(Allocation.tenant_id == Payment.tenant_id, Allocation.payment_id == Payment.id))
        .join(Invoice, and_(Invoice.tenant_id == Allocation.tenant_id, Invoice.id == Allocation.invoice_id))
        .order_by(Payment.received_on.desc(), Payment.id.desc())
    )
    return session().execute(statement.limit(limit)).all()


def payments_of(invoice_id: int) -> Rows:
    """The payments of one invoice with the part that went to it."""
    statement = (
        select(Payment, Allocation.amount_minor)
        .join(Allocation, and_(Allocation.tenant_id == Payment.tenant_id, Allocation.payment_id == Payment.id))
        .where(Allocation.invoice_id == invoice_id)
        .order_by(Payment.received_on, Payment.id)
    )
    return session().execute(statement).all()


def papers_of(invoice_id: int) -> dict[str, PaperState]:
    """The PDFs of an invoice by language, with how far their jobs are."""
    papers = session().scalars(select(InvoicePaper).where(InvoicePaper.invoice_id == invoice_id)).all()
    waiting = [paper_slot(paper) for paper in papers if paper.file_id is None]
    jobs: dict[str, str] = {}
    if waiting:
        rows = session().execute(select(Job.slot, Job.state).where(Job.kind == "invoice_paper", Job.slot.in_(waiting)))
        jobs = {row.slot: row.state for row in rows}
    return {
        paper.language: PaperState(
            paper.language,
            paper.file_id,
            "done" if paper.file_id else jobs.get(paper_slot(paper), "failed"),
            paper.sha256.hex() if paper.sha256 else "",
        )
        for paper in papers
    }


def paper_state(invoice_id: int, language: str) -> PaperState | None:
    """The PDF of one language, or None when nobody asked for it yet."""
    return papers_of(invoice_id).get(language)


def is_overdue(invoice: Invoice, today: date) -> bool:
    """True when something is open on it past its day."""
    return invoice.kind == "invoice" and invoice.state in OPEN and bool(invoice.due_on and invoice.due_on < today)
