"""The people of a client, on the desk and in the client's own portal: the same verbs behind both."""

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts import limits
from service_desk.accounts.fresh import require_fresh
from service_desk.accounts.operations import inviting
from service_desk.accounts.roles import CLIENT_ROLES, may_grant
from service_desk.lib.errors import Invalid
from service_desk.scope import load
from service_desk.tenants.forms import InviteForm
from service_desk.tenants.models import TenantMember
from service_desk.tenants.operations import people as verbs
from service_desk.tenants.operations.contacts import contacts
from service_desk.tenants.views.pages import done, ends_at, grantable, now, portal, tenants


def _form() -> InviteForm:
    return InviteForm(language=g.tenant.language).offer(grantable())


def _page(form: InviteForm, status: int = 200) -> ResponseReturnValue:
    desk = g.place.is_desk or g.actor.role == "successor"
    facts: dict[str, Any] = {"members": verbs.members(), "invitations": inviting.open_invitations(now())}
    if desk:
        facts |= {"contacts": contacts(), "staff": verbs.staff(), "assigned": verbs.assigned()}
    return render_template(
        "tenants/people.html" if desk else "tenants/portal_people.html",
        form=form,
        roles=grantable(),
        may_change=lambda role: may_grant(g.actor.role, role, client=True),
        face="tenants" if desk else "tenants_portal",
        me=g.actor.person_id,
        withdraw_url=lambda number: url_for(f"{request.blueprint}.withdraw", slug=g.tenant.slug, invitation_id=number),
        **facts,
    ), status


@tenants.page("/people", needs="client.read")
@portal.page("/people", needs="portal.people")
def people() -> ResponseReturnValue:
    """Who belongs to the client; on the desk also whom to phone and who works for it."""
    return _page(_form())


@tenants.page("/people/invite", needs="client.manage", methods=("POST",))
@portal.page("/people/invite", needs="portal.people", methods=("POST",))
@limits.posts("30 per hour", limits.sender)
def invite() -> ResponseReturnValue:
    """Invite somebody by mail."""
    require_fresh()
    form = _form()
    if not form.validate():
        return _page(form, 422)
    inviting.invite(
        email=form.email.data,
        name=form.name.data,
        role=form.role.data,
        place_name=g.tenant.name,
        language=form.language.data,
        now=now(),
        ends_at=ends_at(form),
    )
    return done(_("The invitation is on its way to %(email)s.", email=form.email.data), _here())


def _here() -> str:
    return f"{request.blueprint}.people"


@tenants.page("/people/invitations/<int:invitation_id>/withdraw", needs="client.manage", methods=("POST",))
@portal.page("/people/invitations/<int:invitation_id>/withdraw", needs="portal.people", methods=("POST",))
def withdraw(invitation_id: int) -> ResponseReturnValue:
    """Call an invitation back; its link no longer works."""
    inviting.withdraw(invitation_id, now())
    return done(_("The invitation is withdrawn."), _here())


@tenants.page("/people/<int:member_id>/role", needs="client.manage", methods=("POST",))
@portal.page("/people/<int:member_id>/role", needs="portal.people", methods=("POST",))
def change_role(member_id: int) -> ResponseReturnValue:
    """Give somebody another role; they sign in again with it."""
    require_fresh()
    role = request.form.get("role", "")
    if role not in CLIENT_ROLES:
        raise Invalid(_("There is no such role."))
    row = verbs.change_role(member_id, role, load(TenantMember, member_id).ends_at)
    return done(_("%(name)s has the new role and is asked to sign in again.", name=row.name), _here())


@tenants.page("/people/<int:member_id>/end", needs="client.manage", methods=("POST",))
@portal.page("/people/<int:member_id>/end", needs="portal.people", methods=("POST",))
def end_member(member_id: int) -> ResponseReturnValue:
    """Somebody no longer belongs to the client; they are signed out at once."""
    require_fresh()
    row = verbs.end_member(member_id, now())
    return done(_("%(name)s no longer has access.", name=row.name), _here())


@tenants.page("/people/staff", needs="practice.manage", methods=("POST",))
def set_staff() -> ResponseReturnValue:
    """Which of the desk's people work for this client."""
    verbs.assign(request.form.getlist("person", type=int), now())
    return done(_("Saved."), "tenants.people")
