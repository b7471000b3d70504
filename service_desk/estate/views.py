"""The inventory of a client's systems."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.estate import operations
from service_desk.estate.forms import KIND, ItemForm
from service_desk.estate.models import EstateItem
from service_desk.lib.clock import local_day
from service_desk.scope import load
from service_desk.tenants.blueprint import TenantBlueprint

estate = TenantBlueprint("estate", __name__, template_folder="templates")


@estate.page("/systems", needs="client.read")
def index() -> ResponseReturnValue:
    """Every system, by kind."""
    today = local_day(datetime.now(UTC), g.tenant.time_zone)
    items = operations.inventory()
    return render_template(
        "estate/index.html",
        groups=[
            (label, [(item, _ends(item, today)) for item in items if item.kind == kind])
            for kind, label in KIND
            if any(item.kind == kind for item in items)
        ],
    )


def _ends(item: EstateItem, today: Any) -> str:
    """How near the end is: "", warning within 60 days, critical once it has passed."""
    if item.expires_on is None:
        return ""
    left = (item.expires_on - today).days
    return "critical" if left < 0 else "warning" if left <= 60 else ""


@estate.page("/systems/new", needs="client.write", methods=("GET", "POST"))
def create() -> ResponseReturnValue:
    """Put a system into the inventory."""
    form = ItemForm()
    if form.validate_on_submit():
        operations.add_item(_values(form), now=datetime.now(UTC))
        flash(_("Saved."), "success")
        return redirect(url_for("estate.index", slug=g.tenant.slug), 303)
    return render_template("estate/edit.html", form=form, item=None), 422 if form.errors else 200


@estate.page("/systems/<int:item_id>", needs="client.write", methods=("GET", "POST"))
def edit(item_id: int) -> ResponseReturnValue:
    """Change a system's facts."""
    item = load(EstateItem, item_id)
    form = ItemForm(obj=item)
    if form.validate_on_submit():
        operations.change_item(item, _values(form), now=datetime.now(UTC))
        flash(_("Saved."), "success")
        return redirect(url_for("estate.index", slug=g.tenant.slug), 303)
    return render_template("estate/edit.html", form=form, item=item), 422 if form.errors else 200


def _values(form: ItemForm) -> dict[str, Any]:
    return {name: form[name].data for name in operations.FIELDS}


@estate.page("/systems/<int:item_id>/delete", needs="client.write", methods=("POST",))
def delete(item_id: int) -> ResponseReturnValue:
    """Take a system out of the inventory."""
    operations.drop_item(load(EstateItem, item_id))
    flash(_("Deleted."), "success")
    return redirect(url_for("estate.index", slug=g.tenant.slug), 303)


BLUEPRINTS: tuple[Blueprint, ...] = (estate,)
