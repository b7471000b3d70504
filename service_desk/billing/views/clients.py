"""The money page of a client, its contract, and work that is not billed."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.billing import operations, reading, words
from service_desk.billing.forms import ContractForm, DraftForm, ReasonForm, shown
from service_desk.billing.models import Contract
from service_desk.billing.pages import billing, lang, now, tax_codes, today
from service_desk.billing.tables import invoice_lines, payment_lines, work_lines
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import load
from service_desk.worklog.models import Entry


@billing.page("/money", needs="money.read")
def client() -> ResponseReturnValue:
    """Contract, what waits to be billed, invoices, payments."""
    return _money(DraftForm(until=today()))


def _money(form: DraftForm, status: int = 200) -> ResponseReturnValue:
    contract, balance = reading.contract_on(today()), reading.balance()
    return render_template(
        "billing/client.html",
        form=form,
        contract=contract,
        rounding=words.ROUNDING,
        invoices=invoice_lines(reading.invoices(), today(), lang()),
        waiting=work_lines(reading.unbilled_entries(), g.tenant.time_zone, lang()),
        waiting_sum=balance.waiting(contract.rate_minor if contract else 0),
        payments=payment_lines(reading.payments(), lang()),
        balance=balance,
    ), status


@billing.page("/money/contract", needs="money.write", methods=("GET", "POST"))
def new_contract() -> ResponseReturnValue:
    """Write down what was agreed."""
    form = ContractForm(starts_on=today().replace(day=1), currency=g.tenant.currency).offer(tax_codes())
    return _contract(form, lambda agreed: operations.write_contract(now(), **agreed))


@billing.page("/money/contract/<int:contract_id>", needs="money.write", methods=("GET", "POST"))
def contract(contract_id: int) -> ResponseReturnValue:
    """Change what was agreed, for what is billed from now on."""
    row = load(Contract, contract_id)
    form = ContractForm(obj=row, rate=shown(row.rate_minor, row.currency)).offer(tax_codes())
    return _contract(form, lambda agreed: operations.change_contract(contract_id, now(), **agreed))


def _contract(form: ContractForm, write: Any) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            write(form.agreed())
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("The contract is saved."), "success")
            return redirect(url_for("billing.client", slug=g.tenant.slug), 303)
    return render_template("billing/contract.html", form=form), 422 if form.is_submitted() else 200


@billing.page("/money/draft", needs="money.write", methods=("POST",))
def draft() -> ResponseReturnValue:
    """Draft an invoice from the work that waits."""
    form, agreed = DraftForm(), reading.contract_on(today())
    if agreed is None:
        return redirect(url_for("billing.new_contract", slug=g.tenant.slug), 303)
    if not form.validate():
        return _money(form, 422)
    try:
        made = operations.draft(agreed, form.until.data, now(), empty=form.empty.data)
    except (Invalid, Refused) as error:
        form.form_errors.append(error.message)
        return _money(form, 422)
    return redirect(url_for("billing.invoice", slug=g.tenant.slug, invoice_id=made.id), 303)


@billing.page("/money/entries/<int:entry_id>/write-off", needs="money.write", methods=("GET", "POST"))
def write_off(entry_id: int) -> ResponseReturnValue:
    """Decide that a piece of work will not be billed."""
    entry, form = load(Entry, entry_id), ReasonForm()
    back = url_for("billing.client", slug=g.tenant.slug)
    if form.validate_on_submit():
        operations.write_off(entry_id, form.reason.data, now())
        flash(_("Written off. You can take it up again."), "success")
        return redirect(back, 303)
    return render_template(
        "web/confirm.html",
        frame="web/client.html",
        sentence=_("Write this work off, so that it is never billed?"),
        detail=entry.content,
        submit=_("Write it off"),
        action=url_for("billing.write_off", slug=g.tenant.slug, entry_id=entry_id),
        back=back,
        reason=True,
        form=form,
    ), 422 if form.is_submitted() else 200


@billing.page("/money/entries/<int:entry_id>/take-up", needs="money.write", methods=("POST",))
def take_up(entry_id: int) -> ResponseReturnValue:
    """Bring work that was written off back."""
    operations.take_up(entry_id, now())
    flash(_("It waits to be billed again."), "success")
    return redirect(url_for("billing.client", slug=g.tenant.slug), 303)
