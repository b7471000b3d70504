"""The people of the practice: roles, invitations, the clients each works for."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.accounts.fresh import require_fresh
from service_desk.accounts.models import PracticeMember
from service_desk.accounts.operations import inviting
from service_desk.accounts.operations import people as verbs
from service_desk.accounts.operations.practices import practice
from service_desk.accounts.roles import DESK_ROLES
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import load, practice_scope, session, tenant_scope
from service_desk.tenants.forms import InviteForm
from service_desk.tenants.models import Tenant, TenantAssignment
from service_desk.tenants.operations.people import set_assigned
from service_desk.tenants.views.pages import now, tenants


def _form() -> InviteForm:
    return InviteForm().offer(list(reversed(DESK_ROLES)))


@tenants.practice_page("/settings/people", needs="practice.manage")
def staff() -> ResponseReturnValue:
    """Who works in the practice, as what, for which clients."""
    return _page(_form())


def _page(form: InviteForm, status: int = 200) -> ResponseReturnValue:
    assigned: dict[int, set[int]] = {}
    for row in session().scalars(select(TenantAssignment)):
        assigned.setdefault(row.person_id, set()).add(row.tenant_id)
    return render_template(
        "tenants/staff.html",
        form=form,
        members=verbs.members(),
        invitations=inviting.open_invitations_of_practice(now()),
        clients=session().scalars(select(Tenant).where(Tenant.closed_at.is_(None)).order_by(Tenant.short_name)).all(),
        assigned=assigned,
        roles=DESK_ROLES,
        me=g.actor.person_id,
        withdraw_staff_url=lambda number: url_for("tenants.withdraw_staff", invitation_id=number),
    ), status


def _back(words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("tenants.staff"), 303)


@tenants.practice_page("/settings/people", needs="practice.manage", methods=("POST",), opens="nothing")
def invite_staff() -> ResponseReturnValue:
    """Invite somebody into the practice."""
    require_fresh()
    form = _form()
    if not form.validate():
        with practice_scope(g.place.practice_id, g.actor, tenants=g.place.tenant_ids):
            return _page(form, 422)
    with practice_scope(g.place.practice_id, g.actor, writing=True):
        inviting.invite(
            email=form.email.data,
            name=form.name.data,
            role=form.role.data,
            place_name=practice().name,
            language=form.language.data,
            now=now(),
        )
    return _back(_("The invitation is on its way to %(email)s.", email=form.email.data))


@tenants.practice_page(
    "/settings/people/invitations/<int:invitation_id>/withdraw",
    needs="practice.manage",
    methods=("POST",),
    opens="practice",
)
def withdraw_staff(invitation_id: int) -> ResponseReturnValue:
    """Call an invitation back."""
    inviting.withdraw(invitation_id, now())
    return _back(_("The invitation is withdrawn."))


@tenants.practice_page(
    "/settings/people/<int:member_id>/role", needs="practice.manage", methods=("POST",), opens="practice"
)
def change_staff_role(member_id: int) -> ResponseReturnValue:
    """Give a member another role; the last owner stays one."""
    require_fresh()
    role = request.form.get("role", "")
    if role not in DESK_ROLES:
        raise Invalid(_("There is no such role."))
    row = verbs.change_role(member_id, role)
    return _back(_("%(name)s has the new role and is asked to sign in again.", name=row.name))


@tenants.practice_page(
    "/settings/people/<int:member_id>/end", needs="practice.manage", methods=("POST",), opens="practice"
)
def end_staff(member_id: int) -> ResponseReturnValue:
    """Somebody leaves the practice; they are signed out at once."""
    require_fresh()
    row = verbs.end_member(member_id, now())
    return _back(_("%(name)s no longer has access.", name=row.name))


@tenants.practice_page(
    "/settings/people/<int:member_id>/clients", needs="practice.manage", methods=("POST",), opens="nothing"
)
def set_clients(member_id: int) -> ResponseReturnValue:
    """The clients a member works for, each written in its own scope."""
    with practice_scope(g.place.practice_id, g.actor):
        person_id = load(PracticeMember, member_id).person_id
    wanted = set(request.form.getlist("client", type=int))
    if wanted - set(g.place.tenant_ids):
        raise NotThere()
    for tenant_id in g.place.tenant_ids:
        with tenant_scope(tenant_id, g.actor, practice_id=g.place.practice_id):
            set_assigned(person_id, tenant_id in wanted, now())
    return _back(_("Saved."))
