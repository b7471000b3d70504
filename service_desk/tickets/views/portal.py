"""Tickets as the client's people see them: in plain words, without internal notes.

The owner and the IT contact see all of the company's tickets; the others see their own.
"""

from datetime import UTC, datetime
from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.lib.clock import ago, show_time
from service_desk.lib.errors import Invalid, NotThere
from service_desk.lib.text import markdown
from service_desk.scope import session
from service_desk.sla.words import PRIORITY
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.tickets import operations, reading
from service_desk.tickets.forms import PortalReplyForm, PortalTicketForm, uploads
from service_desk.tickets.models import OVER, Ticket
from service_desk.tickets.views.client import as_download
from service_desk.tickets.views.rows import lang_here
from service_desk.tickets.words import STATUS, STATUS_KIND

SHOWN = 60  # tickets on the list: the open ones, then what happened last
SEE_ALL = ("boss", "it_contact")
portal = TenantBlueprint("tickets_portal", __name__, face="portal", template_folder="../templates")


def mine(number: int) -> Ticket:
    """The ticket of this number, if this person may see it. Raises NotThere."""
    ticket = operations.by_number(number)
    if g.actor.role not in SEE_ALL and ticket.author_person_id != g.actor.person_id:
        raise NotThere()
    return ticket


@portal.page("/tickets", needs="portal.ticket")
def index() -> ResponseReturnValue:
    """My tickets, or the company's: the open ones first."""
    rows = select(Ticket).order_by(Ticket.status.in_(OVER), Ticket.updated_at.desc()).limit(SHOWN)
    if g.actor.role not in SEE_ALL:
        rows = rows.where(Ticket.author_person_id == g.actor.person_id)
    now = datetime.now(UTC)
    listed = [_row(ticket, now) for ticket in session().scalars(rows)]
    return render_template(
        "tickets/portal_list.html",
        open_ones=[row for row in listed if not row["over"]],
        done=[row for row in listed if row["over"]],
        everybody=g.actor.role in SEE_ALL,
        create_url=url_for("tickets_portal.create", slug=g.tenant.slug),
    )


def _row(ticket: Ticket, now: datetime) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "title": ticket.title,
        "author": ticket.author_name,
        "status": STATUS[ticket.status],
        "kind": "warning" if ticket.status == "waiting_client" else STATUS_KIND.get(ticket.status, ""),
        "over": ticket.status in OVER,
        "when": ago(ticket.updated_at, now, lang_here()),
        "url": url_for("tickets_portal.ticket", slug=g.tenant.slug, number=ticket.number),
    }


@portal.page("/tickets/new", needs="portal.ticket", methods=("GET", "POST"))
def create() -> ResponseReturnValue:
    """Say what is wrong."""
    form = PortalTicketForm()
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                ticket = _opened(form)
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("Thank you. Your ticket has the number #%(number)s.", number=ticket.number), "success")
            return redirect(url_for("tickets_portal.ticket", slug=g.tenant.slug, number=ticket.number), 303)
    return render_template("tickets/portal_new.html", form=form), 422 if form.errors else 200


def _opened(form: PortalTicketForm) -> Ticket:
    return operations.open_ticket(
        title=form.title.data.strip(),
        body=form.body.data,
        priority=form.priority.data,
        category="fault",
        source="portal",
        author_name=g.actor.name,
        author_person_id=g.actor.person_id,
        files=uploads(form.files),
        now=datetime.now(UTC),
    )


@portal.page("/tickets/<int:number>", needs="portal.ticket")
def ticket(number: int) -> ResponseReturnValue:
    """One ticket: how it stands, what was said."""
    return _page(mine(number), PortalReplyForm())


def _page(ticket: Ticket, form: PortalReplyForm, status: int = 200) -> ResponseReturnValue:
    now, zone, lang = datetime.now(UTC), g.tenant.time_zone, lang_here()
    files = reading.files_of(ticket)
    return render_template(
        "tickets/portal_ticket.html",
        ticket=ticket,
        status=STATUS[ticket.status],
        status_kind="warning" if ticket.status == "waiting_client" else STATUS_KIND.get(ticket.status, ""),
        priority=PRIORITY[ticket.priority],
        opened=show_time(ticket.created_at, zone, lang),
        due=show_time(ticket.due_at, zone, lang) if ticket.due_at and ticket.due_at > now else "",
        thread=[_said(one, files, ticket, zone) for one in reading.messages(ticket, public_only=True)],
        over=ticket.status in OVER,
        form=form,
    ), status


def _said(one: Any, files: dict[int, list[tuple[int, str, int]]], ticket: Ticket, zone: str) -> dict[str, Any]:
    slug = g.tenant.slug
    return {
        "author": one.author_name,
        "kind": {"desk": "ours", "machine": "machine"}.get(one.side, ""),
        "when": show_time(one.created_at, zone, lang_here()),
        "body": markdown(one.body),
        "files": [
            (name, size, url_for("tickets_portal.download", slug=slug, number=ticket.number, file_id=file_id))
            for file_id, name, size in files.get(one.id, ())
        ],
    }


@portal.page("/tickets/<int:number>", needs="portal.ticket", methods=("POST",), endpoint="reply")
def reply(number: int) -> ResponseReturnValue:
    """Answer."""
    ticket, form = mine(number), PortalReplyForm()
    if not form.validate():
        return _page(ticket, form, 422)
    try:
        with session().begin_nested():
            operations.reply(ticket, form.body.data, now=datetime.now(UTC), via="portal", files=uploads(form.files))
    except Invalid as error:
        form.blame(error)
        return _page(ticket, form, 422)
    flash(_("Your answer is with your engineer."), "success")
    return redirect(url_for("tickets_portal.ticket", slug=g.tenant.slug, number=number), 303)


@portal.page("/tickets/<int:number>/files/<int:file_id>", needs="portal.ticket")
def download(number: int, file_id: int) -> ResponseReturnValue:
    """A file that came with a public message of this ticket."""
    return as_download(operations.attachment(mine(number), file_id, public_only=True))
