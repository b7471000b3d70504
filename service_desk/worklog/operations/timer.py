"""The one running timer of a person, whichever client it runs for."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import Ticket
from service_desk.tickets.operations import touch
from service_desk.worklog.guard import Measured, measured
from service_desk.worklog.models import RunningTimer

_LOCK_CLASS = 7101


class TimerRuns(Refused):
    """Another timer of this person runs, or is stopped and not written down; `timer` is that one."""

    def __init__(self, timer: RunningTimer) -> None:
        super().__init__(_l("Your timer already runs for something else."), _l("Stop it first, or keep it."))
        self.timer = timer


def my_lock() -> int:
    """Take this person's lock until the commit: no two of their time changes run side by side."""
    person_id = current().actor.person_id
    if person_id is None:
        raise Invalid(_l("Only a person can log time."))
    session().execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, person_id)))
    return person_id


def running() -> RunningTimer | None:
    """The timer of the person in scope, running or waiting to be written down."""
    return session().scalars(select(RunningTimer)).first()


def start_timer(ticket: Ticket | None, title: str = "", *, now: datetime) -> RunningTimer:
    """Start the timer for the client in scope. For the same ticket again nothing changes.

    Raises TimerRuns when it runs for something else.
    """
    my_lock()
    timer = running()
    if timer is not None:
        if timer.stopped_at is None and timer.ticket_id == (ticket.id if ticket else None) and _here(timer):
            return timer
        raise TimerRuns(timer)
    tenant = Tenant.here()
    timer = RunningTimer(
        tenant_id=tenant.id,
        tenant_slug=tenant.slug,
        tenant_name=tenant.short_name,
        colour=tenant.colour,
        ticket_id=ticket.id if ticket else None,
        ticket_number=ticket.number if ticket else None,
        title=ticket.title if ticket else title,
        started_at=now,
        active_at=now,
    )
    session().add(timer)
    if ticket is not None:
        touch(ticket, now)
    return timer


def _here(timer: RunningTimer) -> bool:
    return timer.tenant_id == current().tenant_id


def stop_timer(now: datetime) -> RunningTimer | None:
    """Stop the person's timer; it stays until its time is written down or thrown away, so nothing is lost."""
    timer = running()
    if timer is not None and timer.stopped_at is None:
        timer.stopped_at = now
    return timer


def discard_timer() -> None:
    """Throw the timer's time away."""
    session().execute(delete(RunningTimer))


def seen_working(now: datetime) -> None:
    """A sign of work on what the timer runs for: a forgotten timer is cut at the last of these."""
    timer = running()
    if timer is not None and timer.stopped_at is None and _here(timer):
        timer.active_at = now


def measured_by(timer: RunningTimer, now: datetime) -> Measured:
    """What the timer measured so far, cut when it was forgotten."""
    return measured(timer.started_at, timer.active_at, timer.stopped_at or now)
