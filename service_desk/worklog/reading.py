"""What the pages of the work log read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import DateTime, Integer, Row, Select, TextClause, func, select

from service_desk.lib.clock import at_wall
from service_desk.lib.clock import zone as zone_of
from service_desk.scope import current, session
from service_desk.spelled import given, spelled_out
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


@dataclass(frozen=True)
class Work:
    """A piece of work in a week, with its client and ticket; begin and end on the clock it was asked in."""

    id: int
    begin: datetime
    end: datetime
    content: str
    billable: bool
    worked_seconds: int
    slug: str
    short_name: str
    initial: str
    colour: int
    number: int | None

    @property
    def day(self) -> date:
        """The day it began on."""
        return self.begin.date()


def week(monday: date, zone: str) -> list[Work]:
    """The work of the person in scope in the seven days from `monday`, over all clients; one statement."""
    begin, end = at_wall(monday, 0, zone), at_wall(monday + timedelta(days=7), 0, zone)
    rows = session().execute(_week(), {"me": current().actor.person_id, "begin": begin, "end": end}).all()
    clock = zone_of(zone)
    return [Work(key, first.astimezone(clock), last.astimezone(clock), *rest) for key, first, last, *rest in rows]


@cache
def _week() -> TextClause:
    on_ticket = (Ticket.tenant_id == Entry.tenant_id) & (Ticket.id == Entry.ticket_id)
    client = (Tenant.slug, Tenant.short_name, Tenant.initial, Tenant.colour)
    return spelled_out(
        select(Entry.id, Entry.started_at, Entry.ended_at, Entry.content, Entry.billable, Entry.worked_seconds)
        .add_columns(*client, Ticket.number)
        .join(Tenant, Tenant.id == Entry.tenant_id)
        .outerjoin(Ticket, on_ticket)
        .where(
            Entry.person_id == given("me", Integer()),
            Entry.started_at >= given("begin", DateTime(timezone=True)),
            Entry.started_at < given("end", DateTime(timezone=True)),
        )
        .order_by(Entry.started_at, Entry.id)
    )


def month(first: date, zone: str) -> Rows:
    """Everybody's work for the client in scope in one month of the client's calendar."""
    begin, end = month_span(first, zone)
    return session().execute(_entries().where(Entry.started_at >= begin, Entry.started_at < end)).all()


def sign_of(first: date) -> MonthSign | None:
    """What the client said about a month."""
    return session().scalars(select(MonthSign).where(MonthSign.month == first)).first()


@dataclass(frozen=True)
class Grid:
    """Seconds by client and day of a week: rows of (work of the client, seven sums, total), and the sums below."""

    rows: list[tuple[Work, list[int], int]]
    days: list[int]

    @property
    def total(self) -> int:
        return sum(self.days)


def grid(works: Sequence[Work], monday: date) -> Grid:
    """Add a week's work up. Compute only: it is already read."""
    sums: dict[str, list[int]] = {}
    clients: dict[str, Work] = {}
    for one in works:
        clients[one.slug] = one
        sums.setdefault(one.slug, [0] * 7)[(one.day - monday).days] += one.worked_seconds
    listed = sorted(clients.values(), key=lambda one: one.short_name)
    return Grid(
        [(one, sums[one.slug], sum(sums[one.slug])) for one in listed],
        [sum(days[place] for days in sums.values()) for place in range(7)],
    )


def last_end() -> datetime | None:
    """When the person in scope last stopped working, whichever client it was for."""
    person = current().actor.person_id
    return session().scalar(select(func.max(Entry.ended_at)).where(Entry.person_id == person))
