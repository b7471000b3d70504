"""The process that talks to drivers: `python -m connectors.child`.

It reads one JSON request on standard input and answers in JSON lines on standard output. Credentials travel on
standard input alone, never in arguments or the environment. What is known is written at once, so that a driver which
hangs later loses nothing that was seen before.

Request:

    {"v": 1, "op": "probe" | "account_sets" | "capabilities" | "collect", "kind": "yonyou_u8",
     "settings": {...}, "secrets": {"password": "..."}, "budget_seconds": 60, "allow_loopback": false,
     "kinds": ["stock", ...], "account_sets": ["001", ...] | null}          (the last line for collect only)

Answer, one object a line; the last line is always `{"end": true}`:

    {"step": {"name", "state", "reason", "params", "field", "right", "grant", "detail"}}        probe
    {"account_set": {"code", "name", "database", "year"}}                                       account_sets, probe
    {"capability": {"kind", "state", "account_set", "unknown"}}                                 capabilities
    {"look": {...}}                                                          collect; the form is in connectors.facts
    {"error": {"reason", "params", "field", "right", "grant", "permanent"}}
"""

import faulthandler
import json
import math
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from connectors import connector_class
from connectors.base import ConnectorError, Deadline
from connectors.facts import VERSION, look_to_json, plain

# The alarm ends this process even inside a driver's C code and even when the parent is gone.
GRACE_SECONDS = 5


def main(source: TextIO = sys.stdin, sink: TextIO = sys.stdout) -> None:
    """Answer the one request on standard input; never a traceback."""
    request: Mapping[str, Any] = {}
    try:
        request = json.loads(source.read())
        _end_after(math.ceil(request["budget_seconds"]) + GRACE_SECONDS)
        for name, value in answer(request):
            _write(sink, {name: value})
    except ConnectorError as error:
        _write(sink, {"error": scrubbed(error.to_json(), _secrets(request))})
    except Exception as error:
        # A driver can raise anything; its text may hold a password, its class name cannot.
        broken = ConnectorError("reader_failed", {"what": type(error).__name__})
        _write(sink, {"error": broken.to_json()})
    _write(sink, {"end": True})


def _end_after(seconds: int) -> None:
    """End this process by then. Where there is no alarm, a thread of the interpreter's own C code sees to it."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)
    else:
        faulthandler.dump_traceback_later(seconds, exit=True)


def answer(request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The lines of the answer, as name and plain value. Raises ConnectorError."""
    if request.get("v") != VERSION:
        raise ConnectorError("bad_settings", {"field": "v"})
    deadline = Deadline(request["budget_seconds"])
    connector = connector_class(request["kind"])(
        request["settings"], request["secrets"], allow_loopback=request["allow_loopback"] is True
    )
    hidden = _secrets(request)
    if request["op"] == "probe":
        for step in connector.probe(deadline):
            yield "step", scrubbed(plain(step), hidden)
    elif request["op"] == "account_sets":
        yield from (("account_set", plain(found)) for found in connector.account_sets(deadline))
    elif request["op"] == "capabilities":
        yield from (("capability", scrubbed(plain(found), hidden)) for found in connector.capabilities(deadline))
    elif request["op"] == "collect":
        for look in connector.collect(request["kinds"], deadline, request.get("account_sets")):
            plain_look = look_to_json(look)
            plain_look["unknown"] = scrubbed(plain_look["unknown"], hidden)
            yield "look", plain_look
    else:
        raise ConnectorError("bad_settings", {"field": "op"})


def scrubbed(value: Any, hidden: list[str]) -> Any:
    """The value with every secret blotted out of its texts: the last net under the reason codes."""
    if isinstance(value, str):
        for secret in hidden:
            value = value.replace(secret, "***")
        return value
    if isinstance(value, list):
        return [scrubbed(item, hidden) for item in value]
    if isinstance(value, dict):
        return {key: scrubbed(item, hidden) for key, item in value.items()}
    return value


def _secrets(request: Mapping[str, Any]) -> list[str]:
    # Very short ones would blot out half the text, and give themselves away by the holes.
    return [secret for secret in request.get("secrets", {}).values() if len(secret) >= 4]


def _write(sink: TextIO, line: Mapping[str, Any]) -> None:
    sink.write(json.dumps(line, ensure_ascii=False) + "\n")
    sink.flush()


if __name__ == "__main__":
    main()
    # A driver's threads or exit handlers must not keep the process.
    sys.stdout.flush()
    os._exit(0)
