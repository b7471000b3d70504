"""The circuit breaker of a connection. Pure; time is an argument.

A server that does not answer is asked only the smallest question until it does, so that it cannot hold up the others.
A login that was refused is not tried again before something changed: repeating a wrong password locks the account.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from connectors.facts import Unknown

TIMEOUTS = frozenset({"hang", "no_answer", "silent_server"})
REFUSALS = frozenset({"wrong_password", "login_blocked"})
OPENS_AFTER = 3
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """`timeouts` in a row, when to probe again, and the stamp of the login that was refused ("" = none)."""

    timeouts: int = 0
    probe_after: datetime | None = None
    refused_stamp: str = ""

    @property
    def open(self) -> bool:
        return self.timeouts >= OPENS_AFTER


def road(breaker: Breaker, stamp: str, now: datetime) -> Literal["full", "probe", "skip"]:
    """Ask everything, only the smallest question, or nothing at all."""
    if breaker.refused_stamp and breaker.refused_stamp == stamp:
        return "skip"
    if not breaker.open:
        return "full"
    return "skip" if breaker.probe_after is not None and now < breaker.probe_after else "probe"


def after(breaker: Breaker, why: Unknown | None, stamp: str, now: datetime) -> Breaker:
    """The breaker after a visit; `why` is the reason the connection was down, None when it was up."""
    if why is None:
        return Breaker()
    if why.reason in REFUSALS:
        return Breaker(refused_stamp=stamp)
    if why.reason not in TIMEOUTS:
        return replace(breaker, timeouts=0, probe_after=None, refused_stamp="")
    timeouts = breaker.timeouts + 1
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, min(timeouts - OPENS_AFTER, 4)))
    return Breaker(timeouts=timeouts, probe_after=now + wait if timeouts >= OPENS_AFTER else None)


def stamp_of(settings: Mapping[str, Any], secrets_changed: Mapping[str, datetime]) -> str:
    """A fingerprint of how we log in: the open settings, and when each secret was last changed (never the secret)."""
    told = {"settings": dict(settings), "secrets": {name: at.isoformat() for name, at in secrets_changed.items()}}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32]
