"""What Windows tells of the machine: calls of kernel32 through ctypes, and its services through PowerShell."""

import ctypes
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from connectors.base import ConnectorError

FIXED = 3  # DRIVE_FIXED
SERVICES = (
    "[Console]::OutputEncoding = [Text.Encoding]::UTF8; Get-CimInstance Win32_Service -Filter \"StartMode='Auto'\" | "
    "Select-Object Name, State | ConvertTo-Json -Compress"
)


def _kernel() -> Any:
    return ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        *((name, ctypes.c_ulonglong) for name in ("page", "page_free", "virtual", "virtual_free", "extended")),
    )


def _powershell() -> str:
    """PowerShell by its place: a name alone would first be looked for in the folder this process was started in."""
    root = os.environ.get("SYSTEMROOT", r"C:\Windows")
    return rf"{root}\System32\WindowsPowerShell\v1.0\powershell.exe"


def uptime() -> float:
    """Seconds since the start."""
    count = _kernel().GetTickCount64
    count.restype = ctypes.c_ulonglong
    return float(count()) / 1000


def processors() -> tuple[float, float]:
    """Time of work, and all time, of all processors since the start (GetSystemTimes; kernel time holds idle time)."""
    idle, kernel, user = (ctypes.c_ulonglong() for _ in range(3))
    _kernel().GetSystemTimes(ctypes.byref(idle), ctypes.byref(kernel), ctypes.byref(user))
    total = float(kernel.value + user.value)
    return total - idle.value, total


def memory() -> tuple[int, int]:
    """Bytes in all, and bytes that are free."""
    status = _MemoryStatus()
    status.length = ctypes.sizeof(status)
    _kernel().GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status.total), int(status.free)


def volumes() -> Iterator[tuple[str, int, int]]:
    """Letter, bytes in all, bytes free, of every fixed drive."""
    letters = _kernel().GetLogicalDrives()
    for at in range(26):
        name = f"{chr(65 + at)}:"
        if letters >> at & 1 and _kernel().GetDriveTypeW(f"{name}\\") == FIXED:
            found = shutil.disk_usage(f"{name}\\")
            yield name, found.total, found.free


def services() -> list[tuple[str, bool]]:
    """The services that start by themselves. Raises ConnectorError."""
    told = [_powershell(), "-NoProfile", "-NonInteractive", "-Command", SERVICES]
    try:
        done = subprocess.run(told, capture_output=True, timeout=40, check=True)  # noqa: S603 - the system's own tool
        found = json.loads(done.stdout.decode("utf-8-sig"))
    except (OSError, subprocess.SubprocessError, ValueError):
        raise ConnectorError("bad_answer", {"what": "Win32_Service"}) from None
    rows = found if isinstance(found, list) else [found]
    return [(str(row["Name"]), row["State"] == "Running") for row in rows]
