"""A small Odoo for the tests, in both dialects, written from Odoo's public documents.

What XML-RPC tells can be asked for by JSON-RPC as well. It holds tables in memory and understands search_read,
search_count, fields_get, read_group and the questions about rights, with domains in Odoo's own prefix form. Errors come
as the documents say: JSON-2 with a status and an error object, XML-RPC as faults.
"""

import operator
import re
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.zones import CHINA, day_in
from tests.connectors.http_counterpart import Asked, Outcome, Reply

KEY = "correct-horse-7"
DATABASE = "演示"
Row = dict[str, Any]
NOW = datetime.now(UTC)


def ago(days: float, text: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A moment some days back as Odoo writes it."""
    return f"{NOW - timedelta(days=days):{text}}"


def date_ago(days: float) -> str:
    """A date some days back as Odoo writes it: by the calendar of its users."""
    return f"{day_in(CHINA, NOW) - timedelta(days=days)}"


class Refused(Exception):
    """An error of the server: status, Python's name of it, XML-RPC's number, text."""

    def __init__(self, status: int, name: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.name, self.code, self.text = status, name, code, text

    def told(self) -> Row:
        """The error as both JSON interfaces tell it."""
        return {
            "name": self.name,
            "message": self.text,
            "arguments": [self.text],
            "context": {},
            "debug": "hunter2",
        }


def tables(groups: str) -> dict[str, list[Row]]:
    """A company with every fault that is looked for. `groups`: what the field is called in this version."""
    wh = {"location_id": [8, "WH/库存"], "location_id.usage": "internal", "company_id": 1}
    entry = {"company_id": 1, "state": "posted", "move_type": "entry", "payment_state": "not_paid"}
    return {
        "res.company": [
            {"id": 1, "name": "演示机电有限公司", "fiscalyear_lock_date": date_ago(70), "hard_lock_date": False,
             "tax_lock_date": False},
        ],
        "res.users": [
            {"id": 2, "login": "admin", "name": "管理员", "active": True, "share": False, "login_date": ago(1),
             groups: [1, 2]},
            {"id": 5, "login": "zhouxm", "name": "周晓明", "active": True, "share": False, "login_date": False,
             groups: [2]},
            {"id": 6, "login": "old", "name": "旧账号", "active": False, "share": False, "login_date": ago(400),
             groups: []},
            {"id": 7, "login": "portal", "name": "客户", "active": True, "share": True, "login_date": False,
             groups: []},
        ],
        "res.groups": [{"id": 1, "full_name": "管理/设置"}, {"id": 2, "full_name": "会计/只读"}],
        "stock.quant": [
            {"id": 1, "product_id": [11, "[BRG] 深沟球轴承 6204"], "quantity": -3.0, **wh},
            {"id": 2, "product_id": [11, "[BRG] 深沟球轴承 6204"], "quantity": -1.5, **wh},
            {"id": 3, "product_id": [12, "螺丝 M6"], "quantity": 40.0, **wh},
            {"id": 4, "product_id": [13, "客户处"], "quantity": -9.0, **wh, "location_id.usage": "customer"},
        ],
        "account.move": [
            {"id": 1, "name": "/", "date": date_ago(50), **entry, "state": "draft"},
            {"id": 2, "name": "MISC/1", "date": date_ago(-30), **entry},
            {"id": 3, "name": "INV/7", "date": date_ago(90), **entry, "move_type": "out_invoice",
             "invoice_date_due": date_ago(70)},
            {"id": 4, "name": "INV/8", "date": date_ago(90), **entry, "move_type": "out_invoice",
             "invoice_date_due": date_ago(70), "payment_state": "paid"},
        ],
        "account.move.line": [
            {"id": 1, "move_id": [3, "INV/7"], "balance": 10.0, "parent_state": "posted", "date": date_ago(9),
             "company_id": 1},
            {"id": 2, "move_id": [3, "INV/7"], "balance": -9.0, "parent_state": "posted", "date": date_ago(9),
             "company_id": 1},
            {"id": 3, "move_id": [2, "MISC/1"], "balance": 0.1, "parent_state": "posted", "date": date_ago(9),
             "company_id": 1},
            {"id": 4, "move_id": [2, "MISC/1"], "balance": -0.1, "parent_state": "posted", "date": date_ago(9),
             "company_id": 1},
            {"id": 5, "move_id": [5, "STJ/1"], "balance": 1000.0, "parent_state": "posted", "date": date_ago(99),
             "company_id": 1, "account_id": 51},
            {"id": 6, "move_id": [6, "STJ/2"], "balance": 8.0, "parent_state": "draft", "date": date_ago(99),
             "company_id": 1, "account_id": 51},
        ],
        "product.category": [
            {"id": 1, "property_valuation": "real_time", "property_stock_valuation_account_id": [51, "1405 库存商品"]},
            {"id": 2, "property_valuation": "manual_periodic", "property_stock_valuation_account_id": False},
        ],
        "stock.valuation.layer": [
            {"id": at, "value": value, "product_id": [11, "x"], "company_id": company, "product_id.categ_id": category}
            for at, (value, company, category) in enumerate(((900.0, 1, 1), (-150.5, 1, 1), (77.0, 1, 2), (5.0, 2, 1)))
        ],
        "ir.cron": [
            {"id": 1, "name": "库存：补货", "active": True, "nextcall": ago(3), "lastcall": ago(4), "failure_count": 4},
            {"id": 2, "name": "邮件队列", "active": True, "nextcall": ago(-1), "lastcall": ago(0.1),
             "failure_count": 0},
            {"id": 3, "name": "邮件队列", "active": False, "nextcall": ago(9), "lastcall": False, "failure_count": 0},
        ],
        "ir.module.module": [
            {"id": 1, "name": "sale", "state": "installed", "latest_version": "19.0.1.2"},
            {"id": 2, "name": "stock", "state": "to upgrade", "latest_version": "19.0.1.0"},
            {"id": 3, "name": "mrp", "state": "uninstalled", "latest_version": False},
        ],
        "mail.activity": [
            {"id": 1, "res_model": "purchase.order", "res_id": 4, "res_name": "P00004", "date_deadline": date_ago(6),
             "user_id": [5, "周晓明"]},
            {"id": 2, "res_model": "purchase.order", "res_id": 4, "res_name": "P00004", "date_deadline": date_ago(2),
             "user_id": [2, "管理员"]},
            {"id": 3, "res_model": "sale.order", "res_id": 9, "res_name": "S00009", "date_deadline": date_ago(-2),
             "user_id": False},
        ],
        "res.partner": [
            {"id": number, "name": name, "vat": vat, "parent_id": False, "is_company": company,
             "customer_rank": 1, "supplier_rank": supplier}
            for number, name, vat, company, supplier in (
                (1, "甲", "91310000TEST00001A", True, 1), (2, "乙", "91310000TEST00001A", True, 0),
                (3, "丙", False, True, 0), (4, "丁小姐", False, False, 0),
            )
        ],
        "product.product": [{"id": 11, "default_code": "BRG"}, {"id": 12, "default_code": "SCR"}],
        "sale.order": [
            {"id": 1, "name": "S00001", "date_order": ago(100), "state": "sale", "invoice_status": "to invoice",
             "company_id": 1},
            {"id": 2, "name": "S00002", "date_order": ago(5), "state": "sale", "invoice_status": "to invoice",
             "company_id": 1},
        ],
        "mail.mail": [
            {"id": 1, "state": "exception", "create_date": ago(2)},
            {"id": 2, "state": "outgoing", "create_date": ago(0)},
        ],
        "res.users.apikeys": [{"id": 1, "name": "服务台", "expiration_date": ago(-10)}],
    }  # fmt: skip


@dataclass
class OdooCounterpart:
    """One server with one database and one key. `barred` models answer with an access error."""

    version: str = "19.0"
    barred: set[str] = field(default_factory=set)
    writable: set[str] = field(default_factory=set)
    hidden: dict[str, set[str]] = field(default_factory=dict)
    data: dict[str, list[Row]] = field(default_factory=dict)
    ignores_limits: bool = False

    def __post_init__(self) -> None:
        self.modern = int(self.version.split(".")[0]) >= 19
        self.data = self.data or tables("group_ids" if self.modern else "groups_id")
        if self.modern:
            self.data.pop("stock.valuation.layer", None)

    def __call__(self, asked: Asked) -> Outcome:
        if asked.path == "/web/version" and self.modern:
            return Reply({"version_info": [19, 0, 0, "final", 0, ""], "version": self.version})
        if found := re.fullmatch(r"/json/2/([\w.]+)/(\w+)", asked.path):
            return self._json2(asked, found[1], found[2]) if self.modern else Reply(b"", 404)
        if found := re.fullmatch(r"/doc-bearer/([\w.]+)\.json", asked.path):
            return Reply({"methods": _DESCRIBED})
        # The address without the 2 is older still, and served beside it.
        if re.fullmatch(r"/xmlrpc/(2/)?(common|object)", asked.path):
            return self._xmlrpc(asked)
        if asked.path in ("/jsonrpc", "/web/webclient/version_info"):
            return self._jsonrpc(asked)
        return Reply(b"<h1>404</h1>", 404, content_type="text/html")

    def _json2(self, asked: Asked, model: str, method: str) -> Outcome:
        try:
            if asked.headers.get("x-odoo-database", "").encode("latin-1").decode() != DATABASE:
                raise Refused(404, "werkzeug.exceptions.NotFound", 1, "no database is selected")
            if asked.headers.get("authorization", "").lower() != f"bearer {KEY}":
                raise Refused(401, "werkzeug.exceptions.Unauthorized", 3, "Invalid apikey")
            return Reply(self.execute(model, method, asked.json()))
        except Refused as error:
            return Reply(error.told(), error.status)

    def _jsonrpc(self, asked: Asked) -> Outcome:
        """What XML-RPC tells, in JSON: no connector of ours speaks it, a client of other hands does."""
        given = asked.json()
        told = {"jsonrpc": "2.0", "id": given["id"]}
        if asked.path == "/web/webclient/version_info":
            return Reply({**told, "result": {"server_version": self.version, "protocol_version": 1}})
        params = given["params"]
        try:
            return Reply({**told, "result": self._called(params["service"], params["method"], params["args"])})
        except Refused as error:
            return Reply({**told, "error": {"code": 200, "message": "Odoo Server Error", "data": error.told()}})

    def _xmlrpc(self, asked: Asked) -> Outcome:
        params, method = xmlrpc.client.loads(asked.body)
        try:
            found = self._called(asked.path.rpartition("/")[2], str(method), list(params))
            body = xmlrpc.client.dumps((found,), methodresponse=True, allow_none=True)
        except Refused as error:
            body = xmlrpc.client.dumps(xmlrpc.client.Fault(error.code, f"{error.text} hunter2"), allow_none=True)
        return Reply(body.encode(), content_type="text/xml; charset=utf-8")

    def _called(self, service: str, method: str, params: list[Any]) -> Any:
        if (service, method) == ("common", "version"):
            return {"server_version": self.version, "protocol_version": 1}
        if params[0] != DATABASE:
            raise Refused(500, "OperationalError", 1, f'FATAL:  database "{params[0]}" does not exist')
        if (service, method) in (("common", "authenticate"), ("common", "login")):
            return 5 if params[1:3] == ["reader", KEY] else False
        if params[1:3] != [5, KEY]:
            raise Refused(403, "odoo.exceptions.AccessDenied", 3, "Access Denied")
        model, called, *rest = params[3:]
        args, named = (rest, {}) if method == "execute" else (*rest, {})[:2]
        return self.execute(model, called, {**dict(zip(_POSITIONS.get(called, ()), args, strict=False)), **named})

    def execute(self, model: str, method: str, given: Row) -> Any:
        """A method of a model. Raises Refused."""
        if (model, method) == ("res.users", "context_get"):
            return {"lang": "zh_CN", "tz": "Asia/Shanghai", "uid": 5}
        if model not in self.data:
            raise Refused(404, "werkzeug.exceptions.NotFound", 2, f"Object {model} doesn't exist")
        if method in ("has_access", "check_access_rights"):
            return given["operation"] == "read" or model in self.writable
        if method == "fields_get":
            return {name: {"type": "char"} for name in self._columns(model)}
        ways: dict[str, Callable[[str, Row], Any]] = {
            "search_read": self._search_read,
            "search_count": lambda model, given: len(self._found(model, given)),
            "search": lambda model, given: [row["id"] for row in self._found(model, given)],
            "read": self._read,
            "formatted_read_group": self._grouped,
            "read_group": self._grouped,
        }
        if method not in ways:
            raise Refused(404, "werkzeug.exceptions.NotFound", 1, f"the method {method} does not exist")
        if model in self.barred:
            raise Refused(403, "odoo.exceptions.AccessError", 4, f"You are not allowed to access {model}")
        return ways[method](model, given)

    def _columns(self, model: str) -> set[str]:
        names = {name for row in self.data[model] for name in row if "." not in name}
        return names - self.hidden.get(model, set())

    def _found(self, model: str, given: Row) -> list[Row]:
        return [row for row in self.data[model] if matches(row, given.get("domain") or [])]

    def _search_read(self, model: str, given: Row) -> list[Row]:
        fields = given.get("fields") or sorted(self._columns(model))
        for name in fields:
            if name not in self._columns(model):
                raise Refused(500, "builtins.ValueError", 1, f"Invalid field '{name}' on model '{model}'")
        rows = self._found(model, given)
        limit = None if self.ignores_limits else given.get("limit")
        return [{"id": row["id"], **{name: row.get(name, False) for name in fields}} for row in rows][:limit]

    def _read(self, model: str, given: Row) -> list[Row]:
        return self._search_read(model, {**given, "domain": [["id", "in", given["ids"]]]})

    def _grouped(self, model: str, given: Row) -> list[Row]:
        if not given["groupby"]:
            (asked,) = given.get("aggregates") or given["fields"]
            column = asked.partition(":")[0]
            total = sum(row[column] for row in self._found(model, given))
            return [{asked if "aggregates" in given else column: total, "__count": len(self._found(model, given))}]
        name = "balance:sum" if "aggregates" in given else "balance"
        sums: dict[int, tuple[Any, float]] = {}
        for row in self._found(model, given):
            link = row["move_id"]
            sums[link[0]] = (link, sums.get(link[0], (link, 0.0))[1] + row["balance"])
        descending = str(given.get("order") or given.get("orderby")).lower().endswith("desc")
        ordered = sorted(sums.values(), key=lambda pair: pair[1], reverse=descending)
        return [{"move_id": link, name: total} for link, total in ordered][: given["limit"]]


_POSITIONS = {
    "search_read": ("domain", "fields"),
    "search": ("domain", "offset", "limit", "order"),
    "read": ("ids", "fields"),
    "search_count": ("domain",),
    "fields_get": ("allfields", "attributes"),
    "check_access_rights": ("operation", "raise_exception"),
}
_DESCRIBED = {
    name: {"parameters": {part: {} for part in parts}, "api": ["model"]} for name, parts in _POSITIONS.items()
}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, ">=": operator.ge, "<=": operator.le,
    "in": lambda value, wanted: value in wanted, "not in": lambda value, wanted: value not in wanted,
}  # fmt: skip


def matches(row: Row, domain: list[Any]) -> bool:
    """Whether a row fits a domain in prefix form, whose loose terms are joined by and."""
    rest = list(domain)
    found = True
    while rest:
        found = _term(row, rest) and found
    return found


def _term(row: Row, rest: list[Any]) -> bool:
    head = rest.pop(0)
    if head in ("&", "|"):
        left, right = _term(row, rest), _term(row, rest)
        return (left and right) if head == "&" else (left or right)
    name, compare, wanted = head
    value = row.get(name, False)
    if value is False and compare in ("<", ">", ">=", "<="):
        return False
    return _OPERATORS[compare](value, wanted)
