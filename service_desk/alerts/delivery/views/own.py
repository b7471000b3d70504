"""A person's own mail and quiet hours."""

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.alerts.delivery.forms import OwnMailForm, QuietForm
from service_desk.alerts.delivery.operations import destinations as verbs
from service_desk.alerts.delivery.views.kept import notifications, own_answer
from service_desk.alerts.delivery.views.parts import client_names, now, overview, writing


def _saved() -> ResponseReturnValue:
    flash(_("Saved."), "ok")
    return redirect(url_for("notifications.index"), 303)


@notifications.page("/settings/notifications/mail", needs="practice.read", methods=("POST",), opens="nothing")
def mail() -> ResponseReturnValue:
    """Keep what I am told by mail."""
    form = OwnMailForm()
    with overview():
        form.offer(client_names())
        if not form.validate():
            return own_answer(mail=form, status=422)
    with writing():
        verbs.wish_by_mail(int(g.actor.person_id), form.wanted(), on=form.by_mail.data, now=now())
    return _saved()


@notifications.page("/settings/notifications/quiet", needs="practice.read", methods=("POST",), opens="nothing")
def quiet() -> ResponseReturnValue:
    """Keep my quiet hours."""
    form = QuietForm()
    if not form.validate():
        with overview():
            return own_answer(quiet=form, status=422)
    with writing():
        verbs.keep_quiet(int(g.actor.person_id), form.quiet())
    return _saved()
