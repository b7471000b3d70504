"""What a worker does for money: the PDF of an issued invoice."""

from datetime import UTC, datetime

from service_desk.audit.operations import record
from service_desk.billing.models import Invoice, InvoicePaper
from service_desk.billing.operations.drafts import lines_of
from service_desk.billing.paper import InvoiceSheet, sheet_of
from service_desk.files.operations import keep
from service_desk.jobs import Claim
from service_desk.lib.clock import language
from service_desk.scope import load


def make_paper(claim: Claim) -> None:
    """Make the PDF once and keep its bytes. Made again after a crash it would be the same to the byte."""
    with claim.scope(read_only=True):
        sheet = _sheet(claim.subject_id)
    if sheet is None:
        return
    made = sheet.pdf()
    with claim.finishing():
        paper = load(InvoicePaper, claim.subject_id, lock=True)
        if paper.file_id is not None:
            return
        file = keep(sheet.file_name, "application/pdf", made, "invoice", about=f"invoice:{paper.invoice_id}")
        paper.file_id, paper.sha256, paper.made_at = file.id, file.sha256, datetime.now(UTC)
        record("invoice.paper", f"invoice:{paper.invoice_id}", language=paper.language, sha256=file.sha256.hex())


def _sheet(paper_id: int) -> InvoiceSheet | None:
    paper = load(InvoicePaper, paper_id)
    if paper.file_id is not None:
        return None
    invoice = load(Invoice, paper.invoice_id)
    return sheet_of(invoice, lines_of(invoice.id), language(paper.language))
