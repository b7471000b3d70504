"""What the page of a probe shows, from what is kept of it. Pure: no request, no database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from connectors.base import STEPS

RANK = {"failed": 0, "unknown": 1, "ok": 2, "waiting": 3}
Sentence = Callable[[str, Mapping[str, Any]], str]


@dataclass(frozen=True)
class Remark:
    """One thing a step found: the sentence, the form field that mends it, and the exact statement to run."""

    state: str
    sentence: str
    field: str | None
    grant: str | None


@dataclass(frozen=True)
class StepLine:
    """One step of the walk: `ok`, `failed`, `unknown`, or `waiting` when the walk did not come to it."""

    name: str
    state: str
    seen: str = ""
    remarks: list[Remark] = field(default_factory=list)


@dataclass(frozen=True)
class Walk:
    """A probe under way: the job and its attempt, and the steps that are known so far."""

    KEY: ClassVar[str] = "walk"  # where it stands in what is kept of a connection's probe

    job: int
    attempt: int
    steps: Sequence[Mapping[str, Any]]

    @classmethod
    def kept_in(cls, probe: Mapping[str, Any] | None) -> "Walk | None":
        """The walk that is kept beside the last result; None when there is none."""
        found = (probe or {}).get(cls.KEY)
        return cls(**found) if found else None

    def belongs_to(self, job: int, attempt: int) -> bool:
        """True for the very attempt; what another one found is not shown as if this one had."""
        return (self.job, self.attempt) == (job, attempt)


def walk(steps: Sequence[Mapping[str, Any]], sentence: Sentence) -> list[StepLine]:
    """Every step in its order; of several findings of one step the worst decides."""
    return [_line(name, [step for step in steps if step["name"] == name], sentence) for name in STEPS]


def under_way(found: Walk | None, job: int, attempt: int, sentence: Sentence) -> list[StepLine]:
    """The walk while it goes on: what this attempt has found so far, and the steps to come."""
    steps = found.steps if found is not None and found.belongs_to(job, attempt) else []
    return [replace(line, state="coming") if line.state == "waiting" else line for line in walk(steps, sentence)]


def _line(name: str, found: Sequence[Mapping[str, Any]], sentence: Sentence) -> StepLine:
    if not found:
        return StepLine(name, "waiting")
    state = min((str(step["state"]) for step in found), key=RANK.__getitem__)
    remarks = [
        Remark(str(step["state"]), sentence(step["reason"], step["params"]), step["field"], step["grant"])
        for step in found
        if step["reason"]
    ]
    seen = dict.fromkeys(filter(None, map(_seen, found)))
    return StepLine(name, state, " · ".join(seen), list(dict.fromkeys(remarks)))


def _seen(step: Mapping[str, Any]) -> str:
    detail = step["detail"] or {}
    if "ms" in detail:
        return f"{detail['ms']} ms"
    return " ".join(dict.fromkeys(str(value) for value in detail.values() if value not in (None, "")))


def finished(steps: Sequence[Mapping[str, Any]]) -> str:
    """How the walk ended: `ok`, `writable` (only the read-only step failed), `failed` or `unknown`."""
    states = {str(step["name"]): str(step["state"]) for step in steps if step["state"] != "ok"}
    if not steps or "failed" in [state for name, state in states.items() if name != "read_only"]:
        return "failed"
    if states.get("read_only") == "failed":
        return "writable"
    return "unknown" if states else "ok"


def ways_to_write(steps: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """(database, how) of every way in which the login could change data, as the walk found them; empty = it cannot."""
    told = [step["params"] or {} for step in steps if step["name"] == "read_only" and step["state"] == "failed"]
    return frozenset((str(one.get("database", "")), str(one.get("how", ""))) for one in told)
