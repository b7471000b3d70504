"""What was seen and not yet handed over, on disk. When it is full the oldest goes first, and that is counted."""

import json
import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from connectors.agent.home import patiently, write

MOST = 5000  # looks that wait: with ten connections every five minutes more than a day
MOST_BYTES = 200 * 1024 * 1024
NAME = re.compile(r"\d{12}\.json")


class Waiting:
    """A queue of files, each one push; a number in its name keeps the order."""

    def __init__(self, folder: Path, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self.most, self.most_bytes = folder, most, most_bytes
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in folder.glob(".new-*"):
            with suppress(OSError):
                left.unlink()
        self._files = {path: path.stat().st_size for path in sorted(folder.iterdir()) if NAME.fullmatch(path.name)}
        self._next = max((int(path.stem) for path in self._files), default=0) + 1

    def __len__(self) -> int:
        return len(self._files)

    def add(self, push: dict[str, Any]) -> int:
        """Keep one more; returns how many of the oldest had to go for it."""
        data = json.dumps(push, ensure_ascii=False).encode()
        dropped = self._make_room(len(data))
        path = self.folder / f"{self._next:012d}.json"
        write(path, data)
        self._files[path], self._next = len(data), self._next + 1
        return dropped

    def _make_room(self, size: int) -> int:
        dropped = 0
        while self._files and (len(self._files) >= self.most or sum(self._files.values()) + size > self.most_bytes):
            self.done(next(iter(self._files)))
            dropped += 1
        return dropped

    def first(self) -> tuple[Path, dict[str, Any]] | None:
        """The oldest that can be read; one that cannot is taken away."""
        while self._files:
            path = next(iter(self._files))
            try:
                return path, json.loads(patiently(partial(path.read_text, "utf-8")))
            except PermissionError:
                # Somebody else has it open: it waits for the next turn.
                return None
            except (OSError, ValueError):
                self.done(path)
        return None

    def done(self, path: Path) -> None:
        """It was handed over, or cannot be. A file that cannot be taken away now is handed over again by the next run,

        and the desk knows it by its number.
        """
        self._files.pop(path, None)
        with suppress(OSError):
            patiently(path.unlink)
