"""What Windows tells of the machine, by its own calls through ctypes; no other program is started."""

import ctypes
import shutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from connectors.base import ConnectorError

FIXED = 3  # DRIVE_FIXED
# SC_MANAGER_ENUMERATE_SERVICE, SERVICE_WIN32, SERVICE_STATE_ALL, SERVICE_RUNNING, SERVICE_AUTO_START
ENUMERATE, PROGRAMS, EVERY_STATE, RUNNING, BY_ITSELF = 4, 0x30, 3, 4, 2
ROOM = 256 * 1024  # the most that is told at a time


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


class _Service(ctypes.Structure):
    """ENUM_SERVICE_STATUS_PROCESSW."""

    _fields_ = (
        ("name", ctypes.c_wchar_p),
        ("title", ctypes.c_wchar_p),
        ("kind", ctypes.c_uint32),
        ("state", ctypes.c_uint32),
        ("rest", ctypes.c_uint32 * 7),
    )


def _services() -> Any:
    calls = ctypes.windll.advapi32  # type: ignore[attr-defined,unused-ignore]
    calls.OpenSCManagerW.restype = ctypes.c_void_p
    return calls


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
    try:
        return [(name, state == RUNNING) for name, state in _listed() if _starts_by_itself(name)]
    except OSError as error:
        raise ConnectorError("bad_answer", {"what": f"services ({error})"}) from None


def _listed() -> Iterator[tuple[str, int]]:
    """Every service and its state (EnumServicesStatusExW), as many at a time as fit."""
    calls = _services()
    manager = calls.OpenSCManagerW(None, None, ENUMERATE)
    if not manager:
        raise OSError("the service manager does not answer")
    room = ctypes.create_string_buffer(ROOM)
    wanted, count, place = (ctypes.c_uint32() for _ in range(3))
    told = (ctypes.byref(one) for one in (wanted, count, place))
    handle, given = ctypes.c_void_p(manager), (0, PROGRAMS, EVERY_STATE, room, ROOM, *told, None)
    try:
        whole = False
        while not whole:
            whole = bool(calls.EnumServicesStatusExW(handle, *given))
            if not whole and not (place.value and count.value):
                raise OSError("the services were not listed")
            for row in (_Service * count.value).from_buffer(room):
                yield str(row.name), int(row.state)
    finally:
        calls.CloseServiceHandle(handle)


def _starts_by_itself(name: str) -> bool:
    """What the registry says of a service; one that was taken away meanwhile does not start."""
    registry = import_module("winreg")
    try:
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, rf"SYSTEM\CurrentControlSet\Services\{name}") as key:
            return bool(registry.QueryValueEx(key, "Start")[0] == BY_ITSELF)
    except OSError:
        return False
