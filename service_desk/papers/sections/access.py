"""The access map: which login leads where, and who holds what lets it in. Never the secret itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.environment import field_names
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection, SealedSecret, TenantMember


def gather(asked: Asked) -> Mapping[str, Any]:
    """Per connection the open fields, and of each secret only its field and when it was last changed."""
    connections = session().scalars(select(ErpConnection).order_by(ErpConnection.id)).all()
    rows = session().execute(select(SealedSecret.connection_id, SealedSecret.field, SealedSecret.changed_at)).all()
    successors = select(TenantMember).where(TenantMember.role == "successor", TenantMember.ended_at.is_(None))
    secrets = {
        one.id: [(row.field, row.changed_at) for row in rows if row.connection_id == one.id] for one in connections
    }
    return {
        "ways": [_way(one, secrets[one.id], asked) for one in connections],
        "successors": session().scalars(successors).all(),
    }


def _way(one: ErpConnection, secrets: list[tuple[str, datetime]], asked: Asked) -> dict[str, Any]:
    names = field_names(one.kind, asked.lang)
    return {
        "name": one.name,
        "fields": [(names.get(key, key), value) for key, value in one.settings.items() if value not in ("", None)],
        "secrets": [(names.get(key, key), changed) for key, changed in secrets],
        "writable": one.writable_accepted,
    }


SECTION = Section("access", N_("Access map"), gather)
