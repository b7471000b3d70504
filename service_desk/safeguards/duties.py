"""What of the safeguards falls due by the calendar: inspection rounds, restore drills, permission reviews. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from service_desk.lib.clock import local_day
from service_desk.safeguards import rounds

REVIEW_DAYS = 180  # how long a look through everybody's rights holds
KINDS = ("round", "drill", "review")


@dataclass(frozen=True, order=True)
class Duty:
    """One thing that is to be done by the end of a day. `name` is what the client calls it; "" for a review."""

    due_on: date
    kind: str
    name: str = ""


def duties(rows: Iterable[Sequence[Any]], zone: str, today: date, until: date) -> list[Duty]:
    """What is due up to and on `until`, the oldest first.

    A row is (kind, name, rhythm, when it was done last as ISO text or null, the day it is due on as ISO text or null);
    a day is one of the client's calendar in `zone`. A round that was never held is due today.
    """
    found = (_duty(*row, zone=zone, today=today) for row in rows)
    return sorted(one for one in found if one.due_on <= until)


def _duty(kind: str, name: str, rhythm: str, done: str | None, due: str | None, *, zone: str, today: date) -> Duty:
    last = local_day(datetime.fromisoformat(done), zone) if done else None
    if kind == "round":
        return Duty(rounds.due_on(rhythm, last, today), kind, name)
    if due is not None:
        return Duty(date.fromisoformat(due), kind, name)
    return Duty((last or today) + timedelta(days=REVIEW_DAYS), kind)
