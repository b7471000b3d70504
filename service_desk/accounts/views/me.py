"""A person's own pages: profile, password, sessions, drafts."""

from flask import flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts import limits
from service_desk.accounts.forms import ChangePasswordForm, ProfileForm
from service_desk.accounts.operations import drafts, profile, sessions
from service_desk.accounts.operations.second_factor import recovery_codes_left
from service_desk.accounts.operations.sessions import load_person
from service_desk.accounts.views.pages import accounts, browser, carry, frame, now
from service_desk.audit.operations import latest
from service_desk.lib.errors import Invalid
from service_desk.scope import person_scope


@accounts.page("/me")
def profile_page() -> ResponseReturnValue:
    """Name, language and theme; second factor; open sessions; what happened lately."""
    return _profile(ProfileForm(obj=load_person(g.access.person_id)))


def _profile(form: ProfileForm, status: int = 200) -> ResponseReturnValue:
    person = load_person(g.access.person_id)
    return render_template(
        "accounts/profile.html",
        frame=frame(),
        form=form,
        person=person,
        sessions=sessions.own(),
        this_session=g.access.session_id,
        codes_left=recovery_codes_left() if person.totp_confirmed_at else None,
        events=latest(8),
    ), status


@accounts.page("/me", methods=("POST",), endpoint="change_profile")
def change_profile() -> ResponseReturnValue:
    """Keep name, language and theme; language and theme hold at once."""
    form = ProfileForm()
    if not form.validate():
        return _profile(form, 422)
    profile.change_profile(g.access.person_id, name=form.name.data, language=form.language.data, theme=form.theme.data)
    session.update(name=form.name.data, language=form.language.data, theme=form.theme.data)
    flash(_("Saved."), "ok")
    response = redirect(url_for("accounts.profile_page"), 303)
    response.set_cookie("theme", form.theme.data, limits.YEAR, samesite="Lax")
    return response


@accounts.page("/me/password", methods=("GET", "POST"), opens="nothing")
@limits.tries("change", limits.under_way)
def password() -> ResponseReturnValue:
    """Change the password, showing the current one. Every other session ends."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("accounts/password.html", frame=frame(), form=form), status
    person_id = g.access.person_id
    try:
        signed_in = profile.change_password(person_id, form.current.data, form.password.data, browser(), now())
    except Invalid as error:
        limits.failed()
        form.blame(error)
        return render_template("accounts/password.html", frame=frame(), form=form), 422
    with person_scope(person_id, read_only=True):
        email = load_person(person_id).email
    flash(_("The password is changed. Other browsers are signed out."), "ok")
    return carry(signed_in, email, url_for("accounts.profile_page"))


@accounts.page("/me/sessions/<int:session_id>/end", methods=("POST",))
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one browser out."""
    sessions.end_one(session_id)
    flash(_("That browser is signed out."), "ok")
    return redirect(url_for("accounts.profile_page"), 303)


@accounts.page("/drafts")
def draft() -> ResponseReturnValue:
    """What was kept of the form at `?place=`."""
    return jsonify(fields=drafts.load_draft(request.args.get("place", "")))


@accounts.page("/drafts", methods=("POST",), endpoint="keep_draft")
def keep_draft() -> ResponseReturnValue:
    """Keep what stands in the form at `?place=`, a moment after the last stroke."""
    drafts.save_draft(request.args.get("place", ""), dict(request.form.items()), now())
    return jsonify(kept=True)
