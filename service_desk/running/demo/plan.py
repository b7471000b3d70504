"""A year of work, planned before a row is written. Pure: the same seed and moment give the same year.

One engineer serves all clients, so all work is laid into one diary, and no two pieces of it overlap.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from service_desk.lib.clock import at_wall, local_day
from service_desk.running.demo.content import Content, Routine, Sheet, Story, Work
from service_desk.running.demo.telling import Telling, tell
from service_desk.running.demo.year import ZONE, Diary, PlannedEntry, Year, month_before
from service_desk.sla.calendar import hours_of

DAYS = 365
QUIET_DAYS = 4  # what is still open is told by hand, so that the first page is readable


def plan(content: Content, now: datetime, seed: int) -> dict[str, Year]:
    """The year up to `now`, by the key of the client."""
    diary = Diary()
    years = {sheet.key: Year() for sheet in content.sheets}
    _today(content, diary, years, now)
    dice = random.Random(seed)  # noqa: S311 - plausible content, not a secret
    cases = [case for sheet in content.sheets for case in _cases(sheet, now, f"{seed}{sheet.key}", diary)]
    for opened, sheet, story in sorted(cases, key=lambda case: (case[0], case[1].key, case[2].key)):
        tell(years[sheet.key], Telling(sheet, story, opened, diary, dice, now))
    for sheet in content.sheets:
        for story in sheet.open:
            opened = diary.awake(now - timedelta(hours=story.age_hours))
            opened = opened if opened < now - timedelta(hours=2) else now - timedelta(hours=story.age_hours)
            tell(years[sheet.key], Telling(sheet, story, opened, diary, dice, now, over=False))
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
    month = month_before(today, back)
    if story.when == "year_start":
        month = date(today.year if today > date(today.year, 1, 20) else today.year - 1, 1, 1)
    first, last = {"month_start": (1, 7), "year_start": (2, 12), "month_end": (25, 28)}.get(story.when, (1, 28))
    day = month.replace(day=dice.randint(first, last))
    while day > today - timedelta(days=QUIET_DAYS):
        day = month_before(day, 1).replace(day=day.day)
    while day <= today - timedelta(days=DAYS - 14):
        day += timedelta(days=28)
    while not hours_of(diary.calendar, day):
        day -= timedelta(days=1)
    minute = dice.randint(390, 480) if story.source == "alert" else dice.randint(520, 1040)
    return at_wall(day, minute, ZONE)


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
            day = month_before(today, back).replace(day=dice.randint(early, late))
            if today - timedelta(days=DAYS) < day < today - timedelta(days=1):
                days.append(day)
    return sorted(days)


def _routine_words(routine: Routine, sheet: Sheet, day: date, dice: random.Random) -> Mapping[str, str]:
    words = {name: dice.choice(list(given)) for name, given in sheet.words.items()}
    place = dice.randrange(len(sheet.words["finding"]))
    words["finding"], words["remedy"] = sheet.words["finding"][place], sheet.words["remedy"][place]
    closed = month_before(day, 1)
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
        day = first + timedelta(days=(3 + 5 * turn) % 27)  # always before the day of issue
        slot = diary.take(at_wall(day, 560, sheet.zone), minutes)
        year.entries.append(PlannedEntry(begin=slot.start, end=slot.end, work=filler[turn % len(filler)], key="filler"))
        rest, turn = rest - billable(minutes, sheet), turn + 1


def _minutes(entry: PlannedEntry) -> int:
    return int((entry.end - entry.begin).total_seconds() // 60)


def _today(content: Content, diary: Diary, years: dict[str, Year], now: datetime) -> None:
    """What was done today, unless it is too early for that."""
    for key, minutes, work in content.today:
        begin = (now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        if local_day(begin, ZONE) == local_day(now, ZONE):
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
