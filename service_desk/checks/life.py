"""From findings to states: confirmation, hysteresis, recovery, flapping, waiting, leaving. Pure; time is an argument.

People are told of a change only when it is confirmed. Until then the row shows what is certain: a look that could not
be taken is shown as unknown at once, a worse value keeps the state until it is confirmed, and what was not fine is not
shown as fine before it was found so often enough.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from service_desk.checks.finding import RANK, Finding, Level, Side
from service_desk.checks.flapping import LETTERS, LEVELS, flaps, turned

WAITING = "waiting"  # the connection is down: its checks are not judged
CONFIRMING = "confirming"  # looked at once; a second look decides
NO_DATA = "no_data"  # nobody has looked for too long
NO_AGENT = "no_agent"  # the agent at the client's that would look is silent, which is told of it alone
TOO_MUCH = "too_much"  # more came and went in a day than is taken of one connection
UNKNOWN_LOOKS = 2  # looks that must fail before people are told that we cannot see
LOOKS = 5  # results that are remembered, for "three of five"
FLAPS_BELOW_S = 900  # what is looked at more seldom cannot flap: its 21 states would reach back for days


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How many results it takes, and where a state ends again.

    `confirm_of`: a value that jumps is confirmed by `confirm_n` of the last so many results instead of so many in a
    row. `flaps`: whether it may be called flapping.
    """

    confirm_n: int = 1
    confirm_of: int | None = None
    recover_n: int = 1
    flaps: bool = False
    clear_warn: float | None = None
    clear_crit: float | None = None
    bad: Side = "above"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The state of one subject. `told` is the last confirmed state, None before the first.

    `looks` are the last results and `ring` the last confirmed states, a letter each, oldest first.
    """

    state: Level
    since: datetime
    seen_at: datetime
    told: Level | None = None
    pending: Level | None = None
    count: int = 0
    reason: str = ""
    looks: str = ""
    ring: str = ""
    flapping_since: datetime | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Flip:
    """A confirmed change: `came` may be `new`, or `flapping` when it became calm; `went` may be `gone`."""

    came: str
    went: str


def advance(before: Standing | None, finding: Finding, rule: Rule, seen_at: datetime) -> tuple[Standing, Flip | None]:
    """The standing after one more result, and the flip when it confirmed a change. A result not newer changes nothing.

    Results worse than what was told count together, and what they all are at least is what gets confirmed; the same
    towards recovery. So a value that jumps between warning and critical is confirmed as a warning, not never.
    """
    if before is not None and seen_at <= before.seen_at:
        return before, None
    there = before if before is not None and before.gone_at is None else None
    level = held(there.told if there else None, finding, rule)
    looks = ((there.looks if there else "") + LETTERS[level])[-LOOKS:]
    after, flip = _judged(there, level, looks, finding, rule, seen_at)
    # What led to a change has done its work: the next change is confirmed by what comes after it.
    settled = there is not None and after.told != there.told
    after = replace(after, looks=looks[-1:] if settled else looks, ring=there.ring if there else "")
    return _rung(there, after, flip, rule)


def _judged(
    before: Standing | None, level: Level, looks: str, finding: Finding, rule: Rule, seen_at: datetime
) -> tuple[Standing, Flip | None]:
    told = before.told if before is not None else None
    if level == told:
        return _settled(before, level, finding, seen_at), None
    worse = RANK[level] > RANK[told or "ok"]
    if worse and rule.confirm_of and level != "unknown":
        pending, count = _among(looks[-rule.confirm_of :], told, rule.confirm_n)
    else:
        pending, count = _counted(before, level, told, worse)
    if count >= _needed(rule, level, told, worse, finding):
        after = _settled(before, pending, finding, seen_at)
        flip = None if told is None and pending == "ok" else Flip(came=told or "new", went=pending)
        return after, flip
    state, reason = _meanwhile(before, level, told, finding)
    return _moved(before, state, reason, told, pending, count, seen_at), None


def _rung(before: Standing | None, after: Standing, flip: Flip | None, rule: Rule) -> tuple[Standing, Flip | None]:
    """Turn the ring on by a confirmed state. What became calm says so, so that its incident can end."""
    was = before.flapping_since if before is not None else None
    if after.told is None or after.pending is not None:
        return replace(after, flapping_since=was), flip
    ring = turned(after.ring, after.told)
    wild = rule.flaps and flaps(ring, was is not None)
    if was is not None and not wild:
        flip = Flip(came="flapping", went=after.told)
    return replace(after, ring=ring, flapping_since=(was or after.seen_at) if wild else None), flip


def held(told: Level | None, finding: Finding, rule: Rule) -> Level:
    """The level of a finding, kept at what was told while its value has not passed the limit that ends it."""
    level, value = finding.state, finding.value
    if value is None or level == "unknown" or told not in ("warn", "crit") or RANK[level] >= RANK[told]:
        return level
    if told == "crit" and _inside(value, rule.clear_crit, rule.bad):
        return "crit"
    if level == "ok" and _inside(value, rule.clear_warn, rule.bad):
        return "warn"
    return level


def wait(before: Standing, now: datetime, reason: str = WAITING) -> Standing:
    """The standing while nobody can look (the connection is down) or nobody does: unknown; what was told stays told."""
    return replace(before, state="unknown", reason=reason, since=before.since if before.state == "unknown" else now)


def leave(before: Standing, now: datetime) -> tuple[Standing, Flip | None]:
    """The subject is no longer there: it is gone, not fine. Nobody is told when there was nothing to tell."""
    if before.gone_at is not None:
        return before, None
    flip = Flip(came=before.told, went="gone") if before.told not in (None, "ok") else None
    calm = replace(before, pending=None, count=0, looks="", ring="", flapping_since=None)
    return replace(calm, gone_at=now, seen_at=now), flip


def _inside(value: float, clear: float | None, bad: Side) -> bool:
    if clear is None:
        return False
    return value > clear if bad == "above" else value < clear


def _counted(before: Standing | None, level: Level, told: Level | None, worse: bool) -> tuple[Level, int]:
    """The pending level and how many results in a row lie on the same side of what was told."""
    earlier = before.pending if before is not None else None
    if before is None or earlier is None or (RANK[earlier] > RANK[told or "ok"]) != worse:
        return level, 1
    # The side's own end nearest to what was told: all results of the row were at least that.
    nearest = min if worse else max
    return nearest(earlier, level, key=lambda one: RANK[one]), before.count + 1


def _among(looks: str, told: Level | None, needed: int) -> tuple[Level, int]:
    """How many of the last results are worse than what was told, and what so many of them as needed are at least."""
    floor = max(RANK[told or "ok"], RANK["unknown"])
    worse = sorted((LEVELS[look] for look in looks if RANK[LEVELS[look]] > floor), key=lambda one: -RANK[one])
    return ("crit" if worse[min(needed, len(worse)) - 1] == "crit" else "warn"), len(worse)


def _needed(rule: Rule, level: Level, told: Level | None, worse: bool, finding: Finding) -> int:
    if level == "unknown":
        return 1 if finding.permanent else max(UNKNOWN_LOOKS, rule.confirm_n if worse else rule.recover_n)
    if told is None and level == "ok":
        return 1
    return rule.confirm_n if worse else rule.recover_n


def _settled(before: Standing | None, level: Level, finding: Finding, seen_at: datetime) -> Standing:
    """Shown and told are one; a look that could not be taken keeps saying why."""
    reason = finding.reason
    if level == "unknown" and finding.state != "unknown":
        reason = CONFIRMING
    return _moved(before, level, reason, level, None, 0, seen_at)


def _meanwhile(before: Standing | None, level: Level, told: Level | None, finding: Finding) -> tuple[Level, str]:
    """What is shown while a change waits for its confirmation."""
    if level == "unknown":
        return "unknown", finding.reason
    if before is None or told is None or before.state == "unknown":
        return "unknown", CONFIRMING
    return before.state, before.reason


def _moved(
    before: Standing | None,
    state: Level,
    reason: str,
    told: Level | None,
    pending: Level | None,
    count: int,
    seen_at: datetime,
) -> Standing:
    same = before is not None and before.state == state
    return Standing(
        state=state,
        since=before.since if same and before else seen_at,
        seen_at=seen_at,
        told=told,
        pending=pending,
        count=count,
        reason=reason,
    )
