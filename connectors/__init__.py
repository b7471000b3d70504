"""Reading ERPs, databases and hosts: settings go in, facts come out.

This package imports nothing of the product. The product talks to it through `connectors.ask` alone, so that every
driver runs in a process of its own that can be ended.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.base import Connector

# Every connector there is: kind -> where its class lives. A new one is a file and a line here.
CONNECTORS: dict[str, str] = {
    "yonyou_u8": "connectors.yonyou_u8:YonyouU8",
    "kingdee_k3": "connectors.kingdee_k3:KingdeeK3",
    "kingdee_galaxy": "connectors.kingdee_galaxy:KingdeeGalaxy",
    "kingdee_galaxy_db": "connectors.kingdee_galaxy_db:KingdeeGalaxyDb",
    "sap_b1": "connectors.sap_b1:SapB1",
    "sap_b1_sql": "connectors.sap_b1_sql:SapB1Sql",
    "sap_b1_hana": "connectors.sap_b1_hana:SapB1Hana",
    "sqlserver": "connectors.sqlserver:SqlServer",
    "postgresql": "connectors.postgresql:PostgreSQL",
    "hana": "connectors.hana:Hana",
    "oracle": "connectors.oracle:Oracle",
    "oracle_ebs": "connectors.oracle_ebs:OracleEbs",
    "mysql": "connectors.mysql:MySQL",
    "tryton": "connectors.tryton:Tryton",
    "odoo": "connectors.odoo:Odoo",
    "erpnext": "connectors.erpnext:ERPNext",
    "yonsuite": "connectors.yonsuite:YonSuite",
    "chanjet_tplus": "connectors.chanjet_tplus:ChanjetTPlus",
    "http_api": "connectors.http_api:HttpApi",
    "host": "connectors.host:Host",
    "machine": "connectors.machine:Machine",
}


def connector_class(kind: str) -> "type[Connector[Any]]":
    """The class of a kind, imported on first use. Raises ConnectorError unknown_kind or driver_missing."""
    from connectors.base import ConnectorError  # noqa: PLC0415 - base is not needed to read the table

    if kind not in CONNECTORS:
        raise ConnectorError("unknown_kind", {"kind": kind[:40]})
    module, name = CONNECTORS[kind].split(":")
    try:
        found: type[Connector[Any]] = getattr(import_module(module), name)
    except ImportError as error:
        raise ConnectorError("driver_missing", {"driver": error.name or kind}) from None
    return found
