"""Keep the inventory of a client's systems."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.audit.operations import record
from service_desk.estate.models import KINDS, EstateItem
from service_desk.lib.errors import Invalid
from service_desk.scope import session

FIELDS = (
    "kind", "name", "environment", "address", "product", "version", "vendor", "seats", "expires_on", "note",
)  # fmt: skip


def add_item(values: Mapping[str, Any], *, now: datetime) -> EstateItem:
    """Put a system into the inventory; `values` holds FIELDS. Raises Invalid for an unknown kind or no name."""
    item = EstateItem(created_at=now)
    _fill(item, values, now)
    session().add(item)
    session().flush()  # Its page follows.
    return item


def change_item(item: EstateItem, values: Mapping[str, Any], *, now: datetime) -> None:
    """Change a system's facts. Raises Invalid as `add_item` does."""
    _fill(item, values, now)


def _fill(item: EstateItem, values: Mapping[str, Any], now: datetime) -> None:
    if values.get("kind") not in KINDS:
        raise Invalid(_l("There is no such kind of system."), field="kind")
    if not str(values.get("name") or "").strip():
        raise Invalid(_l("A system needs a name."), field="name")
    for name in FIELDS:
        if name in values:
            setattr(item, name, values[name])
    item.updated_at = now


def drop_item(item: EstateItem) -> None:
    """Take a system out of the inventory."""
    record("estate.delete", f"estate:{item.id}", kind=item.kind, name=item.name)
    session().delete(item)


def inventory() -> list[EstateItem]:
    """Every system of the client in scope, by kind and name."""
    return list(session().scalars(select(EstateItem).order_by(EstateItem.kind, EstateItem.name)))


def expiring(until: date) -> list[EstateItem]:
    """What ends by that day, or has ended, the nearest first."""
    ends = EstateItem.expires_on <= until
    return list(session().scalars(select(EstateItem).where(ends).order_by(EstateItem.expires_on)))
