"""Whom to ask: the client's people and the vendors."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.scope import session
from service_desk.tenants.models import Contact, TenantMember

ROLES = {
    "boss": N_("Boss"),
    "finance": N_("Finance"),
    "it_contact": N_("IT contact"),
    "user": N_("User"),
    "successor": N_("Successor"),
}


def gather(_asked: Asked) -> Mapping[str, Any]:
    """Contacts of both kinds, and who has a sign-in."""
    contacts = session().scalars(select(Contact).order_by(Contact.position, Contact.id)).all()
    members = session().scalars(select(TenantMember).where(TenantMember.ended_at.is_(None)).order_by(TenantMember.id))
    return {
        "people": [one for one in contacts if not one.is_vendor],
        "vendors": [one for one in contacts if one.is_vendor],
        "members": list(members),
        "roles": ROLES,
    }


SECTION = Section("contacts", N_("People and vendors"), gather)
