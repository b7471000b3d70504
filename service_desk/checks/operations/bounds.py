"""How much one connection may bring in a day, so that nobody who names its subjects fills the desk without end.

An ERP in which anybody may name things, and still more an agent that is bent, could tell of other critical subjects
with every look: each would be a change, an incident and a ticket that are kept for ever. What goes beyond the bounds
is not taken, what was known of it is shown as not seen, and one line of its check says so. Nothing of it looks fine.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from service_desk.checks.finding import Finding
from service_desk.checks.life import TOO_MUCH, Rule, wait
from service_desk.checks.models import CheckFlip, CheckState
from service_desk.checks.operations import states
from service_desk.checks.operations.states import Change, Key
from service_desk.scope import session

DAY = timedelta(days=1)
CHANGES = 5000  # confirmed changes of a connection in a day; a dozen subjects that never rest have fewer
NEWCOMERS = 1000  # of them subjects that are in trouble when they are first met
BEYOND = "…"  # the subject of a check under which it is said that there is more
GRAVE = {"crit": 0, "warn": 1, "unknown": 2}


def within(connection_id: int | None, changes: Sequence[Change], known: Mapping[Key, CheckState]) -> list[Change]:
    """The changes that are taken, and what is said of the others. `known`: the states of the checks that were judged.

    A visit that confirms nothing new asks nothing. What leaves may always leave: no more can go than came. A day is
    counted back from the oldest of the changes by the time of their facts, and has no end: facts that come late, or
    say so, find the same bounds.
    """
    if connection_id is None:
        return list(changes)
    mine = [change for change in changes if change.key[2] != BEYOND]
    refused = _too_many(mine, known)
    coming = (one for one in mine if one.flip is not None and one.flip.went != "gone" and id(one) not in refused)
    flips = sorted(coming, key=_gravity)
    refused |= _too_often(connection_id, flips)
    kept = [change for change in mine if id(change) not in refused]
    unseen = [change for change in mine if id(change) in refused]
    return [*kept, *_hidden(unseen), *_said(unseen, known, mine)]


def _gravity(change: Change) -> int:
    return GRAVE.get(change.flip.went, len(GRAVE)) if change.flip is not None else len(GRAVE)


def _too_many(changes: Sequence[Change], known: Mapping[Key, CheckState]) -> set[int]:
    """New subjects of checks that have as many as fit; those that left in the same look have made room."""
    leaving = {change.key for change in changes if change.went}
    here = {key for key, row in known.items() if row.gone_at is None and key not in leaving and key[2] != BEYOND}
    taken, beyond = Counter(key[1] for key in here), set()
    for change in changes:
        if change.after.gone_at is None and change.key not in here:
            if taken[change.key[1]] >= states.SUBJECTS:
                beyond.add(id(change))
            taken[change.key[1]] += 1
    return beyond


def _too_often(connection_id: int, flips: Sequence[Change]) -> set[int]:
    """Changes beyond what a day may bring; the gravest go first."""
    since = min((one.seen_at or one.after.seen_at for one in flips), default=None)
    if since is None:
        return set()
    fresh = func.count().filter(CheckFlip.from_state == "new")
    day = (CheckFlip.connection_id == connection_id, CheckFlip.at > since - DAY, CheckFlip.to_state != "gone")
    total, newcomers = session().execute(select(func.count(), fresh).where(*day)).one()
    left, room, beyond = CHANGES - total, NEWCOMERS - newcomers, set()
    for change in flips:
        new = change.flip is not None and change.flip.came == "new"
        if left <= 0 or (new and room <= 0):
            beyond.add(id(change))
            continue
        left, room = left - 1, room - new
    return beyond


def _hidden(unseen: Iterable[Change]) -> list[Change]:
    """What was not taken of known subjects: they are shown as not seen, and what was told stays told."""
    return [
        Change(change.key, change.before, wait(states.standing(change.before), change.after.seen_at, TOO_MUCH))
        for change in unseen
        if change.before is not None and change.before.gone_at is None
    ]


def _said(unseen: Sequence[Change], known: Mapping[Key, CheckState], changes: Sequence[Change]) -> list[Change]:
    """One line for each check of which something was not taken; a day later, when all fits again, it leaves."""
    beyond = {(change.key[0], change.key[1], BEYOND): change for change in unseen}
    found = []
    for (connection_id, check, _), change in beyond.items():
        at = change.seen_at or change.after.seen_at
        finding = Finding(subject=BEYOND, state="unknown", reason=TOO_MUCH, permanent=True)
        found += states.judged(connection_id, check, [finding], known, Rule(), at)
    latest: dict[str, datetime] = {}
    for change in changes:
        latest[change.key[1]] = max(change.after.seen_at, latest.get(change.key[1], change.after.seen_at))
    for key, row in known.items():
        over = key[2] == BEYOND and row.gone_at is None and key not in beyond and key[1] in latest
        if over and latest[key[1]] - row.seen_at >= DAY:
            found += states.gone([row], latest[key[1]])
    return found
