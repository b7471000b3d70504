"""The four clocks, from what happens to a ticket."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service_desk.sla.calendar import always_open
from service_desk.sla.timeline import (
    Actor,
    ClockName,
    Cycle,
    Event,
    Target,
    Terms,
    cycles,
    follow_up,
    nearest,
    outcomes,
)

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
ROUND_THE_CLOCK = always_open("Asia/Shanghai")


def target(hours: int) -> Target:
    return Target(hours * 60, ROUND_THE_CLOCK)


TERMS = Terms(
    {
        "P1": {"first_response": target(1), "next_reply": target(2), "next_update": target(8), "resolution": target(4)},
        "P3": {"first_response": target(4), "next_reply": target(8), "resolution": target(48)},
    }
)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def created(priority: str = "P1", by: Actor = "client") -> Event:
    return Event(START, "created", by, priority)


def said(hours: float, by: Actor = "engineer") -> Event:
    return Event(at(hours), "message", by)


def put(hours: float, status: str) -> Event:
    return Event(at(hours), "status", "engineer", status)


def of(events: list[Event], clock: ClockName, now: float, terms: Terms = TERMS) -> list[Cycle]:
    return [cycle for cycle in cycles(events, terms, at(now)) if cycle.clock == clock]


def test_every_answer_restarts_the_periodic_update() -> None:
    found = of([created(), said(0.5), said(6), said(20)], "next_update", 21)
    assert [cycle.start for cycle in found] == [at(0.5), at(6), at(20)]
    assert [cycle.met_at for cycle in found] == [at(6), at(20), None]
    assert [cycle.breached_at for cycle in found] == [None, at(14), None]


def test_a_second_message_does_not_give_more_time() -> None:
    found = of([created(), said(0.5), said(3, "client"), said(4, "client"), said(4.5)], "next_reply", 9)
    assert [(cycle.start, cycle.due, cycle.met_at) for cycle in found] == [(at(3), at(5), at(4.5))]


def test_a_message_before_the_first_response_starts_no_other_clock() -> None:
    assert of([created(), said(0.2, "client")], "next_reply", 1) == []


def test_an_answer_at_the_very_due_time_is_in_time() -> None:
    assert of([created(), said(1)], "first_response", 2)[0].outcome == "met"
    late = of([created(), Event(at(1) + timedelta(seconds=1), "message", "engineer")], "first_response", 2)[0]
    assert (late.outcome, late.breached_at) == ("breached", at(1))
    assert of([created()], "first_response", 1)[0].outcome == "open"


def test_waiting_stops_only_the_clocks_that_may_stand_still() -> None:
    events = [created(), said(0.5), put(1, "waiting_vendor"), put(10, "open")]
    assert of(events, "resolution", 11)[0].due == at(13)
    kept = replace(TERMS, pause_states=frozenset({"waiting_client"}))
    assert of(events, "resolution", 3, kept)[0].due == at(4)
    never = replace(TERMS, targets={"P1": {"resolution": Target(240, ROUND_THE_CLOCK, pausable=False)}})
    assert of(events, "resolution", 3, never)[0].due == at(4)


def test_only_waiting_for_the_client_ends_with_his_answer() -> None:
    answered = [created(), put(1, "waiting_client"), said(3, "client")]
    assert of(answered, "resolution", 3.5)[0].due == at(6)
    vendor = [created(), put(1, "waiting_vendor"), said(3, "client")]
    assert of(vendor, "resolution", 3.5)[0].due is None


def test_a_solution_answers_the_client_and_ends_the_updates() -> None:
    events = [created(), said(0.5), said(2, "client"), put(3, "resolved"), put(5, "closed")]
    found = cycles(events, TERMS, at(99))
    assert {cycle.clock: cycle.outcome for cycle in found} == {
        "first_response": "met",
        "next_reply": "met",
        "next_update": None,
        "resolution": "met",
    }
    assert nearest(found) is None


def test_a_reopened_ticket_resumes_or_begins_a_new_cycle() -> None:
    events = [created(), put(3, "resolved"), put(50, "open")]
    assert [(cycle.due, cycle.met_at) for cycle in of(events, "resolution", 50.5)] == [(at(51), None)]
    fresh = of(events, "resolution", 50.5, replace(TERMS, reopen="new_cycle"))
    assert [(cycle.start, cycle.met_at, cycle.due) for cycle in fresh] == [
        (at(0), at(3), at(4)),
        (at(50), None, at(54)),
    ]
    assert not follow_up(at(3), at(3 + 7 * 24))
    assert follow_up(at(3), at(3.1 + 7 * 24))


def test_a_raised_priority_breaches_at_the_change_at_the_earliest() -> None:
    raised = [created("P3"), Event(at(6), "priority", "engineer", "P1")]
    found = of(raised, "resolution", 7)[0]
    assert (found.due, found.breached_at) == (at(4), at(6))
    later = of(raised, "resolution", 7, replace(TERMS, retarget="from_change"))[0]
    assert (later.due, later.breached_at) == (at(10), None)


def test_what_the_first_priority_breached_stays_breached() -> None:
    lowered = [created(), Event(at(5), "priority", "engineer", "P3"), put(10, "resolved")]
    found = of(lowered, "resolution", 11)[0]
    assert (found.due, found.breached_at, found.met_at, found.outcome) == (at(48), at(4), at(10), "breached")
    in_time = [created(), Event(at(2), "priority", "engineer", "P3"), put(10, "resolved")]
    assert of(in_time, "resolution", 11)[0].outcome == "met"


def test_a_waiver_takes_a_breach_out_and_leaves_the_record() -> None:
    events = [created(), put(9, "resolved"), Event(at(10), "waived", "client", "resolution", reason="power cut")]
    found = of(events, "resolution", 11)[0]
    assert (found.outcome, found.waived, found.breached_at) == ("waived", "power cut", at(4))


def test_spam_counts_for_nothing_and_a_mistake_about_it_is_undone() -> None:
    spam = [created(), put(0.5, "spam")]
    assert set(outcomes(cycles(spam, TERMS, at(9)))) == {"excluded"}
    back = cycles([*spam, put(2, "open")], TERMS, at(9))
    assert {cycle.clock: cycle.breached_at for cycle in back} == {"first_response": at(1), "resolution": at(4)}


def test_what_is_not_promised_has_no_due_time() -> None:
    found = of([created("P3"), said(1)], "next_update", 99)[0]
    assert (found.due, found.outcome) == (None, None)
    assert of([created("P9")], "resolution", 99)[0].outcome is None


def test_it_looks_at_nothing_after_now_and_needs_no_order() -> None:
    events = [created(), said(0.5), put(3, "resolved"), put(50, "open")]
    assert cycles(events[::-1], TERMS, at(2)) == cycles(events[:2], TERMS, at(2))


def test_the_nearest_due_time_is_that_of_the_next_promise() -> None:
    soonest = nearest(cycles([created(), said(0.5), said(1, "client")], TERMS, at(1.5)))
    assert soonest is not None
    assert (soonest.clock, soonest.due) == ("next_reply", at(3))
