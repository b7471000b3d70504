"""Where copies of the backups lie, and what 3-2-1 comes to. Pure: moments are aware, `now` is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FRESH = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A place where copies lie, and how new the newest one is; null: nobody has confirmed one."""

    name: str
    medium: str
    device: str
    newest_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ThreeTwoOne:
    """Three copies (the live data is one of them) on two kinds of device, one of them elsewhere."""

    copies: int
    devices: int
    away: int
    away_age_s: int | None = None
    stale: tuple[str, ...] = field(default=())

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the three does not hold: copies, devices, away."""
        return tuple(
            name
            for name, short in (("copies", self.copies < 3), ("devices", self.devices < 2), ("away", self.away < 1))
            if short
        )

    @property
    def state(self) -> str:
        """ok when all three hold, crit when nothing lies elsewhere, else warn."""
        if "away" in self.missing:
            return "crit"
        return "warn" if self.missing or self.stale else "ok"


def three_two_one(copies: Sequence[Kept], now: datetime, fresh: timedelta = FRESH) -> ThreeTwoOne:
    """Count what is confirmed within `fresh`; an older copy is named and does not count."""
    good = [one for one in copies if one.newest_at is not None and now - one.newest_at <= fresh]
    away = [one for one in good if one.medium != "local"]
    known = [one.newest_at for one in copies if one.medium != "local" and one.newest_at is not None]
    return ThreeTwoOne(
        copies=1 + len(good),
        devices=len({"disk", *(one.device for one in good)}),
        away=len(away),
        away_age_s=max(0, int((now - max(known)).total_seconds())) if known else None,
        stale=tuple(one.name for one in copies if one not in good),
    )
