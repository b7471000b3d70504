"""The receiving ends of every channel, as their vendors document them: they verify signatures, count, and refuse.

Each is an answer for HttpCounterpart. Written from the vendors' own descriptions of the protocol, not from our sender.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.connectors.http_counterpart import Asked, Outcome, Reply

DING_SECRET = "SEC0123456789abcdef"
FEISHU_SECRET = "f00dF00Df00d"
HOOK_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@dataclass
class Vendor:
    """A receiving end: `taken` keeps the messages it took, `codes` what it answers instead for the next ones."""

    respond: Callable[["Vendor", Asked], Reply]
    taken: list[Any] = field(default_factory=list)
    instead: list[Reply] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Outcome:
        return self.instead.pop(0) if self.instead else self.respond(self, asked)


def _ding(vendor: Vendor, asked: Asked) -> Reply:
    sent_at, sign = asked.query.get("timestamp", "0"), asked.query.get("sign", "")
    digest = hmac.new(DING_SECRET.encode(), f"{sent_at}\n{DING_SECRET}".encode(), hashlib.sha256).digest()
    if asked.query.get("access_token") != "token-7" or asked.path != "/robot/send":
        return Reply({"errcode": 400101, "errmsg": "access_token不存在"})
    if abs(time.time() * 1000 - int(sent_at)) > 3_600_000 or sign != base64.b64encode(digest).decode():
        return Reply({"errcode": 310000, "errmsg": "sign not match"})
    said = asked.json()
    if said.get("msgtype") != "markdown" or not said["markdown"].get("title") or not said["markdown"].get("text"):
        return Reply({"errcode": 40035, "errmsg": "缺少参数 json"})
    vendor.taken.append(said["markdown"]["text"])
    return Reply({"errcode": 0, "errmsg": "ok"})


def _wecom(vendor: Vendor, asked: Asked) -> Reply:
    if asked.path != "/cgi-bin/webhook/send" or asked.query.get("key") != "key-7":
        return Reply({"errcode": 93000, "errmsg": "invalid webhook url, hint: [17556052], from ip: 192.0.2.7"})
    said = asked.json()
    if said.get("msgtype") != "markdown" or len(said["markdown"]["content"].encode()) > 4096:
        return Reply({"errcode": 45002, "errmsg": "content size out of limit"})
    vendor.taken.append(said["markdown"]["content"])
    return Reply({"errcode": 0, "errmsg": "ok"})


def _feishu(vendor: Vendor, asked: Asked) -> Reply:
    said = asked.json()
    key = f"{said.get('timestamp')}\n{FEISHU_SECRET}".encode()
    if asked.path != "/open-apis/bot/v2/hook/hook-7":
        return Reply({"code": 19001, "msg": "param invalid: incoming webhook access token invalid", "data": {}})
    fresh = abs(time.time() - int(said["timestamp"])) < 3600
    if not fresh or said.get("sign") != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode():
        words = "sign match fail or timestamp is not within one hour from current time"
        return Reply({"code": 19021, "data": {}, "msg": words})
    card = said["card"]
    elements = [one for one in card["elements"] if one["tag"] in ("div", "action")]
    if said["msg_type"] != "interactive" or not elements or not card["header"]["title"]["content"]:
        return Reply({"code": 9499, "msg": "Bad Request", "data": {}})
    vendor.taken.append(json.dumps(card, ensure_ascii=False))
    return Reply({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


def _bark(vendor: Vendor, asked: Asked) -> Reply:
    said = asked.json()
    if asked.path != "/push" or said.get("device_key") != "device-7":
        words = "failed to get device token: failed to get [x] device token from database"
        return Reply({"code": 400, "message": words, "timestamp": 1}, status=400)
    if said.get("level") not in ("critical", "active", "timeSensitive", "passive"):
        return Reply({"code": 400, "message": "request bind failed", "timestamp": 1}, status=400)
    vendor.taken.append(f"{said['title']}\n{said['body']}\n{said.get('url', '')}")
    return Reply({"code": 200, "message": "success", "timestamp": 1})


def _serverchan(vendor: Vendor, asked: Asked) -> Reply:
    if asked.path != "/SCT7key.send":
        return Reply({"code": 40001, "message": "[AUTH]错误的Key", "info": "", "data": None}, status=400)
    said = asked.json()
    if not 0 < len(said["title"]) <= 32:
        return Reply({"code": 40002, "message": "title", "data": None})
    vendor.taken.append(f"{said['title']}\n{said['desp']}")
    return Reply({"code": 0, "message": "", "data": {"pushid": "1", "error": "SUCCESS", "errno": 0}})


def _webhook(vendor: Vendor, asked: Asked) -> Reply:
    """The library of the specification verifies; a second copy is dropped, as the specification says."""
    try:
        Webhook(HOOK_SECRET).verify(asked.body.decode(), asked.headers)
    except WebhookVerificationError:
        return Reply({"error": "signature"}, status=401)
    known = {one["id"] for one in vendor.taken}
    if asked.headers["webhook-id"] not in known:
        vendor.taken.append({"id": asked.headers["webhook-id"], **asked.json()})
    return Reply(b"", status=204)


# Channel -> its receiving end, and the values of a destination that points at `base`.
ENDS: dict[str, tuple[Callable[[Vendor, Asked], Reply], Callable[[str], dict[str, str]]]] = {
    "dingtalk": (_ding, lambda base: {"url": f"{base}/robot/send?access_token=token-7", "secret": DING_SECRET}),
    "wecom": (_wecom, lambda base: {"url": f"{base}/cgi-bin/webhook/send?key=key-7"}),
    "feishu": (_feishu, lambda base: {"url": f"{base}/open-apis/bot/v2/hook/hook-7", "secret": FEISHU_SECRET}),
    "bark": (_bark, lambda base: {"url": base, "key": "device-7"}),
    "serverchan": (_serverchan, lambda base: {"url": base, "key": "SCT7key"}),
    "webhook": (_webhook, lambda base: {"url": f"{base}/hook?x=1", "secret": HOOK_SECRET}),
}
# Channel -> one changed value that its end must refuse for good, and one answer by which it asks to wait.
WRONG: dict[str, dict[str, str]] = {
    "dingtalk": {"secret": "SEC-another"},
    "wecom": {"url": "{base}/cgi-bin/webhook/send?key=gone"},
    "feishu": {"secret": "another"},
    "bark": {"key": "gone"},
    "serverchan": {"key": "SCTgone"},
    "webhook": {"secret": "whsec_" + base64.b64encode(b"another").decode()},
}
BUSY: dict[str, tuple[Reply, int]] = {
    "dingtalk": (Reply({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}), 600),
    "wecom": (Reply({"errcode": 45009, "errmsg": "api freq out of limit"}), 60),
    "feishu": (Reply({"code": 11232, "msg": "frequency limited psm", "data": {}}), 60),
    "bark": (Reply({"code": 500, "message": "push failed"}, status=500), 0),
    "serverchan": (Reply({"code": 429, "message": "too many"}), 60),
    "webhook": (Reply(b"later", status=503, headers=(("Retry-After", "120"),)), 120),
}
