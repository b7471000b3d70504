"""What the figures of node_exporter and windows_exporter mean; names as of their current versions and the ones before.

Pure: a page is a list of samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# What holds no files of anybody's, or holds them elsewhere.
UNREAL = frozenset(
    ("tmpfs", "devtmpfs", "ramfs", "overlay", "squashfs", "iso9660", "fuse.lxcfs", "nfs", "nfs4", "cifs", "autofs")
)


@dataclass(frozen=True)
class Sample:
    """One figure with its labels."""

    name: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True, kw_only=True)
class Names:
    """How an exporter calls things; where a name has changed, the first that is there counts."""

    cpu: tuple[str, ...]
    total: tuple[str, ...]
    free: tuple[str, ...]
    volume: str
    volume_total: tuple[str, ...]
    volume_free: tuple[str, ...]
    booted: tuple[str, ...]
    clock: tuple[str, ...]


LINUX = Names(
    cpu=("node_cpu_seconds_total",),
    total=("node_memory_MemTotal_bytes",),
    free=("node_memory_MemAvailable_bytes",),
    volume="mountpoint",
    volume_total=("node_filesystem_size_bytes",),
    volume_free=("node_filesystem_avail_bytes",),
    booted=("node_boot_time_seconds",),
    clock=("node_time_seconds",),
)
WINDOWS = Names(
    cpu=("windows_cpu_time_total",),
    total=("windows_memory_physical_total_bytes", "windows_cs_physical_memory_bytes"),
    free=(
        "windows_memory_available_bytes",
        "windows_memory_physical_free_bytes",
        "windows_os_physical_memory_free_bytes",
    ),
    volume="volume",
    volume_total=("windows_logical_disk_size_bytes",),
    volume_free=("windows_logical_disk_free_bytes",),
    booted=(
        "windows_system_boot_time_timestamp_seconds",
        "windows_system_boot_time_timestamp",
        "windows_system_system_up_time",
    ),
    clock=("windows_time_current_timestamp_seconds", "windows_os_time"),
)


@dataclass(frozen=True)
class Page:
    """The figures of one reading."""

    samples: Sequence[Sample]

    @property
    def names(self) -> Names:
        """Whose page it is."""
        return WINDOWS if self.has(WINDOWS.cpu) else LINUX

    def has(self, names: Sequence[str]) -> bool:
        """True when one of these figures is on the page."""
        return any(sample.name in names for sample in self.samples)

    def all(self, names: Sequence[str]) -> Iterator[Sample]:
        """The samples under the first of the names that is there."""
        name = next((name for name in names if self.has((name,))), None)
        return (sample for sample in self.samples if sample.name == name)

    def one(self, names: Sequence[str]) -> float | None:
        """The figure itself; None where it is not told."""
        return next((sample.value for sample in self.all(names)), None)

    def label(self, names: Sequence[str], label: str) -> str | None:
        """A label of such a figure."""
        return next((sample.labels.get(label) for sample in self.all(names)), None)

    def system(self) -> str | None:
        """The operating system by its own name."""
        found = self.label(("windows_os_info", "node_os_info"), "product")
        return found or self.label(("node_os_info",), "pretty_name") or self.label(("node_uname_info",), "release")

    def clock(self) -> float | None:
        """The machine's own time, in seconds since 1970."""
        return self.one(self.names.clock)

    def booted(self) -> float | None:
        """When it was switched on, likewise."""
        return self.one(self.names.booted)

    def memory(self) -> tuple[int | None, int | None]:
        """Bytes in all, and bytes that a program could have now."""
        total, free = self.one(self.names.total), self.one(self.names.free)
        return (None if total is None else int(total)), (None if free is None else int(free))

    def busy_since(self, before: "Page") -> float | None:
        """Percent of all processors' time since then that was not idle; None when no time has passed."""
        passed, idle = (self._spent(only) - before._spent(only) for only in (None, "idle"))
        return round(100 * (1 - idle / passed), 1) if passed > 0 and 0 <= idle <= passed else None

    def _spent(self, mode: str | None) -> float:
        return sum(one.value for one in self.all(self.names.cpu) if mode is None or one.labels.get("mode") == mode)

    def volumes(self) -> list[tuple[str, int, int]]:
        """Name, bytes and free bytes of each real volume; one that is mounted twice is told once."""
        names = self.names
        free = {one.labels.get(names.volume, ""): one.value for one in self.all(names.volume_free)}
        found: dict[str, tuple[str, int, int]] = {}
        for one in self.all(names.volume_total):
            name = one.labels.get(names.volume, "")
            if name in free and one.value > 0 and one.labels.get("fstype", "") not in UNREAL and _real(name):
                device = one.labels.get("device") or name
                kept = found.get(device)
                if kept is None or len(name) < len(kept[0]):
                    found[device] = (name, int(one.value), int(free[name]))
        return list(found.values())

    def services(self) -> list[tuple[str, bool]] | None:
        """Services that start by themselves, and whether they run; None where the page tells of none."""
        if self.has(("windows_service_state",)):
            return self._windows_services()
        if self.has(("node_systemd_unit_state",)):
            return self._units()
        return None

    def _windows_services(self) -> list[tuple[str, bool]]:
        automatic = {
            one.labels.get("name", "")
            for one in self.all(("windows_service_start_mode",))
            if one.labels.get("start_mode") == "auto" and one.value == 1
        }
        states = [one for one in self.all(("windows_service_state",)) if one.labels.get("state") == "running"]
        # Without the start mode every service that the exporter was told to watch counts.
        return [
            (one.labels["name"], one.value == 1)
            for one in states
            if "name" in one.labels and (not automatic or one.labels["name"] in automatic)
        ]

    def _units(self) -> list[tuple[str, bool]]:
        """Services of systemd that should run: those that run, and those that failed."""
        states = [one for one in self.all(("node_systemd_unit_state",)) if one.value == 1]
        wanted = {"active": True, "failed": False}
        return [
            (one.labels["name"].removesuffix(".service"), wanted[one.labels["state"]])
            for one in states
            if one.labels.get("name", "").endswith(".service") and one.labels.get("state") in wanted
        ]


def _real(name: str) -> bool:
    """Hidden partitions of Windows and what systems mount for themselves hold nothing that fills up."""
    return not name.startswith(("HarddiskVolume", "/run", "/sys", "/proc", "/dev", "/boot/efi", "/snap"))
