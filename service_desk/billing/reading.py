"""What the pages of money show, read in a few statements however many clients and invoices there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Date, Row, Select, TextClause, and_, bindparam, case, func, literal_column, select

from service_desk.billing.models import Allocation, Contract, EntryClaim, Invoice, InvoicePaper, Payment
from service_desk.billing.operations.claims import unbilled
from service_desk.billing.operations.issuing import paper_slot
from service_desk.jobs import Job
from service_desk.scope import session
from service_desk.spelled import spelled_out
from service_desk.worklog.models import Entry

Rows = Sequence[Row[*tuple[Any, ...]]]
OPEN = ("issued", "partly_paid")


@dataclass(frozen=True)
class Unbilled:
    """Work that waits to be billed: minutes, pieces and what it comes to before rounding and tax."""

    minutes: int
    pieces: int
    worth_minor: int


@dataclass(frozen=True)
class Balance:
    """Where every billable minute of a client is. `missing` is 0 unless something is wrong.

    Of the unbilled minutes, `unpriced` have no rate of their own; the others come to `priced` minor units times 60.
    """

    logged: int
    invoiced: int
    written_off: int
    unbilled: int
    pieces: int
    priced: int
    unpriced: int

    @property
    def missing(self) -> int:
        return self.logged - self.invoiced - self.written_off - self.unbilled

    def waiting(self, rate_minor: int) -> Unbilled:
        """The unbilled as work that waits; what has no rate of its own counts at `rate_minor` an hour."""
        worth = self.priced + self.unpriced * rate_minor
        return Unbilled(self.unbilled, self.pieces, worth // 60 if worth >= 0 else -(-worth // 60))


@dataclass(frozen=True)
class PaperState:
    """The PDF of an invoice in one language: asked for, on its way, or kept."""

    language: str
    file_id: int | None
    job_state: str
    sha256: str


def balance() -> Balance:
    """Account for every billable minute of the client in scope, by where it is now.

    Logged is what the log says today; invoiced (drafts too) and written off is what was claimed. A claim that no
    longer fits its entry, or an entry held twice, shows as a difference.
    """
    session().flush()
    return Balance(*(int(one) for one in session().execute(_balance()).one()))


@cache
def _balance() -> TextClause:
    logged = select(_sum(Entry.billable_minutes).label("minutes")).where(Entry.billable).subquery("logged")
    claimed = [_sum(EntryClaim.minutes, EntryClaim.kind == kind).label(kind) for kind in ("invoice", "write_off")]
    held = select(*claimed).where(EntryClaim.released_at.is_(None)).subquery("held")
    waiting = unbilled().with_only_columns(
        _sum(Entry.billable_minutes).label("minutes"),
        func.count().label("pieces"),
        _sum(Entry.billable_minutes * Entry.rate_minor).label("priced"),
        _sum(Entry.billable_minutes, Entry.rate_minor.is_(None)).label("unpriced"),
    )
    return spelled_out(select(logged.c.minutes, *held.c, *waiting.subquery("waiting").c))


def _sum(column: Any, *conditions: Any) -> ColumnElement[int]:
    added = func.sum(column)
    return func.coalesce(added.filter(*conditions) if conditions else added, 0)


def contract_on(day: date) -> Contract | None:
    """The contract in force with the client in scope, the latest where several are; else the next to start."""
    return session().scalars(_contract_on(), {"day": day}).first()


@cache
def _contract_on() -> Select[Contract]:
    day = bindparam("day", type_=Date)
    running = case((Contract.starts_on <= day, literal_column("0")), else_=literal_column("1"))
    statement = select(Contract).where((Contract.ends_on.is_(None)) | (Contract.ends_on >= day))
    return statement.order_by(running, Contract.starts_on.desc()).limit(literal_column("1"))


def contracts() -> Sequence[Contract]:
    """All contracts with the client in scope, the newest first."""
    return session().scalars(select(Contract).order_by(Contract.starts_on.desc(), Contract.id.desc())).all()


# What a line of a list shows; the snapshot of both parties and the rest of an invoice is not read for it.
_LISTED = (
    Invoice.id,
    Invoice.number,
    Invoice.title,
    Invoice.kind,
    Invoice.state,
    Invoice.currency,
    Invoice.total_minor,
    Invoice.paid_minor,
    Invoice.issued_on,
    Invoice.due_on,
)


def invoices() -> Rows:
    """Invoices and credit notes of the client in scope: drafts first, then the newest."""
    return session().execute(_invoices()).all()


@cache
def _invoices(limit: int = 60) -> TextClause:
    drafts_first = case((Invoice.state == "draft", 0), else_=1)
    listed = select(*_LISTED).order_by(drafts_first, Invoice.issued_at.desc(), Invoice.id.desc())
    return spelled_out(listed.limit(limit))


def issued_invoices() -> Rows:
    """What the client's people may see: everything issued, the newest first."""
    return session().execute(_issued_invoices()).all()


@cache
def _issued_invoices(limit: int = 100) -> TextClause:
    listed = select(*_LISTED).where(Invoice.state != "draft").order_by(Invoice.issued_at.desc(), Invoice.id.desc())
    return spelled_out(listed.limit(limit))


def unbilled_entries() -> Rows:
    """The work that waits, oldest first."""
    return session().execute(_unbilled_entries()).all()


@cache
def _unbilled_entries(limit: int = 200) -> TextClause:
    listed = unbilled().with_only_columns(Entry.id, Entry.started_at, Entry.content, Entry.billable_minutes)
    return spelled_out(listed.order_by(Entry.started_at, Entry.id).limit(limit))


def payments() -> Rows:
    """Payments with the number of the invoice they went to, the newest first; the ones taken back too."""
    return session().execute(_payments()).all()


@cache
def _payments(limit: int = 40) -> TextClause:
    shown = (Payment.received_on, Payment.method, Payment.amount_minor, Payment.currency, Payment.taken_back_at)
    return spelled_out(
        select(*shown, Invoice.number)
        .join(Allocation, and_(Allocation.tenant_id == Payment.tenant_id, Allocation.payment_id == Payment.id))
        .join(Invoice, and_(Invoice.tenant_id == Allocation.tenant_id, Invoice.id == Allocation.invoice_id))
        .order_by(Payment.received_on.desc(), Payment.id.desc())
        .limit(limit)
    )


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


class Standing(Protocol):
    """What of an invoice says how it stands: all of it, or a line of a list."""

    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def due_on(self) -> date | None: ...


def is_overdue(invoice: Standing, today: date) -> bool:
    """True when something is open on it past its day."""
    return invoice.kind == "invoice" and invoice.state in OPEN and bool(invoice.due_on and invoice.due_on < today)
