"""The month's hours as the client sees them, and the client's word on them."""

from datetime import date

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.lib.errors import Invalid
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.worklog import operations, reading
from service_desk.worklog.forms import SignForm, now
from service_desk.worklog.views.client import lines, month_asked, steps, sums

hours = TenantBlueprint("hours_portal", __name__, face="portal", template_folder="../templates")


@hours.page("/hours", needs="portal.money")
def index() -> ResponseReturnValue:
    """What was done this month, and whether it was confirmed."""
    first = month_asked()
    rows = reading.month(first, g.tenant.time_zone)
    return render_template(
        "worklog/portal_hours.html",
        month=f"{first:%Y-%m}",
        lines=lines(rows),
        sums=sums(rows),
        sign=reading.sign_of(first),
        form=SignForm(),
        **steps(first, "hours_portal.index"),
    )


@hours.page("/hours/answer", needs="portal.decide", methods=("POST",))
def answer() -> ResponseReturnValue:
    """Confirm the month's hours, or send them back with a remark."""
    form = SignForm()
    try:
        first = date.fromisoformat(f"{request.form.get('month', '')}-01")
    except ValueError as error:
        raise Invalid(_("There is no such month.")) from error
    if not form.validate():
        raise Invalid(_("Please choose an answer."))
    operations.answer_sign(first, form.answer.data == "yes", form.remark.data or "", now=now())
    flash(_("Thank you for your answer."), "success")
    return redirect(url_for("hours_portal.index", slug=g.tenant.slug, month=f"{first:%Y-%m}"), 303)
