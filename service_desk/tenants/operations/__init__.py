"""The verbs of tenants, for the packages above."""

from service_desk.tenants.operations.clients import change_tenant, close_tenant, create_tenant
from service_desk.tenants.operations.connections import (
    accept_writable,
    add_connection,
    change_connection,
    remove_connection,
    request_probe,
)
from service_desk.tenants.operations.dependence import depend_on
from service_desk.tenants.operations.leavers import add_leavers, leavers, remove_leaver
from service_desk.tenants.operations.switching import switcher
from service_desk.tenants.secrets import keys_open, open_secrets, rotate_keys

__all__ = (
    "accept_writable",
    "add_connection",
    "add_leavers",
    "change_connection",
    "change_tenant",
    "close_tenant",
    "create_tenant",
    "depend_on",
    "keys_open",
    "leavers",
    "open_secrets",
    "remove_connection",
    "remove_leaver",
    "request_probe",
    "rotate_keys",
    "switcher",
)
