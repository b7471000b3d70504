"""Plan against what really happened, database by database; what the plans mean for the checks.

Pure: rows are anything with the columns of the models, moments are aware, `now` is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from service_desk.checks.promised import AFFAIRS, TEMPLATES, age_limits, bounds, loss_limits, recovery_limits
from service_desk.checks.schedule import on_cron

Standing = Literal["ok", "late", "overdue", "never", "unseen", "unwatched"]
GRAVE: dict[str, str] = {
    "ok": "ok", "late": "warn", "overdue": "crit", "never": "crit", "unseen": "unknown", "unwatched": "unknown",
}  # fmt: skip
RANK = {"ok": 0, "unwatched": 1, "unseen": 2, "late": 3, "overdue": 4, "never": 5}
# Those that hold the affairs of a server or an ERP: worth a backup, but nobody's entries.
OWN_AFFAIRS = TEMPLATES | AFFAIRS | {"ufsystem", "kdacctdb", "sbo-common", "postgres"}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One backup plan. `database` "" covers every database of the connection; `every` is its longest interval."""

    id: int = 0
    connection_id: int | None
    database: str
    backup_type: str
    every: timedelta
    rpo_minutes: int | None = None
    rto_minutes: int | None = None
    # When something outside SQL last reported success (its heartbeat); plans of databases read the server's record.
    reported_at: datetime | None = None
    by_heartbeat: bool = False

    def covers(self, connection_id: int | None, database: str) -> bool:
        """True when this plan is (also) about that database."""
        return self.connection_id == connection_id and self.database.casefold() in ("", database.casefold())


@dataclass(frozen=True, kw_only=True)
class Real:
    """What the database server's own record says of one type of backup of one database.

    `last_at` null with `seen`: there never was one. `seen` False: nobody could look.
    """

    connection_id: int | None
    database: str
    backup_type: str
    last_at: datetime | None = None
    seen: bool = True


@dataclass(frozen=True, kw_only=True)
class Line:
    """One plan for one database, and how it stands. `late_s`: how far beyond its interval the last backup is."""

    plan: Planned
    database: str
    standing: Standing
    last_at: datetime | None = None
    age_s: int | None = None

    @property
    def grave(self) -> str:
        return GRAVE[self.standing]


@dataclass(frozen=True, kw_only=True)
class Register:
    """Everything measured: plans as they stand (worst first), and databases that no full backup plan covers."""

    lines: tuple[Line, ...] = ()
    unplanned: tuple[Real, ...] = ()

    @property
    def worst(self) -> str:
        """The state of the whole: ok, warn, crit or unknown; without any plan nobody can say."""
        if not self.lines:
            return "unknown"
        graver = max(self.lines, key=lambda line: RANK[line.standing]).grave
        return "warn" if graver == "ok" and self.unplanned else graver


def longest_gap(*, every_s: int | None, cron: str | None, zone: str, now: datetime) -> timedelta:
    """The longest time between two backups that a schedule allows, over its next eight dates. Raises BadCron."""
    if cron is None:
        return timedelta(seconds=every_s or 0)
    at, gaps = on_cron(now, cron, zone), []
    for _ in range(8):
        following = on_cron(at, cron, zone)
        gaps.append(following - at)
        at = following
    return max(gaps)


def standing(plan: Planned, real: Real | None, now: datetime) -> tuple[Standing, datetime | None]:
    """How one plan stands against the record: on time until its limit, then late, and overdue from its second one."""
    if plan.by_heartbeat:
        last, seen = plan.reported_at, True
    elif real is None:
        return "unwatched", None
    else:
        last, seen = real.last_at, real.seen
    if not seen:
        return "unseen", last
    if last is None:
        return "never", None
    warn, crit = bounds(plan.backup_type, plan.every)
    age = now - last
    return ("overdue" if age >= crit else "late" if age >= warn else "ok"), last


def measure(plans: Sequence[Planned], real: Sequence[Real], now: datetime) -> Register:
    """The register: every plan against every database it covers, and the databases without a plan."""
    seen = {(one.connection_id, one.database.casefold(), one.backup_type): one for one in real}
    names = _databases(real)
    lines = [line for plan in plans for line in _lines(plan, names, seen, now)]
    lines.sort(key=lambda line: (-RANK[line.standing], line.database, line.plan.backup_type))
    return Register(lines=tuple(lines), unplanned=tuple(_unplanned(plans, real)))


def _databases(real: Iterable[Real]) -> dict[tuple[int | None, str], str]:
    return {
        (one.connection_id, one.database.casefold()): one.database
        for one in real
        if one.database.casefold() not in TEMPLATES
    }


def _lines(
    plan: Planned,
    names: Mapping[tuple[int | None, str], str],
    seen: Mapping[tuple[int | None, str, str], Real],
    now: datetime,
) -> list[Line]:
    if plan.by_heartbeat or plan.connection_id is None:
        covered = [plan.database]
    elif plan.database:
        covered = [names.get((plan.connection_id, plan.database.casefold()), plan.database)]
    else:
        all_there = [name for (connection, _), name in names.items() if connection == plan.connection_id]
        covered = [name for name in all_there if _meant(plan, name, seen)] or [""]
    return [_line(plan, name, seen, now) for name in covered]


def _meant(plan: Planned, name: str, seen: Mapping[tuple[int | None, str, str], Real]) -> bool:
    """Whether a plan for everything speaks of this one: change and log copies of the server's own where it has any."""
    if plan.backup_type == "full" or name.casefold() not in AFFAIRS:
        return True
    return (plan.connection_id, name.casefold(), plan.backup_type) in seen


def _line(plan: Planned, name: str, seen: Mapping[tuple[int | None, str, str], Real], now: datetime) -> Line:
    state, last = standing(plan, seen.get((plan.connection_id, name.casefold(), plan.backup_type)), now)
    age = max(0, int((now - last).total_seconds())) if last is not None else None
    return Line(plan=plan, database=name, standing=state, last_at=last, age_s=age)


def _unplanned(plans: Sequence[Planned], real: Sequence[Real]) -> list[Real]:
    """Databases that are there and that no full backup plan covers, each once."""
    full = [plan for plan in plans if plan.backup_type == "full"]
    found = {
        (one.connection_id, one.database.casefold()): one
        for one in real
        if one.backup_type == "full"
        and one.database.casefold() not in TEMPLATES
        and not any(plan.covers(one.connection_id, one.database) for plan in full)
    }
    return list(found.values())


def loss_now_s(real: Sequence[Real], now: datetime) -> int | None:
    """What would be lost if everything crashed now, in seconds: the worst over the databases of the newest backup.

    The server's own databases hold nobody's entries and do not count. None when no database's backups could be seen,
    or one of them has none at all.
    """
    newest: dict[tuple[int | None, str], datetime | None] = {}
    for one in real:
        if one.database.casefold() in OWN_AFFAIRS:
            continue
        key = (one.connection_id, one.database.casefold())
        if one.seen and one.last_at is not None:
            known = newest.get(key)
            newest[key] = one.last_at if known is None else max(known, one.last_at)
        else:
            newest.setdefault(key, None)
    ages = [int((now - at).total_seconds()) for at in newest.values() if at is not None]
    return max(0, *ages) if ages and len(ages) == len(newest) else None


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A plan that fits what is seen already: this database gets such a backup about so often."""

    connection_id: int
    database: str
    backup_type: str
    every_s: int


# Seconds between backups that people really choose; what is measured is taken to the next longer one.
_USUAL = {
    "full": (86400, 7 * 86400),
    "diff": (86400,),
    "log": (900, 1800, 3600, 2 * 3600, 4 * 3600, 86400),
}


def propose(plans: Sequence[Planned], real: Sequence[Real], now: datetime) -> list[Proposal]:
    """A plan for each backup that is seen and not planned yet.

    One look at an age tells that the interval is at least that long, so the next longer usual one is proposed. A
    backup older than the longest usual interval is no habit, and nothing is proposed of it.
    """
    found = []
    for one in real:
        planned = any(p.covers(one.connection_id, one.database) and p.backup_type == one.backup_type for p in plans)
        if planned or one.connection_id is None or one.last_at is None or one.database.casefold() in TEMPLATES:
            continue
        usual = _USUAL.get(one.backup_type, ())
        age = (now - one.last_at).total_seconds()
        every = next((length for length in usual if age <= bounds(one.backup_type, timedelta(seconds=length))[0]
                      .total_seconds()), None)  # fmt: skip
        if every is not None:
            found.append(
                Proposal(
                    connection_id=one.connection_id, database=one.database, backup_type=one.backup_type, every_s=every
                )
            )
    return found


CHECKS: Mapping[str, str] = {"full": "bak.full.age", "diff": "bak.diff.age", "log": "bak.log.age"}


def limits(plans: Sequence[Planned], backup_type: str, unit: str) -> tuple[float, float] | None:
    """The limits of the age check of this type in its own unit; None where no plan covers the whole server.

    A plan that names a database speaks of that one alone, which the check judges by the plan itself.
    """
    every = [plan.every for plan in _of_all(plans) if plan.backup_type == backup_type]
    return age_limits(backup_type, min(every), unit) if every else None


def _of_all(plans: Sequence[Planned]) -> list[Planned]:
    """The plans for every database of the connection."""
    return [plan for plan in plans if not plan.database and not plan.by_heartbeat]


def targets(plans: Sequence[Planned]) -> tuple[int | None, int | None]:
    """The strictest RPO and RTO of the plans for the whole server, in minutes."""
    rpo = [plan.rpo_minutes for plan in _of_all(plans) if plan.rpo_minutes is not None]
    rto = [plan.rto_minutes for plan in _of_all(plans) if plan.rto_minutes is not None]
    return min(rpo, default=None), min(rto, default=None)


def promised_limits(plans: Sequence[Planned], drill_days: int | None) -> dict[str, tuple[float, float]]:
    """The limits of the checks on RPO, RTO (minutes) and drills (days) that hold for all; none where none does.

    A drill is critical when a second one was left out.
    """
    rpo, rto = targets(plans)
    found: dict[str, tuple[float, float]] = {}
    if rpo is not None:
        found["bak.rpo"] = loss_limits(rpo)
    if rto is not None:
        found["bak.rto"] = recovery_limits(rto)
    if drill_days is not None:
        found["drill.age"] = (drill_days, drill_days * 2)
    return found
