"""Who wants to be told of what, and when. Pure: the time is an argument, wall clocks have zones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from service_desk.lib.clock import at_wall, local_day

Held = Literal["", "quiet", "digest"]
DAY = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Hours without disturbance: minutes of the day on the wall clock of `zone`; across midnight when from > until."""

    from_minute: int
    until_minute: int
    zone: str
    breaks: bool = True

    def ends_at(self, now: datetime) -> datetime | None:
        """When the quiet hours end that `now` lies in; None when it lies in none."""
        if self.from_minute == self.until_minute:
            return None
        today = local_day(now, self.zone)
        for day in (today - timedelta(days=1), today):
            begins = at_wall(day, self.from_minute, self.zone)
            over = self.until_minute if self.until_minute > self.from_minute else self.until_minute + DAY
            ends = at_wall(day, over, self.zone)
            if begins <= now < ends:
                return ends
        return None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What one destination is to be told. `clients` None: all of them. `zone` is the clock of a daily digest."""

    severities: Collection[str] = ("crit",)
    when_over: bool = True
    clients: Collection[int] | None = None
    digest: str = ""
    digest_minute: int = 540
    zone: str = "Asia/Shanghai"
    quiet: Quiet | None = None

    def wants(self, severity: str, client_id: int, *, over: bool) -> bool:
        """Whether this is to be told at all."""
        if self.clients is not None and client_id not in self.clients:
            return False
        return severity in self.severities and (self.when_over or not over)

    def waits(self, severity: str, now: datetime) -> tuple[Held, datetime]:
        """Why it is held back ("" not at all), and until when.

        Quiet hours hold everything but what may break through; a digest holds everything but what is critical.
        """
        ends = self.quiet.ends_at(now) if self.quiet else None
        if ends is not None and not (severity == "crit" and self.quiet and self.quiet.breaks):
            return "quiet", ends
        if not self.digest or severity == "crit":
            return "", now
        due = self._next_digest(now)
        later = self.quiet.ends_at(due) if self.quiet else None
        return "digest", later or due

    def _next_digest(self, now: datetime) -> datetime:
        if self.digest == "hourly":
            return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        today = local_day(now, self.zone)
        due = at_wall(today, self.digest_minute, self.zone)
        return due if due > now else at_wall(today + timedelta(days=1), self.digest_minute, self.zone)


ENGINEERS = Wish()
"""What somebody of the practice who has said nothing is told: critical things and their end, by mail, at once."""
