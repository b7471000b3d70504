"""Money over all clients, the practice's tax rates and its number series."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.billing import operations, words
from service_desk.billing.forms import RateForm, SeriesForm
from service_desk.billing.models import NumberSeries, TaxRate
from service_desk.billing.numbering import number
from service_desk.billing.operations.series import USUAL_FORMS
from service_desk.billing.overview import overview as look
from service_desk.billing.pages import money, now, today
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import session


@money.page("/money", needs="money.read")
def overview() -> ResponseReturnValue:
    """Over all clients: what is open and overdue, what was invoiced, what waits to be billed."""
    # What is said in every line is looked up once.
    said = {"overdue": _("%(n)s overdue"), "hours": _("%(hours)s h"), "late": _("late by %(n)s days")}
    return render_template("billing/overview.html", seen=look(today()), said=said)


@money.page("/money/rates", needs="money.write", methods=("GET", "POST"), opens="practice")
def rates() -> ResponseReturnValue:
    """The tax rates, each valid from a day; a new one is added below."""
    form = RateForm(valid_from=today())
    if form.validate_on_submit():
        words_of = {"label_zh": form.label_zh.data, "label_en": form.label_en.data, "note": form.note.data}
        try:
            operations.add_tax_rate(
                form.code.data, form.rate.number, form.valid_from.data, form.valid_until.data, **words_of
            )
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("The rate is saved."), "success")
            return redirect(url_for("money.rates"), 303)
    listed = session().scalars(select(TaxRate).order_by(TaxRate.code, TaxRate.valid_from)).all()
    return render_template("billing/rates.html", form=form, rates=listed), 422 if form.is_submitted() else 200


@money.page("/money/rates/suggested", needs="money.write", methods=("POST",), opens="practice")
def suggested_rates() -> ResponseReturnValue:
    """Fill in the suggested rates that are missing."""
    count = operations.take_suggested_rates()
    flash(_("Rates added: %(n)s. Please check them with your accountant.", n=count), "success")
    return redirect(url_for("money.rates"), 303)


@money.page("/money/rates/<int:rate_id>/remove", needs="money.write", methods=("POST",), opens="practice")
def remove_rate(rate_id: int) -> ResponseReturnValue:
    """Remove a rate that was entered by mistake."""
    operations.remove_tax_rate(rate_id)
    flash(_("The rate is removed. Issued invoices keep theirs."), "success")
    return redirect(url_for("money.rates"), 303)


@money.page("/money/series", needs="money.write", opens="practice")
def series() -> ResponseReturnValue:
    """How invoices and credit notes are numbered."""
    return _series({})


@money.page("/money/series", needs="money.write", methods=("POST",), opens="practice", endpoint="change_series")
def change_series() -> ResponseReturnValue:
    """Change how numbers look from the next one on."""
    key = request.form.get("key", "")
    if key not in words.SERIES:
        raise NotThere()
    form = SeriesForm(prefix=key)
    if form.validate():
        try:
            operations.change_series(key, form["form"].data, form.resets.data)  # type: ignore[arg-type]
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("Saved. It holds from the next number on."), "success")
            return redirect(url_for("money.series"), 303)
    return _series({key: form}, 422)


def _series(sent: dict[str, SeriesForm], status: int = 200) -> ResponseReturnValue:
    known = {row.key: row for row in session().scalars(select(NumberSeries))}
    usual = {key: {"form": form, "resets": "yearly"} for key, form in USUAL_FORMS.items()}
    forms = {
        key: sent.get(key)
        or SeriesForm(formdata=None, prefix=key, obj=known.get(key), **({} if key in known else usual[key]))
        for key in USUAL_FORMS
    }
    samples = {key: number(known[key].form if key in known else form, today(), 7) for key, form in USUAL_FORMS.items()}
    return render_template("billing/series.html", forms=forms, names=words.SERIES, samples=samples, at=now()), status
