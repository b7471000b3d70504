"""飞书 group robot with signature.

Unlike 钉钉, the key is `timestamp\\nsecret` and what is signed is empty: HMAC-SHA256, in Base64; the timestamp is in
seconds and travels with the signature in the body (飞书 open platform, custom robot, signature check).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from service_desk.alerts.channels.channel import Channel, Field, Read, Request, Values, by_code, decoded, packed
from service_desk.alerts.channels.message import Message, cut, harmless, subject_line
from service_desk.lib.i18n import N_

BUSY = frozenset({11232, 99991400})  # too many requests, in the words of two generations of its gateway
EITHER = 9499  # a request it cannot read, or one too many: only the words beside it tell
WAIT_S = 60
MOST_BYTES = 16_000
COLOURS = {"crit": "red", "warn": "orange", "ok": "green"}


def signature(secret: str, timestamp_s: int) -> str:
    """The `sign` field."""
    key = f"{timestamp_s}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def _card(message: Message) -> dict[str, object]:
    said = cut("\n\n".join(harmless(part) for part in message.paragraphs), MOST_BYTES)
    elements: list[dict[str, object]] = [{"tag": "div", "text": {"tag": "plain_text", "content": said}}] if said else []
    if message.link:
        button = {"tag": "button", "text": {"tag": "plain_text", "content": message.open_words}, "type": "primary"}
        elements.append({"tag": "action", "actions": [button | {"url": message.link}]})
    title = {"tag": "plain_text", "content": subject_line(message)}
    return {"header": {"title": title, "template": COLOURS.get(message.severity, "blue")}, "elements": elements}


def _request(values: Values, message: Message, at: datetime) -> Request:
    timestamp = int(at.timestamp())
    signed = {"timestamp": str(timestamp), "sign": signature(values["secret"], timestamp)}
    body = packed({**signed, "msg_type": "interactive", "card": _card(message)})
    return Request(values["url"], body, {"Content-Type": "application/json"})


def _read(status: int, body: bytes) -> Read:
    # Its older gateway says StatusCode where the newer one says code.
    told = decoded(body)
    name, words = ("code", "msg") if "code" in told else ("StatusCode", "StatusMessage")
    busy = BUSY | {EITHER} if "too many" in str(told.get(words, "")).lower() else BUSY
    return by_code(status, body, name, busy=busy, wait_s=WAIT_S)


CHANNEL = Channel(
    key="feishu",
    label=N_("Feishu robot"),
    fields=(
        Field(name="url", label=N_("Webhook address"), kind="secret", hint=N_("Group settings, robots, custom robot.")),
        Field(
            name="secret",
            label=N_("Signing secret"),
            kind="secret",
            hint=N_("Switch the signature check on in its security settings and copy the secret."),
        ),
    ),
    how=N_("A custom robot of a Feishu group. It takes 100 messages a minute; more wait here in line."),
    request=_request,
    read=_read,
    per_minute=100,
    hosts=("open.feishu.cn", "open.larksuite.com"),
)
