"""A year of work, planned before a row is written. Pure: the same seed and moment give the same year.

One engineer serves all clients, so all work is laid into one calendar, and no two pieces of it overlap.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from service_desk.lib.clock import at_wall, local, local_day
from service_desk.running.demo.content import Content, Line, Routine, Sheet, Story, Work
from service_desk.sla.calendar import WEEKDAYS, Calendar, Interval, hours_of, next_open, open_intervals, week
from service_desk.sla.holidays import seed_rows, seeded_years, table

DAYS = 365
QUIET_DAYS = 4  # what is still open is told by hand, so that the first page is readable
BREATH = timedelta(minutes=5)
# Minutes until the first answer: usual range by priority; a few come late.
ANSWER = {"P1": (4, 22), "P2": (9, 52), "P3": (15, 190), "P4": (25, 400)}
LATE_SHARE = 0.05
URGENT = ("P1", "P2")
ZONE = "Asia/Shanghai"


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


def plan(content: Content, now: datetime, seed: int) -> dict[str, Year]:
    """The year up to `now`, by the key of the client."""
    diary = Diary()
    years = {sheet.key: Year() for sheet in content.sheets}
    _today(content, diary, years, now)
    dice = random.Random(seed)  # noqa: S311 - plausible content, not a secret
    cases = [case for sheet in content.sheets for case in _cases(sheet, now, f"{seed}{sheet.key}", diary)]
    for opened, sheet, story in sorted(cases, key=lambda case: (case[0], case[1].key, case[2].key)):
        _tell(years[sheet.key], _Telling(sheet, story, opened, diary, dice, now))
    for sheet in content.sheets:
        for story in sheet.open:
            opened = diary.awake(now - timedelta(hours=story.age_hours))
            opened = opened if opened < now - timedelta(hours=2) else now - timedelta(hours=story.age_hours)
            _tell(years[sheet.key], _Telling(sheet, story, opened, diary, dice, now, over=False))
    for sheet in content.sheets:
        _routines(years[sheet.key], sheet, diary, now, dice)
        if "overdue" in sheet.raw:
            _even_out(years[sheet.key], sheet, content.filler, diary, now)
    for year in years.values():
        _in_order(year)
    return years


def overdue_cycle(sheet: Sheet, now: datetime) -> tuple[date, date]:
    """(first day, day of issue) of the invoice that is overdue: work from the first day up to the day before issue."""
    terms = sheet.raw["overdue"]
    issued = local_day(now, sheet.zone) - timedelta(
        days=terms["days"] + int(sheet.raw["contract"].get("payment_days", 15))
    )
    return issued - timedelta(days=30), issued


def billable(minutes: int, sheet: Sheet) -> int:
    """What the client's contract makes of an entry: up to the step, at least the minimum."""
    terms = sheet.raw["contract"]
    step = int(terms["rounding_step"])
    return max(int(terms.get("minimum_minutes", 0)), -(-minutes // step) * step)


# What happens when.


def _cases(sheet: Sheet, now: datetime, seed: str, diary: Diary) -> Iterator[tuple[datetime, Sheet, Story]]:
    dice = random.Random(seed)  # noqa: S311 - plausible content, not a secret
    fitting = [story for story in sheet.book.stories if not story.clients or sheet.key in story.clients]
    dice.shuffle(fitting)
    pool = [story for turn in range(3) for story in fitting if turn < story.times]
    pool += [story for story in fitting if story.when == "any"]
    chosen = pool[: int(sheet.raw["tickets"])]
    months = [place % 12 for place in range(len(chosen))]
    dice.shuffle(months)
    for story, back in zip(chosen, months, strict=True):
        yield _moment(story, back, now, dice, diary), sheet, story


def _moment(story: Story, back: int, now: datetime, dice: random.Random, diary: Diary) -> datetime:
    """A plausible moment `back` months ago (or in January), not within the last days."""
    today = local_day(now, ZONE)
    month = _month(today, back)
    if story.when == "year_start":
        month = date(today.year if today > date(today.year, 1, 20) else today.year - 1, 1, 1)
    first, last = {"month_start": (1, 7), "year_start": (2, 12), "month_end": (25, 28)}.get(story.when, (1, 28))
    day = month.replace(day=dice.randint(first, last))
    while day > today - timedelta(days=QUIET_DAYS):
        day = _month(day, 1).replace(day=day.day)
    while day <= today - timedelta(days=DAYS - 14):
        day += timedelta(days=28)
    while not hours_of(diary.calendar, day):
        day -= timedelta(days=1)
    minute = dice.randint(390, 480) if story.source == "alert" else dice.randint(520, 1040)
    return at_wall(day, minute, ZONE)


def _month(day: date, back: int) -> date:
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


# One ticket.


@dataclass
class _Telling:
    """One story at one client: who tells it, when it begins, and the words it is told with."""

    sheet: Sheet
    story: Story
    opened: datetime
    diary: Diary
    dice: random.Random
    now: datetime
    over: bool = True

    def __post_init__(self) -> None:
        self.words = {name: self.dice.choice(list(given)) for name, given in self.sheet.words.items()}
        before = _month(local_day(self.opened, ZONE), 1 if self.story.when == "month_start" else 0)
        english = self.sheet.raw["language"] == "en"
        self.words["month"] = f"{before:%B}" if english else f"{before.month} 月"
        earlier = local_day(self.opened, ZONE) - timedelta(days=self.dice.randint(1, 4))
        self.words["day"] = f"{earlier:%B} {earlier.day}" if english else f"{earlier.month} 月 {earlier.day} 日"

    def fill(self, text: str) -> str:
        return text.format_map(self.words)

    def minutes(self, planned: int) -> int:
        return max(8, round(planned * self.dice.uniform(0.8, 1.2)))


def _tell(year: Year, told: _Telling) -> None:
    works = [replace(work, **_filled(work, told)) for work in told.story.work]
    answer = _answer_at(told)
    slots = _slots(told, works, answer)
    if not told.over and (answer >= told.now or any(slot.end >= told.now for slot in slots)):
        # The desk was opened at an hour at which the engineer has not come to it yet.
        answer = told.opened + (told.now - told.opened) / 4
        slots = []
    said = _conversation(told, answer, slots)
    scheduled = told.story.scheduled_days
    year.tickets.append(
        PlannedTicket(
            story=told.story,
            title=told.fill(told.story.title),
            by=said[0].by,
            created_at=told.opened,
            said=tuple(said),
            stood=tuple(_statuses(told, said)),
            scheduled_for=None if scheduled is None else told.diary.awake(told.now + timedelta(days=scheduled)),
        )
    )
    place = len(year.tickets) - 1
    year.entries += [
        PlannedEntry(begin=slot.start, end=slot.end, work=work, ticket=place, key=told.story.key)
        for slot, work in zip(slots, works, strict=False)
    ]


def _filled(work: Work, told: _Telling) -> dict[str, Any]:
    texts = {name: told.fill(getattr(work, name)) for name in ("content", "problem", "solution")}
    return {**texts, "minutes": told.minutes(work.minutes), "activity": _activity(told.story)}


def _activity(story: Story) -> str:
    if "backup" in story.key or "log-file" in story.key:
        return "backup"
    return {"change": "change", "training": "training"}.get(story.category, "support")


def _answer_at(told: _Telling) -> datetime:
    """When the engineer first answers; at once when the engineer opened it."""
    if told.story.say[0].side == "desk":
        return told.opened
    low, high = ANSWER[told.story.priority]
    minutes = told.dice.triangular(low, high, low + (high - low) / 4)
    if told.dice.random() < LATE_SHARE:
        minutes *= 4
    answer = told.opened + timedelta(minutes=round(minutes))
    # Somebody who stands still is called back at lunch, too.
    return answer if told.story.priority in URGENT else told.diary.awake(answer)


def _slots(told: _Telling, works: Sequence[Work], answer: datetime) -> list[Interval]:
    slots: list[Interval] = []
    after = answer + timedelta(minutes=told.dice.randint(2, 12))
    for work in works:
        if not told.over and after + timedelta(minutes=work.minutes) >= told.now:
            break
        slots.append(told.diary.take(after, work.minutes))
        pause = (15, 30, 60) if told.story.priority in URGENT else (40, 90, 300, 1200)
        after = slots[-1].end + timedelta(minutes=told.dice.choice(pause))
    return slots


def _conversation(told: _Telling, answer: datetime, slots: Sequence[Interval]) -> list[Said]:
    """Who says what and when: the first word, the answer, what lies between, and the last words after the work."""
    lines = told.story.say
    end = (slots[-1].end if slots else answer) + timedelta(minutes=told.dice.randint(2, 9))
    end = min(end, told.now - timedelta(minutes=20))
    desk = [place for place, line in enumerate(lines) if line.side == "desk" and place > 0]
    last = desk[-1] if told.over and desk else len(lines) - 1
    first = desk[0] if desk else last
    times: dict[int, datetime] = {0: told.opened, last: end if told.over else max(answer, told.opened)}
    if first != last:
        times[first] = min(answer, end - timedelta(minutes=len(lines)))
    _between(times, len(lines), told)
    return [
        Said(
            at=times[place],
            by=_speaker(line, told.sheet),
            side="desk" if line.side == "note" else line.side,
            public=line.side != "note",
            body=told.fill(line.text),
            opening=place == 0,
        )
        for place, line in enumerate(lines)
    ]


def _between(times: dict[int, datetime], count: int, told: _Telling) -> None:
    """Fill the gaps: evenly between two known moments, a little later after the last one; always in order."""
    for place in range(1, count):
        if place not in times:
            following = next((known for known in range(place, count) if known in times), None)
            if following is None:
                times[place] = times[place - 1] + timedelta(minutes=told.dice.randint(6, 55))
            else:
                gap = times[following] - times[place - 1]
                times[place] = times[place - 1] + max(gap, timedelta(minutes=2)) / (following - place + 1)
        if times[place] <= times[place - 1]:
            times[place] = times[place - 1] + timedelta(minutes=1)
        times[place] = times[place].replace(second=0, microsecond=0) if times[place].second else times[place]
        if times[place] <= times[place - 1]:
            times[place] = times[place - 1] + timedelta(minutes=1)


def _speaker(line: Line, sheet: Sheet) -> str:
    if line.side in ("desk", "note"):
        return sheet.engineer
    return "Service Desk" if line.side == "machine" else line.by


def _statuses(told: _Telling, said: Sequence[Said]) -> list[Stood]:
    """Every status the ticket stood in, without a gap from its opening to now."""
    turns: list[tuple[datetime, str, str]] = [(told.opened, "new", said[0].by)]
    for one, line in zip(said, told.story.say, strict=True):
        status = turns[-1][1]
        if one.side == "desk" and one.public and (status == "new" or line.asks):
            turns.append((one.at, "waiting_client" if line.asks else "open", one.by))
        elif one.side == "client" and status == "waiting_client":
            turns.append((one.at, "open", one.by))
    engineer = told.sheet.engineer
    if told.over:
        solved = said[-1].at + timedelta(minutes=told.dice.randint(1, 4))
        closed = told.diary.awake(solved + timedelta(days=2))
        turns.append((solved, "solved", engineer))
        if closed < told.now:
            turns.append((closed, "closed", engineer))
    elif told.story.scheduled_days is not None:
        turns.append((said[-1].at + timedelta(minutes=4), "scheduled", engineer))
    # A question in the very first word: nobody stood in `new` for no time at all.
    kept = [turn for place, turn in enumerate(turns) if place + 1 == len(turns) or turns[place + 1][0] > turn[0]]
    ends = [*(turn[0] for turn in kept[1:]), None]
    return [Stood(status=status, start=at, end=end, by=by) for (at, status, by), end in zip(kept, ends, strict=True)]


# Work that nobody asks for.


def _routines(year: Year, sheet: Sheet, diary: Diary, now: datetime, dice: random.Random) -> None:
    today = local_day(now, sheet.zone)
    for routine in sheet.book.routines:
        for day in _days_of(routine, today, dice):
            words = _routine_words(routine, sheet, day, dice)
            work = Work(
                minutes=dice.randint(*routine.minutes),
                content=routine.content.format_map(words),
                problem=routine.problem.format_map(words),
                solution=routine.solution.format_map(words),
                activity=routine.activity,
            )
            slot = diary.take(at_wall(day, dice.randint(540, 900), sheet.zone), work.minutes)
            if slot.end < now - timedelta(hours=3):
                year.entries.append(PlannedEntry(begin=slot.start, end=slot.end, work=work, key=routine.key))


def _days_of(routine: Routine, today: date, dice: random.Random) -> list[date]:
    """The days of the past year on which a routine falls, oldest first."""
    step, early, late = {
        "month": (1, 10, 20), "month_start": (1, 1, 4), "quarter": (3, 14, 24), "fortnight": (1, 1, 28),
    }[routine.each]  # fmt: skip
    days = []
    for back in range(11, -1, -step):
        for _ in range(2 if routine.each == "fortnight" else 1):
            day = _month(today, back).replace(day=dice.randint(early, late))
            if today - timedelta(days=DAYS) < day < today - timedelta(days=1):
                days.append(day)
    return sorted(days)


def _routine_words(routine: Routine, sheet: Sheet, day: date, dice: random.Random) -> Mapping[str, str]:
    words = {name: dice.choice(list(given)) for name, given in sheet.words.items()}
    place = dice.randrange(len(sheet.words["finding"]))
    words["finding"], words["remedy"] = sheet.words["finding"][place], sheet.words["remedy"][place]
    closed = _month(day, 1)
    words["month"] = f"{closed:%B}" if sheet.raw["language"] == "en" else f"{closed.month} 月"
    return words


def _even_out(year: Year, sheet: Sheet, filler: Sequence[Work], diary: Diary, now: datetime) -> None:
    """Bring the work of the overdue invoice to the minutes it is to show."""
    first, issued = overdue_cycle(sheet, now)
    wanted = int(sheet.raw["overdue"]["minutes"])

    def inside(entry: PlannedEntry) -> bool:
        return first <= local_day(entry.end, sheet.zone) < issued

    def logged() -> int:
        return sum(billable(_minutes(entry), sheet) for entry in year.entries if inside(entry))

    dropped = [entry for entry in year.entries if inside(entry) and entry.ticket is None]
    while logged() > wanted - 60 and dropped:
        year.entries.remove(dropped.pop())
    rest, turn = wanted - logged(), 0
    while rest > 0:
        minutes = rest if rest <= 180 else 150
        day = first + timedelta(days=3 + 5 * turn)
        slot = diary.take(at_wall(day, 560, sheet.zone), minutes)
        year.entries.append(PlannedEntry(begin=slot.start, end=slot.end, work=filler[turn % len(filler)], key="filler"))
        rest, turn = rest - billable(minutes, sheet), turn + 1


def _minutes(entry: PlannedEntry) -> int:
    return int((entry.end - entry.begin).total_seconds() // 60)


def _today(content: Content, diary: Diary, years: dict[str, Year], now: datetime) -> None:
    """What was done today, unless it is too early for that."""
    for key, minutes, work in content.today:
        begin = (now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        if local(begin, ZONE).date() == local(now, ZONE).date():
            slot = diary.hold(begin, work.minutes)
            years[key].entries.append(PlannedEntry(begin=slot.start, end=slot.end, work=work, key="today"))


def _in_order(year: Year) -> None:
    """Tickets by their opening, entries by their begin; entries keep pointing to their ticket."""
    order = sorted(range(len(year.tickets)), key=lambda place: year.tickets[place].created_at)
    places = {old: new for new, old in enumerate(order)}
    year.tickets = [year.tickets[old] for old in order]
    year.entries = sorted(
        (replace(one, ticket=None if one.ticket is None else places[one.ticket]) for one in year.entries),
        key=lambda one: one.begin,
    )


def overlaps(entries: Iterable[PlannedEntry]) -> int:
    """How many pieces of work begin before the one before them ended."""
    ordered = sorted(entries, key=lambda one: one.begin)
    return sum(later.begin < earlier.end for earlier, later in pairwise(ordered))
