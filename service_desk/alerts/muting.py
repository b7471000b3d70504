"""Why nobody is told of an incident just now, and until when. Pure; time is an argument."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service_desk.checks.maintenance import Window, open_until

FRESH = timedelta(minutes=10)  # how long a new look is waited for, once nothing mutes an incident any more
AGAIN = timedelta(seconds=60)  # how often is looked whether it is there


@dataclass(frozen=True, kw_only=True)
class Quieting:
    """A silence as the rules know it: what it matches, until when. "" and None match everything, `x*` a beginning."""

    connection_id: int | None = None
    check: str = ""
    subject: str = ""
    severity: str = ""
    ends_at: datetime

    def matches(self, connection_id: int | None, check: str, subject: str, severity: str) -> bool:
        """Whether it is about this."""
        return (
            self.connection_id in (None, connection_id)
            and _fits(self.check, check)
            and _fits(self.subject, subject)
            and self.severity in ("", severity)
        )


@dataclass(frozen=True)
class Mute:
    """`kind` as in Incident.muted; `until` None: until what it hangs on answers again."""

    kind: str
    until: datetime | None


@dataclass(frozen=True)
class Quiet:
    """Everything that mutes a client's incidents: windows, silences, and connections whose parent is down."""

    windows: Sequence[Window] = ()
    silences: Sequence[Quieting] = ()
    orphans: Collection[int] = ()

    def mute(self, connection_id: int | None, check: str, subject: str, severity: str, now: datetime) -> Mute | None:
        """What mutes this now; of several the first of maintenance, silence, parent."""
        if until := open_until(self.windows, connection_id, check, now):
            return Mute("maintenance", until)
        ends = [one.ends_at for one in self.silences if one.matches(connection_id, check, subject, severity)]
        if ends and max(ends) > now:
            return Mute("silence", max(ends))
        return Mute("parent", None) if connection_id in self.orphans else None


def is_over(kind: str, ended_at: datetime, seen_at: datetime | None, now: datetime) -> bool:
    """Whether an incident that nothing mutes any more is told as it is.

    After a silence at once. After maintenance, or when what it hung on answers again, only once it was looked at anew:
    what is well again by then is not told. What nobody looks at is told after ten minutes all the same.
    """
    return kind == "silence" or seen_at is None or seen_at >= ended_at or now >= ended_at + FRESH


def _fits(pattern: str, text: str) -> bool:
    return not pattern or text == pattern or (pattern.endswith("*") and text.startswith(pattern[:-1]))
