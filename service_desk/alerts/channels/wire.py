"""The one way over the wire: a name is resolved once, judged and dialled by that address; no redirect is followed.

Connections to ERP systems may go into private networks, for that is where they stand. What we tell others may not:
whoever types a webhook's address must not be able to make this machine talk to its neighbours.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from connectors.base import ConnectorError, Deadline
from connectors.https import Answer, connected
from connectors.reach import Address, public, resolve
from service_desk.alerts.channels.channel import Channel, Request
from service_desk.alerts.channels.message import Message
from service_desk.alerts.delivery.pace import Outcome
from service_desk.lib.i18n import N_

SECONDS = 10.0
SHORTEST_SECRET = 6
AGENT = "service-desk"

# Kept as they are and said in the reader's language: what stood in the way before anything was given away.
NOT_SENT: dict[str, str] = {
    "unknown_name": N_("There is no server of this name."),
    "forbidden_address": N_("This address lies in this machine's own network and is not called."),
    "closed_port": N_("The server refuses the connection."),
    "no_answer": N_("The server does not answer."),
    "no_route": N_("There is no way to this server."),
    "connection_lost": N_("The connection broke."),
    "silent_server": N_("The server accepts the connection and says nothing."),
    "tls_refused": N_("The encryption fails: the certificate does not fit or has run out."),
    "statement_timeout": N_("The server took the message and did not answer in time."),
    "wrong_protocol": N_("What answers there does not speak HTTP."),
    "bad_answer": N_("The answer is too long."),
    "bad_settings": N_("The address cannot be used."),
    "redirected": N_("The server sends elsewhere; redirects are not followed."),
}
# Nothing of these mends itself within the hour.
FOR_GOOD = frozenset({"forbidden_address", "bad_settings"})


def send(
    channel: Channel,
    values: Mapping[str, str],
    message: Message,
    now: datetime,
    *,
    seconds: float = SECONDS,
    allow_loopback: bool = False,
) -> Outcome:
    """Hand a message over within so many seconds and say how it ended. Never raises for what the other side does."""
    begun = time.perf_counter()
    assert channel.request is not None
    request = channel.request(values, message, now)
    given_away = False
    try:
        address, encryption = _target(request.url, allow_loopback=allow_loopback)
        with connected(address, encryption, Deadline(seconds)) as web:
            given_away = True
            answer = web.ask("POST", _path(request.url), request.body, _headers(request))
    except ConnectorError as error:
        return _broken(error.reason, _ms(begun), given_away=given_away)
    outcome = _read(channel, answer, _ms(begun))
    return replace(outcome, answer=without_secrets(channel, values, outcome.answer))


def without_secrets(channel: Channel, values: Mapping[str, str], answer: str) -> str:
    """An answer that may be kept: whoever echoes what it was sent does not bring a secret into the log."""
    secrets = [values.get(one.name, "") for one in channel.fields if one.secret]
    parts = [part for secret in secrets for part in (secret, *_tokens(secret)) if len(part) >= SHORTEST_SECRET]
    for part in sorted(parts, key=len, reverse=True):
        answer = answer.replace(part, "•••")
    return answer


def _tokens(secret: str) -> list[str]:
    """What in an address is the secret itself: the values of its query and the last step of its path."""
    parts = urlsplit(secret)
    return [*(value for _, value in parse_qsl(parts.query)), parts.path.rsplit("/", 1)[-1]] if parts.netloc else []


def _target(url: str, *, allow_loopback: bool) -> tuple[Address, str]:
    """The judged address, and whether it is spoken to in the clear. Raises ConnectorError."""
    parts = urlsplit(url)
    address = resolve(
        parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), allow_loopback=allow_loopback
    )
    if not allow_loopback and not (public(address.ip) and parts.scheme == "https"):
        raise ConnectorError("forbidden_address", {"host": address.host})
    return address, "verified" if parts.scheme == "https" else "off"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers(request: Request) -> dict[str, str]:
    # One message, one connection: a kept one would only be found closed the next time.
    return {"User-Agent": AGENT, "Connection": "close", **request.headers}


def _read(channel: Channel, answer: Answer, took_ms: int) -> Outcome:
    if 300 <= answer.status < 400:
        return Outcome(verdict="never", answer=NOT_SENT["redirected"], took_ms=took_ms)
    assert channel.read is not None
    read = channel.read(answer.status, answer.body)
    wait_s = max(read.wait_s, _retry_after(answer)) if read.verdict == "later" else 0
    return Outcome(verdict=read.verdict, answer=read.answer, took_ms=took_ms, wait_s=wait_s)


def _retry_after(answer: Answer) -> int:
    asked = answer.headers.get("retry-after", "")
    return min(3600, int(asked)) if asked.isascii() and asked.isdigit() else 0


def _broken(code: str, took_ms: int, *, given_away: bool) -> Outcome:
    """Before it was given away nothing can have arrived; afterwards nobody knows."""
    verdict = "unknown" if given_away else "never" if code in FOR_GOOD else "later"
    return Outcome(verdict=verdict, answer=NOT_SENT.get(code, code), took_ms=took_ms)


def _ms(begun: float) -> int:
    return round((time.perf_counter() - begun) * 1000)
