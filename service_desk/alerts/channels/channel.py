"""What a channel is: the fields of its form, the request it makes of a message, and what it reads in the answer. Pure.

A channel never opens a connection itself: wire.py does, for all of them, behind the one guard that keeps this machine
and the networks around it out of reach.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from service_desk.alerts.channels.message import Message
from service_desk.lib.i18n import N_
from service_desk.lib.text import one_line

MOST_ANSWER = 500  # characters of an answer that are kept

Values = Mapping[str, str]
Verdict = Literal["sent", "later", "never"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a destination's form. `kind`: text, url, email or secret; a secret is sealed and not shown again."""

    name: str
    label: str
    kind: Literal["text", "url", "email", "secret"] = "text"
    required: bool = True
    default: str = ""
    hint: str = ""

    @property
    def secret(self) -> bool:
        return self.kind == "secret"


@dataclass(frozen=True)
class Request:
    """An HTTP POST: `url` with its query, `body` as the very bytes that go out."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """What an answer means: `sent`; `later` when the other side asks to wait; `never` when it refuses for good.

    `answer` is what it said, for people; `wait_s` how long it wants to be left alone, where it says so.
    """

    verdict: Verdict
    answer: str
    wait_s: int = 0


class Unfit(ValueError):
    """A field of a destination cannot be right: `field` names it, `message` is a msgid that says what is wanted."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = name, message


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to tell people something.

    `road`: over the wire, through the outbox of mails, or inside the desk. `per_minute` is how many messages the other
    side takes from one destination in a minute (0: no limit known). `repeatable`: a receiver can tell a second copy by
    its ident, so a message whose fate is unknown may be sent again. `hosts`: the only hosts an address may name; none
    listed means any public one. `how` says where its address comes from; `fits` raises Unfit for what only it can
    judge.
    """

    key: str
    label: str
    fields: tuple[Field, ...]
    how: str
    road: Literal["wire", "outbox", "desk"] = "wire"
    request: Callable[[Values, Message, datetime], Request] | None = None
    read: Callable[[int, bytes], Read] | None = None
    per_minute: int = 0
    repeatable: bool = False
    hosts: tuple[str, ...] = ()
    personal: bool = True
    shared: bool = True
    fits: Callable[[Values], None] | None = None


WANTS_ADDRESS = N_("This is not a whole address; it begins with https://.")
WANTS_HOST = N_("This is not an address of this service. Please copy it from the robot's settings.")
HERE_ONLY = N_("Only https:// is used: what is said in an alarm is nobody else's business.")


def checked(channel: Channel, values: Values, *, allow_loopback: bool = False) -> dict[str, str]:
    """The values trimmed, with defaults. Raises Unfit for the first field that cannot be right."""
    found = {one.name: values.get(one.name, "").strip() or one.default for one in channel.fields}
    for one in channel.fields:
        if one.required and not found[one.name]:
            raise Unfit(one.name, N_("This is needed."))
        if one.name == "url" or one.kind == "url":
            _address(channel, one, found[one.name], allow_loopback=allow_loopback)
    if channel.fits is not None:
        channel.fits(found)
    return found


def _address(channel: Channel, one: Field, value: str, *, allow_loopback: bool) -> None:
    if not value:
        return
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Unfit(one.name, WANTS_ADDRESS) from None
    if (
        not host
        or parts.scheme not in ("https", "http")
        or not value.isascii()
        or any(ord(char) < 33 for char in value)
    ):
        raise Unfit(one.name, WANTS_ADDRESS)
    if parts.username is not None:
        raise Unfit(one.name, N_("A name and a password do not belong into an address."))
    if allow_loopback:
        return
    if channel.hosts and host not in channel.hosts:
        raise Unfit(one.name, WANTS_HOST)
    if parts.scheme != "https":
        raise Unfit(one.name, HERE_ONLY)


def shown(channel: Channel, values: Values) -> str:
    """What may be shown of a destination beside its name: the host of its address, never its path, or an open field."""
    address = next((values.get(one.name, "") for one in channel.fields if one.name == "url" or one.kind == "url"), "")
    if address:
        return urlsplit(address).hostname or ""
    return next((values.get(one.name, "") for one in channel.fields if not one.secret), "")


def packed(payload: Any) -> bytes:
    """JSON as it goes out: UTF-8, no blanks."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def decoded(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def said(status: int, body: bytes) -> str:
    """An answer as it is kept: its status and its beginning, on one line."""
    return one_line(f"HTTP {status} {body[: 4 * MOST_ANSWER].decode(errors='replace')}", MOST_ANSWER)


def by_status(status: int, body: bytes) -> Read:
    """What an HTTP status alone means: 2xx is taken, 408, 425, 429 and 5xx may be better later, the rest never is."""
    answer = said(status, body)
    if 200 <= status < 300:
        return Read("sent", answer)
    return Read("later" if status in (408, 425, 429) or status >= 500 else "never", answer)


def by_code(status: int, body: bytes, name: str, *, busy: frozenset[int], wait_s: int) -> Read:
    """What an answer means whose body carries a code under `name`: 0 is taken, those in `busy` ask to wait.

    The robots refuse with HTTP 200, so a body without that code was not taken by them.
    """
    first = by_status(status, body)
    if first.verdict != "sent":
        return first
    code = decoded(body).get(name)
    if code == 0:
        return first
    if not isinstance(code, int) or isinstance(code, bool):
        return Read("never", first.answer)
    return Read("later", first.answer, wait_s) if code in busy else Read("never", first.answer)
