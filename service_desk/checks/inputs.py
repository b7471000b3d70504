"""Records of our own as JSON and back: what upper floors hand down for checks to judge. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any, get_type_hints

from service_desk.checks.finding import RECORDS, CopyRecord, DrillRecord, ExpiryRecord, PlanRecord

Record = DrillRecord | CopyRecord | PlanRecord | ExpiryRecord


def subject_of(record: Record) -> str:
    """What a record is about, unique among those of its kind."""
    match record:
        case DrillRecord():
            return record.plan
        case CopyRecord():
            return f"{record.medium}/{record.name}"
        case PlanRecord():
            return f"{record.database}/{record.backup_type}"
        case ExpiryRecord():
            return record.name


def to_json(record: Record) -> dict[str, Any]:
    """A record's fields as plain JSON; times as ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in asdict(record).items()
    }


def from_json(kind: str, data: Mapping[str, Any]) -> Record:
    """The record again; a field that an older row does not have takes its default, one that is unknown is left out."""
    record = RECORDS[kind]
    hints = get_type_hints(record)
    given = {field.name: _read(hints[field.name], data[field.name]) for field in fields(record) if field.name in data}
    return record(**given)


def _read(hint: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    wanted = {hint, *getattr(hint, "__args__", ())}
    if datetime in wanted:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if date in wanted else value
