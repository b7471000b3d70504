"""The words that checks are written in: what a check is given, what it answers, and what it declares. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from connectors.facts import Fact, Look, Params

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


Own = LeaverRecord | HeartbeatRecord


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the looks of one run found for one check: facts of the ERP, and records of our own."""

    facts: tuple[Fact, ...] = ()
    own: tuple[Own, ...] = ()
    places: tuple[str | None, ...] = ()
    truncated: bool = False

    def of(self, kind: type[F]) -> list[F]:
        """The facts or records of this class."""
        return [one for one in (*self.facts, *self.own) if isinstance(one, kind)]

    @classmethod
    def from_looks(cls, looks: Sequence[Look], own: Sequence[Own] = ()) -> "Seen":
        """What can be judged: looks that could not be taken are left out. `places`: account sets looked into."""
        taken = [look for look in looks if look.unknown is None]
        return cls(
            facts=tuple(fact for look in taken for fact in look.facts),
            own=tuple(own),
            places=tuple(dict.fromkeys(look.account_set for look in taken)),
            truncated=any(look.truncated for look in taken),
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Limits and options of one plan; a limit that is None is off. `names` maps account sets to their names.

    `today` is the day on the client's own calendar.
    """

    warn: float | None = None
    crit: float | None = None
    bad: Side = "above"
    options: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    today: date | None = None

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


Judge = Callable[[Seen, Settings, datetime], list[Finding]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One entry of the catalogue. Texts are English msgids.

    `group`: data, access, system, application or heartbeat. `kinds`: the fact kinds it needs; `own`: it also needs
    records of ours. `says`: wording -> sentence, at least `ok` and `bad`. `reads` and `right`: what is looked at, and
    with which right. `priority`: 1 is told first. `alone`: it judges the connection itself and never waits for it.
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

    def clear(self, limit: float | None) -> float | None:
        """Where a state ends once its limit was crossed: a tenth inside it, so that a value on the line is calm."""
        if limit is None:
            return None
        return limit - abs(limit) / 10 if self.bad == "above" else limit + abs(limit) / 10
