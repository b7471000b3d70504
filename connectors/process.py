"""One child process: told its question, heard line by line while it works, and ended in time with its whole group."""

import os
import queue
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# A child may see where drivers lie and which language texts are in, never our database addresses or keys.
# Windows opens no socket and finds no driver without what stands in the second line; the last says that an agent asks.
PASSED_ON = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "ODBCSYSINI", "ODBCINSTINI", "SSL_CERT_FILE"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "PROGRAMDATA", "PROGRAMFILES", "TEMP", "TMP"),
    "SITE_AGENT",
)
CHUNK = 65536
ROOT = Path(__file__).parent.parent  # a folder, or the one file that runs at a client's
# Told on the command line: the Python for Windows that needs no installation looks at no variable of the environment.
OUT_OF_ONE_FILE = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
SELECTS = os.name != "nt"  # Windows can wait for sockets only, so there threads wait for the pipes


# The children of this process that have not ended, so that whoever ends it by force ends them, too.
_alive: set["Child"] = set()


class Hung(Exception):
    """The time was up and the child had not ended."""


def end_all() -> None:
    """End every child of this process, with its whole group. For a process that ends right afterwards."""
    for child in list(_alive):
        child._kill()


class Child:
    """A child with `seconds` to live. Use it as a context: on leaving, it and whatever it started have ended."""

    def __init__(self, module: str, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        packed = ROOT.is_file()
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"PYTHONUTF8": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours, named by our own code
            [sys.executable, "-X", "utf8", *(["-P", "-c", OUT_OF_ONE_FILE, str(ROOT)] if packed else ["-m"]), module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT.parent if packed else ROOT,
            env=env,
            # A group of its own to be ended by, in the session of whoever started us: what ends that ends it as well.
            process_group=None if sys.platform == "win32" else 0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def __enter__(self) -> "Child":
        _alive.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        _alive.discard(self)
        self._process.wait()
        for pipe in self._pipes():
            pipe.close()

    def lines(self, question: str) -> Iterator[str]:
        """Every whole line as it is written, without its end; half a line at the end is dropped.

        Raises Hung when the time is up; what was written until then is told before.
        """
        rest = b""
        for piece in (self._pieces if SELECTS else self._handed)(question.encode()):
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
        if sys.platform == "win32":
            raise RuntimeError("pipes cannot be waited for here; `lines` takes the other way")
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

    def _handed(self, question: bytes) -> Iterator[bytes]:
        """The same where pipes cannot be waited for: one thread writes, one reads and hands on what it read."""
        into, out = self._pipes()
        came: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=_write_all, args=(into, question), daemon=True).start()
        threading.Thread(target=_read_all, args=(out, came), daemon=True).start()
        while left := self._left():
            try:
                piece = came.get(timeout=left)
            except queue.Empty:
                break
            if not piece:
                return
            yield piece
        self._kill()
        while piece := came.get():
            yield piece
        raise Hung

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _kill(self) -> None:
        """End the child and its group. It leads that group, whose number stays its own until it is reaped."""
        if self._process.returncode is not None:
            return
        if sys.platform != "win32":
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()


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


def _write_all(into: IO[bytes], question: bytes) -> None:
    try:
        with into:
            into.write(question)
    except OSError:
        return


def _read_all(out: IO[bytes], came: "queue.SimpleQueue[bytes]") -> None:
    """Hand on what is read, and nothing at the end; the end of the process is the end of its pipe."""
    piece = b"-"
    while piece:
        try:
            piece = os.read(out.fileno(), CHUNK)
        except (OSError, ValueError):
            piece = b""
        came.put(piece)
