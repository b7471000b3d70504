"""The second factor: led to by whoever needs it, changed by whoever has it."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from service_desk.accounts import access, limits, totp
from service_desk.accounts.forms import CodeForm
from service_desk.accounts.fresh import require_fresh
from service_desk.accounts.operations import second_factor as verbs
from service_desk.accounts.operations.sessions import load_person
from service_desk.accounts.views.pages import accounts, now
from service_desk.lib.errors import Invalid, Refused


@accounts.page("/me/second-factor", enrolling=True)
def second_factor() -> ResponseReturnValue:
    """Where one stands: nothing yet, a picture that waits for its first code, or in force."""
    return _page(CodeForm())


def _page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    person = load_person(g.access.person_id)
    secret = verbs.pending_secret(person)
    uri = totp.address(secret, person.email, "Service Desk") if secret else None
    return render_template(
        "accounts/second_factor.html",
        form=form,
        secret=totp.in_groups(secret) if secret else None,
        picture=Markup(totp.picture(uri)) if uri else None,  # noqa: S704 - drawn here, from our own words
        confirmed_at=person.totp_confirmed_at,
        codes_left=verbs.recovery_codes_left(),
        due=access.second_factor_due(g.access),
    ), status


@accounts.page("/me/second-factor/start", methods=("POST",), enrolling=True)
def start_second_factor() -> ResponseReturnValue:
    """Make a new secret; an old one stays in force until the new one is proven."""
    require_fresh()
    verbs.start(load_person(g.access.person_id, lock=True))
    return redirect(url_for("accounts.second_factor"), 303)


@accounts.page("/me/second-factor", methods=("POST",), endpoint="finish_second_factor", enrolling=True)
@limits.tries("enrol", limits.under_way)
def finish_second_factor() -> ResponseReturnValue:
    """The first code proves the new secret; the recovery codes are shown this once."""
    form = CodeForm()
    if not form.validate():
        return _page(form, 422)
    try:
        person = load_person(g.access.person_id, lock=True)
        codes = verbs.finish(person, form.code.data, g.access.session_id, now())
    except Invalid:
        limits.failed()
        form.blame(Invalid("code", field="code"))
        return _page(form, 422)
    return render_template("accounts/recovery_codes.html", codes=codes)


@accounts.page("/me/second-factor/codes", methods=("POST",))
def renew_codes() -> ResponseReturnValue:
    """Fresh recovery codes."""
    require_fresh()
    if load_person(g.access.person_id).totp_confirmed_at is None:
        raise Refused(_("There is no second factor yet."))
    return render_template("accounts/recovery_codes.html", codes=verbs.renew_recovery_codes())


@accounts.page("/me/second-factor/remove", methods=("POST",))
def remove_second_factor() -> ResponseReturnValue:
    """Do without it, where it is not required."""
    require_fresh()
    if access.second_factor_due(g.access):
        raise Refused(_("People of a practice need the second factor."), _("You can set it up anew instead."))
    verbs.remove(load_person(g.access.person_id, lock=True))
    flash(_("The second factor is off."), "ok")
    return redirect(url_for("accounts.profile_page"), 303)
