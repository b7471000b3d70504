"""Which policy applies to a ticket, and what a change of policy, calendar or client does to clocks that run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from service_desk.sla.timeline import ClockName, Cycle

MatchField = Literal["client", "type", "channel", "category", "environment"]
MATCH_FIELDS: tuple[MatchField, ...] = ("client", "type", "channel", "category", "environment")
Fault = Literal["no_default", "two_defaults"]


@dataclass(frozen=True)
class Policy:
    """A policy of one client. It fits a ticket when every field of ``match`` holds one of the listed values.

    ``default`` policies fit whatever no other fits; there is exactly one per client.
    """

    id: int
    position: int
    match: Mapping[MatchField, frozenset[str]] = field(default_factory=dict)
    default: bool = False


@dataclass(frozen=True, slots=True)
class DueChange:
    """A due time that moved, for the audit log: both times, and why (``calendar``, ``policy``, ``client``)."""

    clock: ClockName
    start: datetime
    old: datetime | None
    new: datetime | None
    reason: str


def choose(policies: Sequence[Policy], ticket: Mapping[MatchField, str]) -> Policy | None:
    """Return the policy for a ticket's facts: the first by position that fits, else the default."""
    fitting = [policy for policy in policies if not policy.default and _fits(policy, ticket)]
    fallback = [policy for policy in policies if policy.default]
    return min(fitting or fallback, key=lambda policy: policy.position, default=None)


def fault(policies: Sequence[Policy]) -> Fault | None:
    """Say what is wrong with the policies of one client: there must be exactly one default."""
    defaults = sum(policy.default for policy in policies)
    if defaults == 1:
        return None
    return "two_defaults" if defaults else "no_default"


def _fits(policy: Policy, ticket: Mapping[MatchField, str]) -> bool:
    return all(ticket.get(name, "") in values for name, values in policy.match.items())


def due_changes(before: Sequence[Cycle], after: Sequence[Cycle], reason: str) -> tuple[DueChange, ...]:
    """Compare the clocks before and after new terms; only running ones change, what is over stays as it was."""
    known = {(cycle.clock, cycle.start): cycle for cycle in before if cycle.running}
    return tuple(
        DueChange(cycle.clock, cycle.start, known[cycle.clock, cycle.start].due, cycle.due, reason)
        for cycle in after
        if (cycle.clock, cycle.start) in known and cycle.due != known[cycle.clock, cycle.start].due
    )


def under_new_terms(before: Sequence[Cycle], after: Sequence[Cycle]) -> tuple[Cycle, ...]:
    """Take over recomputed clocks: running ones from ``after``, finished ones and breaches as they were recorded."""
    renewed = {(cycle.clock, cycle.start): cycle for cycle in after}
    return tuple(_kept(cycle, renewed.get((cycle.clock, cycle.start), cycle)) for cycle in before)


def _kept(old: Cycle, new: Cycle) -> Cycle:
    if not old.running or old.breached_at is None:
        return new if old.running else old
    return Cycle(
        clock=new.clock,
        start=new.start,
        target=new.target,
        due=new.due,
        met_at=new.met_at,
        breached_at=old.breached_at,
        waived=new.waived,
        provisional=new.provisional,
        pauses=new.pauses,
    )


def merged_start(kept: datetime, merged: datetime, *, take_earlier: bool) -> datetime:
    """Return when the surviving ticket's clocks start: its own start, unless the earlier one was asked for."""
    return min(kept, merged) if take_earlier else kept
