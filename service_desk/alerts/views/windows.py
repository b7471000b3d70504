"""When nobody is told, for one client: maintenance windows with their next times, silences, what depends on what."""

from datetime import timedelta

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.alerts import hush, operations
from service_desk.alerts.forms import ParentForm, WindowForm
from service_desk.alerts.models import Silence
from service_desk.alerts.views.pages import done, lang, maintenance, now
from service_desk.checks.models import MaintenanceWindow
from service_desk.checks.operations import cancel_window, plan_window
from service_desk.jobs import enqueue
from service_desk.lib.clock import local_day
from service_desk.lib.errors import Invalid
from service_desk.scope import load
from service_desk.tenants.operations import depend_on


@maintenance.page("/maintenance", needs="client.read")
def index() -> ResponseReturnValue:
    """Windows and their next occurrences, silences, and the form for a new window."""
    today = local_day(now(), g.tenant.time_zone)
    return page(WindowForm(formdata=None, first_day=today, zone=g.tenant.time_zone))


def page(form: WindowForm, status: int = 200) -> ResponseReturnValue:
    """The page, with a form that comes back with what is wrong."""
    found = hush.read(g.tenant, now(), lang())
    form.offer(found.connections, found.checks)
    return render_template("alerts/maintenance.html", found=found, form=form), status


@maintenance.page("/maintenance", needs="client.write", methods=("POST",))
def plan() -> ResponseReturnValue:
    """Plan a window."""
    form = WindowForm().offer(*hush.choices(lang()))
    if form.validate():
        try:
            plan_window(**form.facts(), now=now())
            enqueue("notice", 0, slot=f"window-{now().timestamp():.0f}")
            return done(_("Planned."), "maintenance.index")
        except Invalid as error:
            form.blame(error)
    return page(form, 422)


@maintenance.page("/maintenance/<int:window_id>/cancel", needs="client.write", methods=("POST",))
def cancel(window_id: int) -> ResponseReturnValue:
    """Call a window off, or end the one that is open: what is still wrong is told after the next look."""
    cancel_window(load(MaintenanceWindow, window_id, lock=True), now=now())
    enqueue("notice", 0, slot=f"window-{window_id}-ended", due_at=now() + timedelta(seconds=1))
    return done(_("Called off."), "maintenance.index")


@maintenance.page("/silences/<int:silence_id>/end", needs="client.write", methods=("POST",))
def end_silence(silence_id: int) -> ResponseReturnValue:
    """End a silence early."""
    operations.end_silence(load(Silence, silence_id, lock=True), now=now())
    return done(_("Ended: what is still there is told."), "maintenance.index")


@maintenance.page("/maintenance/depends", needs="client.manage", methods=("POST",))
def depends() -> ResponseReturnValue:
    """Say what a connection cannot answer without."""
    form = ParentForm().offer(hush.choices(lang())[0])
    if form.validate():
        depend_on(int(form.connection.data), int(form.parent.data) if form.parent.data else None)
        return done(_("Saved."), "maintenance.index")
    raise Invalid(_("There is no such connection."))
