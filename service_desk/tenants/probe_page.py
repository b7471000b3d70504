"""What the page of a probe shows, from what is kept of it. Pure: no request, no database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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


def walk(steps: Sequence[Mapping[str, Any]], sentence: Sentence) -> list[StepLine]:
    """Every step in its order; of several findings of one step the worst decides."""
    return [_line(name, [step for step in steps if step["name"] == name], sentence) for name in STEPS]


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
    return " ".join(str(value) for value in detail.values() if value not in (None, ""))


def finished(steps: Sequence[Mapping[str, Any]]) -> str:
    """How the walk ended: `ok`, `writable` (only the read-only step failed), `failed` or `unknown`."""
    states = {str(step["name"]): str(step["state"]) for step in steps if step["state"] != "ok"}
    if not steps or "failed" in [state for name, state in states.items() if name != "read_only"]:
        return "failed"
    if states.get("read_only") == "failed":
        return "writable"
    return "unknown" if states else "ok"
