"""What psutil tells of the machine, where it stands beside the agent: for systems we have no calls of our own for."""

import time
from collections.abc import Iterator

import psutil

from connectors.base import ConnectorError


def uptime() -> float:
    """Seconds since the start."""
    return time.time() - float(psutil.boot_time())


def processors() -> tuple[float, float]:
    """Seconds of work, and all seconds, of all processors since the start."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0), float(sum(times))


def memory() -> tuple[int, int]:
    """Bytes in all, and bytes that programs can have."""
    found = psutil.virtual_memory()
    return int(found.total), int(found.available)


def volumes() -> Iterator[tuple[str, int, int]]:
    """Mount point, bytes in all, bytes free, of every real file system."""
    for part in psutil.disk_partitions(all=False):
        found = psutil.disk_usage(part.mountpoint)
        yield part.mountpoint, int(found.total), int(found.free)


def services() -> list[tuple[str, bool]]:
    """Services are told differently by every system. Raises ConnectorError."""
    raise ConnectorError("unsupported", {"missing": "services"})
