"""From confirmed flips to what becomes of incidents. Pure: everything known is an argument.

A flip to critical or warning opens an incident or changes the open one, a flip to fine (or to no longer there) ends
it. A flip to "cannot see" ends nothing and opens nothing by itself: only when it lasts does it become an incident.
While a state flaps, nothing ends: one incident stays open. What needs a person is cleared instead of ended, until
somebody has acknowledged it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

CONTINUES = timedelta(minutes=30)
STORM = 5  # more than this many in one run are told as counts
UNSEEN_RUNS = 3
Key = tuple[int | None, str, str]
What = Literal["open", "reopen", "change", "clear", "resolve", "nothing"]


class Flip(Protocol):
    """A confirmed change of a check's state."""

    @property
    def id(self) -> int: ...
    @property
    def connection_id(self) -> int | None: ...
    @property
    def check(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class Known(Protocol):
    """An incident as the rules see it."""

    @property
    def severity(self) -> str: ...
    @property
    def resolved_at(self) -> datetime | None: ...
    @property
    def cleared_at(self) -> datetime | None: ...
    @property
    def acknowledged_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one key: `severity` for opening and changing, `at` when the flip happened."""

    key: Key
    what: What
    severity: str
    at: datetime


def latest(flips: Iterable[Flip]) -> dict[Key, Flip]:
    """The last word on each subject: what happened before it in the same batch is history."""
    found: dict[Key, Flip] = {}
    for flip in sorted(flips, key=lambda one: (one.at, one.id)):
        found[flip.connection_id, flip.check, flip.subject] = flip
    return found


def step(
    key: Key, to_state: str, at: datetime, known: Known | None, *, flapping: bool = False, manual: bool = False
) -> Step:
    """What a flip makes of the latest incident of its key; `known` may be open, ended lately, or not there.

    `manual`: its check wants a person to have seen it, even when the condition is gone.
    """
    is_open = known is not None and known.resolved_at is None
    if to_state in ("ok", "gone"):
        return Step(key, _ending(known, to_state, flapping, manual) if is_open else "nothing", "", at)
    if to_state == "unknown":
        return Step(key, "nothing", "", at)
    if is_open:
        assert known is not None
        same = known.cleared_at is None and (known.severity == to_state or (flapping and to_state == "warn"))
        return Step(key, "nothing" if same else "change", to_state, at)
    lately = known is not None and known.resolved_at is not None and at - known.resolved_at <= CONTINUES
    return Step(key, "reopen" if lately else "open", to_state, at)


def _ending(known: Known | None, to_state: str, flapping: bool, manual: bool) -> What:
    if flapping and to_state == "ok":
        return "nothing"
    if manual and to_state == "ok" and known is not None and known.acknowledged_at is None:
        return "nothing" if known.cleared_at is not None else "clear"
    return "resolve"


def steps(
    flips: Iterable[Flip],
    known: Mapping[Key, Known],
    *,
    flapping: Collection[Key] = (),
    manual: Collection[str] = (),
) -> list[Step]:
    """What a batch of flips makes of the incidents. `flapping`: the keys that flap now; `manual`: checks as in step."""
    found = (
        step(key, flip.to_state, flip.at, known.get(key), flapping=key in flapping, manual=key[1] in manual)
        for key, flip in latest(flips).items()
    )
    return [one for one in found if one.what != "nothing"]


def lasts(since: datetime, interval: timedelta, now: datetime) -> bool:
    """True when nothing could be seen for three runs of the check."""
    return now - since >= UNSEEN_RUNS * interval


def priority(check_priority: int) -> str:
    """The ticket's priority for a critical finding: checks that are told first stand for a standstill."""
    return "P1" if check_priority == 1 else "P2"


def is_storm(incidents: Collection[object]) -> bool:
    """More incidents at once than anybody reads one by one."""
    return len(incidents) > STORM
