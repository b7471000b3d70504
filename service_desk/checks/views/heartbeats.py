"""Heartbeats of a client: list, make, change, new key, pause, remove."""

from flask import current_app, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.checks import operations, pulse
from service_desk.checks.forms import HeartbeatForm
from service_desk.checks.models import Heartbeat
from service_desk.checks.views.pages import checks, done, lang, now
from service_desk.lib.errors import Invalid
from service_desk.scope import load, session


@checks.page("/heartbeats", needs="client.read")
def heartbeats() -> ResponseReturnValue:
    """All of them with their last sign of life."""
    rows = session().scalars(select(Heartbeat).order_by(Heartbeat.name)).all()
    lines = [pulse.line(row, now(), g.tenant.time_zone, lang()) for row in rows]
    return render_template("checks/heartbeats.html", lines=lines)


def form_page(form: HeartbeatForm, row: Heartbeat | None = None, status: int = 200) -> ResponseReturnValue:
    """The form, empty, filled or come back with what is wrong."""
    return render_template("checks/heartbeat_form.html", form=form, row=row, zone=g.tenant.time_zone), status


@checks.page("/heartbeats/new", needs="client.write")
def new_heartbeat() -> ResponseReturnValue:
    """The empty form."""
    return form_page(HeartbeatForm())


@checks.page("/heartbeats/new", needs="client.write", methods=("POST",))
def create_heartbeat() -> ResponseReturnValue:
    """Make it and show its address, once."""
    form = HeartbeatForm()
    if form.validate():
        try:
            row, key = operations.create_heartbeat(form.name.data, **form.rhythm())
        except Invalid as error:
            form.blame(error)
        else:
            return page(row, key=key, status=201)
    return form_page(form, status=422)


@checks.page("/heartbeats/<int:heartbeat_id>", needs="client.read")
def heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """One heartbeat with its last signs of life."""
    return page(load(Heartbeat, heartbeat_id))


def page(row: Heartbeat, *, key: str = "", status: int = 200) -> ResponseReturnValue:
    """The page of a heartbeat; with a fresh key its address and the lines to copy stand on it, this once."""
    url = f"{current_app.config['DESK'].base_url}/ping/{key}" if key else ""
    read = pulse.read(row, now(), g.tenant.time_zone, lang())
    return render_template("checks/heartbeat.html", row=row, page=read, url=url, ways=pulse.ways(url)), status


@checks.page("/heartbeats/<int:heartbeat_id>/edit", needs="client.write")
def edit_heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """The form with what is expected now."""
    row = load(Heartbeat, heartbeat_id)
    return form_page(HeartbeatForm(data=pulse.form_data(row)), row)


@checks.page("/heartbeats/<int:heartbeat_id>/edit", needs="client.write", methods=("POST",))
def change_heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """Rename it or change what is expected."""
    row, form = load(Heartbeat, heartbeat_id, lock=True), HeartbeatForm()
    if form.validate():
        try:
            operations.change_heartbeat(row, form.name.data, **form.rhythm())
        except Invalid as error:
            form.blame(error)
            session().expire(row)
        else:
            return done(_("Saved."), "checks.heartbeat", heartbeat_id=heartbeat_id)
    return form_page(form, row, 422)


@checks.page("/heartbeats/<int:heartbeat_id>/rotate", needs="client.write", methods=("POST",))
def rotate_heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """A new address, shown once; the old one answers no more."""
    row = load(Heartbeat, heartbeat_id, lock=True)
    return page(row, key=operations.rotate_key(row))


@checks.page("/heartbeats/<int:heartbeat_id>/pause", needs="client.write", methods=("POST",))
def pause_heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """Expect nothing until it reports again."""
    operations.pause_heartbeat(load(Heartbeat, heartbeat_id, lock=True))
    return done(_("Paused; it is watched again as soon as it reports."), "checks.heartbeat", heartbeat_id=heartbeat_id)


@checks.page("/heartbeats/<int:heartbeat_id>/resume", needs="client.write", methods=("POST",))
def resume_heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """Expect it again."""
    operations.resume_heartbeat(load(Heartbeat, heartbeat_id, lock=True))
    return done(_("It is watched again."), "checks.heartbeat", heartbeat_id=heartbeat_id)


@checks.page("/heartbeats/<int:heartbeat_id>/remove", needs="client.write")
def ask_remove_heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """The question before it is taken away."""
    return render_template("checks/heartbeat_remove.html", row=load(Heartbeat, heartbeat_id))


@checks.page("/heartbeats/<int:heartbeat_id>/remove", needs="client.write", methods=("POST",))
def remove_heartbeat(heartbeat_id: int) -> ResponseReturnValue:
    """Take it away; its address answers no more."""
    operations.remove_heartbeat(load(Heartbeat, heartbeat_id, lock=True))
    return done(_("The heartbeat is removed."), "checks.heartbeats")
