"""Inspection rounds 巡检: what a template looks at, what a new round brings over from the last, what may end. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from service_desk.checks.catalog import CATALOG, GROUPS
from service_desk.checks.finding import RANK
from service_desk.lib.i18n import N_

STATES = ("ok", "warn", "crit", "unknown")
OPEN = frozenset({"warn", "crit", "unknown"})
DAYS = {"daily": 1, "weekly": 7, "monthly": 30}

_MACHINE_ROOM = (
    N_("UPS: mains, load, battery lamp; run the self-test once a month"),
    N_("Machine room or rack: temperature, dust, fans, warning lamps on disks and power supplies"),
)
_BACKUP_BY_HAND = (
    N_("Backup medium: swap tape or disk, label it, take the old one off site"),
    N_("Open the newest backup file where it lies: date, size, readable"),
)
_ERP_BY_HAND = (
    N_("Sign in to the ERP as a user: home page, one query, one print"),
    N_("Ask the key user: what was slow, what went wrong, what is waiting"),
)
_MONTHLY = (
    N_("Windows and database updates: what is missing, when it can be installed"),
    N_("Virus scanner: signatures of today, quarantine looked through, ERP folders excepted"),
    N_("Remote access: who has it, is it still needed, second factor on"),
    N_("Month-end: periods closed in order, opening balances compared"),
    N_("Spare parts, warranty and licences: what ends within three months"),
)


def _template(groups: Sequence[str], *manual: Sequence[str]) -> list[dict[str, str]]:
    automatic = [{"kind": "auto", "group": group} for group in groups]
    return [*automatic, *({"kind": "manual", "words": words} for part in manual for words in part)]


# What a new client's templates are: rhythm -> (name, items). Everything can be edited.
TEMPLATES: dict[str, tuple[str, list[dict[str, str]]]] = {
    "daily": (N_("Daily round"), _template(("data", "system", "application", "heartbeat"), _ERP_BY_HAND[:1])),
    "weekly": (N_("Weekly round"), _template(tuple(GROUPS), _MACHINE_ROOM, _BACKUP_BY_HAND, _ERP_BY_HAND)),
    "monthly": (N_("Monthly round"), _template(tuple(GROUPS), _MACHINE_ROOM, _BACKUP_BY_HAND, _ERP_BY_HAND, _MONTHLY)),
}


class State(Protocol):
    """A check's current state, as models.CheckState has it."""

    @property
    def connection_id(self) -> int | None: ...
    @property
    def check(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def sentence_params(self) -> Mapping[str, Any]: ...
    @property
    def reason(self) -> str: ...
    @property
    def seen_at(self) -> Any: ...


class Last(Protocol):
    """An item of the round before, as models.RoundItem has it."""

    @property
    def kind(self) -> str: ...
    @property
    def mark(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def seen(self) -> Mapping[str, Any]: ...
    @property
    def state(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def open_since(self) -> date | None: ...
    @property
    def missed(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a new round, as it stands before anybody has looked."""

    kind: str
    mark: str
    heading: str = ""
    words: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    before: str = ""
    before_note: str = ""
    open_since: date | None = None
    missed: int = 0


def new_round(
    template: Sequence[Mapping[str, str]], states: Sequence[State], last: Sequence[Last], last_day: date | None
) -> list[Item]:
    """The items of a round that begins: the template's, each with how it stood last time, then what is left open.

    `last` are the items of the template's last finished round, held on `last_day`.
    """
    before = {one.mark: one for one in last}
    fresh = [_with_past(item, before.get(item.mark), last_day) for item in _asked(template, states, before)]
    known = {item.mark for item in fresh}
    left = [_carried(one, last_day) for one in last if one.mark not in known and left_open(one)]
    return [*fresh, *left]


def left_open(one: Last) -> bool:
    """An item that goes with the next round: not green, or nobody looked."""
    return one.state in OPEN or one.state == ""


def _asked(template: Sequence[Mapping[str, str]], states: Sequence[State], before: Mapping[str, Last]) -> list[Item]:
    items: dict[str, Item] = {}
    was_open = {mark for mark, one in before.items() if left_open(one)}
    for line in template:
        found = _automatic(line["group"], states, was_open) if line["kind"] == "auto" else [_manual(line["words"])]
        items |= {item.mark: item for item in found if item.mark not in items}
    return list(items.values())


def _manual(words: str) -> Item:
    return Item(kind="manual", mark=f"manual:{_short(words)}", words=words)


def _automatic(group: str, states: Sequence[State], was_open: set[str]) -> list[Item]:
    """One item for each check of the layer and connection that is not fine, or was not last time; the rest in one line.

    A check stands by its worst subject. A layer that nobody watches says so.
    """
    worst: dict[tuple[int | None, str], State] = {}
    for one in states:
        if one.check not in CATALOG or CATALOG[one.check].group != group:
            continue
        key = (one.connection_id, one.check)
        if key not in worst or RANK[one.state] > RANK[worst[key].state]:
            worst[key] = one
    mark = f"auto:{group}"
    if not worst:
        return [Item(kind="auto", mark=mark, heading=group, state="unknown", seen={"unwatched": group})]
    ordered = sorted(worst.values(), key=lambda one: (-RANK[one.state], CATALOG[one.check].priority))
    told = [one for one in ordered if one.state != "ok" or _mark(one) in was_open]
    fine = len(ordered) - len(told)
    rest = (
        [Item(kind="auto", mark=mark, heading=group, state="ok", seen={"fine": fine, "group": group})] if fine else []
    )
    return [*(_item(one, group) for one in told), *rest]


def _mark(one: State) -> str:
    return f"auto:{one.connection_id or 0}:{one.check}"


def _item(one: State, group: str) -> Item:
    seen = {
        "check": one.check,
        "subject": one.subject,
        "state": one.state,
        "params": dict(one.sentence_params),
        "reason": one.reason,
        "seen_at": one.seen_at.isoformat(),
    }
    return Item(kind="auto", mark=_mark(one), heading=group, state=one.state, seen=seen)


def _with_past(item: Item, last: Last | None, last_day: date | None) -> Item:
    if last is None:
        return item
    past = _past(last, last_day)
    return Item(**{**vars(item), **past})


def _past(last: Last, last_day: date | None) -> dict[str, Any]:
    if last.state == "":
        return {"before": "missed", "before_note": last.note, "missed": last.missed + 1,
                "open_since": last.open_since or last_day}  # fmt: skip
    since = (last.open_since or last_day) if last.state in OPEN else None
    return {"before": last.state, "before_note": last.note, "open_since": since}


def _carried(last: Last, last_day: date | None) -> Item:
    """Something that was left open and that the template no longer asks: it stays until somebody calls it fine."""
    return Item(
        kind="carried", mark=last.mark, heading=last.heading, words=last.words, seen=last.seen, **_past(last, last_day)
    )


def _short(words: str) -> str:
    return hashlib.sha256(words.strip().encode()).hexdigest()[:16]


def without_note(items: Sequence[Last]) -> list[Last]:
    """Items that keep a round from ending: not green, and nobody has written a word about it."""
    return [one for one in items if one.state in OPEN and not one.note.strip()]


def due_on(rhythm: str, last_finished: date | None, today: date) -> date:
    """When a round of this rhythm is due again; one that never was is due today."""
    return today if last_finished is None else last_finished + timedelta(days=DAYS[rhythm])


def tally(items: Sequence[Last]) -> dict[str, int]:
    """How many items are fine, need attention, are critical, could not be seen, were not inspected."""
    counted = dict.fromkeys((*STATES, ""), 0)
    for one in items:
        counted[one.state] += 1
    return {"missed" if state == "" else state: number for state, number in counted.items()}
