"""畅捷通's open platform: three headers with every call, and three ways to the token in the third.

The token is typed, or fetched with a permanent code at every login, or renewed once with a refresh token when it is
refused. What a renewal hands out is used for this session alone: nothing is written back from here.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors import https
from connectors.base import ConnectorError, now
from connectors.open_platform import PlatformSession, Rows, not_granted
from connectors.questions import Question, bound
from connectors.zones import CHINA

BY_CODE = "/auth/token/getTokenByPermanentCode"
REFRESH = "/auth/refreshToken"

_FINE = ("", "0", "200", "None")
_TOKEN_WORDS = ("opentoken", "access_token", "令牌", "token")
_KEY_WORDS = ("appkey", "appsecret", "应用", "密钥", "secret")
_LIMIT_WORDS = ("限流", "频繁", "频率", "次数")
_NO_SERVICE = "EXSV0011"


class ChanjetSession(PlatformSession):
    """One app and one account set. `ends` tells when a token ends, where that is known."""

    def __init__(self, web: https.Web, key: str, secrets: Mapping[str, str], questions: Mapping[str, Question]) -> None:
        super().__init__(web, questions)
        self.organisation = ""
        self.ends: dict[str, datetime] = {}
        self._key = key
        self._secrets = secrets
        self._token = secrets.get("token", "")
        self._renewed = False

    def log_in(self) -> None:
        """Get hold of a token and see that the door is open. Raises ConnectorError wrong_password."""
        if self._secrets.get("permanent_code"):
            given = {
                "orgAccessToken": self._secrets.get("org_token", ""),
                "userAuthPermanentCode": self._secrets["permanent_code"],
            }
            self._take(self._exchange("POST", BY_CODE, given), "permanent_code")
        elif not self._token and not self._secrets.get("refresh_token"):
            raise ConnectorError("bad_settings", {"field": "token"}, field="token")
        elif not self._token:
            self._renew()
        else:
            self._note("openToken", told_end(self._token))
        try:
            self.ping()
        except ConnectorError as error:
            # A door that is shut for this one question is open all the same.
            if error.reason not in ("missing_right", "missing_table"):
                raise

    def ping(self) -> None:
        self.page(self.questions["warehouses"], 1, 1, {})

    def page(self, question: Question, place: int, size: int, given: Mapping[str, Any]) -> Rows:
        """The rows of one page, without the totals that a report ends with. Raises ConnectorError."""
        today = now().astimezone(CHINA).date()
        values = {
            **given,
            "page": place,
            "size": size,
            "today": today.isoformat(),
            "tomorrow": (today + timedelta(days=1)).isoformat(),
            "since": (today - timedelta(days=365)).isoformat(),
            "far": f"{today.year + 20}-12-31",
        }
        found = _rows(self._call(question.of, bound(question.where, values)))
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise ConnectorError("bad_answer", {"what": question.of})
        return [row for row in found if row.get("rowType", "D") == "D"]

    def _call(self, path: str, body: Any) -> Any:
        """The data of an answer; a refused token is renewed once in a session. Raises ConnectorError."""
        try:
            return self._once(path, body)
        except ConnectorError as error:
            lost = error.reason == "wrong_password" and error.field == "token"
            if not lost or self._renewed or not self._secrets.get("refresh_token"):
                raise
        self._renew()
        return self._once(path, body)

    def _once(self, path: str, body: Any) -> Any:
        head = {**self._head(), "openToken": self._token}
        answer = self.send("POST", path, json.dumps(body, ensure_ascii=False).encode(), head)
        if answer.status >= 500 and not answer.body:
            raise ConnectorError("bad_answer", {"what": f"HTTP {answer.status}"})
        return self._told(answer, path)

    def _told(self, answer: https.Answer, path: str) -> Any:
        """What an answer holds. Raises ConnectorError by its status, its code and the words of its message."""
        found = https.decoded(answer.body)
        code, message = _complaint(found)
        if answer.status == 200 and code in _FINE:
            return found
        words = message.lower()
        if any(word in words for word in _LIMIT_WORDS):
            self.refused += 1
            raise ConnectorError("rate_limited")
        if answer.status in (401, 403) or code in ("401", "403"):
            raise _refused(words, path)
        if _NO_SERVICE in (code, message[:8]) or answer.status == 404:
            raise ConnectorError("missing_table", {"table": path})
        raise ConnectorError("bad_answer", {"what": f"HTTP {answer.status}" if answer.status != 200 else "error"})

    def _renew(self) -> None:
        """Renew the token with the refresh token, once in a session. Raises ConnectorError wrong_password."""
        self._renewed = True
        given = {
            "grantType": "refresh_token",
            "appKey": self._key,
            "refreshToken": self._secrets.get("refresh_token", ""),
        }
        self._take(self._exchange("GET", REFRESH, given), "refresh_token")

    def _exchange(self, method: str, path: str, given: Mapping[str, str]) -> Any:
        if method == "GET":
            answer = self.send("GET", f"{path}?{urlencode(given)}", headers=self._head())
        else:
            answer = self.send("POST", path, json.dumps(given), self._head())
        return https.decoded(answer.body)

    def _take(self, found: Any, field: str) -> None:
        """Take over the token of an answer. Raises ConnectorError wrong_password naming the secret that was refused."""
        code, message = _complaint(found)
        result = found.get("result") if isinstance(found, dict) else None
        token = result.get("access_token") if isinstance(result, dict) else None
        if code not in _FINE or not isinstance(token, str):
            words = message.lower()
            raise ConnectorError("wrong_password", field="password" if _about(words, _KEY_WORDS) else field)
        self._token = token
        self.organisation = str(result.get("org_id") or "") if isinstance(result, dict) else ""
        for name, key in (("openToken", "expires_in"), ("refreshToken", "refresh_expires_in")):
            seconds = str(result.get(key) or "") if isinstance(result, dict) else ""
            self._note(name, now() + timedelta(seconds=int(seconds)) if seconds.isdigit() else None)

    def _note(self, name: str, ends: datetime | None) -> None:
        if ends is not None:
            self.ends[name] = ends

    def _head(self) -> dict[str, str]:
        head = {"appKey": self._key, "appSecret": self._secrets["password"], "Content-Type": "application/json"}
        return {name: value.encode().decode("latin-1") for name, value in head.items()}


def told_end(token: str) -> datetime | None:
    """When a token ends, where it is one that says so itself (RFC 7519 exp); nothing else of it is looked at."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def _complaint(found: Any) -> tuple[str, str]:
    """Code and message of an answer; an answer that is data has neither."""
    if not isinstance(found, dict):
        return "", ""
    code = found.get("code", found.get("ErrorCode", ""))
    return str(code), str(found.get("message") or found.get("ErrorMessage") or "")


def _refused(words: str, path: str) -> ConnectorError:
    if _about(words, _KEY_WORDS):
        return ConnectorError("wrong_password")
    if _about(words, _TOKEN_WORDS):
        return ConnectorError("wrong_password", field="token")
    return not_granted(path)


def _about(words: str, known: Sequence[str]) -> bool:
    return any(word in words for word in known)


def _rows(found: Any) -> Any:
    """The rows of an answer: a bare list, columns with rows, or a report."""
    data = found.get("data", found) if isinstance(found, dict) else found
    if isinstance(data, dict) and isinstance(data.get("DataSource"), dict):
        return data["DataSource"].get("Rows") or []
    if isinstance(data, dict) and "Columns" in data:
        return [dict(zip(data["Columns"], row, strict=False)) for row in data.get("Rows") or []]
    return [] if data is None else data
