"""When a check is due next. Pure; time is an argument, instants are aware, cron lines follow the client's clock."""

import hashlib
import math
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from service_desk.lib.clock import zone

RETRY = timedelta(seconds=30)
SPREAD_S = 60  # cron lines that all say "at eight" are spread over this many seconds


class BadCron(ValueError):
    """The text is not a cron line of five fields, or names a day that never comes."""


def stable(seed: str, below: int) -> int:
    """A number from 0 to `below` - 1 that always is the same for the same seed: jitter that keeps graphs even."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) % max(1, below)


def phase(tenant_id: int, connection_id: int | None, interval_s: int) -> int:
    """Where on its interval a connection's checks run.

    The number is one for each connection: intervals that divide each other then meet, and one login serves them all.
    """
    return stable(f"{tenant_id}/{connection_id}", 86400) % interval_s


def on_grid(after: datetime, interval_s: int, phase_s: int) -> datetime:
    """The first point after `after` (not at it) that lies `phase_s` past a multiple of the interval since 1970.

    The grid does not move when a run is late or left out. The gate that claims due plans computes the same in SQL.
    """
    steps = math.floor((after.timestamp() - phase_s) / interval_s) + 1
    return datetime.fromtimestamp(steps * interval_s + phase_s, UTC)


def on_cron(after: datetime, line: str, zone_name: str, spread: int = 0) -> datetime:
    """The first time after `after` at which the cron line is due in `zone_name`, `spread` seconds late.

    A wall time that comes twice in autumn is met once, one that is skipped in spring is met just after the gap.
    Raises BadCron.
    """
    late = timedelta(seconds=spread)
    try:
        found = next(CronSim(line, (after - late).astimezone(zone(zone_name))))
    except (CronSimError, StopIteration) as error:
        raise BadCron(line) from error
    return found.astimezone(UTC) + late


def next_due(
    after: datetime, *, interval_s: int, phase_s: int, cron: str | None, zone_name: str, seed: str = ""
) -> datetime:
    """When a plan is due next, by its cron line if it has one. Raises BadCron."""
    if cron:
        return on_cron(after, cron, zone_name, stable(seed, SPREAD_S))
    return on_grid(after, interval_s, phase_s)


def retry_at(now: datetime, interval_s: int) -> datetime:
    """When to look again while a change waits for its confirmation: a fifth of the interval, at most 30 s."""
    return now + min(RETRY, timedelta(seconds=interval_s / 5))


def alert_after(last: datetime, *, period_s: int | None, cron: str | None, zone_name: str, grace_s: int) -> datetime:
    """From when on silence is an alarm: the heartbeat's next time after `last`, and the grace. Raises BadCron."""
    due = on_cron(last, cron, zone_name) if cron else last + timedelta(seconds=period_s or 0)
    return due + timedelta(seconds=grace_s)
