"""Checks of a connection that collector scripts answer: nobody else is asked for them, and nobody else is believed."""

from collections.abc import Iterable
from contextlib import suppress
from functools import cache

from sqlalchemy import select

from connectors import connector_class
from connectors.base import ConnectorError
from service_desk.checks.catalog import CATALOG
from service_desk.checks.collectors import pushed_kinds
from service_desk.checks.models import PushKey
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection


def left_to_scripts(connection: ErpConnection, checks: Iterable[str]) -> set[str]:
    """Those of `checks` that a script with a key answers because the connector cannot, or that only a script may.

    A visit that asked for them too would find that the system cannot tell, between one push and the next.
    """
    read = _read(connection.kind)
    asked = [CATALOG[key] for key in checks if key in CATALOG]
    scripted = {check.key for check in asked if check.scripted}
    foreign = [check for check in asked if not set(check.kinds) <= read]
    if not foreign:
        return scripted
    keys = session().scalars(select(PushKey.script).where(PushKey.connection_id == connection.id))
    pushed = pushed_kinds(list(keys))
    return scripted | {check.key for check in foreign if set(check.kinds) - read <= pushed}


def _read(kind: str) -> frozenset[str]:
    """The kinds of facts that a connector tells; none where it cannot be loaded here, which its visit says."""
    with suppress(ConnectorError):
        return _loaded(kind)
    return frozenset()


@cache
def _loaded(kind: str) -> frozenset[str]:
    return frozenset(connector_class(kind).readers())
