"""The client's word on a month's hours."""

from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from service_desk.audit.operations import record
from service_desk.lib.clock import at_wall, local_day
from service_desk.lib.errors import Refused
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from service_desk.worklog.models import Entry, MonthSign


def refuse_closed(started_at: datetime) -> None:
    """Raises Refused when the client has confirmed the month this instant lies in."""
    month = _month_of(started_at)
    closed = select(MonthSign.id).where(MonthSign.month == month, MonthSign.state == "confirmed")
    if session().scalar(closed) is not None:
        raise Refused(_l("The client has confirmed this month; it is closed."), _l("Write a correction instead."))


def _month_of(at: datetime) -> date:
    tenant = Tenant.here()
    return local_day(at, tenant.time_zone).replace(day=1)


def month_span(month: date, zone: str) -> tuple[datetime, datetime]:
    """A month on the client's wall clock, as two instants, half open."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return at_wall(month, 0, zone), at_wall(following, 0, zone)


def month_totals(month: date) -> tuple[int, int]:
    """Seconds worked and minutes billable of a month of the client in scope."""
    begin, end = month_span(month, Tenant.here().time_zone)
    sums = select(func.coalesce(func.sum(Entry.worked_seconds), 0), func.coalesce(func.sum(Entry.billable_minutes), 0))
    seconds, minutes = session().execute(sums.where(Entry.started_at >= begin, Entry.started_at < end)).one()
    return int(seconds), int(minutes)


def ask_sign(month: date, *, now: datetime) -> MonthSign:
    """Ask the client to confirm a month's hours; asking again after a dispute brings the present figures.

    Raises Refused when it is confirmed already or not over yet.
    """
    begin_of_next = month_span(month, Tenant.here().time_zone)[1]
    if begin_of_next > now:
        raise Refused(_l("The month is not over yet."))
    sign = session().scalars(select(MonthSign).where(MonthSign.month == month)).first() or MonthSign(month=month)
    if sign.state == "confirmed":
        raise Refused(_l("The client has confirmed this month; it is closed."))
    sign.worked_seconds, sign.billable_minutes = month_totals(month)
    sign.state, sign.asked_at, sign.asked_by = "asked", now, current().actor.name
    session().add(sign)
    record("month.ask", f"month:{month:%Y-%m}")
    return sign


def answer_sign(month: date, confirmed: bool, remark: str = "", *, now: datetime) -> MonthSign:
    """The client's answer. Raises Refused when nothing was asked or the figures changed since they were shown."""
    sign = session().scalars(select(MonthSign).where(MonthSign.month == month).with_for_update()).first()
    if sign is None or sign.state != "asked":
        raise Refused(_l("Nobody asks for this month."))
    if (sign.worked_seconds, sign.billable_minutes) != month_totals(month):
        raise Refused(_l("The hours changed meanwhile."), _l("Please look at the new figures and answer again."))
    sign.state = "confirmed" if confirmed else "disputed"
    sign.answered_at, sign.answered_by, sign.remark = now, current().actor.name, remark
    record("month.answer", f"month:{month:%Y-%m}", answer=sign.state)
    return sign
