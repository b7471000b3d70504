"""An issued invoice: its state, its paper, its payments, and the two ways of taking it back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.billing import operations, reading, words
from service_desk.billing.forms import PaymentForm, ReasonForm, shown
from service_desk.billing.models import Invoice, Payment
from service_desk.billing.operations.drafts import lines_of
from service_desk.billing.pages import billing, now, paper, today
from service_desk.billing.views.drafts import draft_page
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import load


@billing.page("/money/<int:invoice_id>", needs="money.read")
def invoice(invoice_id: int) -> ResponseReturnValue:
    """A draft to work on, or the invoice as it stands."""
    row = load(Invoice, invoice_id)
    if row.state == "draft":
        return draft_page(row)
    return render_template(
        "billing/invoice.html",
        invoice=row,
        lines=lines_of(invoice_id),
        payments=reading.payments_of(invoice_id),
        papers=reading.papers_of(invoice_id),
        languages=words.LANGUAGES,
        methods=words.METHODS,
        capital=words.capital_of(row),
        today=today(),
    )


@billing.page("/money/<int:invoice_id>/papers", needs="money.read", methods=("POST",))
def ask_paper(invoice_id: int) -> ResponseReturnValue:
    """Have the PDF made in the other language too."""
    wanted = request.form.get("language", "")
    if wanted not in dict(words.LANGUAGES):
        raise NotThere()
    operations.ask_paper(load(Invoice, invoice_id), wanted, now())
    return redirect(url_for("billing.invoice", slug=g.tenant.slug, invoice_id=invoice_id), 303)


@billing.page("/money/<int:invoice_id>/papers/<language>.pdf", needs="money.read")
def download_paper(invoice_id: int, language: str) -> ResponseReturnValue:
    """The kept PDF."""
    return paper(load(Invoice, invoice_id), language)


@billing.page("/money/<int:invoice_id>/papers/<language>.json", needs="money.read")
def paper_progress(invoice_id: int, language: str) -> ResponseReturnValue:
    """How far the PDF is, for the progress bar."""
    load(Invoice, invoice_id)
    kept = reading.paper_state(invoice_id, language)
    if kept is None:
        raise NotThere()
    url = url_for("billing.download_paper", slug=g.tenant.slug, invoice_id=invoice_id, language=language)
    return jsonify(
        state=kept.job_state,
        percent=100 if kept.file_id else None,
        doing=_("The PDF is ready.") if kept.file_id else _("The PDF is being made…"),
        url=url if kept.file_id else None,
    )


@billing.page("/money/<int:invoice_id>/pay", needs="money.write", methods=("GET", "POST"))
def pay(invoice_id: int) -> ResponseReturnValue:
    """Write down a payment."""
    row = load(Invoice, invoice_id)
    left = shown(row.total_minor - row.paid_minor, row.currency)
    form = PaymentForm(row.currency, amount=left, received_on=today())
    if form.validate_on_submit():
        told = {"method": form.method.data, "reference": form.reference.data}
        try:
            operations.record_payment(invoice_id, form.amount.minor, form.received_on.data, now(), **told)
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("The payment is written down."), "success")
            return redirect(url_for("billing.invoice", slug=g.tenant.slug, invoice_id=invoice_id), 303)
    return render_template("billing/pay.html", form=form, invoice=row), 422 if form.is_submitted() else 200


@billing.page("/money/<int:invoice_id>/void", needs="money.write", methods=("GET", "POST"))
def void(invoice_id: int) -> ResponseReturnValue:
    """Take back an invoice that nobody has paid."""
    row = load(Invoice, invoice_id)
    return _gravely(
        _("Void invoice %(number)s? Its number stays taken, its work waits to be billed again.", number=row.number),
        _("Void the invoice"),
        lambda reason, at: operations.void(invoice_id, reason, at),
        invoice_id,
    )


@billing.page("/money/<int:invoice_id>/credit", needs="money.write", methods=("GET", "POST"))
def credit(invoice_id: int) -> ResponseReturnValue:
    """Correct an invoice by a credit note over all of it."""
    row = load(Invoice, invoice_id)
    return _gravely(
        _("Issue a credit note over all of %(number)s? Its work waits to be billed again.", number=row.number),
        _("Issue the credit note"),
        lambda reason, at: operations.credit(invoice_id, reason, at),
        invoice_id,
    )


@billing.page("/money/payments/<int:payment_id>/take-back", needs="money.write", methods=("GET", "POST"))
def take_back(payment_id: int) -> ResponseReturnValue:
    """Undo a payment that was written down by mistake."""
    load(Payment, payment_id)
    return _gravely(
        _("Take this payment back? The invoice is open again."),
        _("Take it back"),
        lambda reason, at: operations.take_back(payment_id, reason, at),
        None,
    )


def _gravely(
    sentence: str, submit: str, act: Callable[[str, datetime], Any], invoice_id: int | None
) -> ResponseReturnValue:
    """Ask why, then act, then go back to the invoice (or to the client's money)."""
    form = ReasonForm()
    back = url_for("billing.client", slug=g.tenant.slug)
    if invoice_id is not None:
        back = url_for("billing.invoice", slug=g.tenant.slug, invoice_id=invoice_id)
    if form.validate_on_submit():
        act(form.reason.data, now())
        flash(_("Done."), "success")
        return redirect(back, 303)
    page = {"sentence": sentence, "detail": None, "submit": submit, "action": request.path, "back": back}
    status = 422 if form.is_submitted() else 200
    return render_template("web/confirm.html", frame="web/client.html", reason=True, form=form, **page), status
