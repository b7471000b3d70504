"""The parent's side: ask a child process, bound it in time, and end it when it does not come back.

This is the only way in which the product talks to a driver.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from connectors.base import STEPS, AccountSet, Capability, ConnectorError, Step, unseen
from connectors.facts import VERSION, Look, Unknown, look_from_json

# A child may see where drivers lie and which language texts are in, never our database addresses or keys.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "ODBCSYSINI", "ODBCINSTINI", "SSL_CERT_FILE")
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


def ask(request: Request, deadline: float | None = None) -> Answer:
    """Run the request in a child process and wait at most `deadline` seconds (default: its budget and a start-up).

    Never raises ConnectorError: a child that hangs is killed with its process group and answered as reason `hang`.
    """
    seconds = deadline if deadline is not None else request.budget_seconds + START_SECONDS
    text = json.dumps({"v": VERSION, **asdict(request)})
    lines, error = _run(text, seconds)
    found = [json.loads(line) for line in lines]
    if error is None and (not found or "end" not in found[-1]):
        error = ConnectorError("child_died", {"status": "no end"})
    return _assembled(request, found, error)


def _run(text: str, seconds: float) -> tuple[list[str], ConnectorError | None]:
    """The complete lines that the child wrote, and why it did not finish."""
    child = subprocess.Popen(
        [sys.executable, "-m", "connectors.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        cwd=Path(__file__).parent.parent,
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"PYTHONUTF8": "1"},
        start_new_session=True,
    )
    error = None
    try:
        written, _ = child.communicate(text, timeout=seconds)
        if child.returncode == -signal.SIGALRM:
            error = ConnectorError("hang", {"seconds": round(seconds)})
        elif child.returncode:
            error = ConnectorError("child_died", {"status": child.returncode})
    except subprocess.TimeoutExpired:
        _kill(child)
        written, _ = child.communicate()
        error = ConnectorError("hang", {"seconds": round(seconds)})
    finally:
        _kill(child)
        child.wait()
    # After a kill, the last line may be half a line.
    return [line for line in (written or "").splitlines(keepends=True) if line.endswith("\n")], error


def _kill(child: "subprocess.Popen[str]") -> None:
    """End the child and whatever it started. It leads its own group, whose number stays its own until it is reaped."""
    if child.returncode is None:
        os.killpg(child.pid, signal.SIGKILL)


def _assembled(request: Request, lines: list[dict[str, Any]], error: ConnectorError | None) -> Answer:
    said = {name: [line[name] for line in lines if name in line] for name in (*_PARTS, "error")}
    if error is None and said["error"]:
        error = ConnectorError.from_json(said["error"][-1])
    steps = tuple(Step(**step) for step in said["step"])
    looks = tuple(look_from_json(look) for look in said["look"])
    if error and request.op == "probe":
        steps += (Step.of(_next_step(steps), error),)
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
    unfinished = {look.kind for look in looks if look.account_set is not None} if error else set()
    why = error or ConnectorError("child_died", {"status": "no look"})
    return tuple(unseen(kind, why) for kind in request.kinds if kind not in seen or kind in unfinished)


_PARTS = ("step", "account_set", "capability", "look")


def _next_step(steps: tuple[Step, ...]) -> str:
    """The step at which a probe stopped: the one after the last that was told."""
    if not steps:
        return STEPS[0]
    return STEPS[min(STEPS.index(steps[-1].name) + 1, len(STEPS) - 1)]


def _capability(data: dict[str, Any]) -> Capability:
    unknown = data.pop("unknown")
    return Capability(**data, unknown=Unknown(**unknown) if unknown else None)
