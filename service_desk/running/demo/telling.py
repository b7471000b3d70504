"""One ticket from its first word to its last: who says what when, what is done, in which status it stands. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from service_desk.lib.clock import local_day
from service_desk.running.demo.content import Line, Sheet, Story, Work
from service_desk.running.demo.year import (
    ZONE,
    Diary,
    PlannedEntry,
    PlannedTicket,
    Said,
    Stood,
    Year,
    month_before,
)
from service_desk.sla.calendar import Interval

# Minutes until the first answer: usual range by priority; a few come late.
ANSWER = {"P1": (4, 22), "P2": (9, 52), "P3": (15, 190), "P4": (25, 400)}
LATE_SHARE = 0.05
URGENT = ("P1", "P2")


@dataclass
class Telling:
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
        before = month_before(local_day(self.opened, ZONE), 1 if self.story.when == "month_start" else 0)
        english = self.sheet.raw["language"] == "en"
        self.words["month"] = f"{before:%B}" if english else f"{before.month} 月"
        earlier = local_day(self.opened, ZONE) - timedelta(days=self.dice.randint(1, 4))
        self.words["day"] = f"{earlier:%B} {earlier.day}" if english else f"{earlier.month} 月 {earlier.day} 日"

    def fill(self, text: str) -> str:
        return text.format_map(self.words)

    def minutes(self, planned: int) -> int:
        return max(8, round(planned * self.dice.uniform(0.8, 1.2)))


def tell(year: Year, told: Telling) -> None:
    """Add the ticket of a story and its work to the client's year."""
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


def _filled(work: Work, told: Telling) -> dict[str, Any]:
    texts = {name: told.fill(getattr(work, name)) for name in ("content", "problem", "solution")}
    return {**texts, "minutes": told.minutes(work.minutes), "activity": _activity(told.story)}


def _activity(story: Story) -> str:
    if "backup" in story.key or "log-file" in story.key:
        return "backup"
    return {"change": "change", "training": "training"}.get(story.category, "support")


def _answer_at(told: Telling) -> datetime:
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


def _slots(told: Telling, works: Sequence[Work], answer: datetime) -> list[Interval]:
    slots: list[Interval] = []
    after = answer + timedelta(minutes=told.dice.randint(2, 12))
    for work in works:
        if not told.over and after + timedelta(minutes=work.minutes) >= told.now:
            break
        slots.append(told.diary.take(after, work.minutes))
        pause = (15, 30, 60) if told.story.priority in URGENT else (40, 90, 300, 1200)
        after = slots[-1].end + timedelta(minutes=told.dice.choice(pause))
    return slots


def _conversation(told: Telling, answer: datetime, slots: Sequence[Interval]) -> list[Said]:
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


def _between(times: dict[int, datetime], count: int, told: Telling) -> None:
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


def _statuses(told: Telling, said: Sequence[Said]) -> list[Stood]:
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
