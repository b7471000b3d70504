"""Whom to phone, and who has left."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from service_desk.scope import load
from service_desk.tenants.forms import ContactForm, LeaversForm
from service_desk.tenants.models import Contact
from service_desk.tenants.operations.contacts import FIELDS, remove_contact, save_contact
from service_desk.tenants.operations.leavers import add_leavers, leavers, read_lines, remove_leaver
from service_desk.tenants.views.pages import done, now, saved, tenants


@tenants.page("/people/contacts/new", needs="client.write")
def new_contact() -> ResponseReturnValue:
    """An empty form for somebody to phone."""
    return render_template("tenants/contact.html", form=ContactForm(), contact=None)


@tenants.page("/people/contacts/new", needs="client.write", methods=("POST",))
def add_contact() -> ResponseReturnValue:
    """Add somebody to phone."""
    return _save(None)


@tenants.page("/people/contacts/<int:contact_id>", needs="client.write")
def contact(contact_id: int) -> ResponseReturnValue:
    """The form of one contact."""
    row = load(Contact, contact_id)
    return render_template("tenants/contact.html", form=ContactForm(obj=row), contact=row)


@tenants.page("/people/contacts/<int:contact_id>", needs="client.write", methods=("POST",))
def change_contact(contact_id: int) -> ResponseReturnValue:
    """Change a contact."""
    return _save(contact_id)


def _save(contact_id: int | None) -> ResponseReturnValue:
    row = load(Contact, contact_id) if contact_id is not None else None
    form = ContactForm()
    if not form.validate():
        return render_template("tenants/contact.html", form=form, contact=row), 422
    save_contact(contact_id, {name: form[name].data if form[name].data is not None else "" for name in FIELDS})
    return done(saved(), "tenants.people")


@tenants.page("/people/contacts/<int:contact_id>/remove", needs="client.write", methods=("POST",))
def drop_contact(contact_id: int) -> ResponseReturnValue:
    """Take a contact off the list."""
    remove_contact(contact_id)
    return done(_("Removed."), "tenants.people")


@tenants.page("/people/leavers", needs="client.write")
def leaver_list() -> ResponseReturnValue:
    """Who has left: their ERP users must be disabled."""
    return render_template("tenants/leavers.html", form=LeaversForm(), leavers=leavers(), strange=[])


@tenants.page("/people/leavers", needs="client.write", methods=("POST",))
def paste_leavers() -> ResponseReturnValue:
    """Add a pasted list; lines that were not understood come back to be mended."""
    form = LeaversForm()
    understood, strange = read_lines(form.lines.data or "")
    if not form.validate() or not understood:
        return render_template("tenants/leavers.html", form=form, leavers=leavers(), strange=strange), 422
    added = add_leavers(understood, now())
    words = ngettext("%(num)s person added.", "%(num)s people added.", added)
    if not strange:
        return done(words, "tenants.leaver_list")
    form.lines.data = "\n".join(strange)
    return render_template("tenants/leavers.html", form=form, leavers=leavers(), strange=strange, added=words)


@tenants.page("/people/leavers/<int:leaver_id>/remove", needs="client.write", methods=("POST",))
def drop_leaver(leaver_id: int) -> ResponseReturnValue:
    """Take somebody off the list of leavers."""
    remove_leaver(leaver_id)
    return done(_("Removed."), "tenants.leaver_list")
