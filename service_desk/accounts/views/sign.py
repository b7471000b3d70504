"""Signing in and out, and the forgotten password."""

import time

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts import access, fresh, limits
from service_desk.accounts.emails import tidy
from service_desk.accounts.forms import FAULTS, CodeForm, ForgottenForm, NewPasswordForm, SignInForm
from service_desk.accounts.operations import resetting, sessions, signing_in
from service_desk.accounts.operations.signing_in import CodeNeeded
from service_desk.accounts.passwords import fault
from service_desk.accounts.paths import safe_path
from service_desk.accounts.views.pages import accounts, browser, carry, home, now
from service_desk.lib.errors import Invalid

RESET_TAKES = 0.25  # seconds: the answer for a known and an unknown address leaves at the same time


@accounts.route("/sign-in", methods=["GET", "POST"])
@limits.tries("password", limits.typed_email)
def sign_in() -> ResponseReturnValue:
    """E-mail and password. The same answer, after the same time, for every failure."""
    form, target = SignInForm(), safe_path(request.args.get("next"), "/home")
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form), 422 if form.is_submitted() else 200
    found = signing_in.give_password(form.email.data, form.password.data, browser(), now())
    if found is None:
        limits.failed()
        form.form_errors.append(_("E-mail and password do not fit together."))
        return render_template("accounts/sign_in.html", form=form), 422
    if isinstance(found, CodeNeeded):
        session.clear()
        session.update(half=found.token, email=tidy(form.email.data), after=target)
        return redirect(url_for("accounts.give_code"), 303)
    return carry(found, form.email.data, target)


@accounts.route("/sign-in/code", methods=["GET", "POST"])
@limits.tries("code", limits.under_way)
def give_code() -> ResponseReturnValue:
    """The second factor of a sign-in whose password was right."""
    if "half" not in session:
        return redirect(url_for("accounts.sign_in"), 303)
    form, status = CodeForm(), 200
    if form.validate_on_submit():
        signed_in = signing_in.give_code(session["half"], form.code.data, browser(), now())
        if signed_in is not None:
            return carry(signed_in, session["email"], session["after"])
        limits.failed()
        form.blame(Invalid("code", field="code"))
        status = 422
    return render_template("accounts/give_code.html", form=form), status


@accounts.route("/home")
def go_home() -> ResponseReturnValue:
    """To where this person starts."""
    return redirect(home(access.who()), 303)


@accounts.route("/sign-out", methods=["POST"])
def sign_out() -> ResponseReturnValue:
    """End this session on the server, so that a copy of the cookie is worth nothing."""
    found = access.who()
    if found is not None:
        sessions.end(found.person_id, found.session_id, request.remote_addr or "")
    session.clear()
    flash(_("You are signed out."), "ok")
    return redirect(url_for("accounts.sign_in"), 303)


@accounts.route("/forgotten", methods=["GET", "POST"])
@limits.posts("5 per hour", limits.email_key)
@limits.posts("30 per hour", lambda: f"reset:{limits.typed_email()}")
@limits.posts("60 per hour")
def forgotten() -> ResponseReturnValue:
    """Ask for a reset link. The answer never tells whether the address is known."""
    form, began = ForgottenForm(), time.monotonic()
    if not form.validate_on_submit():
        return render_template("accounts/forgotten.html", form=form, sent=False), 422 if form.is_submitted() else 200
    resetting.request_reset(form.email.data, browser(), now())
    time.sleep(max(0.0, began + RESET_TAKES - time.monotonic()))
    return render_template("accounts/forgotten.html", form=form, sent=True)


@accounts.route("/reset/<token>", methods=["GET", "POST"])
@limits.posts("60 per hour")
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password with the link from the mail. Signing in comes after, with the second factor."""
    form = NewPasswordForm()
    if not resetting.reset_is_open(token, now()):
        return render_template("accounts/link_over.html", what="reset"), 404
    if not form.validate_on_submit():
        return render_template("accounts/reset.html", form=form), 422 if form.is_submitted() else 200
    if (why := fault(form.password.data)) is not None:
        form.password.errors = [FAULTS[why]]
        return render_template("accounts/reset.html", form=form), 422
    resetting.reset_password(token, form.password.data, browser(), now())
    session.clear()
    flash(_("The new password is set. Please sign in with it."), "ok")
    return redirect(url_for("accounts.sign_in"), 303)


@accounts.route("/confirm", methods=["GET", "POST"])
@limits.tries("confirm", limits.under_way)
def confirm() -> ResponseReturnValue:
    """Show the password again before a grave step; the form that was on its way goes on afterwards."""
    here = access.require(enrolling=True)
    target = safe_path(request.form.get("confirm_for") or request.args.get("next"))
    if request.method == "GET":
        return fresh.asking(target)
    carried = [(name, text) for name, text in fresh.typed() if name not in ("confirm_for", "confirm_sends")]
    if not sessions.confirm(here.person_id, here.session_id, request.form.get("proof", ""), browser(), now()):
        limits.failed()
        return fresh.asking(target, carried=carried if request.form.get("confirm_sends") else None, wrong=True), 422
    # 307 sends the same form on to where it was going.
    return redirect(target, 307 if request.form.get("confirm_sends") else 303)
