"""Which incidents are told together, and when. Pure; time is an argument.

One message is about one asset of one client. The first goes at once, with everything that the same visit found; what
follows on the same asset within thirty seconds waits for their end and goes as one. More than five of a client at the
same time become one storm, told with counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service_desk.alerts.rules import is_storm

GROUPED = timedelta(seconds=30)
GRAVITY = ("unknown", "warn", "crit")
Last = Mapping[tuple[str, int | None], datetime]  # (why, asset) -> when people were last told


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """An incident that is to be told from `due_at` on. `dark`: it says that nobody looked."""

    id: int
    asset: int | None
    severity: str
    due_at: datetime
    dark: bool = False


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A notice that nobody has taken yet."""

    id: int
    why: str
    asset: int | None
    severity: str
    ids: tuple[int, ...]
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Group:
    """A notice to be: it takes the place of the waiting ones in `instead`."""

    why: str
    asset: int | None
    severity: str
    ids: tuple[int, ...]
    due_at: datetime
    instead: tuple[int, ...] = ()


def worst(severities: Iterable[str]) -> str:
    """The gravest of them."""
    return max(severities, key=GRAVITY.index)


def grouped(fresh: Sequence[Fresh], waiting: Sequence[Waiting], last: Last, now: datetime) -> list[Group]:
    """The notices that tell of `fresh`. `last`: when people were last told of an asset, or (asset None) of a storm."""
    groups: list[Group] = []
    for moment in dict.fromkeys(max(one.due_at, now) for one in fresh):
        mine = [one for one in fresh if max(one.due_at, now) == moment]
        beside = [one for one in waiting if one.why in ("opened", "storm") and _together(one.due_at, moment)]
        if is_storm({*(one.id for one in mine), *(number for one in beside for number in one.ids)}):
            groups.append(_one("storm", None, mine, beside, _after(last.get(("storm", None)), moment)))
        else:
            groups += _by_asset(mine, beside, last, moment)
    return groups


def _by_asset(mine: Sequence[Fresh], beside: Sequence[Waiting], last: Last, moment: datetime) -> list[Group]:
    found = []
    for dark, asset in dict.fromkeys((one.dark, one.asset) for one in mine):
        own = [one for one in mine if (one.dark, one.asset) == (dark, asset)]
        same = [] if dark else [one for one in beside if one.why == "opened" and one.asset == asset]
        due_at = min((one.due_at for one in same), default=_after(last.get(("opened", asset)), moment))
        found.append(_one("no_data" if dark else "opened", asset, own, same, due_at))
    return found


def _one(why: str, asset: int | None, own: Sequence[Fresh], instead: Sequence[Waiting], due_at: datetime) -> Group:
    ids = dict.fromkeys([*(number for one in instead for number in one.ids), *(one.id for one in own)])
    return Group(
        why=why,
        asset=asset,
        severity=worst([*(one.severity for one in own), *(one.severity for one in instead)]),
        ids=tuple(ids),
        due_at=due_at,
        instead=tuple(one.id for one in instead),
    )


def _together(waits_for: datetime, moment: datetime) -> bool:
    return abs(waits_for - moment) <= GROUPED


def _after(last: datetime | None, moment: datetime) -> datetime:
    """Not sooner than thirty seconds after the last time."""
    return max(moment, last + GROUPED) if last is not None else moment
