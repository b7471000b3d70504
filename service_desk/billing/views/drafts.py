"""A draft: its lines, what stands beside them, and the step that makes it an invoice."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.billing import operations, words
from service_desk.billing.forms import HeadForm, LineForm
from service_desk.billing.models import Invoice
from service_desk.billing.notices import tell_finance
from service_desk.billing.operations.drafts import lines_of
from service_desk.billing.pages import billing, now, tax_codes
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import load


def draft_page(
    invoice: Invoice, *, head: HeadForm | None = None, line: LineForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of a draft, with whichever form was sent filled in."""
    return render_template(
        "billing/draft.html",
        invoice=invoice,
        lines=lines_of(invoice.id),
        head_form=head or HeadForm(formdata=None, obj=invoice),
        line_form=line or LineForm(invoice.currency, formdata=None),
        tax=dict(tax_codes()).get(invoice.tax_code, invoice.tax_code),
        languages=dict(words.LANGUAGES),
    ), status


def _back(invoice_id: int) -> ResponseReturnValue:
    return redirect(url_for("billing.invoice", slug=g.tenant.slug, invoice_id=invoice_id), 303)


@billing.page("/money/<int:invoice_id>/head", needs="money.write", methods=("POST",))
def head(invoice_id: int) -> ResponseReturnValue:
    """Keep title, order number, language and the sentence to the client."""
    invoice, form = load(Invoice, invoice_id), HeadForm()
    if not form.validate():
        return draft_page(invoice, head=form, status=422)
    values = {name: value for name, value in form.data.items() if name != "csrf_token"}
    operations.change_draft(invoice_id, **values)
    flash(_("Saved."), "success")
    return _back(invoice_id)


@billing.page("/money/<int:invoice_id>/lines", needs="money.write", methods=("POST",))
def add_line(invoice_id: int) -> ResponseReturnValue:
    """Add an item or a discount."""
    invoice = load(Invoice, invoice_id)
    form = LineForm(invoice.currency)
    if not form.validate():
        return draft_page(invoice, line=form, status=422)
    operations.add_line(invoice_id, form.kind.data, form.text.data, form.quantity.number, form.price.minor)
    return _back(invoice_id)


@billing.page("/money/<int:invoice_id>/lines/<int:line_id>", needs="money.write", methods=("POST",))
def line(invoice_id: int, line_id: int) -> ResponseReturnValue:
    """Change the words of a line, or take it off."""
    if "remove" in request.form:
        operations.remove_line(invoice_id, line_id)
    elif words_of_line := request.form.get("text", "").strip()[:300]:
        operations.change_line(invoice_id, line_id, words_of_line)
    return _back(invoice_id)


@billing.page("/money/<int:invoice_id>/discard", needs="money.write", methods=("POST",))
def discard(invoice_id: int) -> ResponseReturnValue:
    """Throw the draft away."""
    operations.discard(invoice_id)
    flash(_("The draft is gone; its work waits to be billed."), "success")
    return redirect(url_for("billing.client", slug=g.tenant.slug), 303)


@billing.page("/money/<int:invoice_id>/issue", needs="money.write", methods=("POST",))
def issue(invoice_id: int) -> ResponseReturnValue:
    """Give it its number. From here on it stands."""
    try:
        made = operations.issue(invoice_id, now())
    except (Invalid, Refused) as error:
        flash(f"{error.message} {error.way_out}".strip(), "error")
        return _back(invoice_id)
    if "notify" in request.form:
        told = tell_finance(made)
        flash(_("Mail goes to %(names)s.", names=", ".join(told)) if told else _("Nobody to mail."), "success")
    flash(_("Issued as %(number)s.", number=made.number), "success")
    return _back(invoice_id)
