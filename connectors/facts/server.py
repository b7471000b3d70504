"""Facts about a server and the machine under it."""

from dataclasses import dataclass, field
from datetime import date

from connectors.facts.fact import Fact, Params


@dataclass(frozen=True, kw_only=True)
class Reachable(Fact):
    """Whether the server serves us, and how fast: time to be logged in, and time of one smallest question."""

    kind = "reachable"
    up: bool
    connect_ms: float | None = None
    answer_ms: float | None = None
    version: str | None = None
    reason: str | None = None
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Server(Fact):
    """The server itself. `clock_ahead_s`: its clock minus ours, half the way there taken off."""

    kind = "server"
    started_age_s: int | None = None
    clock_ahead_s: float | None = None
    version: str | None = None
    edition: str | None = None
    patch_level: str | None = None
    supported_until_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Cpu(Fact):
    """Share of the processors in percent over the last minutes: by the system itself and by other programs."""

    kind = "cpu"
    host: str = ""
    own_pct: float
    other_pct: float | None = None
    minutes: float = 1

    @property
    def subject(self) -> str:
        return self.host


@dataclass(frozen=True, kw_only=True)
class Memory(Fact):
    """Memory of the machine, the limit given to the database (null = none), and who waits for memory."""

    kind = "memory"
    host: str = ""
    total_bytes: int | None = None
    free_bytes: int | None = None
    limit_bytes: int | None = None
    limited: bool | None = None
    waiting_grants: int | None = None

    @property
    def subject(self) -> str:
        return self.host


@dataclass(frozen=True, kw_only=True)
class Wait(Fact):
    """Time spent waiting for one thing since the server started. `poison`: nobody should ever wait for this."""

    kind = "waits"
    name: str
    category: str = ""
    poison: bool = False
    waited_s: float

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Counter(Fact):
    """Something counted since the server started, e.g. deadlocks."""

    kind = "counters"
    name: str
    count: int

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Block(Fact):
    """The head of a chain of sessions that wait for it: how many, and how long the longest."""

    kind = "blocks"
    session: str
    user: str | None = None
    host: str | None = None
    program: str | None = None
    victims: int
    longest_s: float

    @property
    def subject(self) -> str:
        return self.session


@dataclass(frozen=True, kw_only=True)
class OpenTransaction(Fact):
    """A session that does nothing and holds a transaction open."""

    kind = "open_transactions"
    session: str
    user: str | None = None
    host: str | None = None
    program: str | None = None
    age_s: float

    @property
    def subject(self) -> str:
        return self.session


@dataclass(frozen=True, kw_only=True)
class LongQuery(Fact):
    """A statement that has been running for long; its text is never read, it could hold anything."""

    kind = "long_queries"
    session: str
    user: str | None = None
    host: str | None = None
    program: str | None = None
    age_s: float

    @property
    def subject(self) -> str:
        return self.session


@dataclass(frozen=True, kw_only=True)
class Connections(Fact):
    """Connections taken of those allowed."""

    kind = "connections"
    used: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class Service(Fact):
    """A service of the machine, e.g. the SQL Server Agent."""

    kind = "services"
    host: str = ""
    name: str
    running: bool
    automatic: bool = True

    @property
    def subject(self) -> str:
        return f"{self.host}/{self.name}" if self.host else self.name


@dataclass(frozen=True, kw_only=True)
class Dump(Fact):
    """Crash dumps of the server process."""

    kind = "dumps"
    count: int
    latest_age_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class Setting(Fact):
    """One setting of the server or a database, as text. `risky`: on, it widens the ways in."""

    kind = "settings"
    database: str = ""
    name: str
    value: str
    risky: bool = False

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.name}" if self.database else self.name


@dataclass(frozen=True, kw_only=True)
class Job(Fact):
    """A scheduled job of a database server or an ERP. `outcome` of its last run: ok, failed, retry, cancelled.

    `running_s` is set while it runs; `overdue_s` when it should have run since.
    """

    kind = "jobs"
    name: str
    enabled: bool = True
    scheduled: bool = True
    owner: str | None = None
    owner_is_service: bool | None = None
    outcome: str | None = None
    message: str | None = None
    last_age_s: int | None = None
    last_took_s: int | None = None
    usual_took_s: int | None = None
    running_s: int | None = None
    overdue_s: int | None = None

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class LoggedError(Fact):
    """An error of one code in the log: how often in the last day, when last. Its text is cut and holds no data."""

    kind = "errors"
    code: str
    severity: int | None = None
    count: int
    latest_age_s: int | None = None
    text: str | None = None

    @property
    def subject(self) -> str:
        return self.code
