"""Facts about databases: backups, integrity, files, space."""

from dataclasses import dataclass
from datetime import datetime

from connectors.facts.fact import Fact


@dataclass(frozen=True, kw_only=True)
class Backup(Fact):
    """The latest finished backups of one database; null = there is none on record.

    `recorded`: the kinds of backup that the system keeps a record of; of the others nothing can be said.
    """

    kind = "backups"
    database: str
    state: str | None = None
    recovery_model: str | None = None
    size_bytes: int | None = None
    created_age_s: int | None = None
    full_at: datetime | None = None
    full_age_s: int | None = None
    diff_at: datetime | None = None
    diff_age_s: int | None = None
    log_at: datetime | None = None
    log_age_s: int | None = None
    recorded: tuple[str, ...] = ("full", "diff", "log")

    @property
    def subject(self) -> str:
        return self.database


@dataclass(frozen=True, kw_only=True)
class BackupHistory(Fact):
    """How the full backups of one database went lately, and how much they would bring back; null = cannot be told.

    `worst_gap_s`: the longest time between two backups of any type in seven days, the last one until now included.
    `restore_s`: reading back the longest chain at the pace at which it was written. `to_nul`, `same_drive`, `damaged`
    and `unchecked` (without checksum) count backups of fourteen days; `broken_age_s` is when a log backup last did not
    follow on the one before; where the system keeps no record of that, `chain_recorded` is off.
    """

    kind = "backup_history"
    database: str
    worst_gap_s: int | None = None
    restore_s: int | None = None
    broken_age_s: int | None = None
    chain_recorded: bool = True
    to_nul: int | None = None
    same_drive: int | None = None
    damaged: int | None = None
    unchecked: int | None = None
    last_bytes: int | None = None
    usual_bytes: int | None = None
    last_took_s: int | None = None
    usual_took_s: int | None = None

    @property
    def subject(self) -> str:
        return self.database


@dataclass(frozen=True, kw_only=True)
class Database(Fact):
    """One database: its state, its log, and what it waits for before the log can be reused."""

    kind = "databases"
    database: str
    state: str | None = None
    recovery_model: str | None = None
    data_bytes: int | None = None
    log_bytes: int | None = None
    log_used_pct: float | None = None
    log_waits_for: str | None = None
    log_age_s: int | None = None

    @property
    def subject(self) -> str:
        return self.database


@dataclass(frozen=True, kw_only=True)
class Integrity(Fact):
    """When one database was last checked for damage (null = never on record), and damaged pages known of it.

    `recorded`: which of the two the system keeps a record of ("checked", "damaged"); of the other nothing can be said.
    """

    kind = "integrity"
    database: str
    checked_age_s: int | None = None
    damaged_pages: int | None = None
    recorded: tuple[str, ...] = ("checked", "damaged")

    @property
    def subject(self) -> str:
        return self.database


@dataclass(frozen=True, kw_only=True)
class Volume(Fact):
    """A volume. `role`: "data" holds database files, "backup" is where backups are written, "other"."""

    kind = "volumes"
    volume: str
    label: str | None = None
    role: str = "other"
    total_bytes: int
    free_bytes: int

    @property
    def subject(self) -> str:
        return self.volume


@dataclass(frozen=True, kw_only=True)
class DataFile(Fact):
    """A file or tablespace of a database. `limit_bytes`: what it may grow to; null = as far as the volume goes.

    It grows by `growth_bytes`, or by `growth_pct` of itself; by neither where it cannot grow.
    """

    kind = "files"
    database: str
    name: str
    what: str = "data"  # data, log or tablespace
    size_bytes: int
    used_bytes: int | None = None
    limit_bytes: int | None = None
    growth_bytes: int | None = None
    growth_pct: float | None = None
    volume: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class FileIo(Fact):
    """Reads and writes of a file since the server started, and how long they took in all."""

    kind = "io"
    database: str
    name: str
    what: str = "data"
    reads: int
    read_ms: float
    writes: int
    write_ms: float

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Archiving(Fact):
    """Where change logs are archived to: how many files wait, how full it is, when it last failed."""

    kind = "archiving"
    name: str
    waiting: int | None = None
    used_pct: float | None = None
    failing: bool = False

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class BackupKey(Fact):
    """A certificate or key without which encrypted backups cannot be opened; null age = never exported."""

    kind = "backup_keys"
    name: str
    exported_age_s: int | None = None

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Replica(Fact):
    """A standby copy: how far behind it is, and whether it is being fed."""

    kind = "replicas"
    name: str
    healthy: bool
    state: str | None = None
    lag_s: float | None = None

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class TempSpace(Fact):
    """The temporary area: how full, how many files, whether they differ in size, whether on the system drive."""

    kind = "temp_space"
    files: int | None = None
    uneven: bool = False
    on_system_drive: bool = False
    used_pct: float | None = None


@dataclass(frozen=True, kw_only=True)
class LogPieces(Fact):
    """Into how many pieces the log of one database is cut."""

    kind = "log_pieces"
    database: str
    pieces: int

    @property
    def subject(self) -> str:
        return self.database


@dataclass(frozen=True, kw_only=True)
class Index(Fact):
    """An index that is much out of order."""

    kind = "indexes"
    database: str
    table: str
    name: str
    fragmented_pct: float
    pages: int

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.table}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Statistic(Fact):
    """How much of a table changed since the planner last counted it; `automatic`: the database counts by itself."""

    kind = "statistics"
    database: str
    table: str
    changed_pct: float
    automatic: bool = True

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.table}"


@dataclass(frozen=True, kw_only=True)
class TransactionAge(Fact):
    """How much of the room for transaction numbers is used up (PostgreSQL wraparound)."""

    kind = "transaction_age"
    database: str
    used_pct: float

    @property
    def subject(self) -> str:
        return self.database


@dataclass(frozen=True, kw_only=True)
class DeadRows(Fact):
    """A table with many rows that are dead but not yet cleared away; `invalid`: an index that is not usable."""

    kind = "dead_rows"
    database: str
    table: str
    dead: int
    live: int
    invalid: bool = False

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.table}"


@dataclass(frozen=True, kw_only=True)
class NumberRange(Fact):
    """An identity column or sequence, and how much of its range is used up."""

    kind = "number_ranges"
    database: str
    name: str
    used_pct: float
    left: int | None = None

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.name}"
