"""The page behind an invitation's link."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service_desk.accounts import access, limits
from service_desk.accounts.forms import JoinForm
from service_desk.accounts.operations import signing_in
from service_desk.accounts.operations.people import create_person
from service_desk.accounts.operations.sessions import SignedIn
from service_desk.accounts.views.pages import browser, carry
from service_desk.lib.errors import Invalid, NotThere
from service_desk.tenants.operations.people import Offer, accept, offer
from service_desk.tenants.views.pages import now

invitations = Blueprint("invitations", __name__, template_folder="../templates")


@invitations.route("/invitation/<token>", methods=["GET", "POST"])
@limits.posts("60 per hour")
def invitation(token: str) -> ResponseReturnValue:
    """Join: somebody new chooses a name and a password, somebody known signs in first."""
    try:
        found = offer(token, now())
    except NotThere:
        return render_template("accounts/link_over.html", what="invitation"), 404
    here = access.who()
    mine = here is not None and here.person_id == found.person_id
    if request.method == "POST" and mine and here is not None:
        accept(found, here.person_id, here.name, now())
        return redirect(url_for("accounts.go_home"), 303)
    form = JoinForm(name=found.name)
    if request.method == "POST" and found.person_id is None:
        return _join_new(found, form)
    return render_template("tenants/invitation.html", offer=found, form=form, mine=mine, signed_in=here is not None)


def _join_new(found: Offer, form: JoinForm) -> ResponseReturnValue:
    if not form.validate():
        return render_template("tenants/invitation.html", offer=found, form=form, mine=False, signed_in=False), 422
    try:
        person_id = create_person(found.email, form.name.data, form.password.data, found.language, now())
    except Invalid as error:
        form.blame(error)
        return render_template("tenants/invitation.html", offer=found, form=form, mine=False, signed_in=False), 422
    accept(found, person_id, form.name.data, now())
    signed_in = signing_in.give_password(found.email, form.password.data, browser(), now())
    assert isinstance(signed_in, SignedIn)
    return carry(signed_in, found.email, url_for("accounts.go_home"))
