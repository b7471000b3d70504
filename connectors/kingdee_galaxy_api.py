"""Galaxy's WebAPI: one session by password or by signed app, its pages, and what its refusals mean.

It answers almost everything with HTTP 200, so the words of an answer decide. A login that was lost is renewed once; a
wrong password is tried exactly once. The texts themselves are never passed on.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors import https
from connectors.base import ConnectorError, Need
from connectors.http_session import HttpSession
from connectors.kingdee_galaxy_forms import QUESTIONS, FormQuestion, Keys, keys_told, question_of
from connectors.kingdee_galaxy_rows import moment
from connectors.kingdee_galaxy_signing import App, signed
from connectors.kingdee_galaxy_words import REFUSALS, LoginLost, meaning, named, of_status, words_of
from connectors.questions import Question

PAGE = 2000  # the most rows that the service hands out at once without trouble
CHINESE = 2052
GAPS = frozenset({"missing_table", "missing_column", "missing_right"})

_STUB = "Kingdee.BOS.WebApi.ServicesStub"
QUERY = f"{_STUB}.DynamicFormService.ExecuteBillQuery"
DESCRIBE = f"{_STUB}.DynamicFormService.QueryBusinessInfo"
LOG_IN = f"{_STUB}.AuthService.ValidateUser"
LOG_OUT = f"{_STUB}.AuthService.Logout"


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
            raise of_status(answer.status)
        words = words_of(answer.body)
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
            raise of_status(answer.status)
        words = words_of(answer.body)
        found = self._refused(words[0]) if words else None
        if found and found.reason != "bad_answer":
            raise found

    def _refused(self, text: str) -> ConnectorError:
        reason = next((reason for reason, pattern in REFUSALS if pattern.search(text)), "bad_answer")
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
            raise named(error, form) from None
        self._renewed = True
        self.log_in()
        try:
            return self._once(service, payload)
        except ConnectorError as error:
            raise named(error, form) from None

    def _once(self, service: str, payload: dict[str, Any]) -> Any:
        answer = self._post(service, payload)
        if answer.status != 200:
            raise of_status(answer.status)
        words = words_of(answer.body)
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
