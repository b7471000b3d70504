"""企业微信 group robot.

Its address is its secret; it takes 20 messages a minute (企业微信 developer centre, group robot).
"""

from __future__ import annotations

from datetime import datetime

from service_desk.alerts.channels.channel import Channel, Field, Read, Request, Values, by_code, packed
from service_desk.alerts.channels.message import Message, markdown
from service_desk.lib.i18n import N_

BUSY = frozenset({-1, 45009, 45033})  # busy; too many in a minute; too many at once
WAIT_S = 60
MOST_BYTES = 4096


def _request(values: Values, message: Message, at: datetime) -> Request:
    content = {"content": markdown(message, MOST_BYTES)}
    return Request(
        values["url"], packed({"msgtype": "markdown", "markdown": content}), {"Content-Type": "application/json"}
    )


def _read(status: int, body: bytes) -> Read:
    return by_code(status, body, "errcode", busy=BUSY, wait_s=WAIT_S)


CHANNEL = Channel(
    key="wecom",
    label=N_("WeCom robot"),
    fields=(
        Field(name="url", label=N_("Webhook address"), kind="secret", hint=N_("Group chat, add a group robot, copy.")),
    ),
    how=N_("A group robot of WeCom. It takes 20 messages a minute; more wait here in line."),
    request=_request,
    read=_read,
    per_minute=20,
    hosts=("qyapi.weixin.qq.com",),
)
