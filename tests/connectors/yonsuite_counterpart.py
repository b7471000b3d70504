"""A small YonSuite platform for the tests, written from the vendor's documents: data centre, token, lists.

The signature is checked over what the URL says after decoding it once, as the platform does: one that was encoded twice
does not fit. A token lives for `lives` calls, so that losing it can be led in.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.connectors.http_counterpart import Asked, Outcome, Reply

TENANT, KEY, SECRET = "0000DEMO", "demo-app-key", "correct-horse-7"
GATEWAY, AUTH = "/iuap-api-gateway", "/iuap-api-auth"
NOW = datetime.now(timezone(timedelta(hours=8)))
Row = dict[str, Any]

BOOKS = "/yonbip/fi/fipub/basedoc/querybd/accbook"
STOCK = "/yonbip/scm/stock/QueryCurrentStocksByCondition"
TODOS = "/yonbip/uspace/rest/open/yhttoken/todo/query/list"
VOUCHERS = "/yonbip/fi/ficloud/openapi/voucher/queryVouchers"
SALES = "/yonbip/sd/voucherorder/list"
PURCHASES = "/yonbip/scm/purchaseorder/list"
PRODUCTIONS = "/yonbip/mfg/productionorder/list"
USERS = "/yonbip/digitalModel/iuap-apcom-bipuser/bill/getBizData"
ADMINISTRATORS = "/yonbip/uspace/users/admin_list"
ROLES = "/yonbip/digitalModel/tenantroleuser/findrolesbyuserid"
CLOSINGS = "/yonbip/EFI/closeInfo"
CUSTOMERS = "/yonbip/digitalModel/merchant/newlist"


def day(days: float) -> str:
    """A day some days back as the platform writes it."""
    return f"{NOW - timedelta(days=days):%Y-%m-%d} 00:00:00"


def month(back: int) -> str:
    """The month that lies so many before this one."""
    return f"{(NOW.replace(day=15) - timedelta(days=30 * back)):%Y-%m}"


def lists() -> dict[str, list[Row]]:
    """A tenant with every fault that is looked for. Empty parts are left out, as the platform does."""
    stock = {"warehouse_code": "01", "warehouse_name": "原料仓", "product_unitName": "个", "org_name": "演示工厂"}
    return {
        BOOKS: [{"id": "g1", "code": "001", "name": "演示账簿"}],
        STOCK: [
            {"product_code": "BRG", "product_name": "深沟球轴承", "currentqty": -3.5, "batchno": "A", **stock},
            {"product_code": "BRG", "product_name": "深沟球轴承", "currentqty": -1, "batchno": "B", **stock},
            {"product_code": "SCR", "product_name": "螺丝", "currentqty": 9, **stock},
            {"product_code": "NUL", "product_name": "空", **stock},
        ],
        TODOS: [
            {"title": "请购单QG01", "createTsLong": round((NOW - timedelta(days=6)).timestamp() * 1000),
             "businessKey": "k1", "serviceCode": "pu_applyorderlist", "userId": "u-7", "doneStatus": 0},
            {"title": "请购单QG01", "createTsLong": round((NOW - timedelta(days=1)).timestamp() * 1000),
             "businessKey": "k2", "serviceCode": "pu_applyorderlist", "userId": "u-8", "doneStatus": 0},
        ],
        VOUCHERS: [
            {"header": {"id": "v1", "period": f"{NOW:%Y-%m}", "maketime": day(0), "voucherstatus": "01",
                        "displayname": "记-1", "totaldebit_org": 100.1, "totalcredit_org": 100.1}, "body": []},
            {"header": {"id": "v2", "period": f"{NOW:%Y-%m}", "maketime": day(3), "voucherstatus": "03",
                        "displayname": "记-2", "totaldebit_org": 100.1, "totalcredit_org": 90.1}, "body": []},
        ],
        SALES: [
            {"code": "SO1", "vouchdate": day(100), "nextStatus": "DELIVERGOODS"},
            {"code": "SO2", "vouchdate": day(100), "nextStatus": "ENDORDER"},
            {"code": "SO3", "vouchdate": day(-9), "nextStatus": "DELIVERGOODS"},
        ],
        PURCHASES: [
            {"code": "PO1", "vouchdate": day(70), "status": 1}, {"code": "PO2", "vouchdate": day(70), "status": 2},
        ],
        PRODUCTIONS: [],
        USERS: [
            {"yhtUserId": "y-1", "code": "YHT-1", "userName": "李主管", "stopstatus": 0, "deleted": 0, "userType": 1},
            {"yhtUserId": "y-2", "code": "YHT-2", "userName": "周晓明", "stopstatus": 0, "deleted": 0, "userType": 1},
            {"yhtUserId": "y-3", "code": "YHT-3", "userName": "旧账号", "stopstatus": 1, "deleted": 0, "userType": 1},
        ],
        ADMINISTRATORS: [{"userId": "y-1", "userName": "李主管", "loginTs": "2026-11-01 08:00:00"}],
        ROLES: [
            {"yhtUserId": "y-1", "roleId": "r-1", "roleCode": "admin", "name": "系统管理员", "isactive": 1},
            {"yhtUserId": "y-2", "roleId": "r-2", "roleCode": "GL", "name": "总账会计", "isactive": 1},
            {"yhtUserId": "y-2", "roleId": "r-3", "roleCode": "", "name": "仓管员", "isactive": 1},
            {"yhtUserId": "y-2", "roleId": "r-4", "roleCode": "OLD", "name": "旧角色", "isactive": 2},
            {"yhtUserId": "y-3", "roleId": "r-2", "roleCode": "GL", "name": "总账会计", "isactive": 1},
        ],
        CLOSINGS: [
            {"period": month(back), "book": "g1", "closeStatus": back >= 2, "closeTime": day(9)} for back in range(7)
        ],
        CUSTOMERS: [{"code": "C1", "creditCode": "91TEST"}, {"code": "C2", "creditCode": "91TEST"}, {"code": "C3"}],
    }  # fmt: skip


@dataclass
class YonSuiteCounterpart:
    """The platform. `ungranted` paths are not granted to the app; `lost` is the code of a lost token."""

    url: str = ""
    gateway_url: str = ""
    data: dict[str, list[Row]] = field(default_factory=lists)
    ungranted: set[str] = field(default_factory=set)
    lives: int = 1000
    lost: str = "10004"
    ignores_filters: bool = False
    tokens: list[str] = field(default_factory=list)
    calls: int = 0

    def __call__(self, asked: Asked) -> Outcome:
        if asked.path == "/open-auth/dataCenter/getGatewayAddress":
            return self._data_centre(asked)
        if asked.path == f"{AUTH}/open-auth/selfAppAuth/base/v1/getAccessToken":
            return self._token(asked)
        path = asked.path.removeprefix(GATEWAY)
        if path not in self.data:
            return Reply({"code": "404", "message": "no such interface"}, 404)
        return self._list(path, asked)

    def _data_centre(self, asked: Asked) -> Outcome:
        if asked.query.get("tenantId") != TENANT:
            return Reply({"code": "50001", "message": "租户不存在", "data": None})
        urls = {"gatewayUrl": (self.gateway_url or self.url) + GATEWAY, "tokenUrl": self.url + AUTH}
        return Reply({"code": "00000", "message": "成功！", "data": urls})

    def _token(self, asked: Asked) -> Outcome:
        given = dict(asked.query)
        told = given.pop("signature", "")
        text = "".join(f"{name}{given[name]}" for name in sorted(given))
        right = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
        if told != right or given.get("appKey") != KEY or not given.get("timestamp", "").isdigit():
            return Reply({"code": "50000", "message": "签名不正确 hunter2", "data": None})
        self.tokens.append(f"token+{len(self.tokens)}/=")
        self.calls = 0
        return Reply({"code": "00000", "data": {"access_token": self.tokens[-1], "expire": 7200}})

    def _list(self, path: str, asked: Asked) -> Outcome:
        self.calls += 1
        if not self.tokens or asked.query.get("access_token") != self.tokens[-1] or self.calls > self.lives:
            return Reply({"code": self.lost, "message": "access_token hunter2"})
        if path in self.ungranted:
            return Reply({"code": "310037", "message": "应用未获得该接口的授权"})
        if (asked.method == "GET") != (path in (TODOS, ADMINISTRATORS)):
            return Reply({"code": "405", "message": "method"}, 405)
        body: Row = dict(asked.query) if asked.method == "GET" else asked.json()
        if path == CLOSINGS:
            return self._closing(body)
        if path == ROLES:
            held = [row for row in self.data[ROLES] if row["yhtUserId"] == body["yhtUserId"]]
            roles = [{name: value for name, value in row.items() if name != "yhtUserId"} for row in held]
            return Reply({"code": "200", "message": "success", "data": roles})
        rows = [row for row in self.data[path] if self.ignores_filters or _fits(row, body)]
        page = body.get("pager") or body.get("page") or body
        number, size = int(page.get("pageIndex", page.get("pageNo", 1))), int(page.get("pageSize", 10))
        part = rows[(number - 1) * size : number * size]
        return Reply({"code": 200 if path == BOOKS else "200", "message": "", "data": _wrapped(path, part, len(rows))})

    def _closing(self, body: Row) -> Outcome:
        """One object for one month of one book."""
        (book,) = body["books"]
        found = [one for one in self.data[CLOSINGS] if (one["book"], one["period"]) == (book, body["period"])]
        told = {name: found[0][name] for name in ("closeStatus", "closeTime")} if found else {}
        return Reply({"code": "200", "message": "", "data": told})


def _wrapped(path: str, rows: list[Row], total: int) -> Any:
    if path in (BOOKS, STOCK, ADMINISTRATORS):
        return rows
    if path == TODOS:
        return {"flag": 0, "msg": "", "result": rows}
    return {"pageIndex": 1, "recordCount": total, "recordList": rows}


def _fits(row: Row, body: Row) -> bool:
    begin, end = body.get("open_vouchdate_begin", ""), body.get("open_vouchdate_end", "9999")
    if "vouchdate" in row and not begin <= row["vouchdate"] <= end:
        return False
    return all(_holds(row, one) for one in body.get("simpleVOs", []))


def _holds(row: Row, one: Row) -> bool:
    value = row.get(one["field"])
    if one["op"] in ("lt", "gt"):
        return value not in (None, 0) and bool(float(value) < float(one["value1"])) == (one["op"] == "lt")
    return bool((str(value) == one["value1"]) == (one["op"] == "eq"))


def told(asked: list[Asked]) -> str:
    """Everything that was sent, as text."""
    return json.dumps([[one.method, one.path, one.query, one.body.decode()] for one in asked], ensure_ascii=False)
