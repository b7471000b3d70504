"""Maintenance windows: planning and calling off, and those that are live."""

from datetime import date, datetime, time, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from service_desk.audit.operations import record as audited
from service_desk.checks.maintenance import LONGEST, BadRule, Window, open_until, read_rule
from service_desk.checks.models import CheckPlan, MaintenanceWindow
from service_desk.lib.errors import Invalid
from service_desk.scope import current, load, session
from service_desk.tenants.models import ErpConnection, Tenant

# Whoever asks whether a window is open counts its times from the first one on, at every look of every check.
BEGAN, BEGINS = timedelta(days=366), timedelta(days=5 * 366)
_LIVE = select(MaintenanceWindow).where(MaintenanceWindow.cancelled_at.is_(None))


def live_windows() -> list[Window]:
    """The client's windows that were not called off, as the rules know them."""
    return [window_of(row) for row in session().scalars(_LIVE)]


def window_of(row: MaintenanceWindow) -> Window:
    """The row as the rules know it."""
    return Window(
        id=row.id,
        connection_id=row.connection_id,
        check=row.check,
        title=row.title,
        first_day=row.first_day,
        at_minute=row.at_minute,
        minutes=row.minutes,
        rule=row.rule,
        zone=row.zone,
    )


def plan_window(
    *,
    title: str,
    first_day: date,
    at_minute: int,
    minutes: int,
    rule: str = "",
    connection_id: int | None = None,
    check: str = "",
    zone: str = "",
    now: datetime,
) -> MaintenanceWindow:
    """Plan a time in which trouble is expected, on the client's wall clock unless `zone` names another.

    Raises Invalid for a length over a week, a first day years away, or a rule that never comes; NotThere for another
    client's connection.
    """
    if not now.date() - BEGAN <= first_day <= now.date() + BEGINS:
        raise Invalid(_l("A maintenance window begins within five years, and began a year ago at most."), "first_day")
    if not 1 <= minutes <= LONGEST:
        raise Invalid(_l("A maintenance window lasts from a minute to a week."), "minutes")
    if rule:
        try:
            read_rule(rule, datetime.combine(first_day, time()) + timedelta(minutes=at_minute))
        except BadRule as error:
            raise Invalid(_l("This rule never comes."), "rule") from error
    if connection_id is not None:
        load(ErpConnection, connection_id)
    row = MaintenanceWindow(
        title=title, first_day=first_day, at_minute=at_minute, minutes=minutes, rule=rule, check=check,
        connection_id=connection_id, zone=zone or Tenant.here().time_zone,
        author_name=current().actor.name, created_at=now,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audited("maintenance.plan", f"window:{row.id}", title=title, rule=rule, minutes=minutes)
    return row


def cancel_window(row: MaintenanceWindow, *, now: datetime) -> None:
    """Call a window off, or end the one that is open; what was marked stays marked, and is looked at anew."""
    if row.cancelled_at is None:
        row.cancelled_at = now
        mine = [CheckPlan.next_run_at > now]
        if row.connection_id is not None:
            mine.append(CheckPlan.connection_id == row.connection_id)
        if row.check:
            mine.append(CheckPlan.check == row.check)
        if open_until([window_of(row)], row.connection_id, row.check, now):
            session().execute(update(CheckPlan).where(*mine).values(next_run_at=now))
        audited("maintenance.cancel", f"window:{row.id}", title=row.title)
