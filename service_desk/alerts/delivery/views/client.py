"""Who is told about a client: the desk's side to see, the client's own people to choose."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from service_desk.alerts.delivery import log
from service_desk.alerts.delivery.forms import RecipientForm
from service_desk.alerts.delivery.operations import recipients as verbs
from service_desk.alerts.delivery.operations import sending
from service_desk.alerts.delivery.readers import readers, staff
from service_desk.alerts.delivery.views.parts import answer, now
from service_desk.lib.errors import Invalid
from service_desk.tenants.blueprint import TenantBlueprint

told = TenantBlueprint("told", __name__, template_folder="../../templates")
SEVERITY_WORDS = {"crit": _l("Critical"), "warn": _l("Attention"), "unknown": _l("Cannot see")}


@told.page("/notifications", needs="client.read")
def index() -> ResponseReturnValue:
    """Who is told, and what was told lately."""
    return _page(_form())


def _form() -> RecipientForm:
    form = RecipientForm()
    form.email.choices = [SelectChoice(email, f"{name} · {email}") for email, name in verbs.addressable(now()).items()]
    return form


def _page(form: RecipientForm, status: int = 200) -> ResponseReturnValue:
    everybody = readers(g.tenant, staff())
    return render_template(
        "alerts/client_notifications.html",
        form=form,
        rows=[one for one in everybody if one.face == "client"],
        desk=[one for one in everybody if one.face == "desk" and one.wish.severities
              and (one.wish.clients is None or g.tenant.id in one.wish.clients)],
        words=SEVERITY_WORDS,
        log=log.entries(most=50),
        answer=answer,
    ), status  # fmt: skip


@told.page("/notifications", needs="client.manage", methods=("POST",), endpoint="add")
def add() -> ResponseReturnValue:
    """Tell somebody of the client from now on."""
    form = _form()
    if not form.validate():
        return _page(form, 422)
    try:
        row = verbs.add(form.email.data, form.wanted(), now=now())
    except Invalid as error:
        form.blame(error)
        return _page(form, 422)
    flash(_("%(name)s is told from now on.", name=row.name), "ok")
    return redirect(url_for("told.index", slug=g.tenant.slug), 303)


@told.page("/notifications/messages/<int:delivery_id>/again", needs="client.manage", methods=("POST",))
def again(delivery_id: int) -> ResponseReturnValue:
    """Send once more what perhaps did not arrive."""
    row = sending.again(delivery_id, now=now())
    flash(_("Sent again to %(address)s.", address=row.to_name), "ok")
    return redirect(url_for("told.index", slug=g.tenant.slug), 303)


@told.page("/notifications/<int:recipient_id>/remove", needs="client.manage", methods=("POST",))
def remove(recipient_id: int) -> ResponseReturnValue:
    """Tell somebody of the client nothing any more."""
    verbs.remove(recipient_id)
    flash(_("Removed."), "ok")
    return redirect(url_for("told.index", slug=g.tenant.slug), 303)
