"""Server酱, messages into WeChat or its own app: the send key names the address (Server酱 Turbo and Server酱³)."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote

from service_desk.alerts.channels.channel import Channel, Field, Read, Request, Values, by_code, decoded, packed
from service_desk.alerts.channels.message import Message, markdown, subject_line
from service_desk.lib.i18n import N_

_NEWER = re.compile(r"sctp(\d+)t", re.IGNORECASE)
MOST_TITLE = 32
MOST_BYTES = 16_000
USED_UP_S = 3600


def address(key: str, server: str = "") -> str:
    """Where a send key sends to: keys of the newer service carry the number of their owner's host."""
    newer = _NEWER.match(key)
    base = server.rstrip("/") or (f"https://{newer[1]}.push.ft07.com/send" if newer else "https://sctapi.ftqq.com")
    return f"{base}/{quote(key, safe='')}.send"


def _request(values: Values, message: Message, at: datetime) -> Request:
    payload = {"title": subject_line(message, MOST_TITLE), "desp": markdown(message, MOST_BYTES)}
    url = address(values["key"], values.get("url", ""))
    return Request(url, packed(payload), {"Content-Type": "application/json;charset=utf-8"})


def _read(status: int, body: bytes) -> Read:
    """It says with the same code that a key is unknown and that the day's messages are used up."""
    read = by_code(status, body, "code", busy=frozenset({429}), wait_s=60)
    if read.verdict == "never" and "次数" in str(decoded(body).get("message", "")):
        return Read("later", read.answer, USED_UP_S)
    return read


CHANNEL = Channel(
    key="serverchan",
    label=N_("ServerChan (WeChat)"),
    fields=(
        Field(name="key", label=N_("Send key"), kind="secret", hint=N_("Begins with SCT or sctp.")),
        Field(
            name="url",
            label=N_("Server"),
            kind="url",
            required=False,
            hint=N_("Leave empty: the key says which server it belongs to."),
        ),
    ),
    how=N_("ServerChan brings messages into WeChat or its own app. The free plan takes few messages a day."),
    request=_request,
    read=_read,
    per_minute=20,
)
