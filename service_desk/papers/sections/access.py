"""The access map: which login leads where, and who holds what lets it in. Never the secret itself."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection, SealedSecret, TenantMember


def gather(_asked: Asked) -> Mapping[str, Any]:
    """Per connection the open fields, and of each secret only its field and when it was last changed."""
    connections = session().scalars(select(ErpConnection).order_by(ErpConnection.id)).all()
    rows = session().execute(select(SealedSecret.connection_id, SealedSecret.field, SealedSecret.changed_at)).all()
    successors = select(TenantMember).where(TenantMember.role == "successor", TenantMember.ended_at.is_(None))
    return {
        "ways": [
            {
                "name": one.name,
                "fields": [(name, value) for name, value in sorted(one.settings.items()) if value not in ("", None)],
                "secrets": [(row.field, row.changed_at) for row in rows if row.connection_id == one.id],
                "writable": one.writable_accepted,
            }
            for one in connections
        ],
        "successors": session().scalars(successors).all(),
    }


SECTION = Section("access", N_("Access map"), gather)
