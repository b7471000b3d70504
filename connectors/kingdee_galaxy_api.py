"""Galaxy's WebAPI: one session by password or by signed app, its pages, and what its refusals mean.

It answers almost everything with HTTP 200, so the words of an answer decide. A login that was lost is renewed once; a
wrong password is tried exactly once. The texts themselves are never passed on.
"""

import json
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors import https
from connectors.base import ConnectorError, Need
from connectors.http_base import HttpSession
from connectors.kingdee_galaxy_forms import QUESTIONS, FormQuestion, Keys, keys_told, question_of
from connectors.kingdee_galaxy_signing import App, signed
from connectors.questions import Question

PAGE = 2000  # the most rows that the service hands out at once without trouble
CHINESE = 2052
GAPS = frozenset({"missing_table", "missing_column", "missing_right"})

_STUB = "Kingdee.BOS.WebApi.ServicesStub"
QUERY = f"{_STUB}.DynamicFormService.ExecuteBillQuery"
DESCRIBE = f"{_STUB}.DynamicFormService.QueryBusinessInfo"
LOG_IN = f"{_STUB}.AuthService.ValidateUser"
LOG_OUT = f"{_STUB}.AuthService.Logout"

# What the service says -> what it means; the first that fits. The numbers are its MsgCode.
_MEANINGS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    ("connection_lost", 1, re.compile(r"会话|未登录|登录已失效|ctx == null|-10001|session", re.IGNORECASE)),
    ("missing_column", 0, re.compile(r"列名|invalid column name|字段.*不存在|不存在.*字段", re.IGNORECASE)),
    ("missing_right", 2, re.compile(r"权限|无权|未授权|permission", re.IGNORECASE)),
    ("rate_limited", 14, re.compile(r"调用次数|频率|频繁|限流|too many", re.IGNORECASE)),
    ("missing_table", 0, re.compile(r"业务对象.*不存在|元数据|表单.*不存在|FormId", re.IGNORECASE)),
    ("too_many_connections", 7, re.compile(r"许可|并发")),
)
_REFUSALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "wrong_password",
        re.compile(r"密码.*(错误|不正确)|用户名.*(错误|不存在)|签名|密钥|应用|第三方|会话|signature|app", re.I),
    ),
    ("login_blocked", re.compile(r"锁定|禁用|停用|过期|失效|修改密码")),
    ("too_many_connections", re.compile(r"许可|并发")),
    ("unknown_database", re.compile(r"数据中心|账套|数据库")),
)
_COLUMN = re.compile(r"(?:列名|column name|字段)\s*['\"“‘「]?([\w.]{1,80})", re.IGNORECASE)


class Session(HttpSession):
    """One login to one data centre. `app` signs every call; without it the user logs in with a password.

    `zone`: how far the server's records are ahead of UTC. `organised`: whether its organisations are known, so that
    answers can be limited to one.
    """

    def __init__(
        self,
        web: https.Web,
        *,
        path: str,
        data_centre: str,
        user: str,
        password: str,
        app: App | None,
        zone: timedelta,
    ) -> None:
        super().__init__(web)
        self.path = path
        self.data_centre = data_centre
        self.user = user
        self.password = password
        self.app = app
        self.zone = zone
        self.organised = True
        self.cookies: dict[str, str] = {}
        self._keys: dict[str, Keys] = {}
        self._renewed = False

    def log_in(self) -> None:
        """Log in, once. Raises ConnectorError wrong_password, login_blocked, unknown_database."""
        self.cookies = {}
        if self.app:
            self._try_signature()
            return
        answer = self._post(LOG_IN, {"parameters": [self.data_centre, self.user, self.password, CHINESE]})
        if answer.status != 200:
            raise _status(answer.status)
        words = _words(answer.body)
        found = {"Message": words[0]} if words else https.decoded(answer.body)
        token = found.get("KDSVCSessionId") if isinstance(found, dict) else None
        if not token or found.get("LoginResultType") != 1:
            raise self._refused(str(found.get("Message") or "") if isinstance(found, dict) else "")
        self.cookies["kdservice-sessionid"] = str(token)

    def _try_signature(self) -> None:
        """A signed call needs no login; the first one shows whether the signature is taken."""
        answer = self._post(DESCRIBE, {"data": {"FormId": "ORG_Organizations"}})
        if answer.status in (401, 403):
            raise self._refused("签名")
        if answer.status != 200:
            raise _status(answer.status)
        words = _words(answer.body)
        found = self._refused(words[0]) if words else None
        if found and found.reason != "bad_answer":
            raise found

    def _refused(self, text: str) -> ConnectorError:
        reason = next((reason for reason, pattern in _REFUSALS if pattern.search(text)), "bad_answer")
        if reason == "unknown_database":
            return ConnectorError(reason, {"database": self.data_centre}, field="data_centre")
        if reason == "bad_answer":
            return ConnectorError(reason, {"what": "ValidateUser"})
        wrong = "app_secret" if self.app and reason == "wrong_password" else None
        return ConnectorError(reason, field=wrong)

    def log_out(self) -> None:
        """Give the seat back."""
        self._post(LOG_OUT, {})

    def ping(self) -> None:
        """A refused question is an answer as well."""
        try:
            self.rows(QUESTIONS["organisations"], limit=0)
        except ConnectorError as error:
            if error.reason not in GAPS:
                raise

    def check(self, need: Need) -> None:
        """The fields by the form's own description, the right by asking for one record."""
        keys = self.keys(need.table)
        for column in need.columns:
            keys.spell(column)
        self.rows(question_of(need), limit=0)

    def known(self, model: str, names: Sequence[str]) -> frozenset[str]:
        keys = self.keys(model)
        return frozenset(name for name in names if not keys.told or keys.has(name))

    def sample(self, question: Question) -> None:
        self.keys(question.of)  # not part of the question
        self.rows(QUESTIONS[question.name])

    # Asking.

    def keys(self, form: str) -> Keys:
        """How this installation spells the fields of a form, asked once. Raises ConnectorError missing_table."""
        if form not in self._keys:
            self._keys[form] = Keys(form, self._told(form))
        return self._keys[form]

    def _told(self, form: str) -> frozenset[str] | None:
        try:
            return keys_told(self.call(DESCRIBE, {"data": {"FormId": form}}, form))
        except ConnectorError as error:
            # Who may read a form may not always read its description; then the usual spelling has to do.
            if error.reason == "missing_right":
                return None
            raise

    def rows(
        self, question: FormQuestion, organisation: str | None = None, limit: int | None = None
    ) -> tuple[list[dict[str, Any]], bool]:
        """The records of a question by the names of the data file, and whether there are more."""
        keys = self.keys(question.of)
        fields, condition = question.spelled(keys, self._days(), organisation)
        most = (question.cap if limit is None else limit) + 1
        found: dict[Any, list[Any]] = {}
        start = 0
        while len(found) < most:
            size = min(PAGE, most - len(found))
            asked = {
                "FormId": question.of,
                "FieldKeys": ",".join([*fields, keys.identity(question.identity)]),
                "FilterString": condition,
                "OrderString": keys.identity(question.identity),
                "TopRowCount": 0,
                "StartRow": start,
                "Limit": size,
            }
            page = self._page(asked, question.of, len(fields) + 1)
            # A record that moved to the next page meanwhile is still one record.
            found.update((row[-1], row) for row in page)
            if len(page) < size:
                break
            start += len(page)
        rows = [question.named(keys, row) for row in found.values()]
        return rows[: most - 1], len(rows) >= most

    def _page(self, asked: dict[str, Any], form: str, width: int) -> list[list[Any]]:
        page = self.call(QUERY, {"data": asked}, form)
        if not isinstance(page, list) or not all(isinstance(row, list) and len(row) == width for row in page):
            raise ConnectorError("bad_answer", {"what": form})
        return page

    def _days(self) -> dict[str, str]:
        today = self.now_there().date()
        return {name: str(today - timedelta(days=back)) for name, back in (("day", 0), ("old", 60), ("past", 90))}

    def now_there(self) -> datetime:
        """This moment by the server's own clock, as its records write it: without a zone."""
        return (datetime.now(UTC) + self._ahead() + self.zone).replace(tzinfo=None)

    def _ahead(self) -> timedelta:
        return timedelta(seconds=(self.answered.clock_ahead_s if self.answered else None) or 0)

    def age_s(self, value: Any) -> int | None:
        """Whole seconds from a moment in a record until now, both by the server's clock; None stays None."""
        return None if not value else round((self.now_there() - moment(value)).total_seconds())

    def call(self, service: str, payload: dict[str, Any], form: str) -> Any:
        """Call a service; a login that was lost is renewed, once. Raises ConnectorError naming the form."""
        try:
            return self._once(service, payload)
        except LoginLost as error:
            if self._renewed:
                raise error from None
        except ConnectorError as error:
            raise _named(error, form) from None
        self._renewed = True
        self.log_in()
        try:
            return self._once(service, payload)
        except ConnectorError as error:
            raise _named(error, form) from None

    def _once(self, service: str, payload: dict[str, Any]) -> Any:
        answer = self._post(service, payload)
        if answer.status != 200:
            raise _status(answer.status)
        words = _words(answer.body)
        if words is not None:
            raise meaning(*words)
        return https.decoded(answer.body)

    def _post(self, service: str, payload: dict[str, Any]) -> https.Answer:
        path = f"{self.path}/{service}.common.kdsvc"
        headers = {"Content-Type": "application/json"}
        if self.app:
            now = int((datetime.now(UTC) + self._ahead()).timestamp())
            headers |= signed(self.app, path, timestamp=now, nonce=secrets.token_hex(8))
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.send("POST", path, json.dumps(payload), headers)
        for line in answer.cookies:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        return answer


def path_of(text: str) -> str:
    """The path under which the services lie, without a slash at its end."""
    return quote("/" + text.strip("/")) if text.strip("/") else ""


def moment(value: Any) -> datetime:
    """A moment of a record, such as 2026-07-01T08:30:00 or with a fraction. Raises ValueError."""
    return datetime.fromisoformat(str(value)[:19])


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


def _named(error: ConnectorError, form: str) -> ConnectorError:
    if error.reason in ("missing_right", "missing_table", "missing_column"):
        right = f"查看 {form}" if error.reason == "missing_right" else None
        return ConnectorError(error.reason, {**error.params, "table": form}, right=right)
    return error


def _status(status: int) -> ConnectorError:
    if status in (401, 403):
        return LoginLost() if status == 401 else ConnectorError("missing_right")
    if status in (502, 503, 504):
        return ConnectorError("out_of_service", {"status": status})
    return ConnectorError("bad_answer", {"what": f"HTTP {status}"})


def _words(body: bytes) -> tuple[str, int] | None:
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
