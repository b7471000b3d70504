"""One visit of an agent to a connection: the looks, or the steps of a probe, as they are handed over."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from connectors.agent import keeping
from connectors.agent.home import Home
from connectors.ask import Request, ask
from connectors.base import ConnectorError, unseen
from connectors.facts import Look, look_to_json, plain
from connectors.steps import Step

SECONDS, DEADLINE = 45, 55  # what the child may take, and when it is ended
MOST_BYTES = 3_000_000  # of one push; the desk takes a little more
REFUSALS = ("wrong_password", "login_blocked")
REFUSED = "refused.json"


def collected(home: Home, connection: Mapping[str, Any], kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Look for these kinds of facts; every failure is a look. A refused login is not tried again before it changes."""
    try:
        secrets, typed_at = keeping.secrets_for(home, connection)
    except ConnectorError as error:
        return _unseen(kinds, error)
    stamp = _stamp(connection, typed_at)
    refused = home.read(REFUSED)
    if refused.get(str(connection["id"]), {}).get("stamp") == stamp:
        return _unseen(kinds, ConnectorError(refused[str(connection["id"])]["reason"]))
    looks = ask(request(connection, secrets, op="collect", kinds=kinds), DEADLINE).looks
    _note_refusal(home, connection, looks, stamp)
    return [look_to_json(look) for look in looks]


def _unseen(kinds: Sequence[str], error: ConnectorError) -> list[dict[str, Any]]:
    return [look_to_json(unseen(kind, error)) for kind in kinds]


def probed(home: Home, connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Walk the steps of a probe; somebody asked for it, so a refused login is tried once more."""
    try:
        secrets, _ = keeping.secrets_for(home, connection)
    except ConnectorError as error:
        return [plain(Step.of("login", error))]
    home.write(REFUSED, {key: one for key, one in home.read(REFUSED).items() if key != str(connection["id"])})
    return [plain(step) for step in ask(request(connection, secrets, op="probe"), DEADLINE).steps]


def request(connection: Mapping[str, Any], secrets: Mapping[str, str], **more: Any) -> Request:
    """A question to a child process. This machine may be asked: the ERP often runs beside the agent."""
    return Request(
        kind=connection["kind"],
        settings=fitted(connection["settings"]),
        secrets=secrets,
        budget_seconds=SECONDS,
        allow_loopback=True,
        **more,
    )


def fitted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with a wire that is there: where no ODBC stands beside the agent, the one it has with it."""
    odbc = str(settings.get("driver", "")) in ("FreeTDS", "ODBC Driver 18 for SQL Server")
    return {**settings, "driver": "pytds"} if odbc and find_spec("pyodbc") is None else dict(settings)


def _stamp(connection: Mapping[str, Any], typed_at: str) -> str:
    told = json.dumps([connection["settings"], typed_at], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _note_refusal(home: Home, connection: Mapping[str, Any], looks: Sequence[Look], stamp: str) -> None:
    """A wrong password repeated locks the client's account, so it is written down that the login was refused."""
    reason = next((look.unknown.reason for look in looks if look.unknown and look.unknown.reason in REFUSALS), None)
    refused, key = home.read(REFUSED), str(connection["id"])
    if reason:
        home.write(REFUSED, {**refused, key: {"stamp": stamp, "reason": reason}})
    elif key in refused:
        home.write(REFUSED, {other: one for other, one in refused.items() if other != key})


def pushes(connection: int, looks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The looks of a visit as pushes that are not too large: usually one. The first holds what comes first."""
    made: list[dict[str, Any]] = []
    size = MOST_BYTES
    for look in map(_cut, looks):
        length = len(json.dumps(look))
        if size + length > MOST_BYTES:
            made.append({"connection": connection, "id": uuid.uuid4().hex, "looks": []})
            size = 0
        made[-1]["looks"].append(look)
        size += length
    return made


def _cut(look: dict[str, Any]) -> dict[str, Any]:
    """A look that alone is too large, with half of its facts, or a quarter; it says that there is more."""
    while len(look["facts"]) > 1 and len(json.dumps(look)) > MOST_BYTES:
        look = {**look, "facts": look["facts"][: len(look["facts"]) // 2], "truncated": True}
    return look
