"""What a planned year consists of, and the one diary into which all of it is laid. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from service_desk.lib.clock import local_day
from service_desk.running.demo.content import Story, Work
from service_desk.sla.calendar import WEEKDAYS, Calendar, Interval, next_open, open_intervals, week
from service_desk.sla.holidays import seed_rows, seeded_years, table

ZONE = "Asia/Shanghai"
BREATH = timedelta(minutes=5)


def month_before(day: date, back: int) -> date:
    """The first of the month that lies `back` months before the day's."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message of a ticket."""

    at: datetime
    by: str
    side: str
    public: bool
    body: str
    opening: bool = False


@dataclass(frozen=True, kw_only=True)
class Stood:
    """The ticket stood in `status` from `start` to `end` (None: it still does)."""

    status: str
    start: datetime
    end: datetime | None
    by: str


@dataclass(frozen=True, kw_only=True)
class PlannedTicket:
    """A ticket with its whole story."""

    story: Story
    title: str
    by: str
    created_at: datetime
    said: tuple[Said, ...]
    stood: tuple[Stood, ...]
    scheduled_for: datetime | None = None

    @property
    def solved_at(self) -> datetime | None:
        return next((one.start for one in self.stood if one.status in ("solved", "closed")), None)

    @property
    def closed_at(self) -> datetime | None:
        return next((one.start for one in self.stood if one.status == "closed"), None)


@dataclass(frozen=True, kw_only=True)
class PlannedEntry:
    """A piece of work; `ticket` is its place in the client's list of tickets, None for work without one."""

    begin: datetime
    end: datetime
    work: Work
    ticket: int | None = None
    key: str = ""


@dataclass
class Year:
    """What happens at one client, tickets in the order of their opening."""

    tickets: list[PlannedTicket] = field(default_factory=list)
    entries: list[PlannedEntry] = field(default_factory=list)


class Diary:
    """The engineer's working days, and what they hold already."""

    def __init__(self) -> None:
        workdays = {day: [["09:00", "12:00"], ["13:30", "18:30"]] for day in WEEKDAYS[:5]}
        days = table(seed_rows(seeded_years()))
        self.calendar = Calendar(zone=ZONE, weekly=week(workdays), holidays=days)
        self.busy: dict[date, list[Interval]] = defaultdict(list)

    def hold(self, begin: datetime, minutes: int) -> Interval:
        """Take exactly this time."""
        taken = Interval(begin, begin + timedelta(minutes=minutes))
        self.busy[local_day(begin, ZONE)].append(taken)
        return taken

    def take(self, after: datetime, minutes: int) -> Interval:
        """Take the first free stretch of this length that begins at `after` or later, inside working hours."""
        length = timedelta(minutes=minutes)
        for free in self._free(after):
            if free.length >= length:
                return self.hold(free.start, minutes)
        raise AssertionError("a year has room")

    def _free(self, after: datetime) -> Iterator[Interval]:
        for opening in open_intervals(self.calendar, after, None):
            begin = opening.start
            for held in sorted(self.busy[local_day(opening.start, ZONE)], key=lambda one: one.start):
                if held.start < opening.end and held.end > begin:
                    yield Interval(begin, max(begin, held.start - BREATH))
                    begin = max(begin, held.end + BREATH)
            if begin < opening.end:
                yield Interval(begin, opening.end)

    def awake(self, at: datetime) -> datetime:
        """`at`, or the next moment of a working day."""
        return next_open(self.calendar, at)
