"""What a connector saw, as frozen values that travel as JSON. Version 1.

Collecting answers with a list of `Look`, one for each fact kind and account set. `account_set` is null when the kind
belongs to the whole connection, or when an unknown look stands for all account sets that were not reached. A look
holds facts, or one `Unknown`. Empty facts without an unknown mean: looked, and nothing was there. `truncated` means
the row cap was reached: there is more than what the facts hold.

    {"v": 1, "kind": "stock", "account_set": "001", "seen_at": "2026-11-22T02:00:00+00:00", "took_ms": 41.0,
     "truncated": false, "unknown": null,
     "facts": [{"account_set": "001", "seen_at": "...", "item": "M6-20", "item_name": "螺丝", "spec": "M6x20",
                "warehouse": "01", "warehouse_name": "原料仓", "quantity": "-3.000000", "unit": null, "rows": 1}]}
    "unknown": {"reason": "missing_right", "params": {"table": "CurrentStock"}, "right": "SELECT on ...",
                "grant": "USE [UFDATA_001_2026]; GRANT SELECT ON ...", "field": null}

Fact kinds, their class, and what one fact is. Every fact also has `account_set` and `seen_at`:

    reachable  Reachable  the connection: up, connect_ms, answer_ms, version; when not up: reason, params
    backups    Backup     a database: database, state, recovery_model, size_bytes, and for full, diff and log backups
                          the finish time (full_at) and the age in seconds by the server's own clock (full_age_s);
                          null = never, or not known where `recorded` leaves that kind of backup out
    stock      Stock      negative stock of an item in a warehouse: item, item_name, spec, warehouse, warehouse_name,
                          quantity (decimal text, the sum of the negative rows), unit, rows (how many rows)
    vouchers   Vouchers   unposted vouchers 未记账凭证 of a period, void ones left out: year, period, count, oldest_on,
                          oldest_age_days
    users      User       a login: login, name, enabled, admin, roles (null = unknown), supervisor_of
                          (account sets 账套主管), last_seen_at (null = unknown), left_on (the day on which the
                          linked employee left or will leave; null = not told)
    tasks      Task       a running task or overdue job: key, what ("task" | "job"), name, user, user_name,
                          station, state, since_at, age_s
    periods    Period     closing state of a period: year, period, begins_on, ends_on,
                          closed ({"GL": true, "AR": false}; a module that is not in use is left out)

Field names carry their type: `_at` is a moment in UTC (ISO 8601), `_on` a date, `_s` seconds, `_ms` milliseconds.
Moments are seen_at minus the age that the server computed, so a wrong zone or clock on either side cannot bend them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

VERSION = 1

Params = Mapping[str, str | int | float | None]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing seen. `account_set` is null when it belongs to the whole connection."""

    kind: ClassVar[str]
    account_set: str | None = None
    seen_at: datetime

    @property
    def subject(self) -> str:
        """What the fact is about, as a stable text within its connection and kind."""
        return self.account_set or ""


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
class Backup(Fact):
    """The latest finished backups of one database; null = there is none on record.

    `recorded`: the kinds of backup that the system keeps a record of; of the others nothing can be said.
    """

    kind = "backups"
    database: str
    state: str | None = None
    recovery_model: str | None = None
    size_bytes: int | None = None
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
class Stock(Fact):
    """Negative stock of one item in one warehouse: the sum of its negative rows, in the item's own unit."""

    kind = "stock"
    item: str
    item_name: str | None = None
    spec: str | None = None
    warehouse: str
    warehouse_name: str | None = None
    quantity: Decimal
    unit: str | None = None
    rows: int = 1

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.warehouse}/{self.item}"


@dataclass(frozen=True, kw_only=True)
class Vouchers(Fact):
    """Unposted vouchers of one accounting period; void ones are left out."""

    kind = "vouchers"
    year: int
    period: int
    count: int
    oldest_on: date | None = None
    oldest_age_days: int | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.year}-{self.period:02d}"


@dataclass(frozen=True, kw_only=True)
class User(Fact):
    """A login of the ERP. `roles`, `last_seen_at` and `left_on` are null where the ERP does not tell.

    It belongs to one account set where each has users of its own.
    """

    kind = "users"
    login: str
    name: str | None = None
    enabled: bool
    admin: bool = False
    roles: tuple[str, ...] | None = None
    supervisor_of: tuple[str, ...] = ()
    last_seen_at: datetime | None = None
    left_on: date | None = None

    @property
    def subject(self) -> str:
        return self.login if self.account_set is None else f"{self.account_set}/{self.login}"


@dataclass(frozen=True, kw_only=True)
class Task(Fact):
    """A task somebody has open in the ERP, or a job that should have run at `since_at`."""

    kind = "tasks"
    key: str
    what: str
    name: str | None = None
    user: str | None = None
    user_name: str | None = None
    station: str | None = None
    state: str | None = None
    since_at: datetime | None = None
    age_s: int | None = None

    @property
    def subject(self) -> str:
        return self.key


@dataclass(frozen=True, kw_only=True)
class Period(Fact):
    """Closing state 结账 of one accounting period: module -> closed."""

    kind = "periods"
    year: int
    period: int
    begins_on: date | None = None
    ends_on: date | None = None
    closed: Mapping[str, bool] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.year}-{self.period:02d}"


FACTS: dict[str, type[Fact]] = {kind.kind: kind for kind in (Reachable, Backup, Stock, Vouchers, User, Task, Period)}


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Could not look, and why. `grant` is the exact statement that gives the missing `right`."""

    reason: str
    params: Params = field(default_factory=dict)
    right: str | None = None
    grant: str | None = None
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    """The outcome of looking for one fact kind in one account set: facts, or one unknown."""

    kind: str
    account_set: str | None = None
    seen_at: datetime
    took_ms: float = 0.0
    truncated: bool = False
    facts: tuple[Fact, ...] = ()
    unknown: Unknown | None = None


def plain(value: Any) -> Any:
    """Turn a fact, look or any value inside one into what JSON can carry."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    return value


def look_to_json(look: Look) -> dict[str, Any]:
    """The JSON form of a look, as documented at the top of this file."""
    return {"v": VERSION, **plain(look)}


def look_from_json(data: Mapping[str, Any]) -> Look:
    """Read a look back. Raises ValueError when the version or the kind is not ours."""
    kind = data.get("kind")
    if data.get("v") != VERSION or kind not in FACTS:
        raise ValueError(f"not a look of version {VERSION}: {data.get('v')!r} {kind!r}")
    rest = {key: value for key, value in data.items() if key not in ("v", "facts", "unknown")}
    unknown = data.get("unknown")
    return Look(
        **_typed(rest),
        facts=tuple(FACTS[kind](**_typed(fact)) for fact in data["facts"]),
        unknown=Unknown(**unknown) if unknown else None,
    )


def _typed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(name, value) for name, value in data.items()}


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    if name.endswith("_on"):
        return date.fromisoformat(value)
    if name == "quantity":
        return Decimal(value)
    return tuple(value) if isinstance(value, list) else value
