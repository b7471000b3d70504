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

Fact kinds, their classes and fields stand in the files of this folder, each with what one fact is: `server`,
`database`, `access`, `erp`, `web`. A connector tells the kinds that it declares a reader for; a collector at the
client's may push any of them.

Field names carry their type: `_at` is a moment in UTC (ISO 8601), `_on` a date, `_s` seconds, `_ms` milliseconds.
Moments are seen_at minus the age that the server computed, so a wrong zone or clock on either side cannot bend them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.facts.access import FailedLogins, Grant, OpenDoor, Orphan, Principal, User, WeakPassword
from connectors.facts.database import (
    Archiving,
    Backup,
    BackupHistory,
    BackupKey,
    Database,
    DataFile,
    DeadRows,
    FileIo,
    Index,
    Integrity,
    LogPieces,
    NumberRange,
    Replica,
    Statistic,
    TempSpace,
    TransactionAge,
    Volume,
)
from connectors.facts.erp import (
    Approval,
    Duplicates,
    Interface,
    LedgerGap,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Seats,
    Stock,
    Task,
    Timing,
    Unbalanced,
    Vouchers,
)
from connectors.facts.fact import Fact, Params
from connectors.facts.server import (
    Block,
    Connections,
    Counter,
    Cpu,
    Dump,
    Job,
    LoggedError,
    LongQuery,
    Memory,
    OpenTransaction,
    Reachable,
    Server,
    Service,
    Setting,
    Wait,
)
from connectors.facts.web import ApiKey, Domain, Endpoint, Quota, Shape, TlsCertificate

VERSION = 1

DECIMALS = frozenset({"quantity", "difference", "stock_amount", "ledger_amount"})

FACTS: dict[str, type[Fact]] = {
    one.kind: one
    for one in (
        Reachable,
        Server,
        Cpu,
        Memory,
        Wait,
        Counter,
        Block,
        OpenTransaction,
        LongQuery,
        Connections,
        Service,
        Dump,
        Setting,
        Job,
        LoggedError,
        Backup,
        BackupHistory,
        Database,
        Integrity,
        Volume,
        DataFile,
        FileIo,
        Archiving,
        BackupKey,
        Replica,
        TempSpace,
        LogPieces,
        Index,
        Statistic,
        TransactionAge,
        DeadRows,
        NumberRange,
        User,
        Principal,
        Orphan,
        Grant,
        WeakPassword,
        FailedLogins,
        OpenDoor,
        Stock,
        Vouchers,
        Task,
        Period,
        Unbalanced,
        Seats,
        Approval,
        Interface,
        Duplicates,
        MasterGaps,
        OddDates,
        OpenDocuments,
        LedgerGap,
        Timing,
        Endpoint,
        TlsCertificate,
        Domain,
        ApiKey,
        Quota,
        Shape,
    )
}


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
    if name in DECIMALS:
        return Decimal(value)
    return tuple(value) if isinstance(value, list) else value


__all__ = [
    "FACTS",
    "VERSION",
    "ApiKey",
    "Approval",
    "Archiving",
    "Backup",
    "BackupHistory",
    "BackupKey",
    "Block",
    "Connections",
    "Counter",
    "Cpu",
    "DataFile",
    "Database",
    "DeadRows",
    "Domain",
    "Dump",
    "Duplicates",
    "Endpoint",
    "Fact",
    "FailedLogins",
    "FileIo",
    "Grant",
    "Index",
    "Integrity",
    "Interface",
    "Job",
    "LedgerGap",
    "LogPieces",
    "LoggedError",
    "LongQuery",
    "Look",
    "MasterGaps",
    "Memory",
    "NumberRange",
    "OddDates",
    "OpenDocuments",
    "OpenDoor",
    "OpenTransaction",
    "Orphan",
    "Params",
    "Period",
    "Principal",
    "Quota",
    "Reachable",
    "Replica",
    "Seats",
    "Server",
    "Service",
    "Setting",
    "Shape",
    "Statistic",
    "Stock",
    "Task",
    "TempSpace",
    "Timing",
    "TlsCertificate",
    "TransactionAge",
    "Unbalanced",
    "Unknown",
    "User",
    "Volume",
    "Vouchers",
    "Wait",
    "WeakPassword",
    "look_from_json",
    "look_to_json",
    "plain",
]
