"""Money that came in, and mistakes about it."""

from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from service_desk.audit.operations import record
from service_desk.billing.models import Allocation, Invoice, Payment
from service_desk.billing.operations.claims import queue_up
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import current, load, session


def record_payment(
    invoice_id: int, amount_minor: int, received_on: date, now: datetime, *, method: str = "bank", reference: str = ""
) -> Payment:
    """Write down a payment and put it on an invoice, as far as that is open; what is over stays the client's credit.

    Raises Invalid for nothing or less, Refused when the invoice takes no payment.
    """
    queue_up()
    invoice = load(Invoice, invoice_id, lock=True)
    if amount_minor <= 0:
        raise Invalid(_l("A payment is more than nothing."), field="amount")
    if invoice.kind != "invoice" or invoice.state not in ("issued", "partly_paid"):
        raise Refused(_l("This invoice takes no payment."))
    payment = Payment(
        received_on=received_on,
        amount_minor=amount_minor,
        currency=invoice.currency,
        method=method,
        reference=reference,
        created_at=now,
        created_by=current().actor.name,
    )
    session().add(payment)
    session().flush()
    taken = min(amount_minor, invoice.total_minor - invoice.paid_minor)
    session().add(Allocation(payment_id=payment.id, invoice_id=invoice.id, amount_minor=taken))
    _settle(invoice)
    record("payment.record", f"invoice:{invoice.id}", number=invoice.number, amount_minor=amount_minor, method=method)
    return payment


def take_back(payment_id: int, reason: str, now: datetime) -> Payment:
    """Undo a payment that was written down by mistake; the row stays, with the reason."""
    queue_up()
    payment = load(Payment, payment_id, lock=True)
    if payment.taken_back_at is not None:
        raise Refused(_l("This payment was already taken back."))
    payment.taken_back_at, payment.taken_back_reason = now, reason
    touched = select(Allocation.invoice_id).where(Allocation.payment_id == payment.id)
    for invoice in session().scalars(select(Invoice).where(Invoice.id.in_(touched)).with_for_update()).all():
        _settle(invoice)
    record("payment.take_back", f"payment:{payment.id}", amount_minor=payment.amount_minor, reason=reason)
    return payment


def _settle(invoice: Invoice) -> None:
    """What is paid is the sum of what stands; the state follows from it."""
    session().flush()
    paid = session().scalar(
        select(func.coalesce(func.sum(Allocation.amount_minor), 0))
        .join(Payment, (Payment.tenant_id == Allocation.tenant_id) & (Payment.id == Allocation.payment_id))
        .where(Allocation.invoice_id == invoice.id, Payment.taken_back_at.is_(None))
    )
    invoice.paid_minor = int(paid or 0)
    open_minor = invoice.total_minor - invoice.paid_minor
    invoice.state = "paid" if open_minor == 0 else ("partly_paid" if invoice.paid_minor else "issued")
    session().flush()
