"""The four clocks of a ticket, derived from what happened to it.

``first_response``: from creation to the first public answer. ``next_reply``: from a client's message to the next
public answer. ``next_update``: from each public answer, only after the first response. ``resolution``: from creation
to the solution. A clock may run several times on one ticket; each run is a ``Cycle`` and stays in the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from service_desk.sla.attainment import Outcome
from service_desk.sla.calendar import Calendar, is_provisional
from service_desk.sla.clock import Pause, ReopenMode, RetargetMode, breach_of, due

ClockName = Literal["first_response", "next_reply", "next_update", "resolution"]
EventKind = Literal["created", "message", "note", "status", "priority", "waived"]
Actor = Literal["client", "engineer", "system"]

CLOCKS: tuple[ClockName, ...] = ("first_response", "next_reply", "next_update", "resolution")
# Only these stand still while a ticket waits: whoever asks for an answer can be answered at any time.
PAUSABLE: frozenset[ClockName] = frozenset({"next_update", "resolution"})
WAITING = frozenset({"waiting_client", "waiting_vendor", "scheduled"})
SOLVED = frozenset({"resolved", "closed"})
DROPPED = frozenset({"cancelled", "spam", "merged"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a ticket. ``to`` is the new status or priority, or the clock that was waived.

    A ``message`` is public, a ``note`` internal. ``created`` by an engineer: logged for the client, say after a call.
    ``automatic`` marks machine mail such as an acknowledgement, which answers nothing.
    """

    at: datetime
    kind: EventKind
    by: Actor = "client"
    to: str = ""
    automatic: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Target:
    """``minutes`` of business time in ``calendar``; ``pausable`` None takes the clock's default."""

    minutes: int
    calendar: Calendar
    pausable: bool | None = None


@dataclass(frozen=True)
class Terms:
    """What was promised: per priority and clock a target (a clock that is missing is not promised).

    ``pause_states``: statuses that stop a pausable clock; a contract may leave out ``waiting_vendor``.
    ``agent_created_counts``: a ticket logged by the engineer is answered by being logged.
    """

    targets: Mapping[str, Mapping[ClockName, Target]]
    pause_states: frozenset[str] = WAITING
    agent_created_counts: bool = True
    retarget: RetargetMode = "from_start"
    reopen: ReopenMode = "resume"


@dataclass(frozen=True)
class Cycle:
    """One run of one clock. ``due`` None while it is paused for an open time or nothing is promised.

    ``breached_at`` never goes away again. ``dropped``: the ticket was spam, cancelled or merged before the clock was
    met; ``ended``: the clock was stopped by the solution and is neither met nor missed.
    """

    clock: ClockName
    start: datetime
    target: Target | None
    due: datetime | None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    dropped: bool = False
    waived: str = ""
    provisional: bool = False
    pauses: tuple[Pause, ...] = ()

    @property
    def running(self) -> bool:
        return self.met_at is None and self.ended_at is None and not self.dropped

    @property
    def outcome(self) -> Outcome | None:
        """How the cycle counts towards attainment; None when nothing was promised or the clock merely ended."""
        if self.target is None:
            return None
        if self.dropped:
            return "excluded"
        if self.breached_at is not None:
            return "waived" if self.waived else "breached"
        if self.met_at is not None:
            return "met"
        return "open" if self.running else None


@dataclass(slots=True)
class _Run:
    """A cycle while the events are read."""

    clock: ClockName
    start: datetime
    met_at: datetime | None = None
    ended_at: datetime | None = None
    dropped: bool = False

    @property
    def running(self) -> bool:
        return self.met_at is None and self.ended_at is None and not self.dropped


@dataclass(slots=True)
class _Ticket:
    """What has been learnt from the events so far."""

    terms: Terms
    status: str = "open"
    since: datetime | None = None
    runs: list[_Run] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    priorities: list[tuple[datetime, str]] = field(default_factory=list)
    waived: dict[str, str] = field(default_factory=dict)

    def current(self, clock: ClockName) -> _Run | None:
        return next((run for run in reversed(self.runs) if run.clock == clock and run.running), None)

    def begin(self, clock: ClockName, at: datetime) -> None:
        if self.current(clock) is None:
            self.runs.append(_Run(clock, at))

    def meet(self, clock: ClockName, at: datetime) -> None:
        run = self.current(clock)
        if run is not None:
            run.met_at = at


def cycles(events: Sequence[Event], terms: Terms, now: datetime) -> tuple[Cycle, ...]:
    """Return every run of every clock at ``now``, in the order they began.

    ``events`` are ordered by their own time (a client's reply by when it was written, not when it was read) and begin
    with ``created``, whose ``to`` is the priority. Events after ``now`` are not looked at.
    """
    ticket = _Ticket(terms)
    for event in sorted((event for event in events if event.at <= now), key=lambda event: event.at):
        _READ[event.kind](ticket, event)
    if ticket.status in terms.pause_states and ticket.since is not None:
        ticket.pauses.append(Pause(ticket.since, None, ticket.status))
    return tuple(_judged(run, ticket, now) for run in ticket.runs)


def nearest(found: Sequence[Cycle]) -> Cycle | None:
    """Return the running cycle that is due first, for lists and the next step; None when none has a due time."""
    running = [cycle for cycle in found if cycle.running and cycle.due is not None]
    return min(running, key=lambda cycle: (cycle.due is None, cycle.due), default=None)


def outcomes(found: Sequence[Cycle]) -> tuple[Outcome, ...]:
    """Return what counts towards attainment."""
    return tuple(cycle.outcome for cycle in found if cycle.outcome is not None)


def follow_up(solved_at: datetime, reopened_at: datetime, days: int = 7) -> bool:
    """True when a reopening comes so late (more than ``days`` calendar days) that it becomes a linked new ticket."""
    return reopened_at - solved_at > timedelta(days=days)


def _created(ticket: _Ticket, event: Event) -> None:
    ticket.priorities.append((event.at, event.to))
    ticket.begin("first_response", event.at)
    ticket.begin("resolution", event.at)
    if event.by == "engineer" and ticket.terms.agent_created_counts:
        ticket.meet("first_response", event.at)
        ticket.begin("next_update", event.at)


def _message(ticket: _Ticket, event: Event) -> None:
    if event.automatic or event.by == "system":
        return
    if event.by == "client":
        if ticket.status == "waiting_client":
            _enter(ticket, "open", event.at)
        if ticket.current("first_response") is None and ticket.status not in SOLVED | DROPPED:
            ticket.begin("next_reply", event.at)
        return
    ticket.meet("first_response", event.at)
    ticket.meet("next_reply", event.at)
    ticket.meet("next_update", event.at)
    if ticket.status not in SOLVED | DROPPED:
        ticket.begin("next_update", event.at)


def _status(ticket: _Ticket, event: Event) -> None:
    before = ticket.status
    _enter(ticket, event.to, event.at)
    if event.to in DROPPED:
        for run in ticket.runs:
            run.dropped = run.dropped or run.running
    elif before in DROPPED:
        # Taken for spam by mistake: its clocks run on as if nothing had been.
        for run in ticket.runs:
            run.dropped = False
    elif event.to in SOLVED and before not in SOLVED:
        _solve(ticket, event.at)
    elif event.to not in SOLVED and before in SOLVED:
        _reopen(ticket, event.at)


def _enter(ticket: _Ticket, status: str, at: datetime) -> None:
    """Leave the present status; the time spent waiting becomes a pause."""
    if ticket.status in ticket.terms.pause_states and ticket.since is not None:
        ticket.pauses.append(Pause(ticket.since, at, ticket.status))
    if not (ticket.status in SOLVED and status in SOLVED):
        ticket.since = at
    ticket.status = status


def _solve(ticket: _Ticket, at: datetime) -> None:
    # A solution answers the client too: whoever is told that it is solved has been answered.
    ticket.meet("resolution", at)
    ticket.meet("first_response", at)
    ticket.meet("next_reply", at)
    update = ticket.current("next_update")
    if update is not None:
        update.ended_at = at


def _reopen(ticket: _Ticket, at: datetime) -> None:
    solved = next((run for run in reversed(ticket.runs) if run.clock == "resolution"), None)
    if solved is None or solved.met_at is None:
        return
    if ticket.terms.reopen == "new_cycle":
        ticket.begin("resolution", at)
        return
    ticket.pauses.append(Pause(solved.met_at, at, "solved"))
    solved.met_at = None


def _priority(ticket: _Ticket, event: Event) -> None:
    ticket.priorities.append((event.at, event.to))


def _waived(ticket: _Ticket, event: Event) -> None:
    ticket.waived[event.to] = event.reason or "waived"


def _note(ticket: _Ticket, event: Event) -> None:
    """An internal note moves no clock."""


_READ = {
    "created": _created,
    "message": _message,
    "note": _note,
    "status": _status,
    "priority": _priority,
    "waived": _waived,
}


def _judged(run: _Run, ticket: _Ticket, now: datetime) -> Cycle:
    """Lay the targets of all priorities the ticket had over the run, in their order."""
    stop = run.met_at or run.ended_at or now
    changes = [(at, priority) for at, priority in ticket.priorities if at < stop or at <= run.start]
    cycle = Cycle(run.clock, run.start, None, None, run.met_at, None, run.ended_at, run.dropped)
    for place, (changed_at, priority) in enumerate(changes):
        until = changes[place + 1][0] if place + 1 < len(changes) else None
        cycle = _under(cycle, ticket, max(changed_at, run.start), priority, until, now)
    return replace(cycle, waived=ticket.waived.get(run.clock, ""))


def _under(
    cycle: Cycle, ticket: _Ticket, since: datetime, priority: str, until: datetime | None, now: datetime
) -> Cycle:
    """Judge the cycle under one priority, valid from ``since`` up to ``until`` (None: still)."""
    target = ticket.terms.targets.get(priority, {}).get(cycle.clock)
    if target is None:
        return replace(cycle, target=None, due=None)
    pausable = cycle.clock in PAUSABLE if target.pausable is None else target.pausable
    pauses = tuple(pause for pause in ticket.pauses if pausable or pause.reason == "solved")
    start = cycle.start if ticket.terms.retarget == "from_start" else since
    due_at = due(target.calendar, start, timedelta(minutes=target.minutes), pauses)
    provisional = due_at is not None and is_provisional(target.calendar, start, due_at)
    judged = replace(cycle, target=target, due=due_at, pauses=pauses, provisional=provisional)
    if due_at is None or judged.breached_at is not None or judged.dropped:
        return judged
    breach = breach_of(due_at, since)
    end = cycle.met_at or cycle.ended_at
    over = breach < (until or now) and (end is None or breach < end)
    return replace(judged, breached_at=breach) if over else judged
