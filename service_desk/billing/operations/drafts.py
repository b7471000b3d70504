"""Put an invoice together and change it until it is issued. Nothing here has a number."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from service_desk.accounts.models import Practice
from service_desk.audit.operations import record
from service_desk.billing import invoicing
from service_desk.billing.invoicing import InvoiceTerms, InvoicingError, Line, LineKind
from service_desk.billing.models import Contract, EntryClaim, Invoice, InvoiceLine, TaxRate
from service_desk.billing.operations.claims import claim, take_entries
from service_desk.billing.terms import billable, invoice_terms, rate_on
from service_desk.lib.clock import Language, language, local_day
from service_desk.lib.errors import Invalid, Refused
from service_desk.lib.i18n import N_, say
from service_desk.lib.money import Money
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import Ticket
from service_desk.worklog.models import Entry


def draft(contract: Contract, until: date, now: datetime, *, empty: bool = False) -> Invoice:
    """Draft an invoice from all work unbilled up to the end of `until` (the client's clock) and claim that work.

    Raises Refused when there is nothing to bill and no empty draft was asked for, Invalid without a tax rate.
    """
    tenant = Tenant.here()
    entries = take_entries(until, tenant.time_zone)
    invoice = _blank(contract, tenant, until, now)
    terms = invoice_terms(contract, tax_rate(contract.tax_code, until).rate)
    texts = _texts(contract.group_by, entries, language(tenant.language))
    try:
        made = invoicing.draft(billable(entries, contract, tenant.time_zone, texts), terms)
    except InvoicingError as error:
        if not empty:
            raise Refused(_l("There is no unbilled work up to that day.")) from error
        made = None
    if entries and made:
        days = [local_day(entry.started_at, tenant.time_zone) for entry in entries]
        invoice.supply_from, invoice.supply_until = min(days), max(days)
    session().add(invoice)
    session().flush()
    if made:
        _write_lines(invoice, made, {entry.id: entry for entry in entries}, now)
    record("invoice.draft", f"invoice:{invoice.id}", total_minor=invoice.total_minor, entries=len(entries))
    return invoice


def _blank(contract: Contract, tenant: Tenant, until: date, now: datetime) -> Invoice:
    return Invoice(
        practice_id=tenant.practice_id,
        contract_id=contract.id,
        title=contract.title,
        language=tenant.language,
        currency=contract.currency,
        tax_code=contract.tax_code,
        tax_included=contract.tax_included,
        payment_days=contract.payment_days,
        purchase_order=contract.purchase_order,
        supply_from=until.replace(day=1),
        supply_until=until,
        created_at=now,
        created_by=current().actor.name,
    )


def _write_lines(invoice: Invoice, made: invoicing.Draft, entries: dict[int, Entry], now: datetime) -> None:
    for position, line in enumerate(made.lines, start=1):
        row = InvoiceLine(invoice_id=invoice.id, position=position, **_columns(line))
        session().add(row)
        session().flush()  # The claims name the line.
        claim((entries[entry_id] for entry_id in line.entries), invoice.id, row.id, now)
    _set_totals(invoice, made)
    session().flush()


def _columns(line: Line) -> dict[str, object]:
    return {
        "kind": line.kind,
        "text": line.text,
        "minutes": line.minutes or None,
        "quantity": line.quantity,
        "unit": line.unit,
        "price_minor": Money.of(line.price, line.amount.currency).minor,
        "amount_minor": line.amount.minor,
        "net_minor": line.net.minor,
        "tax_rate": line.tax_rate,
    }


def _set_totals(invoice: Invoice, made: invoicing.Draft) -> None:
    invoice.net_minor, invoice.tax_minor, invoice.total_minor = made.net.minor, made.tax.minor, made.gross.minor


def _texts(group_by: str, entries: Sequence[Entry], lang: Language) -> Callable[[Entry, date], str]:
    """What the line of an entry says: the day and the work, the ticket, or the kind of work."""
    if group_by == "activity":
        return lambda entry, _day: say(lang, ACTIVITIES[entry.activity])
    if group_by == "ticket":
        names = _ticket_names({entry.ticket_id for entry in entries if entry.ticket_id})
        return lambda entry, _day: names.get(entry.ticket_id or 0, entry.content)
    return lambda entry, day: f"{day:%Y-%m-%d} {entry.content}"


ACTIVITIES = {
    "support": N_("Support"),
    "check": N_("System checks"),
    "backup": N_("Backup and restore"),
    "change": N_("Planned changes"),
    "training": N_("Training"),
    "travel": N_("Travel"),
    "other": N_("Other work"),
}


def _ticket_names(ids: set[int]) -> dict[int, str]:
    rows = session().execute(select(Ticket.id, Ticket.number, Ticket.title).where(Ticket.id.in_(ids)))
    return {row.id: f"#{row.number} {row.title}" for row in rows}


def tax_rate(code: str, day: date) -> TaxRate:
    """The practice's rate of a treatment on a day. Raises Invalid with what to do when there is none."""
    found = rate_on(session().scalars(select(TaxRate).where(TaxRate.code == code)), code, day)
    if found is None:
        raise Invalid(
            _l("There is no tax rate “%(code)s” for %(day)s.", code=code, day=day.isoformat()),
            field="tax_code",
            way_out=_l("Add it under Money, tax rates."),
        )
    return found


def open_draft(invoice_id: int) -> Invoice:
    """A draft, locked. Raises Refused once it has been issued."""
    invoice = load(Invoice, invoice_id, lock=True)
    if invoice.state != "draft":
        raise Refused(_l("This invoice is issued; it stands as it is."), _l("A credit note corrects it."))
    return invoice


def change_draft(invoice_id: int, *, title: str, note: str, purchase_order: str, language: str) -> Invoice:
    """Change what stands beside the lines."""
    invoice = open_draft(invoice_id)
    invoice.title, invoice.note = title, note
    invoice.purchase_order, invoice.language = purchase_order, language
    return invoice


def add_line(invoice_id: int, kind: str, text: str, quantity: Decimal, price_minor: int) -> InvoiceLine:
    """Add an item, or a discount (its price is then taken off)."""
    invoice = open_draft(invoice_id)
    worth = Money(-abs(price_minor) if kind == "discount" else price_minor, invoice.currency)
    last = session().scalar(select(func.max(InvoiceLine.position)).where(InvoiceLine.invoice_id == invoice.id))
    line = InvoiceLine(
        invoice_id=invoice.id,
        position=(last or 0) + 1,
        kind=kind,
        text=text,
        quantity=quantity,
        unit="item",
        price_minor=worth.minor,
        amount_minor=worth.times(quantity).minor,
        tax_rate=tax_rate(invoice.tax_code, local_day(invoice.created_at, _zone())).rate,
    )
    session().add(line)
    retotal(invoice)
    return line


def change_line(invoice_id: int, line_id: int, text: str) -> InvoiceLine:
    """Change the words of a line. What it bills follows from the work behind it."""
    line = _line(open_draft(invoice_id), line_id)
    line.text = text
    return line


def remove_line(invoice_id: int, line_id: int) -> None:
    """Take a line off; the work behind it is unbilled again."""
    invoice = open_draft(invoice_id)
    line = _line(invoice, line_id)
    session().execute(delete(EntryClaim).where(EntryClaim.invoice_id == invoice.id, EntryClaim.line_id == line.id))
    session().delete(line)
    retotal(invoice)


def discard(invoice_id: int) -> None:
    """Throw a draft away; it never had a number, and its work is unbilled again."""
    invoice = open_draft(invoice_id)
    session().execute(delete(EntryClaim).where(EntryClaim.invoice_id == invoice.id))
    session().execute(delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id))
    record("invoice.discard", f"invoice:{invoice.id}", total_minor=invoice.total_minor)
    session().delete(invoice)


def lines_of(invoice_id: int) -> Sequence[InvoiceLine]:
    """The lines in their order."""
    statement = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)
    return session().scalars(statement.order_by(InvoiceLine.position)).all()


def retotal(invoice: Invoice) -> Sequence[InvoiceLine]:
    """Compute net, tax and total anew from the lines as they stand; returns the lines."""
    session().flush()
    rows = lines_of(invoice.id)
    if not rows:
        invoice.net_minor = invoice.tax_minor = invoice.total_minor = 0
        return rows
    terms = InvoiceTerms(currency=invoice.currency, tax_included=invoice.tax_included)
    made = invoicing.draft((), terms, extra=[_as_line(row, invoice.currency) for row in rows])
    for row, line in zip(rows, made.lines, strict=True):
        row.net_minor = line.net.minor
    _set_totals(invoice, made)
    session().flush()
    return rows


def _as_line(row: InvoiceLine, currency: str) -> Line:
    worth = Money(row.amount_minor, currency)
    price = Money(row.price_minor, currency).amount
    return Line(cast("LineKind", row.kind), row.text, row.quantity, row.unit, price, worth, row.tax_rate, worth)


def _line(invoice: Invoice, line_id: int) -> InvoiceLine:
    line = load(InvoiceLine, line_id)
    if line.invoice_id != invoice.id:
        raise Refused(_l("This line belongs to another invoice."))
    return line


def _zone() -> str:
    practice = session().get(Practice, current().practice_id)
    return practice.time_zone if practice else "Asia/Shanghai"
