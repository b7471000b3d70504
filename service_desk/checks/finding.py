"""The words that checks are written in: what a check is given, what it answers, and what it declares. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from connectors.facts import Fact, Look, Params
from service_desk.sla.calendar import Calendar

Level = Literal["ok", "warn", "crit", "unknown"]
Side = Literal["above", "below"]
F = TypeVar("F")

# From calm to grave. Not being able to look is worse than fine and says nothing about the rest.
RANK: dict[str, int] = {"ok": 0, "unknown": 1, "warn": 2, "crit": 3}


def N_(message: str) -> str:  # noqa: N802 - the name that message extraction knows
    """Mark a text for translation; it is said in a language by `reading`."""
    return message


@dataclass(frozen=True, kw_only=True)
class LeaverRecord:
    """Somebody on the client's own list of people who left."""

    name: str
    login: str = ""


@dataclass(frozen=True, kw_only=True)
class HeartbeatRecord:
    """A heartbeat as our own row holds it; `status` as in models.Heartbeat."""

    key: str
    name: str
    status: str
    last_ping_at: datetime | None = None
    exit_code: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DrillRecord:
    """How restore drills of one plan stand. `result` of the last one: ok, failed or "" (none was ever held).

    `planned_at` is since when drills are expected; `failed_step` is set where the last one failed.
    """

    plan: str
    name: str
    last_good_at: datetime | None = None
    result: str = ""
    minutes: float | None = None
    rto_minutes: float | None = None
    failed_step: str = ""
    planned_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CopyRecord:
    """A copy of the backups on one medium (local, offsite, cloud), and how new the newest one is; null = none known."""

    medium: str
    newest_at: datetime | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanRecord:
    """What a backup plan promises for one database ("" = every database). `backup_type`: full, diff or log."""

    database: str = ""
    backup_type: str
    every_s: int
    rpo_minutes: float | None = None
    rto_minutes: float | None = None


@dataclass(frozen=True, kw_only=True)
class ExpiryRecord:
    """A licence or yearly service that ends on a day somebody wrote down."""

    name: str
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class AgentRecord:
    """The agent at the client's that collects for a connection. `waiting`: looks that it has not yet handed over."""

    key: str
    name: str
    last_seen_at: datetime | None = None
    version: str = ""
    current_version: str = ""
    clock_ahead_s: float | None = None
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class BlindRecord:
    """A check that is switched on and has had no result for too long; null = never any."""

    connection: str
    check: str
    interval_s: int
    last_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class HoursRecord:
    """When the client works: the hours agreed with it, else the usual week."""

    calendar: Calendar


@dataclass(frozen=True, kw_only=True)
class PulseRecord:
    """When the clock of this installation last went round, and since when the oldest unstarted work waits."""

    name: str
    beat_at: datetime
    waiting_since: datetime | None = None


Own = (
    LeaverRecord
    | HeartbeatRecord
    | DrillRecord
    | CopyRecord
    | PlanRecord
    | ExpiryRecord
    | AgentRecord
    | BlindRecord
    | HoursRecord
    | PulseRecord
)

# The records that upper floors hand down, by the word under which they are kept.
RECORDS: dict[str, type[DrillRecord] | type[CopyRecord] | type[PlanRecord] | type[ExpiryRecord]] = {
    "drill": DrillRecord,
    "copy": CopyRecord,
    "plan": PlanRecord,
    "licence": ExpiryRecord,
}

Memory = Mapping[str, Any]  # what a check remembers of a subject until its next look, as plain JSON


@dataclass(frozen=True, kw_only=True)
class Before:
    """What the look before this one made of a subject, and what the check remembered of it."""

    value: float | None = None
    memory: Memory = field(default_factory=dict)
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the looks of one run found for one check: facts of the ERP, and records of our own.

    `looked`: the kinds and account sets of the looks that were taken, where that is known. `partial`: others could not.
    `before`: subject -> what the look before made of it, never one that is newer than these facts. `history`:
    subject of the check named by `history_of` -> its values by day, oldest first; read when it is first asked for.
    """

    facts: tuple[Fact, ...] = ()
    own: tuple[Own, ...] = ()
    places: tuple[str | None, ...] = ()
    truncated: bool = False
    looked: tuple[tuple[str, str | None], ...] = ()
    partial: bool = False
    before: Mapping[str, Before] = field(default_factory=dict)
    history: Mapping[str, Sequence[tuple[date, float]]] = field(default_factory=dict)

    def of(self, kind: type[F]) -> list[F]:
        """The facts or records of this class."""
        return [one for one in (*self.facts, *self.own) if isinstance(one, kind)]

    @classmethod
    def from_looks(cls, looks: Sequence[Look], own: Sequence[Own] = (), **known: Any) -> "Seen":
        """What can be judged: looks that could not be taken are left out. `places`: account sets looked into.

        `known`: `before` and `history` as above.
        """
        taken = [look for look in looks if look.unknown is None]
        return cls(
            facts=tuple(fact for look in taken for fact in look.facts),
            own=tuple(own),
            places=tuple(dict.fromkeys(look.account_set for look in taken)),
            truncated=any(look.truncated for look in taken),
            looked=tuple((look.kind, look.account_set) for look in taken),
            partial=len(taken) < len(looks),
            **known,
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Limits and options of one plan; a limit that is None is off. `names` maps account sets to their names.

    `today` is the day on the client's own calendar, `wall` the moment on its clocks. `system` is the connector's kind.
    """

    warn: float | None = None
    crit: float | None = None
    bad: Side = "above"
    options: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    today: date | None = None
    wall: datetime | None = None
    system: str = ""

    def level(self, value: float) -> Level:
        """Which limit a value has reached; reached exactly counts as crossed."""
        for level, limit in (("crit", self.crit), ("warn", self.warn)):
            if limit is not None and (value >= limit if self.bad == "above" else value <= limit):
                return "crit" if level == "crit" else "warn"
        return "ok"

    def name(self, account_set: str | None) -> str:
        """The account set as people call it."""
        return self.names.get(account_set or "") or account_set or ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How it stands with one subject. `wording` names the sentence of the check; by default `ok` or `bad`.

    `params` are raw figures for the sentence: a name that ends in `_s` is a length in seconds and is said in words
    under the name without that ending. `reason` (with its own parameters) is a code of connectors.reasons.
    `memory` is kept with the state and handed back with the next look; None keeps what was remembered. `limits`:
    warning and critical, where the subject has its own instead of the plan's.
    """

    subject: str = ""
    state: Level
    value: float | None = None
    params: Params = field(default_factory=dict)
    wording: str = ""
    reason: str = ""
    reason_params: Params = field(default_factory=dict)
    right: str = ""
    grant: str = ""
    permanent: bool = False
    memory: Memory | None = None
    limits: tuple[float, float] | None = None


Judge = Callable[[Seen, Settings, datetime], list[Finding]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One entry of the catalogue. Texts are English msgids.

    `group`: data, access, system, application or heartbeat. `kinds`: the fact kinds it needs; `own`: it also needs
    records of ours. `says`: wording -> sentence, at least `ok` and `bad`. `reads` and `right`: what is looked at, and
    with which right. `priority`: 1 is told first. `alone`: it judges the connection itself and never waits for it.
    `also`: kinds that are judged with the others where the system tells them. `history_of`: the check whose daily
    values it judges, and `history_as` which: the last of a day, or the mean of what was measured. `manual`: when the
    condition is gone, somebody must still acknowledge it. `heavy`: it is asked at night. `quiet`: it is offered but not
    switched on with the others. `scripted`: only what a collector script pushes for it is judged. `confirm_of`:
    `confirm_n` results of the last so many decide, instead of so many in a row.
    """

    key: str
    group: Literal["data", "access", "system", "application", "heartbeat"]
    kinds: tuple[str, ...]
    unit: str
    warn: float | None
    crit: float | None
    interval_s: int
    priority: int
    title: str
    says: Mapping[str, str]
    remedy: str
    reads: str
    right: str
    judge: Judge
    bad: Side = "above"
    confirm_n: int = 1
    recover_n: int = 1
    own: tuple[type[Own], ...] = ()
    alone: bool = False
    planned: bool = True
    also: tuple[str, ...] = ()
    history_of: str = ""
    history_as: Literal["last", "mean"] = "last"
    manual: bool = False
    heavy: bool = False
    quiet: bool = False
    scripted: bool = False
    confirm_of: int | None = None

    def clear(self, limit: float | None) -> float | None:
        """Where a state ends once its limit was crossed: a tenth inside it, so that a value on the line is calm."""
        if limit is None:
            return None
        return limit - abs(limit) / 10 if self.bad == "above" else limit + abs(limit) / 10
