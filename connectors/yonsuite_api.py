"""YonSuite's open platform: the data centre is asked for, a signed request brings a token, every call carries it.

The platform names two further servers. They are judged like any address that was typed, and only servers of the same
domain are believed. A token that is lost is fetched anew once.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors import https
from connectors.base import ConnectorError, now
from connectors.http_values import OLD_DAYS
from connectors.open_platform import PlatformSession, Rows, not_granted
from connectors.questions import Question, bound
from connectors.reach import Address
from connectors.zones import CHINA

FIND = "/open-auth/dataCenter/getGatewayAddress"
TOKEN = "/open-auth/selfAppAuth/base/v1/getAccessToken"  # noqa: S105 - a path

_EVERYBODY = ("com", "net", "org", "gov", "edu", "ac", "co")
_FINE = ("200", "00000", "")
_LOST = ("401", "403", "10004", "10005")
_NOT_GRANTED = ("403", "310037")
# What the token's server complains about when it is the app key or the signature.
_KEY_WORDS = ("签名", "密钥", "appkey", "secret", "signature", "应用")


def signature(parameters: Mapping[str, str], secret: str) -> str:
    """Base64 of HMAC-SHA256 over names and values in the order of the names; not yet URL-encoded."""
    text = "".join(f"{name}{parameters[name]}" for name in sorted(parameters))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class YonSession(PlatformSession):
    """One app of one tenant. `judge` turns a host and a port into a judged address, `dial` opens a wire to it."""

    def __init__(
        self,
        web: https.Web,
        questions: Mapping[str, Question],
        tenant: str,
        key: str,
        secret: str,
        judge: Callable[[str, int], Address],
        dial: Callable[[Address], AbstractContextManager[https.Web]],
    ) -> None:
        super().__init__(web, questions)
        self.tenant = tenant
        self._books: dict[str, str] | None = None
        self._key, self._secret = key, secret
        self._judge, self._dial = judge, dial
        self._wires = ExitStack()
        self._places: dict[str, tuple[https.Web, str]] = {}
        self._gateway = self._tokens = ""
        self._token = ""
        self._renewed = False

    def log_in(self) -> None:
        """Find the data centre and fetch a token, once. Raises ConnectorError wrong_password, unknown_database."""
        try:
            self._gateway, self._tokens = self._servers()
            self._token = self._fresh_token()
        except BaseException:
            self._wires.close()
            raise

    def log_out(self) -> None:
        """Close the further wires; a token ends by itself."""
        self._wires.close()

    def ping(self) -> None:
        """Ask again for the data centre: the smallest question, which counts as no call of an interface."""
        self._servers()

    def books(self) -> dict[str, str]:
        """Code -> inner number of the account books; asked once. Raises ConnectorError."""
        if self._books is None:
            rows, _ = self.rows(self.questions["books"])
            self._books = {str(row["code"]): str(row["id"] or "") for row in rows}
        return self._books

    def given(self, question: Question) -> Mapping[str, Any]:
        """The first account book, the first user and the month before this one, where a sample needs them."""
        asked = str(question.where)
        found: dict[str, Any] = {}
        if "$book" in asked:
            code = next(iter(self.books()), "")
            found = {"book": code, "book_id": self.books().get(code, "")}
        if "$user" in asked:
            users = self.page(self.questions["users"], 1, 1, {})
            found["user"] = str(users[0].get("yhtUserId") or "") if users else ""
        if "$month" in asked:
            found["month"] = f"{now().astimezone(CHINA).date().replace(day=1) - timedelta(days=1):%Y-%m}"
        return found

    def page(self, question: Question, place: int, size: int, given: Mapping[str, Any]) -> Rows:
        """The rows of one page; an answer that is a single object is a row itself. Raises ConnectorError."""
        values = span(now().astimezone(CHINA).date()) | {"book": None, **given, "page": place, "size": size}
        data = self._call(question, bound(question.where, values))
        rows = data
        if isinstance(data, dict):
            whole = [data] if set(question.columns) <= set(data) else []
            rows = next((data[name] for name in ("recordList", "result", "list") if name in data), whole)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows or ()):
            raise ConnectorError("bad_answer", {"what": question.of})
        return [_flat(row) for row in rows]

    def _call(self, question: Question, body: Mapping[str, Any]) -> Any:
        """The data of an answer; a lost token is fetched anew once in a session. Raises ConnectorError."""
        code, data = self._once(question, body)
        if code in _LOST and not self._renewed:
            self._renewed = True
            self._token = self._fresh_token()
            code, data = self._once(question, body)
        if code in _FINE:
            return data
        if code in _NOT_GRANTED:
            raise not_granted(question.of)
        if code == "404":
            raise ConnectorError("missing_table", {"table": question.of})
        if code == "429":
            self.refused += 1
            raise ConnectorError("rate_limited")
        raise ConnectorError("connection_lost" if code in _LOST else "bad_answer", {"what": f"code {code[:12]}"})

    def _once(self, question: Question, body: Mapping[str, Any]) -> tuple[str, Any]:
        """Code and data of one call; a status that speaks for itself counts as the code."""
        web, base = self._wire(self._gateway)
        query = {"access_token": self._token}
        if question.method == "GET":
            path = f"{base}{question.of}?{urlencode({**query, **body})}"
            answer = self.send("GET", path, headers={"Accept": "application/json"}, web=web)
        else:
            sent = json.dumps(body, ensure_ascii=False).encode()
            head = {"Content-Type": "application/json", "Accept": "application/json"}
            answer = self.send("POST", f"{base}{question.of}?{urlencode(query)}", sent, head, web=web)
        if answer.status in (401, 403, 404):
            return str(answer.status), None
        return _told(answer)

    def _servers(self) -> tuple[str, str]:
        """The tenant's gateway and its server of tokens. Raises ConnectorError unknown_database."""
        answer = self.send("GET", f"{FIND}?{urlencode({'tenantId': self.tenant})}")
        code, data = _told(answer)
        if code not in _FINE or not isinstance(data, dict):
            raise ConnectorError("unknown_database", {"database": self.tenant}, field="tenant")
        return _url(data, "gatewayUrl"), _url(data, "tokenUrl")

    def _fresh_token(self) -> str:
        """A token, by the signed request. Raises ConnectorError wrong_password."""
        web, base = self._wire(self._tokens)
        asked = {"appKey": self._key, "timestamp": str(int(time.time() * 1000))}
        query = urlencode({**asked, "signature": signature(asked, self._secret)})
        answer = self.send("GET", f"{base}{TOKEN}?{query}", web=web)
        if answer.status in (401, 403):
            raise ConnectorError("wrong_password")
        code, data = _told(answer)
        if code in _FINE and isinstance(data, dict) and isinstance(data.get("access_token"), str):
            return str(data["access_token"])
        if code == "429":
            raise ConnectorError("rate_limited")
        text = str(https.decoded(answer.body).get("message", "")).lower()
        if any(word in text for word in _KEY_WORDS):
            raise ConnectorError("wrong_password")
        raise ConnectorError("bad_answer", {"what": f"code {code[:12]}"})

    def _wire(self, url: str) -> tuple[https.Web, str]:
        """The wire to a server that the platform named, and the path before every path there. Raises ConnectorError."""
        if url not in self._places:
            address, base = self._place(url)
            same = (address.host, address.port) == (self.web.address.host, self.web.address.port)
            wire = self.web if same else self._wires.enter_context(self._dial(address))
            self._places[url] = wire, base
        return self._places[url]

    def _place(self, url: str) -> tuple[Address, str]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise ConnectorError("bad_answer", {"what": "url"}) from None
        if parts.scheme not in ("http", "https") or parts.username is not None or parts.query or parts.fragment:
            raise ConnectorError("bad_answer", {"what": "url"})
        if parts.scheme == "http" and self.web.encryption != "off":
            raise ConnectorError("tls_refused")
        if _domain(host) != _domain(self.web.address.host):
            raise ConnectorError("forbidden_address", {"host": host[:100]})
        return self._judge(host, port or (443 if parts.scheme == "https" else 80)), parts.path.rstrip("/")


def span(today: date) -> dict[str, Any]:
    """The days and months that the questions bind, in China's calendar."""
    first = today.replace(day=1)
    old = today - timedelta(days=OLD_DAYS)
    return {
        "from": f"{first.replace(year=first.year - 1):%Y-%m}",
        "recent": f"{first - timedelta(days=1):%Y-%m}",
        "until": f"{today:%Y-%m}",
        "since": f"{old - timedelta(days=730):%Y-%m-%d} 00:00:00",
        "old": f"{old:%Y-%m-%d} 23:59:59",
        "tomorrow": f"{today + timedelta(days=1):%Y-%m-%d} 00:00:00",
        "far": f"{today.year + 20}-12-31 23:59:59",
    }


def _domain(host: str) -> str:
    """The part of a name that its neighbours share; an address in numbers stands for itself."""
    labels = host.lower().rstrip(".").split(".")
    if labels[-1].isdigit() or ":" in host:
        return host
    # Under com.cn and its like everybody is everybody's neighbour; there the label before counts as well.
    shared = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _EVERYBODY else 2
    return ".".join(labels[-shared:])


def _url(data: Mapping[str, Any], name: str) -> str:
    found = data.get(name)
    if not isinstance(found, str):
        raise ConnectorError("bad_answer", {"what": name})
    return found


def _told(answer: https.Answer) -> tuple[str, Any]:
    """Code and data of an answer of the platform. Raises ConnectorError bad_answer."""
    if answer.status >= 500:
        raise ConnectorError("bad_answer", {"what": f"HTTP {answer.status}"})
    found = https.decoded(answer.body)
    if not isinstance(found, dict):
        raise ConnectorError("bad_answer", {"what": "no object"})
    code = found.get("code")
    return "" if code is None else str(code), found.get("data")


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """A row with its nested parts named by dots."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found
