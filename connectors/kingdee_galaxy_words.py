"""What Galaxy's WebAPI says when it refuses. Pure: words and numbers in, reasons out.

It refuses with HTTP 200 and Chinese words, bare or wrapped; the words decide, and are never passed on.
"""

import re
from typing import Any

from connectors import https
from connectors.base import ConnectorError

# What the service says -> what it means; the first that fits. The numbers are its MsgCode.
_MEANINGS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    ("connection_lost", 1, re.compile(r"会话|未登录|登录已失效|ctx == null|-10001|session", re.IGNORECASE)),
    ("missing_column", 0, re.compile(r"列名|invalid column name|字段.*不存在|不存在.*字段", re.IGNORECASE)),
    ("missing_right", 2, re.compile(r"权限|无权|未授权|permission", re.IGNORECASE)),
    ("rate_limited", 14, re.compile(r"调用次数|频率|频繁|限流|too many", re.IGNORECASE)),
    ("missing_table", 0, re.compile(r"业务对象.*不存在|元数据|表单.*不存在|FormId", re.IGNORECASE)),
    ("too_many_connections", 7, re.compile(r"许可|并发")),
)
REFUSALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "wrong_password",
        re.compile(r"密码.*(错误|不正确)|用户名.*(错误|不存在)|签名|密钥|应用|第三方|会话|signature|app", re.I),
    ),
    ("login_blocked", re.compile(r"锁定|禁用|停用|过期|失效|修改密码")),
    ("too_many_connections", re.compile(r"许可|并发")),
    ("unknown_database", re.compile(r"数据中心|账套|数据库")),
)
_COLUMN = re.compile(r"(?:列名|column name|字段)\s*['\"“‘「]?([\w.]{1,80})", re.IGNORECASE)


class LoginLost(ConnectorError):
    """The session is gone there."""

    def __init__(self) -> None:
        super().__init__("connection_lost")


def meaning(text: str, number: int = 0) -> ConnectorError:
    """What the service's words and its MsgCode mean."""
    for reason, known, pattern in _MEANINGS:
        if (known and number == known) or pattern.search(text):
            if reason == "connection_lost":
                return LoginLost()
            column = _COLUMN.search(text)
            return ConnectorError(reason, {"column": column[1]} if column and reason == "missing_column" else {})
    return ConnectorError("bad_answer", {"what": f"MsgCode {number}"})


def named(error: ConnectorError, form: str) -> ConnectorError:
    if error.reason in ("missing_right", "missing_table", "missing_column"):
        right = f"查看 {form}" if error.reason == "missing_right" else None
        return ConnectorError(error.reason, {**error.params, "table": form}, right=right)
    return error


def of_status(status: int) -> ConnectorError:
    if status in (401, 403):
        return LoginLost() if status == 401 else ConnectorError("missing_right")
    if status in (502, 503, 504):
        return ConnectorError("out_of_service", {"status": status})
    return ConnectorError("bad_answer", {"what": f"HTTP {status}"})


def words_of(body: bytes) -> tuple[str, int] | None:
    """The words and the number of a refusal; None when the body is an answer. Raises ConnectorError bad_answer."""
    if not body.lstrip().startswith((b"{", b"[")):
        return body.decode("utf-8", "replace").removeprefix("response_error:")[:2000], 0
    return _refusal(https.decoded(body))


def _refusal(found: Any) -> tuple[str, int] | None:
    """The words and the number of an answer that is a refusal: bare, or as the one cell of a list of lists."""
    while isinstance(found, list) and len(found) == 1:
        found = found[0]
    result = found.get("Result") if isinstance(found, dict) else None
    status = result.get("ResponseStatus") if isinstance(result, dict) else None
    if not isinstance(status, dict) or status.get("IsSuccess", True):
        return None
    errors = status.get("Errors") or []
    words = " ".join(str(one.get("Message") or "") for one in errors if isinstance(one, dict))
    number = status.get("MsgCode")
    return words, number if isinstance(number, int) else 0
