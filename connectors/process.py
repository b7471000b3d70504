"""One child process: told its question, heard line by line while it works, and ended in time with its whole group."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# A child may see where drivers lie and which language texts are in, never our database addresses or keys.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "ODBCSYSINI", "ODBCINSTINI", "SSL_CERT_FILE")
CHUNK = 65536


class Hung(Exception):
    """The time was up and the child had not ended."""


class Child:
    """A child with `seconds` to live. Use it as a context: on leaving, it and whatever it started have ended."""

    def __init__(self, module: str, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours, named by our own code
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parent.parent,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"PYTHONUTF8": "1"},
            start_new_session=True,
        )

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        self._process.wait()
        for pipe in self._pipes():
            pipe.close()

    def lines(self, question: str) -> Iterator[str]:
        """Every whole line as it is written, without its end; half a line at the end is dropped.

        Raises Hung when the time is up; what was written until then is told before.
        """
        rest = b""
        for piece in self._pieces(question.encode()):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.decode()

    def status(self) -> int:
        """How the child ended, once all was read: 0, a code, or a signal as a negative number. Raises Hung."""
        try:
            return self._process.wait(self._left())
        except subprocess.TimeoutExpired:
            raise Hung from None

    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def _pieces(self, question: bytes) -> Iterator[bytes]:
        """What is read until the child closes its side, while the question is written as fast as it is taken."""
        into, out = self._pipes()
        for pipe in (into, out):
            os.set_blocking(pipe.fileno(), False)
        with selectors.DefaultSelector() as ready:
            ready.register(into, selectors.EVENT_WRITE)
            ready.register(out, selectors.EVENT_READ)
            while left := self._left():
                for key, _ in ready.select(left):
                    if key.fileobj is into:
                        question = _written(into, question)
                        if not question:
                            ready.unregister(into)
                            into.close()
                    elif piece := os.read(out.fileno(), CHUNK):
                        yield piece
                    else:
                        return
        self._kill()
        yield from _left_over(out)
        raise Hung

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _kill(self) -> None:
        """End the child and its group. It leads that group, whose number stays its own until it is reaped."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)


def _written(into: IO[bytes], question: bytes) -> bytes:
    """What is left of the question after one write; nothing when the child no longer listens."""
    try:
        return question[os.write(into.fileno(), question[:CHUNK]) :]
    except BrokenPipeError:
        return b""


def _left_over(out: IO[bytes]) -> Iterator[bytes]:
    """What lies in the pipe of a child that was ended, without waiting for more."""
    try:
        while piece := os.read(out.fileno(), CHUNK):
            yield piece
    except BlockingIOError:
        return
