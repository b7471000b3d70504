"""What runs there: ERP connections with version and account sets, and the inventory of systems."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.estate.models import KINDS, EstateItem
from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection

NAMES = {
    "environment": N_("Environments"),
    "server": N_("Servers"),
    "database": N_("Databases"),
    "account_set": N_("Account sets"),
    "interface": N_("Interfaces"),
    "licence": N_("Licences"),
}


def gather(_asked: Asked) -> Mapping[str, Any]:
    """Connections as they were last seen, and the inventory by kind."""
    items = session().scalars(select(EstateItem).order_by(EstateItem.kind, EstateItem.name)).all()
    return {
        "connections": session().scalars(select(ErpConnection).order_by(ErpConnection.id)).all(),
        "kinds": [(NAMES[kind], [one for one in items if one.kind == kind]) for kind in KINDS],
        "set_name": set_name,
    }


def set_name(account_set: Any) -> str:
    """An account set 账套 as people call it."""
    if isinstance(account_set, Mapping):
        words = (account_set.get("code") or account_set.get("key"), account_set.get("name"), account_set.get("year"))
        return " ".join(str(word) for word in words if word)
    return str(account_set)


SECTION = Section("environment", N_("ERP environment"), gather)
