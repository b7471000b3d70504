"""What runs there: ERP connections with version and account sets, and the inventory of systems."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from connectors import connector_class
from connectors.base import ConnectorError
from service_desk.estate.models import KINDS, EstateItem
from service_desk.lib.clock import Language
from service_desk.lib.i18n import N_, say
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


def gather(asked: Asked) -> Mapping[str, Any]:
    """Connections as they were last seen, and the inventory by kind."""
    items = session().scalars(select(EstateItem).order_by(EstateItem.kind, EstateItem.name)).all()
    connections = session().scalars(select(ErpConnection).order_by(ErpConnection.id)).all()
    return {
        "connections": [(one, product(one.kind, asked.lang)) for one in connections],
        "kinds": [(NAMES[kind], [one for one in items if one.kind == kind]) for kind in KINDS],
        "set_name": set_name,
    }


def product(kind: str, lang: Language) -> str:
    """The name of what a connector reads; a kind that is no longer known stands for itself."""
    try:
        return say(lang, connector_class(kind).label)
    except ConnectorError:
        return kind


def field_names(kind: str, lang: Language) -> dict[str, str]:
    """The labels of a connector's fields, as its form shows them."""
    try:
        return {field.name: say(lang, field.label) for field in connector_class(kind).fields}
    except ConnectorError:
        return {}


def set_name(account_set: Any) -> str:
    """An account set 账套 as people call it."""
    if isinstance(account_set, Mapping):
        words = (account_set.get("code") or account_set.get("key"), account_set.get("name"), account_set.get("year"))
        return " ".join(str(word) for word in words if word)
    return str(account_set)


SECTION = Section("environment", N_("ERP environment"), gather)
