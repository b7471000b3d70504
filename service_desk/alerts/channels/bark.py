"""Bark, push messages to an iPhone: `POST /push` with the device's key in the body (Bark server, API v2)."""

from __future__ import annotations

from datetime import datetime

from service_desk.alerts.channels.channel import Channel, Field, Read, Request, Values, by_status, decoded, packed, said
from service_desk.alerts.channels.message import Message, cut, subject_line
from service_desk.lib.i18n import N_

MOST_BYTES = 2500  # Apple takes 4 KB with everything around it
LEVELS = {"crit": "timeSensitive", "ok": "passive"}


def _request(values: Values, message: Message, at: datetime) -> Request:
    payload = {
        "device_key": values["key"],
        "title": subject_line(message, 100),
        "body": cut("\n".join(message.paragraphs) or message.open_words, MOST_BYTES),
        "group": message.client,
        "level": LEVELS.get(message.severity, "active"),
    }
    if message.link:
        payload["url"] = message.link
    return Request(values["url"].rstrip("/") + "/push", packed(payload), {"Content-Type": "application/json"})


def _read(status: int, body: bytes) -> Read:
    code = decoded(body).get("code")
    if status == 200:
        return Read("sent" if code == 200 else "never", said(status, body))
    # It answers 400 for a key it does not know, and 500 when Apple refuses the device.
    return by_status(status, body)


CHANNEL = Channel(
    key="bark",
    label=N_("Bark (iPhone)"),
    fields=(
        Field(name="url", label=N_("Server"), kind="url", default="https://api.day.app"),
        Field(
            name="key", label=N_("Device key"), kind="secret", hint=N_("Stands in the app behind the server's name.")
        ),
    ),
    how=N_("The Bark app on an iPhone, by its public server or one of your own."),
    request=_request,
    read=_read,
    per_minute=60,
)
