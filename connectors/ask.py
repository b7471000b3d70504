"""The parent's side: ask a child process, bound it in time, and end it when it does not come back.

This is the only way in which the product talks to a driver.
"""

import json
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from connectors import CONNECTORS, connector_class
from connectors.base import AccountSet, Capability, ConnectorError, Step, unseen
from connectors.facts import VERSION, Look, Unknown, look_from_json
from connectors.process import Child, Hung
from connectors.steps import following

START_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question to one connection. `secrets` are never printed."""

    op: Literal["probe", "account_sets", "capabilities", "collect"]
    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    kinds: Sequence[str] = ()
    account_sets: Sequence[str] | None = None
    budget_seconds: float = 60
    allow_loopback: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back. `error` is set when the question as a whole failed.

    After `collect`, `looks` holds at least one look for every kind asked for, whatever happened. A child that was
    ended in the middle leaves its looks so far, and one unknown look without account set for each kind it may not
    have finished.
    """

    steps: tuple[Step, ...] = ()
    account_sets: tuple[AccountSet, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    looks: tuple[Look, ...] = ()
    error: ConnectorError | None = None


def ask(request: Request, deadline: float | None = None, *, on_step: Callable[[Step], None] | None = None) -> Answer:
    """Run the request in a child process and wait at most `deadline` seconds (default: its budget and a start-up).

    `on_step` is called with each step of a probe as soon as the child has told it; what it raises ends the child and
    is passed on. Never raises ConnectorError: a child that hangs is killed with its process group and answered as
    reason `hang`.
    """
    seconds = deadline if deadline is not None else request.budget_seconds + START_SECONDS
    found: list[dict[str, Any]] = []
    error = None
    with Child("connectors.child", seconds) as child:
        try:
            for line in child.lines(json.dumps({"v": VERSION, **asdict(request)})):
                found.append(json.loads(line))
                if on_step is not None and "step" in found[-1]:
                    on_step(Step(**found[-1]["step"]))
            error = _ended(child.status(), seconds)
        except Hung:
            error = ConnectorError("hang", {"seconds": round(seconds)})
    if error is None and (not found or "end" not in found[-1]):
        error = ConnectorError("child_died", {"status": "no end"})
    return _assembled(request, found, error)


def _ended(status: int, seconds: float) -> ConnectorError | None:
    """What is wrong with how the child ended; its own alarm means that it hung."""
    if status == -getattr(signal, "SIGALRM", 0) < 0:
        return ConnectorError("hang", {"seconds": round(seconds)})
    return ConnectorError("child_died", {"status": status}) if status else None


def _assembled(request: Request, lines: list[dict[str, Any]], error: ConnectorError | None) -> Answer:
    said = {name: [line[name] for line in lines if name in line] for name in (*_PARTS, "error")}
    if error is None and said["error"]:
        error = ConnectorError.from_json(said["error"][-1])
    steps = tuple(Step(**step) for step in said["step"])
    looks = tuple(look_from_json(look) for look in said["look"])
    if error and request.op == "probe":
        steps += (Step.of(following(steps[-1] if steps else None), error),)
    if request.op == "collect":
        looks += _not_reached(request, looks, error)
    return Answer(
        steps=steps,
        account_sets=tuple(AccountSet(**found) for found in said["account_set"]),
        capabilities=tuple(_capability(found) for found in said["capability"]),
        looks=looks,
        error=error,
    )


def _not_reached(request: Request, looks: tuple[Look, ...], error: ConnectorError | None) -> tuple[Look, ...]:
    """Unknown looks for every kind that the child did not come to, or may not have finished in every account set."""
    seen = {look.kind for look in looks}
    unfinished = (
        ({look.kind for look in looks if look.account_set is not None} | _told_twice(request)) if error else set()
    )
    why = error or ConnectorError("child_died", {"status": "no look"})
    return tuple(unseen(kind, why) for kind in request.kinds if kind not in seen or kind in unfinished)


def _told_twice(request: Request) -> set[str]:
    """Kinds with several readers: one look of theirs does not say that the others were taken."""
    if request.kind not in CONNECTORS:
        return set()
    kinds = [reader.kind for reader in connector_class(request.kind).used_readers()]
    return {kind for kind in kinds if kinds.count(kind) > 1}


_PARTS = ("step", "account_set", "capability", "look")


def _capability(data: dict[str, Any]) -> Capability:
    unknown = data.pop("unknown")
    return Capability(**data, unknown=Unknown(**unknown) if unknown else None)
