"""What Linux tells of the machine: its own files under /proc, its mounts, and systemd."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from connectors.base import ConnectorError

# File systems that hold data; the others (tmpfs, proc, overlay, squashfs) are views or live in memory.
REAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "ntfs", "ntfs3", "vfat"})


def uptime() -> float:
    """Seconds since the start."""
    return float(Path("/proc/uptime").read_text("ascii").split()[0])


def processors() -> tuple[float, float]:
    """Ticks of work, and all ticks, of all processors since the start (proc(5): user nice system idle iowait …)."""
    ticks = [float(text) for text in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def memory() -> tuple[int, int]:
    """Bytes in all, and bytes that programs can have without swapping (MemAvailable)."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    found = {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if len(line) > 1}
    return found["MemTotal"], found["MemAvailable"]


def volumes() -> Iterator[tuple[str, int, int]]:
    """Mount point, bytes in all, bytes that programs may still write; each device once."""
    seen = set()
    for line in Path("/proc/self/mounts").read_text("utf-8").splitlines():
        device, place, kind, *_ = line.split()
        place = place.encode().decode("unicode_escape")
        if kind in REAL and device not in seen and Path(place).is_dir():
            seen.add(device)
            found = shutil.disk_usage(place)
            yield place, found.total, found.free


def services() -> list[tuple[str, bool]]:
    """Services of systemd that run or have failed. Raises ConnectorError where there is no systemd."""
    told = [
        "systemctl",
        "list-units",
        "--type=service",
        "--state=active,failed",
        "--plain",
        "--no-legend",
        "--no-pager",
    ]
    try:
        done = subprocess.run(told, capture_output=True, timeout=15, check=True)  # noqa: S603 - the system's own tool
    except (OSError, subprocess.SubprocessError):
        raise ConnectorError("unsupported", {"missing": "systemd"}) from None
    lines = (line.split(None, 4) for line in done.stdout.decode("utf-8", "replace").splitlines())
    return [(line[0].removesuffix(".service"), line[2] != "failed") for line in lines if len(line) > 3]
