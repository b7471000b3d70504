"""A small 畅捷通 platform with a T+ behind it, for the tests, written from the vendor's client library.

Every call carries three headers. Lists answer with a bare list, the stock of the warehouses and items that are named
(of all where none is), reports with rows under a data source, the last of them a line of totals; a refused token is a
403 that says so.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.connectors.http_counterpart import Asked, Outcome, Reply

KEY, SECRET, TOKEN = "demo-key", "correct-horse-7", "open-token-of-demo"
REFRESH, CODE, ORG = "refresh-token-of-demo", "permanent-code-of-demo", "org-token-of-demo"
NOW = datetime.now(timezone(timedelta(hours=8)))
Row = dict[str, Any]
STATES = {"181": "未审", "189": "生效"}

STOCK = "/tplus/api/v2/currentStock/Query"
WAREHOUSES = "/tplus/api/v2/warehouse/Query"
PARTNERS = "/tplus/api/v2/partner/Query"
ITEMS = "/tplus/api/v2/inventory/Query"
REPORT = "/tplus/api/v2/reportQuery/GetReportData"


def day(days: float) -> str:
    """A day some days back."""
    return f"{NOW - timedelta(days=days):%Y-%m-%d}"


def lists() -> dict[str, list[Row]]:
    """An account set with every fault that is looked for. Quantities are texts, as T+ writes them."""
    place = {"WarehouseCode": "01", "WarehouseName": "原料仓", "UnitName": "个", "Specification": ""}
    return {
        WAREHOUSES: [{"Code": "01", "Name": "原料仓"}],
        STOCK: [
            {"InventoryCode": "BRG", "InventoryName": "深沟球轴承", "ExistingQuantity": "-3.00000000", **place},
            {"InventoryCode": "BRG", "InventoryName": "深沟球轴承", "ExistingQuantity": "-1.5", **place},
            {"InventoryCode": "SCR", "InventoryName": "螺丝", "ExistingQuantity": "120", **place},
            {"InventoryCode": "NUL", "InventoryName": "空", "ExistingQuantity": None, **place},
        ],
        PARTNERS: [
            {"Code": "1", "Name": "演示客户", "Disabled": "False"},
            {"Code": "2", "Name": "演示客户", "Disabled": False},
            {"Code": "3", "Name": "旧客户", "Disabled": "True"}, {"Code": "4", "Name": "旧客户", "Disabled": "False"},
        ],
        ITEMS: [
            {"Code": "a", "Name": "螺丝", "Specification": "M6", "Disabled": "False", "UnitName": "个"},
            {"Code": "b", "Name": "螺丝", "Specification": "M8", "Disabled": "False", "BaseUnitName": "个"},
            {"Code": "c", "Name": "垫圈", "Specification": "M8", "Disabled": "False", "UnitName": ""},
            {"Code": "d", "Name": "旧垫圈", "Specification": "M8", "Disabled": "True"},
        ],
        "SA_SaleDeliveryDetailRpt": [
            {"voucherdate": day(-9), "saleDeliveryCode": "SA-1", "rowType": "D"},
            {"voucherdate": day(-9), "saleDeliveryCode": "SA-1", "rowType": "D"},
            {"voucherdate": day(3), "saleDeliveryCode": "SA-0", "rowType": "D"},
            {"voucherdate": "", "saleDeliveryCode": "合计", "rowType": "T"},
        ],
        "PU_PurchaseArrivalDetailRpt": [],
        "SA_SaleOrderDetailRpt": [
            {"voucherdate": day(90), "SaleOrderCode": "SO-1", "SaleOrderState": "未审", "rowType": "D"},
            {"voucherdate": day(90), "SaleOrderCode": "SO-1", "SaleOrderState": "未审", "rowType": "D"},
            {"voucherdate": day(80), "SaleOrderCode": "SO-2", "SaleOrderState": "生效", "rowType": "D"},
            {"voucherdate": day(4), "SaleOrderCode": "SO-3", "SaleOrderState": "未审", "rowType": "D"},
        ],
    }  # fmt: skip


@dataclass
class TPlusCounterpart:
    """The platform. `tokens` are good; `ungranted` paths are not granted.

    `heeds_pages`, `heeds_states`: whether it pays heed to them.
    """

    data: dict[str, list[Row]] = field(default_factory=lists)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    ungranted: set[str] = field(default_factory=set)
    heeds_pages: bool = True
    heeds_states: bool = True

    def __call__(self, asked: Asked) -> Outcome:
        if asked.headers.get("appkey") != KEY or asked.headers.get("appsecret") != SECRET:
            return Reply({"code": "401", "message": "appKey或appSecret不正确 hunter2"}, 401)
        if asked.path == "/auth/refreshToken" and asked.method == "GET":
            fits = asked.query == {"grantType": "refresh_token", "appKey": KEY, "refreshToken": REFRESH}
            return self._handed_out(fits)
        if asked.path == "/auth/token/getTokenByPermanentCode" and asked.method == "POST":
            return self._handed_out(asked.json() == {"orgAccessToken": ORG, "userAuthPermanentCode": CODE})
        if asked.headers.get("opentoken") not in self.tokens:
            return Reply({"code": "403", "message": "openToken已失效"}, 403)
        return self._business(asked)

    def _handed_out(self, fits: bool) -> Outcome:
        if not fits:
            return Reply({"code": "500", "message": "授权码无效 hunter2", "result": None})
        token = f"fresh-{len(self.tokens)}"
        self.tokens = {token}
        result = {
            "access_token": token, "expires_in": 518400, "refresh_token": "next", "refresh_expires_in": 2592000,
            "org_id": "90001", "user_id": "60001", "app_name": "demo", "scope": "auth_all", "sid": "s",
        }  # fmt: skip
        return Reply({"code": "200", "message": "成功", "result": result})

    def _business(self, asked: Asked) -> Outcome:
        if asked.path in self.ungranted:
            return Reply({"code": "403", "message": "没有该接口的权限"}, 403)
        if asked.method != "POST" or (asked.path != REPORT and asked.path not in self.data):
            return Reply({"code": "EXSV0011", "message": "EXSV0011 服务名不正确", "data": None}, 400)
        body = asked.json()
        if asked.path == REPORT:
            return self._report(body["request"])
        param = body["param"]
        rows = _named(self.data[asked.path], param)
        if self.heeds_pages and "PageSize" in param:
            start = (param["PageIndex"] - 1) * param["PageSize"]
            rows = rows[start : start + param["PageSize"]]
        return Reply(rows)

    def _report(self, request: Row) -> Outcome:
        dates, *states = request["SearchItems"]
        wanted = {STATES[one["BeginDefault"]] for one in states} if self.heeds_states else set()
        rows = [
            row
            for row in self.data[request["ReportName"]]
            if row["rowType"] != "D"
            or (
                dates["BeginDefault"] <= row["voucherdate"] <= dates["EndDefault"]
                and (not wanted or row.get("SaleOrderState") in wanted)
            )
        ]
        found = {"Rows": rows[: request["PageSize"]]}
        return Reply({"ReportName": request["ReportName"], "DataSource": found, "ErrorCode": "", "ErrorMessage": ""})


def _named(rows: list[Row], param: Row) -> list[Row]:
    """The rows of the warehouses and items that are named."""
    wanted = {
        f"{part}Code": {one["Code"] for one in param[part]} for part in ("Warehouse", "Inventory") if param.get(part)
    }
    return [row for row in rows if all(row[name] in codes for name, codes in wanted.items())] if wanted else rows


def told(asked: list[Asked]) -> str:
    """Everything that was sent, as text."""
    return json.dumps([[one.method, one.path, one.query, one.body.decode()] for one in asked], ensure_ascii=False)
