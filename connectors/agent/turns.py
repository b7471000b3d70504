"""An agent at work: ask what is due, look, hand over, wait; for months, whatever happens around it."""

import logging
import platform
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.agent import keeping, looking
from connectors.agent.build import version
from connectors.agent.desk import Desk, Refusal, Unreachable
from connectors.agent.home import Home
from connectors.agent.waiting import Waiting

log = logging.getLogger("agent")
EVERY = 60.0  # seconds between two questions for what is due, unless the desk says otherwise
LONGEST_WAIT = 300.0
AGAIN = 30.0  # a kind is not looked for sooner than this after the last time
SLICE_S = 1.0
AT_ONCE = 4  # connections that are read at the same time: one that hangs holds up nobody else
PLAN, STATE = "plan.json", "state.json"


class Revoked(Exception):
    """The desk does not know this agent any more: it stops reading."""


def about() -> dict[str, str]:
    """What an agent says of itself."""
    return {
        "version": version(),
        "platform": f"{platform.system()} {platform.release()} · Python {platform.python_version()}"[:120],
    }


def with_companions(connection: Mapping[str, Any], due: list[str]) -> list[str]:
    """The kinds that are due, and those that are judged side by side with them, at the pace of the slowest."""
    rhythms, found = connection["kinds"], dict.fromkeys(due)
    for group in connection.get("together", ()):
        known = [kind for kind in group if kind in rhythms]
        if known and max(known, key=lambda kind: rhythms[kind]["every_s"]) in due:
            found |= dict.fromkeys(known)
    return list(found)


@dataclass
class Backoff:
    """When a desk that does not answer is asked again: later each time, never at the same moment as others."""

    failures: int = 0
    until: float = 0.0

    def failed(self, now: float) -> float:
        """Note a failure; returns the seconds to wait."""
        self.failures += 1
        longest: float = min(LONGEST_WAIT, 5.0 * 2 ** min(self.failures, 8))
        wait = random.uniform(0.5, 1) * longest  # noqa: S311 - no secret
        self.until = now + wait
        return wait

    def worked(self) -> None:
        """It answers again."""
        self.failures, self.until = 0, 0.0


@dataclass
class Agent:
    """One agent over its folder. `now` is the clock of its machine, in seconds."""

    home: Home
    desk: Desk
    now: Callable[[], float] = time.time
    wake: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.waiting = Waiting(self.home.folder / "queue")
        self.plan: list[dict[str, Any]] = self.home.read(PLAN).get("connections", [])
        state = self.home.read(STATE)
        self.dropped = int(state.get("dropped", 0))
        self.last: dict[str, float] = dict(state.get("last", {}))
        self.typed: dict[str, str] = dict(state.get("typed", {}))
        self.due: dict[str, float] = {}
        self.busy: set[int] = set()
        self.probes: set[int] = set()
        self.at_once: set[int] = set()
        self.backoff = Backoff()
        self.ask_at = 0.0
        self.every = EVERY
        self._lock = threading.Lock()
        self._expect(self.plan, self.now())

    def run(self) -> None:
        """Turn after turn until told to stop. Raises Revoked."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not self.stop.is_set():
                self.turn(pool)
                self._wait(self._rest())
                self.wake.clear()

    def _wait(self, seconds: float) -> None:
        """Wait until woken, or so long. Windows hands on Ctrl-C only between two waits."""
        slice_s = SLICE_S if sys.platform == "win32" else seconds
        while seconds > 0 and not self.wake.wait(min(seconds, slice_s)):
            seconds -= slice_s

    def turn(self, pool: ThreadPoolExecutor | None = None) -> None:
        """Hand over what waits, ask what is due, begin what is due. Without a pool it is all done on return."""
        self.hand_over()
        if self.now() >= max(self.ask_at, self.backoff.until):
            self.ask()
        for connection in self.plan:
            if kinds := self.begin(connection):
                if pool is None:
                    self.visit(connection, kinds)
                else:
                    pool.submit(self.visit, connection, kinds)
        if pool is None:
            self.hand_over()

    def _rest(self) -> float:
        """Seconds until there is something to do."""
        next_ask = max(self.ask_at, self.backoff.until)
        soonest = min([next_ask, *(at for key, at in self.due.items() if int(key.split("/")[0]) not in self.busy)])
        return min(60.0, max(0.2, soonest - self.now()))

    # What is due.

    def ask(self) -> None:
        """Ask the desk what is due; while it does not answer, the last plan goes on."""
        told = {"v": 1, **about(), "waiting": len(self.waiting), "dropped": self.dropped, "sent_at": self._moment()}
        answer = self._asked("due", told)
        if answer is None:
            return
        self.plan = answer["connections"]
        self.every = float(answer.get("every_s", EVERY))
        self.ask_at = self.now() + self.every * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
        self.home.write(PLAN, {"connections": self.plan})
        self._expect(self.plan, self.now())
        for connection in keeping.lacking(self.home, self.plan):
            log.warning("no secrets for %s yet: run the agent with `secrets`", connection["name"])

    def _expect(self, plan: list[dict[str, Any]], now: float) -> None:
        """When each kind is looked for next; what was just seen is not looked for again at once."""
        due = {}
        for connection in plan:
            if connection.get("probe"):
                self.probes.add(connection["id"])
            self._note_typed(connection["id"])
            for kind, rhythm in connection["kinds"].items():
                key = f"{connection['id']}/{kind}"
                soonest = self.last.get(key, 0) + min(AGAIN, rhythm["every_s"] / 2)
                # A clock that was set back must not keep anybody waiting for what lies in its own past.
                due[key] = min(max(now + rhythm["in_s"], soonest), now + max(rhythm["every_s"], rhythm["in_s"]))
        self.due = due

    def _note_typed(self, number: int) -> None:
        """Once somebody has typed secrets, what could not be seen without them is looked for at once."""
        typed = keeping.typed_at(self.home, number)
        if self.typed.get(str(number), "") != typed:
            self.typed[str(number)] = typed
            self.at_once.add(number)
            self._remember()

    def begin(self, connection: Mapping[str, Any]) -> list[str]:
        """The kinds that are due; they are then taken, and the connection is busy until they were looked for."""
        number, now = connection["id"], self.now()
        with self._lock:
            if number in self.busy:
                return []
            late = number in self.at_once
            kinds = [kind for kind in connection["kinds"] if late or self.due.get(f"{number}/{kind}", now + 1) <= now]
            kinds = with_companions(connection, kinds)
            probe = number in self.probes
            if not kinds and not probe:
                return []
            for kind in kinds:
                self.due[f"{number}/{kind}"] = now + connection["kinds"][kind]["every_s"]
            self.at_once.discard(number)
            self.busy.add(number)
        return ["probe", *kinds] if probe else kinds

    # Looking.

    def visit(self, connection: Mapping[str, Any], kinds: list[str]) -> None:
        """Look, and keep what was seen until it is handed over. Whatever goes wrong, the next visit takes place."""
        number = connection["id"]
        try:
            if kinds[0] == "probe":
                self.probes.discard(number)
                self._keep([{"connection": number, "id": uuid.uuid4().hex,
                             "steps": looking.probed(self.home, connection)}])  # fmt: skip
                kinds = kinds[1:]
            if kinds:
                # What says whether the connection stands comes with every visit.
                wanted = list(dict.fromkeys(["reachable", *kinds]))
                self._keep(looking.pushes(number, looking.collected(self.home, connection, wanted)))
                self._saw(number, wanted)
        except Exception:
            log.exception("the visit to %s broke off", connection["name"])
        finally:
            with self._lock:
                self.busy.discard(number)
            self.wake.set()

    def _saw(self, number: int, kinds: list[str]) -> None:
        with self._lock:
            self.last |= dict.fromkeys((f"{number}/{kind}" for kind in kinds), self.now())
            self._remember()

    def _keep(self, pushes: list[dict[str, Any]]) -> None:
        with self._lock:
            dropped = sum(self.waiting.add(push) for push in pushes)
            if dropped:
                self.dropped += dropped
                log.warning("%s of the oldest looks were thrown away: the desk has not been reached for long", dropped)
                self._remember()

    def _remember(self) -> None:
        self.home.write(STATE, {"dropped": self.dropped, "last": self.last, "typed": self.typed})

    # Handing over.

    def hand_over(self) -> None:
        """Hand over what waits, the oldest first, as long as the desk takes it."""
        while self.now() >= self.backoff.until:
            with self._lock:
                found = self.waiting.first()
            if found is None:
                return
            path, push = found
            if self._asked("push", {"v": 1, "sent_at": self._moment(), **push}) is None:
                return
            with self._lock:
                self.waiting.done(path)

    def _asked(self, what: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The desk's answer; None when it is to be tried again later. What it cannot use is dropped, and said."""
        try:
            answer = self.desk.ask(what, payload)
        except Refusal as refusal:
            if refusal.status == 401:
                raise Revoked(refusal.words) from None
            if what == "push" and refusal.status not in (408, 429):
                log.error("the desk does not take this look: %s", refusal)
                return {}
            log.warning("the desk says: %s; next try in %.0f s", refusal, self.backoff.failed(self.now()))
            return None
        except Unreachable as error:
            log.warning("the desk is not reached (%s); next try in %.0f s", error, self.backoff.failed(self.now()))
            return None
        self.backoff.worked()
        return answer

    def _moment(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat()
