"""Tickets of one client on the desk: the list, a new one, and what is done to one. `web` adds the page of one."""

from datetime import UTC, datetime

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.accounts.models import PracticeMember
from service_desk.accounts.operations.drafts import drop_draft
from service_desk.files.models import StoredFile
from service_desk.files.operations import read
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import session
from service_desk.sla.words import PRIORITY
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.tickets import operations
from service_desk.tickets.forms import CloseForm, NewTicketForm, PriorityForm, StatusForm, uploads
from service_desk.tickets.listing import listed
from service_desk.tickets.models import Ticket
from service_desk.tickets.views.rows import chips, filters_asked, rows_of, shows, steps

tickets = TenantBlueprint("tickets", __name__, template_folder="../templates")


@tickets.page("/tickets", needs="client.read")
def index() -> ResponseReturnValue:
    """The client's tickets."""
    filters, slug = filters_asked(), g.tenant.slug
    found = listed(filters)
    return render_template(
        "tickets/list.html",
        rows=rows_of(found, datetime.now(UTC)),
        found=found,
        filters=filters,
        shows=shows(filters, "tickets.index", slug=slug),
        chips=chips(filters, "tickets.index", {}, slug=slug),
        priorities=PRIORITY,
        create_url=url_for("tickets.create", slug=slug),
        **steps(found, filters, "tickets.index", slug=slug),
    )


@tickets.page("/tickets/new", needs="client.write", methods=("GET", "POST"))
def create() -> ResponseReturnValue:
    """Write a ticket down for the client."""
    form, place = NewTicketForm(), f"new-ticket/{g.tenant.slug}"
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                ticket = _opened(form)
            drop_draft(place)
            return redirect(url_for("tickets.ticket", slug=g.tenant.slug, number=ticket.number), 303)
        except Invalid as error:
            form.blame(error)
    return render_template(
        "tickets/new.html",
        form=form,
        back=url_for("tickets.index", slug=g.tenant.slug),
        draft_url=url_for("accounts.keep_draft", place=place),
    ), 422 if form.errors else 200


def _opened(form: NewTicketForm) -> Ticket:
    now = datetime.now(UTC)
    ticket = operations.open_ticket(
        title=form.title.data.strip(),
        body=form.body.data or "",
        priority=form.priority.data,
        category=form.category.data,
        source=form.source.data,
        author_name=g.actor.name,
        author_person_id=g.actor.person_id,
        files=uploads(form.files),
        now=now,
    )
    if ticket.created_at == now:  # A form that came twice finds its ticket, and the points in it.
        operations.add_items(ticket, (form.checklist.data or "").splitlines())
    return ticket


def _back(number: int) -> Response:
    address = url_for("tickets.ticket", slug=g.tenant.slug, number=number)
    return make_response(redirect(address, 303))


@tickets.page("/tickets/<int:number>/status", needs="client.write", methods=("POST",))
def set_status(number: int) -> ResponseReturnValue:
    """Put it into another status."""
    form = StatusForm()
    if not form.validate():
        raise Invalid(_("There is no such status."))
    ticket = operations.by_number(number, lock=True)
    operations.set_status(ticket, form.status.data, form.reason.data or "", now=datetime.now(UTC))
    return _back(number)


@tickets.page("/tickets/<int:number>/priority", needs="client.write", methods=("POST",))
def set_priority(number: int) -> ResponseReturnValue:
    """Change how urgent it is."""
    form = PriorityForm()
    if not form.validate():
        raise Invalid(_("There is no such priority."))
    ticket = operations.by_number(number, lock=True)
    operations.set_priority(ticket, form.priority.data, form.reason.data or "", now=datetime.now(UTC))
    return _back(number)


@tickets.page("/tickets/<int:number>/assign", needs="client.write", methods=("POST",))
def assign(number: int) -> ResponseReturnValue:
    """Give it to a member of the practice, or to nobody."""
    person = request.form.get("person", "0")
    member = (
        session()
        .scalars(
            select(PracticeMember).where(
                PracticeMember.person_id == (int(person) if person.isdecimal() else 0),
                PracticeMember.ended_at.is_(None),
            )
        )
        .first()
    )
    if member is None and person != "0":
        raise NotThere()
    ticket = operations.by_number(number, lock=True)
    given = (member.person_id, member.name) if member else (None, "")
    operations.assign(ticket, *given, now=datetime.now(UTC))
    return _back(number)


@tickets.page("/tickets/<int:number>/close", needs="client.write", methods=("GET", "POST"))
def close(number: int) -> ResponseReturnValue:
    """Close it, saying what the solution was."""
    ticket, form = operations.by_number(number), CloseForm()
    if not form.validate_on_submit():
        return render_template("tickets/close.html", ticket=ticket, form=form), 422 if form.errors else 200
    tell = bool(request.form.get("tell"))
    operations.close(ticket, solution=form.solution.data or "", tell=tell, now=datetime.now(UTC))
    flash(_("Ticket #%(number)s is closed.", number=number), "success")
    return _back(number)


@tickets.page("/tickets/<int:number>/items", needs="client.write", methods=("POST",))
def add_item(number: int) -> ResponseReturnValue:
    """Add a point to the checklist."""
    operations.add_items(operations.by_number(number, lock=True), [request.form.get("text", "")[:300]])
    return _back(number)


@tickets.page("/tickets/<int:number>/items/tick", needs="client.write", methods=("POST",))
def tick(number: int) -> ResponseReturnValue:
    """Tick a point off, or take the tick back."""
    item = request.form.get("item", "")
    if not item.isdecimal():
        raise NotThere()
    operations.tick(operations.by_number(number), int(item), now=datetime.now(UTC))
    return _back(number)


@tickets.page("/tickets/<int:number>/files/<int:file_id>", needs="client.read")
def download(number: int, file_id: int) -> ResponseReturnValue:
    """A file of this ticket, always as a download."""
    return as_download(operations.attachment(operations.by_number(number), file_id))


def as_download(file: StoredFile) -> Response:
    """The bytes as an attachment that no browser opens in our name."""
    _file, data = read(file.id)
    answer = make_response(data)
    answer.headers["Content-Type"] = file.media_type
    answer.headers.set("Content-Disposition", "attachment", filename=file.name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
