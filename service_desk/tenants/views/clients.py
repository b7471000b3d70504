"""The list of clients, a new one, what is known of one, and its audit."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.accounts.fresh import require_fresh
from service_desk.audit import operations as audit
from service_desk.scope import practice_scope, session
from service_desk.tenants.forms import ReasonForm, TenantForm
from service_desk.tenants.models import Tenant
from service_desk.tenants.operations.clients import CHANGEABLE, change_tenant, close_tenant, create_tenant
from service_desk.tenants.operations.switching import switcher
from service_desk.tenants.views.pages import done, now, saved, tenants


@tenants.practice_page("/clients", needs="practice.read")
def index() -> ResponseReturnValue:
    """The clients this person works for, worst first."""
    query = request.args.get("q", "")[:80]
    found = switcher(now().date(), query)
    return render_template("tenants/clients.html", clients=found.clients, hidden=found.hidden, query=query)


@tenants.practice_page("/clients/new", needs="practice.manage", methods=("GET", "POST"), opens="nothing")
def create() -> ResponseReturnValue:
    """Set up a client; its ERP connection comes next."""
    form = TenantForm()
    if not form.validate_on_submit():
        return render_template("tenants/create.html", form=form), 422 if form.is_submitted() else 200
    with practice_scope(g.place.practice_id, g.actor, tenants=g.place.tenant_ids):
        taken = list(session().scalars(select(Tenant.colour)))
    row = create_tenant(
        g.place.practice_id, g.actor, taken_colours=taken, now=now(), **_typed(form, skip=("colour", "initial"))
    )
    flash(_("%(name)s is set up. Connect its ERP next.", name=row.name), "ok")
    return redirect(url_for("tenants.connections", slug=row.slug), 303)


def _typed(form: TenantForm, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    names = [name for name in (*CHANGEABLE, "slug") if name in form and name not in skip]
    return {name: form[name].data if form[name].data is not None else "" for name in names}


@tenants.page("/edit", needs="client.manage")
def edit() -> ResponseReturnValue:
    """What is known of the client."""
    return render_template("tenants/edit.html", form=TenantForm(obj=g.tenant))


@tenants.page("/edit", needs="client.manage", methods=("POST",))
def change() -> ResponseReturnValue:
    """Keep what was changed."""
    form = TenantForm()
    if not form.validate():
        return render_template("tenants/edit.html", form=form), 422
    change_tenant(_typed(form, skip=("slug", "initial")))
    return done(saved(), "tenants.edit")


@tenants.page("/close", needs="client.manage")
def close_page() -> ResponseReturnValue:
    """Asks before the work for a client ends."""
    require_fresh()
    return _ask_close(ReasonForm())


def _ask_close(form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "web/confirm.html",
        frame="web/client.html",
        sentence=_("Close %(name)s?", name=g.tenant.name),
        detail=_("Nobody enters it any more and its checks stop. Nothing is deleted."),
        submit=_("Close the client"),
        action=url_for("tenants.close", slug=g.tenant.slug),
        back=url_for("tenants.edit", slug=g.tenant.slug),
        reason=True,
        form=form,
    ), status


@tenants.page("/close", needs="client.manage", methods=("POST",))
def close() -> ResponseReturnValue:
    """End the work for a client."""
    require_fresh()
    form = ReasonForm()
    if not form.validate():
        return _ask_close(form, 422)
    close_tenant(form.reason.data, now())
    flash(_("The client is closed."), "ok")
    return redirect(url_for("tenants.index"), 303)


@tenants.page("/audit", needs="client.manage")
def audit_page() -> ResponseReturnValue:
    """What was done for this client, newest first."""
    return render_template("tenants/audit.html", **audit.page(request.args.get("before", type=int)))


@tenants.page("/audit/verify", needs="client.manage", methods=("POST",))
def verify_audit() -> ResponseReturnValue:
    """Check every link of this client's chain."""
    return render_template("tenants/audit.html", verified=audit.checked(), **audit.page(None))
