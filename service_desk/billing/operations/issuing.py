"""Issue an invoice, take it back, correct it with a credit note. What is issued stands."""

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from service_desk.accounts.models import Practice
from service_desk.audit.operations import record
from service_desk.billing.models import Contract, Invoice, InvoiceLine, InvoicePaper, TaxRate
from service_desk.billing.operations.claims import claims_of, hold_entries, queue_up, release
from service_desk.billing.operations.drafts import open_draft, retotal, tax_rate
from service_desk.billing.operations.series import take_number
from service_desk.jobs import enqueue
from service_desk.lib.clock import hours_minutes, local_day
from service_desk.lib.errors import Refused
from service_desk.lib.sheet import plain_number
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant
from service_desk.worklog.models import Entry

TEMPLATE_VERSION = 1


def issue(invoice_id: int, now: datetime) -> Invoice:
    """Give a draft its number and let it stand: totals at today's tax rate, both parties and the work are copied in.

    The work behind it is frozen, a worker makes the PDF. Raises Refused (no line, a total below zero, work changed
    meanwhile) and Invalid (no tax rate).
    """
    queue_up()
    invoice = open_draft(invoice_id)
    practice, tenant = session().get_one(Practice, invoice.practice_id), Tenant.here()
    day = local_day(now, practice.time_zone)
    rate = tax_rate(invoice.tax_code, day)
    lines = _at_rate(invoice, rate)
    entries = _freeze_work(invoice)
    invoice.party = _snapshot(invoice, practice, tenant, rate, lines)
    invoice.party["work"] = [_work(entry, tenant.time_zone) for entry in entries]
    _number(invoice, day, now)
    ask_paper(invoice, invoice.language, now)
    record("invoice.issue", f"invoice:{invoice.id}", number=invoice.number, total_minor=invoice.total_minor)
    return invoice


def _at_rate(invoice: Invoice, rate: TaxRate) -> list[InvoiceLine]:
    session().execute(
        update(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).values(tax_rate=rate.rate),
        execution_options={"synchronize_session": "fetch"},
    )
    lines = list(retotal(invoice))
    if not lines:
        raise Refused(_l("An invoice needs at least one line."))
    if invoice.total_minor < 0:
        raise Refused(_l("The discounts come to more than the work."), _l("Make a discount smaller."))
    return lines


def _freeze_work(invoice: Invoice) -> list[Entry]:
    claims = claims_of(invoice.id)
    entries = hold_entries(claims)
    for one in claims:
        entries[one.entry_id].invoice_line_id = one.line_id
    session().flush()
    return sorted(entries.values(), key=lambda entry: entry.started_at)


def _number(invoice: Invoice, day: date, now: datetime) -> None:
    """The number is taken last: whoever issues next waits for this row, and only for the rest of this transaction."""
    taken = take_number("credit_note" if invoice.kind == "credit_note" else "invoice", day)
    invoice.number, invoice.period, invoice.sequence = taken.number, taken.period, taken.sequence
    invoice.issued_on, invoice.due_on = day, day + timedelta(days=invoice.payment_days)
    invoice.issued_at, invoice.issued_by = now, current().actor.name
    invoice.template_version = TEMPLATE_VERSION
    invoice.state = "issued" if invoice.total_minor > 0 or invoice.kind == "credit_note" else "paid"
    session().flush()


PARTY_FIELDS = ("name", "legal_name", "tax_number", "address", "phone", "bank_name", "bank_account")


def _snapshot(
    invoice: Invoice, practice: Practice, tenant: Tenant, rate: TaxRate, lines: list[InvoiceLine]
) -> dict[str, Any]:
    """Everything the paper says that is not a line, as it is today."""
    contract = session().get(Contract, (current().tenant_id, invoice.contract_id)) if invoice.contract_id else None
    return {
        "seller": {name: getattr(practice, name) for name in (*PARTY_FIELDS, "email")},
        "buyer": {name: getattr(tenant, name) for name in PARTY_FIELDS},
        "zone": practice.time_zone,
        "colour": tenant.colour,
        "contract": {"title": contract.title, "number": contract.number} if contract else {},
        "tax": {
            "code": rate.code,
            "label_zh": rate.label_zh,
            "label_en": rate.label_en,
            "rate": plain_number(rate.rate),
            "net_minor": invoice.net_minor,
            "tax_minor": invoice.tax_minor,
        },
    }


def _work(entry: Entry, zone: str) -> dict[str, Any]:
    return {
        "day": local_day(entry.started_at, zone).isoformat(),
        "content": entry.content,
        "solution": entry.solution,
        "by": entry.person_name,
        "time": hours_minutes(entry.billable_minutes * 60),
    }


def ask_paper(invoice: Invoice, language: str, now: datetime) -> InvoicePaper:
    """Have the PDF in this language made, once; asked again, it is the same paper. Raises Refused for a draft."""
    if invoice.state == "draft":
        raise Refused(_l("A draft has no paper yet."))
    session().execute(
        insert(InvoicePaper)
        .values(tenant_id=invoice.tenant_id, invoice_id=invoice.id, language=language, asked_at=now)
        .on_conflict_do_nothing()
    )
    statement = select(InvoicePaper).where(InvoicePaper.invoice_id == invoice.id, InvoicePaper.language == language)
    paper = session().scalars(statement).one()
    if paper.file_id is None:
        enqueue("invoice_paper", paper.id, slot=paper_slot(paper))
    return paper


def paper_slot(paper: InvoicePaper) -> str:
    """The slot of the job that makes this paper."""
    return f"invoice-{paper.invoice_id}-{paper.language}"


def void(invoice_id: int, reason: str, now: datetime) -> Invoice:
    """Take back an issued invoice on which nothing was paid. Its number stays taken, its work is unbilled again."""
    invoice = _unpaid(invoice_id)
    _close(invoice, "void", reason, now)
    released = release(invoice.id, now)
    record("invoice.void", f"invoice:{invoice.id}", number=invoice.number, reason=reason, entries=released)
    return invoice


def credit(invoice_id: int, reason: str, now: datetime) -> Invoice:
    """Correct an issued invoice by a credit note over all of it, with a number of its own; returns the credit note.

    The invoice is then settled without payment and its work is unbilled again. Raises Refused once money came in:
    the payment is taken back first.
    """
    invoice = _unpaid(invoice_id)
    note = _mirror(invoice, reason, now)
    _close(invoice, "credited", reason, now)
    release(invoice.id, now)
    practice = session().get_one(Practice, invoice.practice_id)
    _number(note, local_day(now, practice.time_zone), now)
    ask_paper(note, note.language, now)
    record("invoice.credit", f"invoice:{invoice.id}", number=invoice.number, credit_note=note.number, reason=reason)
    return note


def _unpaid(invoice_id: int) -> Invoice:
    queue_up()
    invoice = load(Invoice, invoice_id, lock=True)
    if invoice.kind != "invoice" or invoice.state not in ("issued", "partly_paid", "paid"):
        raise Refused(_l("Only an issued invoice can be taken back."))
    if invoice.paid_minor:
        raise Refused(_l("Money has come in on this invoice."), _l("Take the payment back first."))
    return invoice


def _close(invoice: Invoice, state: str, reason: str, now: datetime) -> None:
    invoice.state, invoice.close_reason, invoice.closed_at = state, reason, now
    session().flush()


COPIED = ("title", "purchase_order", "language", "currency", "tax_code", "tax_included", "contract_id", "practice_id")


def _mirror(invoice: Invoice, reason: str, now: datetime) -> Invoice:
    """The same invoice with every amount turned round, still a draft."""
    note = Invoice(
        kind="credit_note",
        corrects_id=invoice.id,
        payment_days=0,
        note=reason,
        supply_from=invoice.supply_from,
        supply_until=invoice.supply_until,
        net_minor=-invoice.net_minor,
        tax_minor=-invoice.tax_minor,
        total_minor=-invoice.total_minor,
        created_at=now,
        created_by=current().actor.name,
        party=_turned(invoice),
        **{name: getattr(invoice, name) for name in COPIED},
    )
    session().add(note)
    session().flush()
    for line in session().scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)):
        session().add(_turned_line(line, note.id))
    session().flush()
    return note


def _turned(invoice: Invoice) -> dict[str, Any]:
    tax = {**invoice.party["tax"], "net_minor": -invoice.net_minor, "tax_minor": -invoice.tax_minor}
    corrects = {"number": invoice.number, "issued_on": str(invoice.issued_on)}
    return {**invoice.party, "tax": tax, "work": [], "corrects": corrects}


def _turned_line(line: InvoiceLine, note_id: int) -> InvoiceLine:
    return InvoiceLine(
        invoice_id=note_id,
        position=line.position,
        kind=line.kind,
        text=line.text,
        minutes=line.minutes,
        quantity=line.quantity,
        unit=line.unit,
        price_minor=-line.price_minor,
        amount_minor=-line.amount_minor,
        net_minor=-line.net_minor,
        tax_rate=line.tax_rate,
    )
