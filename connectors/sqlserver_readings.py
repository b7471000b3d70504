"""What single readings of SQL Server mean. Pure: texts and numbers in, numbers out."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from statistics import mean
from typing import Any

from connectors.statements import HERE

UNLIMITED_MB = 2147483647

# Nobody should ever wait for these: no worker was free, no memory for a query, a disk that had to be asked again.
POISON = frozenset(
    {
        "THREADPOOL",
        "RESOURCE_SEMAPHORE",
        "RESOURCE_SEMAPHORE_QUERY_COMPILE",
        "IO_RETRY",
        "IO_QUEUE_LIMIT",
        "LOG_RATE_GOVERNOR",
        "POOL_LOG_RATE_GOVERNOR",
        "RESMGR_THROTTLED",
        "SE_REPL_CATCHUP_THROTTLE",
        "SE_REPL_SLOW_SECONDARY_THROTTLE",
    }
)

# Waits by how their names begin. Whatever is in none of them is how the server idles, or too rare to matter.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "lock": ("LCK_",),
    "disk": ("PAGEIOLATCH_", "IO_COMPLETION", "ASYNC_IO_COMPLETION", "BACKUPIO", "WRITE_COMPLETION", "IO_"),
    "log": ("WRITELOG", "LOGBUFFER", "LOGMGR_RESERVE_APPEND", "LOG_RATE", "POOL_LOG_RATE"),
    "memory": ("RESOURCE_SEMAPHORE", "CMEMTHREAD", "SOS_RESERVEDMEMBLOCKLIST", "RESMGR_THROTTLED"),
    "cpu": ("SOS_SCHEDULER_YIELD", "THREADPOOL"),
    "parallel": ("CXPACKET", "CXCONSUMER", "EXCHANGE", "HTBUILD", "HTREPARTITION", "BPSORT"),
    "latch": ("PAGELATCH_", "LATCH_"),
    "network": ("ASYNC_NETWORK_IO", "NET_WAITFOR_PACKET"),
    "replica": ("HADR_SYNC_COMMIT", "DBMIRROR_SEND", "SE_REPL_"),
    "linked": ("OLEDB", "PREEMPTIVE_OLEDBOPS", "MSQL_DQ"),
}


def category(wait: str) -> str:
    """What a wait is for; empty when it is how the server idles, or not known."""
    return next((name for name, heads in CATEGORIES.items() if wait.startswith(heads)), "")


@cache
def _support() -> Mapping[str, date]:
    return dict(tomllib.loads((HERE / "sqlserver_support.toml").read_text(encoding="utf-8"))["supported_until"])


def supported_until(version: str) -> date | None:
    """The last day of security fixes for a version such as 10.50.6000.34; None for one that is not in the table."""
    parts = version.split(".")
    return _support().get(".".join(parts[:2])) or _support().get(parts[0])


def ahead_s(utc_text: str, asked_at: datetime, answered_at: datetime) -> float:
    """Seconds that the server's clock is ahead of ours; half of the way there and back is taken off (NTP's way).

    `utc_text` is an ISO moment without a zone, with up to seven places of a second.
    """
    head, _, fraction = utc_text.partition(".")
    told = datetime.fromisoformat(f"{head}.{fraction[:6]:0<6}").replace(tzinfo=UTC)
    middle = asked_at + (answered_at - asked_at) / 2
    return round((told - middle).total_seconds(), 3)


def cpu_shares(records: Iterable[str]) -> tuple[float, float] | None:
    """(by SQL Server, by other programs) in percent, over the minutes of these records; None when none can be read."""
    own, other = [], []
    for record in records:
        used = re.search(r"<ProcessUtilization>(\d+)<", record)
        idle = re.search(r"<SystemIdle>(\d+)<", record)
        if used and idle:
            own.append(int(used[1]))
            other.append(max(0, 100 - int(used[1]) - int(idle[1])))
    return (round(mean(own), 1), round(mean(other), 1)) if own else None


def heads(waiting: Sequence[Sequence[Any]]) -> dict[int, tuple[int, float]]:
    """Head of a chain of blocked sessions -> (how many wait for it, seconds that the longest has waited).

    Rows are session, the session it waits for, milliseconds. Sessions that wait for each other in a ring, which the
    server is about to break as a deadlock, have the one with the lowest number as their head.
    """
    waits_for = {int(row[0]): int(row[1]) for row in waiting}
    found: dict[int, tuple[int, float]] = {}
    for session, _, milliseconds, *_rest in waiting:
        head = _head(int(session), waits_for)
        count, longest = found.get(head, (0, 0.0))
        found[head] = (count + 1, max(longest, (milliseconds or 0) / 1000))
    return found


def _head(session: int, waits_for: Mapping[int, int]) -> int:
    seen = [session]
    while seen[-1] in waits_for:
        following = waits_for[seen[-1]]
        if following in seen:
            return min(seen[seen.index(following) :])
        seen.append(following)
    return seen[-1]


def length_s(digits: Any) -> int | None:
    """Seconds from the Agent's way to write a length: the digits are hours, minutes and seconds (93015 = 9:30:15)."""
    if digits is None:
        return None
    number = int(digits)
    return number // 10000 * 3600 + number // 100 % 100 * 60 + number % 100


def since_s(day: Any, moment: Any, local_now: str) -> int | None:
    """Seconds since the Agent's way to write a moment (20261122, 20530), by the server's own local clock.

    Both are local times of the server, so no zone comes into it. None for 0, which stands for never.
    """
    if not day:
        return None
    digits = f"{int(day):08d}{int(moment or 0):06d}"
    then = datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007 - a local time of the server, as the other one
    return max(0, int((datetime.fromisoformat(local_now) - then).total_seconds()))


# system_type_id -> the highest number of the type.
_HIGHEST = {48: 2**8 - 1, 52: 2**15 - 1, 56: 2**31 - 1, 127: 2**63 - 1}


def identity_use(type_id: int, precision: int, last: str, step: str) -> tuple[float, int] | None:
    """(percent used, numbers left) of an identity column; None when it counts down or is of a type without an end."""
    highest = _HIGHEST.get(type_id) or (10**precision - 1 if type_id in (106, 108) else None)
    by = int(float(step or 1))
    if highest is None or by < 1:
        return None
    reached = int(float(last)) if "." in last or "e" in last.lower() else int(last)
    return round(100 * max(0, reached) / highest, 2), max(0, highest - reached) // by
