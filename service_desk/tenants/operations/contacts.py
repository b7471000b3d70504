"""Whom to phone, at the client and at its vendors."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from service_desk.audit.operations import record
from service_desk.scope import load, session
from service_desk.tenants.models import Contact

FIELDS = ("name", "duty", "phone", "email", "note", "is_vendor")


def contacts() -> Sequence[Contact]:
    """The contacts of the client in scope: its own people first, then vendors, in the order they were put."""
    return session().scalars(select(Contact).order_by(Contact.is_vendor, Contact.position, Contact.id)).all()


def save_contact(contact_id: int | None, values: dict[str, Any]) -> Contact:
    """Add a contact, or change one. Raises NotThere."""
    known = {name: values[name] for name in FIELDS if name in values}
    if contact_id is None:
        last = session().scalar(select(func.coalesce(func.max(Contact.position), 0)))
        row = Contact(**known, position=(last or 0) + 1)
        session().add(row)
        session().flush()  # The record names its number.
        record("contact.added", subject=f"contact:{row.id}", name=row.name)
        return row
    row = load(Contact, contact_id)
    for name, value in known.items():
        setattr(row, name, value)
    record("contact.changed", subject=f"contact:{row.id}", name=row.name)
    return row


def remove_contact(contact_id: int) -> None:
    """Take a contact off the list. Raises NotThere."""
    row = load(Contact, contact_id)
    session().delete(row)
    record("contact.removed", subject=f"contact:{row.id}", name=row.name)
