"""The secrets of the connections an agent serves, kept where the ERP is. The desk never has them.

A secret is bound to where it was typed for: when the desk points the connection somewhere else, it is not sent there
before somebody at the client's has typed it again.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors import connector_class
from connectors.agent.home import Home
from connectors.base import ConnectorError

FILE = "secrets.json"


def wanted(kind: str) -> list[str]:
    """The names of the secrets that a kind of connection has."""
    return [field.name for field in connector_class(kind).fields if field.secret]


def bound_to(kind: str, settings: Mapping[str, Any]) -> str:
    """A fingerprint of where a connection leads: of every setting that could send a secret somewhere else."""
    fields = connector_class(kind).fields
    told = {field.name: settings.get(field.name, field.default) for field in fields if field.repoints}
    return hashlib.sha256(json.dumps([kind, told], sort_keys=True).encode()).hexdigest()[:32]


def keep(home: Home, connection: Mapping[str, Any], values: Mapping[str, str]) -> None:
    """Keep what was typed for a connection as it leads now."""
    all_kept = home.read(FILE)
    all_kept[str(connection["id"])] = {
        "bound": bound_to(connection["kind"], connection["settings"]),
        "typed_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "values": dict(values),
    }
    home.write(FILE, all_kept)


def secrets_for(home: Home, connection: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """The secrets of a connection, and when they were typed. Raises ConnectorError `agent_secrets`."""
    if not wanted(connection["kind"]):
        return {}, ""
    kept = home.read(FILE).get(str(connection["id"]))
    if not kept or kept["bound"] != bound_to(connection["kind"], connection["settings"]):
        raise ConnectorError("agent_secrets", {"name": connection["name"]})
    return dict(kept["values"]), str(kept["typed_at"])


def typed_at(home: Home, number: int) -> str:
    """When the secrets of a connection were last typed; "" before."""
    return str(home.read(FILE).get(str(number), {}).get("typed_at", ""))


def lacking(home: Home, connections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The connections whose secrets have still to be typed here."""
    found = []
    for connection in connections:
        try:
            secrets_for(home, connection)
        except ConnectorError:
            found.append(connection)
    return found
