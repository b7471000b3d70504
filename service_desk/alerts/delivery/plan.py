"""From notices to messages: who is told of which, together or apart, at once or later. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service_desk.alerts.delivery.wishes import Held, Wish
from service_desk.alerts.words import Face

GRAVITY = ("unknown", "warn", "crit")


class Notice(Protocol):
    """What is to be told, as the rules see it."""

    @property
    def id(self) -> int: ...
    @property
    def why(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def step(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One destination with what it wants. `steps`: from which step of escalation on it is told whatever it wants.

    `address` is where a mail goes; "" for what leaves over the wire.
    """

    wish: Wish
    channel: str
    name: str
    address: str = ""
    face: Face = "desk"
    destination_id: int | None = None
    person_id: int | None = None
    recipient_id: int | None = None
    steps: int | None = None

    def wants(self, notice: Notice, client_id: int) -> bool:
        """Whether this destination is to be told of this notice."""
        if self.steps is not None and notice.why == "escalated" and notice.step >= self.steps:
            return True
        return self.wish.wants(notice.severity, client_id, over=notice.why == "ended")

    def waits(self, notice: Notice, now: datetime) -> tuple[Held, datetime]:
        """Why and until when it is held back. What nobody has seen waits for no digest."""
        held, until = self.wish.waits(notice.severity, now)
        return ("", now) if held == "digest" and notice.why == "escalated" else (held, until)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One message to be: to whom, of which notices, from when on."""

    reader: Reader
    notice_ids: tuple[int, ...]
    severity: str
    held_for: Held
    due_at: datetime


def planned(notices: Sequence[Notice], readers: Iterable[Reader], client_id: int, now: datetime) -> list[Planned]:
    """One message for each reader and moment: what is told at the same time is told together."""
    found: list[Planned] = []
    for reader in readers:
        groups: dict[tuple[Held, datetime], list[Notice]] = {}
        for notice in notices:
            if reader.wants(notice, client_id):
                groups.setdefault(reader.waits(notice, now), []).append(notice)
        for (held, due_at), mine in groups.items():
            worst = max((one.severity for one in mine), key=GRAVITY.index)
            ids = tuple(one.id for one in mine)
            found.append(Planned(reader=reader, notice_ids=ids, severity=worst, held_for=held, due_at=due_at))
    return found
