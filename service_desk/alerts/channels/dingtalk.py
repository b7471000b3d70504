"""钉钉 group robot with signature.

The signature is HMAC-SHA256 over `timestamp\\nsecret` with the secret as key, in Base64, then percent-encoded; the
timestamp is in milliseconds and may be an hour off at most (钉钉 open platform, custom robot, security settings).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlencode

from service_desk.alerts.channels.channel import Channel, Field, Read, Request, Values, by_code, packed
from service_desk.alerts.channels.message import Message, markdown, subject_line
from service_desk.lib.i18n import N_

# -1: busy; 130101, 410100: more than 20 in a minute, after which the robot is silent for ten minutes.
BUSY = frozenset({-1, 88, 130101, 410100})
SILENT_S = 600
MOST_BYTES = 16_000


def signature(secret: str, timestamp_ms: int) -> str:
    """The `sign` parameter, before it is percent-encoded."""
    signed = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def _request(values: Values, message: Message, at: datetime) -> Request:
    timestamp = int(at.timestamp() * 1000)
    query = urlencode({"timestamp": timestamp, "sign": signature(values["secret"], timestamp)})
    body = {"title": subject_line(message, 60), "text": markdown(message, MOST_BYTES)}
    url = values["url"] + ("&" if "?" in values["url"] else "?") + query
    return Request(url, packed({"msgtype": "markdown", "markdown": body}), {"Content-Type": "application/json"})


def _read(status: int, body: bytes) -> Read:
    return by_code(status, body, "errcode", busy=BUSY, wait_s=SILENT_S)


CHANNEL = Channel(
    key="dingtalk",
    label=N_("DingTalk robot"),
    fields=(
        Field(name="url", label=N_("Webhook address"), kind="secret", hint=N_("Group settings, robots, custom robot.")),
        Field(
            name="secret",
            label=N_("Signing secret"),
            kind="secret",
            hint=N_("Choose “additional signature” in its security settings; the secret begins with SEC."),
        ),
    ),
    how=N_("A custom robot of a DingTalk group. It takes 20 messages a minute; more wait here in line."),
    request=_request,
    read=_read,
    per_minute=20,
    hosts=("oapi.dingtalk.com",),
)
