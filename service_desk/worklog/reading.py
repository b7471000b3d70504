"""What the pages of the work log read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Row, Select, func, select

from service_desk.lib.clock import at_wall, local_day
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import Ticket
from service_desk.worklog.models import Entry, MonthSign
from service_desk.worklog.operations import month_span

Rows = Sequence[Row[Entry, Tenant, int | None, str | None]]
Listed = Select[Entry, Tenant, int | None, str | None]


def _entries() -> Listed:
    on_ticket = (Ticket.tenant_id == Entry.tenant_id) & (Ticket.id == Entry.ticket_id)
    return (
        select(Entry, Tenant, Ticket.number, Ticket.title)
        .join(Tenant, Tenant.id == Entry.tenant_id)
        .outerjoin(Ticket, on_ticket)
        .order_by(Entry.started_at, Entry.id)
    )


def monday_of(day: date) -> date:
    """The first day of the week `day` lies in."""
    return day - timedelta(days=day.weekday())


def week(monday: date, zone: str) -> Rows:
    """The work of the person in scope in the seven days from `monday`, over all clients; one statement."""
    begin, end = at_wall(monday, 0, zone), at_wall(monday + timedelta(days=7), 0, zone)
    mine = _entries().where(
        Entry.person_id == current().actor.person_id, Entry.started_at >= begin, Entry.started_at < end
    )
    return session().execute(mine).all()


def month(first: date, zone: str) -> Rows:
    """Everybody's work for the client in scope in one month of the client's calendar."""
    begin, end = month_span(first, zone)
    return session().execute(_entries().where(Entry.started_at >= begin, Entry.started_at < end)).all()


def sign_of(first: date) -> MonthSign | None:
    """What the client said about a month."""
    return session().scalars(select(MonthSign).where(MonthSign.month == first)).first()


@dataclass(frozen=True)
class Grid:
    """Seconds by client and day of a week: rows of (client, seven sums, total), and the sums below."""

    rows: list[tuple[Tenant, list[int], int]]
    days: list[int]

    @property
    def total(self) -> int:
        return sum(self.days)


def grid(rows: Rows, monday: date, zone: str) -> Grid:
    """Add a week's entries up. Compute only: the rows are already read."""
    sums: dict[int, list[int]] = {}
    tenants: dict[int, Tenant] = {}
    for entry, tenant, _number, _title in rows:
        tenants[tenant.id] = tenant
        day = (local_day(entry.started_at, zone) - monday).days
        sums.setdefault(tenant.id, [0] * 7)[day] += entry.worked_seconds
    listed = sorted(tenants.values(), key=lambda one: one.short_name)
    return Grid(
        [(tenant, sums[tenant.id], sum(sums[tenant.id])) for tenant in listed],
        [sum(days[place] for days in sums.values()) for place in range(7)],
    )


def last_end() -> datetime | None:
    """When the person in scope last stopped working, whichever client it was for."""
    person = current().actor.person_id
    return session().scalar(select(func.max(Entry.ended_at)).where(Entry.person_id == person))
