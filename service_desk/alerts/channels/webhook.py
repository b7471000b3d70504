"""A signed webhook after the Standard Webhooks specification, so that ready libraries can verify it.

Signed is `id.timestamp.body` with HMAC-SHA256; the key is what stands in Base64 behind `whsec_`. The id stays the same
when a message is repeated and the timestamp is the moment of sending, so a receiver can refuse what is old or known.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from service_desk.alerts.channels.channel import Channel, Field, Request, Unfit, Values, by_status, packed
from service_desk.alerts.channels.message import Message, text
from service_desk.lib.i18n import N_

PREFIX = "whsec_"

# Shown on the page of a webhook; the tests run this very text.
VERIFY = '''import base64, hashlib, hmac, time

def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """headers: names in lower case; body: the bytes as received, before any JSON is read."""
    ident, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > 300:
        return False  # too old: somebody may be playing it again
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{ident}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(expected, one) for one in given)  # then drop an id you have seen
'''


def new_secret() -> str:
    """A fresh signing secret: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The key inside a secret. Raises ValueError when it is not in Base64."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def _fits(values: Values) -> None:
    """The specification asks for 24 to 64 bytes."""
    try:
        length = len(key_of(values["secret"]))
    except ValueError:
        length = 0
    if not values["secret"].startswith(PREFIX) or not 24 <= length <= 64:
        raise Unfit("secret", N_("The secret is whsec_ and 24 to 64 random bytes in Base64."))


def signature(secret: str, ident: str, timestamp_s: int, body: bytes) -> str:
    """The `webhook-signature` header."""
    signed = f"{ident}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def _request(values: Values, message: Message, at: datetime) -> Request:
    body = packed(
        {
            "type": "alert." + message.severity,
            "timestamp": message.at.isoformat(),
            "data": {
                "severity": message.severity,
                "client": message.client,
                "subject": message.subject,
                "text": text(message),
                "link": message.link,
            },
        }
    )
    timestamp = int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.ident,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(values["secret"], message.ident, timestamp, body),
    }
    return Request(values["url"], body, headers)


CHANNEL = Channel(
    key="webhook",
    label=N_("Signed webhook"),
    fields=(
        Field(name="url", label=N_("Address"), kind="url", hint=N_("https://, reachable from the internet.")),
        Field(
            name="secret",
            label=N_("Signing secret"),
            kind="secret",
            hint=N_("Copy it into the receiver now; it is not shown again."),
        ),
    ),
    how=N_("An HTTP POST in JSON to an address of yours, signed after the Standard Webhooks specification."),
    request=_request,
    read=by_status,
    repeatable=True,
    fits=_fits,
)
