"""Keeps children running: starts them in order, starts again what dies, ends all of them, what others need last.

Every child leads a session of its own, so a Ctrl-C in the terminal reaches the supervisor alone. A guard process
ends the children when the supervisor is killed without a chance to do so itself.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from service_desk.running.guard import kill_session

STEADY = 20.0  # seconds after which a child counts as well started and its failures are forgotten
LONGEST_WAIT = 30.0


@dataclass
class Child:
    """One thing to keep running: how it starts, which signal asks it to end, how long that may take (seconds)."""

    name: str
    start: Callable[[], "subprocess.Popen[bytes] | None"]
    ask: signal.Signals = signal.SIGTERM
    patience: float = 12.0
    outlives: bool = False  # the others need it until they have ended
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    again_at: float | None = None


def command(
    parts: list[str], environ: Mapping[str, str], log: Path, *, stdin: int = subprocess.DEVNULL
) -> Callable[[], "subprocess.Popen[bytes]"]:
    """How a program of ours is started: its own session, its own log, nothing to read unless `stdin` says so."""

    def start() -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            return subprocess.Popen(
                parts,
                env=dict(environ),
                stdin=stdin,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    return start


HELD = "--held"  # how a program of ours is told to load everything and then to wait for the word
WORD = b"go\n"


@dataclass
class Held:
    """A program that is started before its time has come, so that it loads while others do their part.

    It waits for a word on its input; once that was given, every further start goes straight on.
    """

    parts: list[str]
    environ: Mapping[str, str]
    log: Path
    released: bool = False
    ear: IO[bytes] | None = None

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it, to wait unless the word was given."""
        if self.released:
            return command(self.parts, self.environ, self.log)()
        held = command([*self.parts, HELD], self.environ, self.log, stdin=subprocess.PIPE)()
        self.ear = held.stdin
        return held

    def release(self) -> None:
        """Give the word, once. One that has died meanwhile is started again by the supervisor, as any other."""
        self.released = True
        ear, self.ear = self.ear, None
        if ear is not None:
            with contextlib.suppress(BrokenPipeError), ear:
                ear.write(WORD)


def wait_for_word() -> None:
    """Wait on the input for the word; end when whoever should give it has gone."""
    if sys.stdin.buffer.readline() != WORD:
        sys.exit(1)


@dataclass
class Supervisor:
    """The children, the pipe to the guard, and the wish to stop.

    `shared` are descriptors the guard holds too: the lock of the installation stays held until the guard is done.
    """

    say: Callable[[str], None]
    shared: tuple[int, ...] = ()
    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    watching: bool = False
    guard: "subprocess.Popen[bytes] | None" = None
    wake: tuple[int, int] | None = None

    def __enter__(self) -> "Supervisor":
        """Take over the signals and start the guard."""
        self.wake = os.pipe()
        for end in self.wake:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.wake[1], warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # Only to wake the loop.
        self.guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))],
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=self.shared,
        )
        return self

    def _asked_to_stop(self, *_: object) -> None:
        self.stopping = True
        if not self.watching:
            raise KeyboardInterrupt  # While things are still being made ready there is no loop that would look.

    def add(self, child: Child) -> None:
        """Start a child now and keep it running from here on."""
        self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        child.again_at = None
        child.started = time.monotonic()
        child.process = child.start()
        if child.process is not None:
            self._tell(f"+{child.process.pid} {child.ask.value}")

    def _tell(self, line: str) -> None:
        assert self.guard is not None
        assert self.guard.stdin is not None
        try:
            self.guard.stdin.write(f"{line}\n".encode())
            self.guard.stdin.flush()
        except BrokenPipeError:
            self.say("the guard is gone; a killed supervisor would now leave its children behind")

    def run(self) -> None:
        """Watch over the children until a signal asks to stop."""
        self.watching = True
        while not self.stopping:
            self.look()
            self._sleep(1.0)

    def _sleep(self, seconds: float) -> None:
        assert self.wake is not None
        if select.select([self.wake[0]], [], [], seconds)[0]:
            os.read(self.wake[0], 4096)

    def look(self) -> None:
        """Start again what has died and whose wait is over."""
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, now)
            if child.again_at is not None and now >= child.again_at:
                self._try_again(child, now)

    def _bury(self, child: Child, now: float) -> None:
        assert child.process is not None
        self._tell(f"-{child.process.pid}")
        kill_session(child.process.pid)  # What it may have left behind.
        self.say(f"{child.name} ended ({child.process.returncode}); starting it again / 进程退出，正在重新启动")
        child.process = None
        child.failures = 0 if now - child.started > STEADY else child.failures + 1
        child.again_at = now + wait_before(child.failures)

    def _try_again(self, child: Child, now: float) -> None:
        try:
            self._start(child)
        except (OSError, RuntimeError) as error:
            self.say(f"{child.name}: {error}")
            child.failures += 1
            child.again_at = now + wait_before(child.failures)

    def __exit__(self, *_: object) -> None:
        """End every child, the last started first and those that outlive the others after them; then the guard."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # Ending is bounded in time; a second Ctrl-C must not cut it short.
        for last in (False, True):
            self._end([child for child in reversed(self.children) if child.outlives is last])
        assert self.guard is not None
        assert self.guard.stdin is not None
        self.guard.stdin.close()
        self.guard.wait(30)
        signal.set_wakeup_fd(-1)

    def _end(self, children: Sequence[Child]) -> None:
        """Ask them all to end, then wait for each: how long that takes depends on the slowest, not on how many."""
        running = [(child, child.process) for child in children if child.process is not None]
        for child, process in running:
            if process.poll() is None:
                process.send_signal(child.ask)
        asked = time.monotonic()
        for child, process in running:
            try:
                process.wait(max(0.0, asked + child.patience - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{child.name} did not end by itself and is killed")
            kill_session(process.pid)
            process.wait()
            self._tell(f"-{process.pid}")
            child.process = None


def wait_before(failures: int) -> float:
    """Seconds before the next start: none after a long life, then doubling up to half a minute."""
    return 0.0 if failures == 0 else min(LONGEST_WAIT, 0.25 * 2.0**failures)
