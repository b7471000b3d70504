"""The rules of the four clocks, each as a situation computed with the product's functions.

A rule is told in words; durations and times of day that its sentence names are taken from the sentence, so a rule
with other numbers is another situation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from service_desk.sla.attainment import tally
from service_desk.sla.calendar import WEEKDAYS, Calendar, always_open, week
from service_desk.sla.notices import notices, send_at, told_again
from service_desk.sla.policies import MATCH_FIELDS, Policy, choose, due_changes, fault, merged_start, under_new_terms
from service_desk.sla.timeline import CLOCKS, Actor, ClockName, Cycle, Event, Target, Terms, cycles, nearest, outcomes
from tests.vectors.forms import same

_ZONE = "Asia/Shanghai"
_OFFICE = Calendar(_ZONE, week({day: [["09:00", "18:00"]] for day in WEEKDAYS[:5]}))
_MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


def _at(hours: float) -> datetime:
    return _MONDAY + timedelta(hours=hours)


def _hours_in(sentence: str) -> list[int]:
    return [int(number) for number in re.findall(r"(\d+)h\b", sentence)]


def _wall_in(sentence: str) -> list[datetime]:
    start = _MONDAY - timedelta(hours=9)
    return [start + timedelta(hours=int(h), minutes=int(m)) for h, m in re.findall(r"(\d{2}):(\d{2})", sentence)]


def _terms(calendar: Calendar = _OFFICE, *, counts: bool = True, **hours: float) -> Terms:
    """Terms of one priority, P2, with targets in hours per clock."""
    targets = {name: Target(round(hours[name] * 60), calendar) for name in CLOCKS if name in hours}
    return Terms({"P2": targets}, agent_created_counts=counts)


def _created(at: float = 0, by: Actor = "client") -> Event:
    return Event(_at(at), "created", by, "P2")


def _message(at: float, by: Actor = "engineer") -> Event:
    return Event(_at(at), "message", by)


def _status(at: float, to: str) -> Event:
    return Event(_at(at), "status", "engineer", to)


def _of(found: Sequence[Cycle], clock: ClockName) -> list[Cycle]:
    return [cycle for cycle in found if cycle.clock == clock]


def _r01(given: str, _: str) -> None:
    first, update = _hours_in(given)
    found = cycles([_created()], _terms(first_response=first, next_update=update), _at(0.5))
    same("next update has no due time", _of(found, "next_update"), [])
    soonest = nearest(found)
    same("earliest", soonest and soonest.clock, "first_response")
    same("due", soonest and soonest.due, _at(first))


def _r02(_given: str, _: str) -> None:
    terms = _terms(first_response=1, next_reply=2, next_update=2)
    events = [_created(), _message(0.5), _message(1, "client"), _message(2)]
    found = cycles(events, terms, _at(5))
    same("next reply", [cycle.met_at for cycle in _of(found, "next_reply")], [_at(2)])
    same("next update runs from the reply", _of(found, "next_update")[-1].due, _at(4))
    waiting = cycles([*events, _status(3, "waiting_client")], terms, _at(5))
    same("waiting stops it", _of(waiting, "next_update")[-1].due, None)


def _r03(_given: str, _: str) -> None:
    events = [_created(), Event(_at(0.1), "message", "engineer", automatic=True), Event(_at(0.2), "note", "engineer")]
    found = cycles(events, _terms(first_response=1), _at(2))
    same("met", _of(found, "first_response")[0].met_at, None)
    same("breached", _of(found, "first_response")[0].breached_at, _at(1))


def _r04(_given: str, _: str) -> None:
    first = _of(cycles([_created(by="engineer")], _terms(first_response=1), _at(3)), "first_response")[0]
    same("met at creation", first.met_at, first.start)
    same("outcome", first.outcome, "met")


def _r05(_given: str, _: str) -> None:
    events = [_created(), _status(0.5, "waiting_client")]
    found = cycles(events, _terms(first_response=1, resolution=4), _at(3))
    same("first response runs on", _of(found, "first_response")[0].due, _at(1))
    same("resolution stands", _of(found, "resolution")[0].due, None)


def _r06(_given: str, _: str) -> None:
    found = cycles([_created(), _status(5, "waiting_client")], _terms(resolution=4), _at(8))
    same("breach", _of(found, "resolution")[0].breached_at, _at(4))


def _r07(given: str, _: str) -> None:
    tight, loose = _hours_in(given)
    terms = Terms(
        {"P2": {"resolution": Target(tight * 60, _OFFICE)}, "P4": {"resolution": Target(loose * 60, _OFFICE)}}
    )
    events = [_created(), Event(_at(tight + 1), "priority", "engineer", "P4", reason="agreed")]
    found = cycles(events, terms, _at(tight + 2))
    fresh = cycles([Event(_at(0), "created", "client", "P4")], terms, _at(tight + 2))
    same("breach stays", found[-1].breached_at, _at(tight))
    same("new due is shown", found[-1].due, fresh[-1].due)
    same("counted", tally(outcomes(found)).breached, tally(outcomes(fresh)).breached + 1)
    waived = cycles([*events, Event(_at(tight + 2), "waived", "client", "resolution", reason="agreed")], terms, _at(99))
    same("unless waived", tally(outcomes(waived)).waived, 1)


def _r08(_given: str, _: str) -> None:
    events = [_created(), _message(1), _status(3, "resolved"), _status(4, "closed")]
    before = cycles(events, _terms(first_response=2, resolution=4), _at(5))
    after = cycles(events, _terms(first_response=0.5, resolution=2), _at(5))
    same(
        "the new policy would judge otherwise", [one.outcome for one in after] != [one.outcome for one in before], True
    )
    same("closed result", under_new_terms(before, after), before)
    same("due times that moved", due_changes(before, after, "policy"), ())


def _r09(_given: str, _: str) -> None:
    tuesday = (_MONDAY + timedelta(days=1)).date()
    closed = Calendar(_ZONE, _OFFICE.weekly, overrides={tuesday: ()})
    running, over = [_created()], [_created(), _status(3, "resolved")]
    before, after = (cycles(running, _terms(calendar, resolution=12), _at(4)) for calendar in (_OFFICE, closed))
    change = due_changes(before, after, "calendar")
    same("old and new due", [(one.old, one.new) for one in change], [(before[-1].due, after[-1].due)])
    same("moved by the holiday", after[-1].due, _at(51))
    same("recomputed once", due_changes(after, after, "calendar"), ())
    done = [cycles(over, _terms(calendar, resolution=12), _at(4)) for calendar in (_OFFICE, closed)]
    same("closed untouched", under_new_terms(*done), done[0])
    told = {timedelta(hours=1)}
    same("told again when later", told_again(told, before[-1].due, after[-1].due), set())
    same("not told again when earlier", told_again(told, after[-1].due, before[-1].due), told)


def _r10(given: str, expect: str) -> None:
    same("the fields named", all(name in expect for name in MATCH_FIELDS), True)
    for name in MATCH_FIELDS:
        both = [Policy(7, 2, {name: frozenset("a")}), Policy(8, 1, {name: frozenset("a")}), Policy(9, 0, default=True)]
        same(f"first by position on {name}", (choose(both, {name: "a"}) or both[2]).id, 8)
        same("default", (choose(both, {name: "b"}) or both[0]).id, 9)
        same("exactly one default", (fault(both), fault(both[:2]), fault([both[2]] * 2)), _FAULTS)


_FAULTS = (None, "no_default", "two_defaults")


def _r11(_given: str, _: str) -> None:
    before = cycles([_created()], _terms(resolution=4), _at(1))
    after = cycles([_created()], _terms(always_open(_ZONE), resolution=24), _at(1))
    moved = under_new_terms(before, after)
    same("from the original start", (moved[-1].start, moved[-1].due), (_at(0), _at(24)))
    change = due_changes(_of(before, "resolution"), _of(after, "resolution"), "client")
    same("one audit line", [(one.old, one.new, one.reason) for one in change], [(_at(4), _at(24), "client")])


def _r12(_given: str, _: str) -> None:
    found = cycles([_created(), _status(2, "merged")], _terms(first_response=1.5, resolution=4), _at(9))
    kept = _of(found, "resolution")[0]
    same("cancelled", (kept.dropped, kept.met_at, kept.breached_at), (True, None, None))
    same("not chosen", merged_start(_at(1), _at(0), take_earlier=False), _at(1))
    same("chosen", merged_start(_at(1), _at(0), take_earlier=True), _at(0))


def _r13(given: str, _: str) -> None:
    for status in ("spam", "cancelled"):
        same(f"{status} is named", status in given, True)
        found = cycles([_created(), _status(0.5, status)], _terms(first_response=1, resolution=4), _at(9))
        counted = tally(outcomes(found))
        same("counted", (counted.met, counted.breached, counted.excluded, counted.percent), (0, 0, 2, None))


def _r14(given: str, _: str) -> None:
    (down,) = _hours_in(given)
    cycle = cycles([_created()], _terms(resolution=4), _at(4.5 + down))[-1]
    sent: list[timedelta] = []
    told = notices(cycle, [timedelta(hours=1), timedelta(minutes=30)], sent, _at(4.5 + down))
    same("one breach notice", [(one.kind, one.at) for one in told], [("breach", _at(4))])
    sent.extend(one.threshold for one in told)
    same("never again", notices(cycle, [timedelta(hours=1)], sent, _at(5 + down)), ())


def _r15(_given: str, _: str) -> None:
    night = _at(14)  # 23:00
    same("24x7 at once", send_at(night, round_the_clock=True, waking=_OFFICE), night)
    same("others at the next opening", send_at(night, round_the_clock=False, waking=_OFFICE), _at(24))


def _r16(given: str, _: str) -> None:
    waits, replies, reads = _wall_in(given)
    start = Event(waits - timedelta(hours=1), "created", "client", "P2")
    events = [start, Event(waits, "status", "engineer", "waiting_client"), Event(replies, "message", "client")]
    found = cycles([*events, Event(reads, "note", "engineer")], _terms(resolution=4), reads)
    pause = _of(found, "resolution")[0].pauses[0]
    same("pause", (pause.start, pause.end), (waits, replies))
    same("due", _of(found, "resolution")[0].due, waits - timedelta(hours=1) + timedelta(hours=4) + (replies - waits))


def _r17(_given: str, _: str) -> None:
    events = [_created(by="engineer"), _message(0.5)]
    for counts, expected in ((True, _at(0)), (False, _at(0.5))):
        found = cycles(events, _terms(counts=counts, first_response=1), _at(2))
        same(f"agent_created_counts {counts}", _of(found, "first_response")[0].met_at, expected)
    same("by default", Terms({}).agent_created_counts, True)


SCENARIOS: Mapping[str, Callable[[str, str], None]] = {
    "R01": _r01, "R02": _r02, "R03": _r03, "R04": _r04, "R05": _r05, "R06": _r06, "R07": _r07, "R08": _r08, "R09": _r09,
    "R10": _r10, "R11": _r11, "R12": _r12, "R13": _r13, "R14": _r14, "R15": _r15, "R16": _r16, "R17": _r17,
}  # fmt: skip
