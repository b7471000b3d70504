"""Who at the client is told by mail."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, union

from service_desk.alerts.delivery.models import ClientRecipient
from service_desk.alerts.delivery.operations.destinations import Wanted
from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid
from service_desk.scope import load, session
from service_desk.tenants.models import Contact, TenantMember


def addressable(now: datetime) -> dict[str, str]:
    """Mail address -> name of everybody of the client who could be told: its people and its own contacts.

    Vendors are left out: what happens at a client is not theirs to read.
    """
    present = TenantMember.ended_at.is_(None) & or_(TenantMember.ends_at.is_(None), TenantMember.ends_at > now)
    members = select(TenantMember.email, TenantMember.name).where(present)
    own = select(Contact.email, Contact.name).where(Contact.email != "", Contact.is_vendor.is_(False))
    return {row.email: row.name for row in session().execute(union(own, members)).all()}


def add(email: str, wanted: Wanted, *, now: datetime) -> ClientRecipient:
    """Tell somebody of the client from now on. Raises Invalid for an address that is not one of its people's."""
    name = addressable(now).get(email)
    if name is None:
        raise Invalid(_l("This is nobody of this client. Please add the person as a contact first."), field="email")
    row = session().scalars(select(ClientRecipient).where(ClientRecipient.email == email)).first()
    if row is None:
        row = ClientRecipient(email=email, created_at=now)
        session().add(row)
    row.name, row.severities, row.when_over = name, list(wanted.severities), wanted.when_over
    row.digest, row.digest_minute = wanted.digest, wanted.digest_minute
    record("recipient.add", email, severities=list(wanted.severities))
    return row


def remove(recipient_id: int) -> None:
    """Tell somebody of the client nothing any more."""
    row = load(ClientRecipient, recipient_id)
    record("recipient.remove", row.email)
    session().delete(row)
