"""A small Service Layer for the tests: its login with two cookies, entity sets, pages, functions and refusals.

Written from public descriptions of the Service Layer (v2). Nothing in it comes from the connector.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

from tests.connectors.http_counterpart import Asked, Outcome, Reply

BASE = "/b1s/v2/"
COMPANY = "SBO_DEMO"
DEFAULT_PAGE = 20
_JOIN = "$crossjoin(Items,Items/ItemWarehouseInfoCollection)"
_CONDITION = re.compile(r"([\w/]+) (eq|ne|lt|gt|le|ge) ('(?:[^']|'')*'|-?[\d.]+|[\w/]+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, two: one == two,
    "ne": lambda one, two: one != two,
    "lt": lambda one, two: one < two,
    "gt": lambda one, two: one > two,
    "le": lambda one, two: one <= two,
    "ge": lambda one, two: one >= two,
}

Record = dict[str, Any]


@dataclass
class Refused(Exception):
    """A refusal: HTTP status, code and text."""

    status: int
    code: str
    text: str


@dataclass
class ServiceLayer:
    """What a `HttpCounterpart` answers with. `barred`: entity sets this user may not read.

    `joins`: whether it knows rows of rows. `loops`: next links that lead nowhere. `logins`, `logouts` count.
    """

    sets: dict[str, list[Record]]
    properties: dict[str, list[str]]
    user: str = "reader"
    password: str = "correct-horse-7"
    barred: set[str] = field(default_factory=set)
    joins: bool = True
    loops: str = ""
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    logouts: int = 0
    years: dict[int, list[Record]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Outcome:
        try:
            return self._served(asked)
        except Refused as refused:
            return Reply({"error": {"code": refused.code, "message": refused.text}}, refused.status)

    def _served(self, asked: Asked) -> Outcome:
        what = asked.path.removeprefix(BASE)
        if what == asked.path:
            return Reply(b"<h1>Not Found</h1>", 404)
        if what == "Login":
            return self._log_in(asked.json())
        if asked.cookie("B1SESSION") not in self.sessions or not asked.cookie("ROUTEID"):
            raise Refused(401, "301", "Invalid session or session already timeout.")
        if what == "Logout":
            self.logouts += 1
            self.sessions.discard(str(asked.cookie("B1SESSION")))
            return Reply(b"", 204)
        if asked.method == "POST":
            return self._function(what, asked)
        return self._page(what, dict(asked.query), asked)

    def _log_in(self, body: Record) -> Outcome:
        self.logins += 1
        if body.get("CompanyDB") != COMPANY:
            raise Refused(500, "-304", "Fail to get DB Credentials from SLD")
        if (body.get("UserName"), body.get("Password")) != (self.user, self.password):
            raise Refused(401, "100000027", "Login failed")
        token = f"session-{self.logins}"
        self.sessions.add(token)
        cookies = (("Set-Cookie", f"B1SESSION={token}; path=/b1s; HttpOnly"), ("Set-Cookie", "ROUTEID=.node2; path=/"))
        return Reply({"SessionId": token, "Version": "1000240", "SessionTimeout": 30}, headers=cookies)

    def _function(self, what: str, asked: Asked) -> Outcome:
        self._admit(what)
        if what == "CompanyService_GetAdminInfo":
            return Reply({"CompanyName": "示例贸易有限公司", "LocalCurrency": "RMB"})
        if what == "CompanyService_GetCompanyInfo":
            return Reply({"Version": 1000240})
        if what == "CompanyService_GetPeriods":
            return Reply({"value": [{"AbsoluteEntry": key} for key in self.years]})
        if what == "CompanyService_GetFinancePeriods":
            return Reply({"value": self.years.get(asked.json()["PeriodCategoryParams"]["AbsoluteEntry"], [])})
        if what == "QueryService_PostQuery":
            return self._joined(asked)
        if what == "SQLQueries('sql01')/List":
            raise Refused(400, "702", "Table 'OUSR' not accessible.")
        raise Refused(404, "-1000", "Unrecognized resource path.")

    def _admit(self, what: str) -> None:
        if what in self.barred:
            raise Refused(403, "-5002", "You are not permitted to perform this action")

    def _joined(self, asked: Asked) -> Outcome:
        if not self.joins:
            raise Refused(404, "-1000", "Unrecognized resource path.")
        body = asked.json()
        assert body["QueryPath"] == _JOIN
        options = dict(part.split("=", 1) for part in body["QueryOption"].split("&"))
        rows = [
            {"Items": {name: item[name] for name in ("ItemCode", "ItemName", "InventoryUOM")},
             "Items/ItemWarehouseInfoCollection": {name: place[name] for name in ("WarehouseCode", "InStock")},
             "Items/ItemCode": item["ItemCode"], "Items/ItemWarehouseInfoCollection/ItemCode": item["ItemCode"],
             "Items/ItemWarehouseInfoCollection/InStock": place["InStock"]}
            for item in self.sets["Items"] for place in item["ItemWarehouseInfoCollection"]
        ]  # fmt: skip
        found = [row for row in rows if holds(row, options["$filter"], list(row))]
        shown = [{name: row[name] for name in ("Items", "Items/ItemWarehouseInfoCollection")} for row in found]
        return self._cut(shown, "QueryService_PostQuery", options, asked)

    def _page(self, what: str, options: dict[str, str], asked: Asked) -> Outcome:
        self._admit(what)
        if what not in self.sets:
            raise Refused(404, "-1000", "Unrecognized resource path.")
        known = self.properties[what]
        found = [row for row in self.sets[what] if holds(row, options.get("$filter", ""), known)]
        order = options.get("$orderby", "")
        if order:
            name, _, way = order.partition(" ")
            found.sort(key=lambda row: str(row.get(_known(name, known))), reverse=way == "desc")
        names = [_known(name, known) for name in options["$select"].split(",")] if "$select" in options else known
        return self._cut([{name: row.get(name) for name in names} for row in found], what, options, asked)

    def _cut(self, rows: list[Record], what: str, options: dict[str, str], asked: Asked) -> Outcome:
        size = re.search(r"odata\.maxpagesize=(\d+)", asked.headers.get("prefer", ""))
        page, start = int(size[1]) if size else DEFAULT_PAGE, int(options.get("$skip", 0))
        top = int(options["$top"]) if "$top" in options else len(rows)
        answer: Record = {"@odata.context": "$metadata", "value": rows[start : start + min(page, top)]}
        if start + page < min(len(rows), start + top):
            kept = {name: value for name, value in options.items() if name != "$skip"} | {"$skip": str(start + page)}
            answer["@odata.nextLink"] = f"{what}?{'&'.join(f'{name}={quote(value)}' for name, value in kept.items())}"
        if self.loops:
            answer["@odata.nextLink"] = self.loops
        return Reply(answer)


def _known(name: str, known: list[str]) -> str:
    if name not in known:
        raise Refused(400, "-1000", f"Property '{name}' of entity is invalid")
    return name


def holds(row: Record, condition: str, known: list[str]) -> bool:
    """Whether a record fulfils the conditions joined by `and`; NULL fulfils none."""
    return all(_holds(row, part, known) for part in condition.split(" and ")) if condition else True


def _holds(row: Record, part: str, known: list[str]) -> bool:
    name, sign, literal = _compared(part)
    one = row.get(_known(name, known))
    if literal == "null":
        return _COMPARE[sign](one, None)
    two: Any = literal[1:-1].replace("''", "'") if literal.startswith("'") else None
    if two is None:
        two = float(literal) if re.fullmatch(r"-?[\d.]+", literal) else row.get(_known(literal, known))
    return one is not None and two is not None and _COMPARE[sign](one, two)


@cache
def _compared(part: str) -> tuple[str, str, str]:
    """The property, the sign and the literal of one comparison."""
    found = _CONDITION.fullmatch(part.strip())
    assert found, part
    return found[1], found[2], found[3]


def stocked(day: date) -> ServiceLayer:
    """A made-up company. `day`: today there."""
    old, recent = str(day - timedelta(days=80)), str(day - timedelta(days=1))
    future = str(day + timedelta(days=9))

    def user(key: int, code: str, name: str, **more: Any) -> Record:
        made = {"InternalKey": key, "UserCode": code, "UserName": name, "Superuser": "tNO", "Locked": "tNO"}
        return {**made, "UserGroupByUser": [], "UserActionRecord": [], "UserPermission": [], **more}

    def action(what: str, when: str, clock: str) -> Record:
        return {"Action": what, "ActionDate": when, "ActionTime": clock, "ClientIP": "10.0.0.9"}

    def held(right: str, how: str) -> Record:
        return {"PermissionID": right, "Permission": f"boper_{how}", "UserCode": 1}

    def order(number: int, when: str, status: str = "bost_Open") -> Record:
        return {"DocEntry": number, "DocNum": 1000 + number, "DocDate": when, "DocumentStatus": status, "DocTotal": 1.0}

    def item(code: str, *places: tuple[str, float | None], unit: str | None = "个", cost: float = 1.5) -> Record:
        held = [{"WarehouseCode": where, "InStock": quantity, "ItemCode": code} for where, quantity in places]
        return {
            "ItemCode": code,
            "ItemName": "内六角螺丝 M6",
            "InventoryUOM": unit,
            "AvgStdPrice": cost,
            "InventoryItem": "tYES",
            "Frozen": "tNO",
            "QuantityOnStock": 1.0,
            "ItemWarehouseInfoCollection": held,
        }

    sets: dict[str, list[Record]] = {
        "Users": [
            user(1, "manager", "系统管理员", Superuser="tYES"),
            user(2, "zhouxm", "周晓明", UserGroupByUser=[{"GroupId": 1}],
                 UserActionRecord=[action("actionLogin", old, "08:00:00"), action("actionLogin", recent, "08:00:00"),
                                   action("actionLoginFail", old, "08:00:00")],
                 UserPermission=[held("3073", "Full"), held("3074", "ReadOnly"), held("3075", "None")]),
            user(3, "tianzq", "田志强", Locked="tYES"),
            user(4, "reader", "只读", UserPermission=[held("3074", "ReadOnly")]),
        ],
        "UserGroups": [{"UserGroupId": 1, "UserGroupName": "会计"}],
        "UserPermissionTree": [
            {"PermissionID": number, "Name": name} for number, name in (("3073", "日记账分录"), ("3074", "物料"))
        ],
        "Items": [item("M6-20", ("01", -3.5), ("02", 5.0)),
                  item("M6-30", ("01", 2.0), ("02", None), unit=None, cost=0.0), item("M6-40", ("02", -1.0))],
        "Warehouses": [
            {"WarehouseCode": code, "WarehouseName": name} for code, name in (("01", "原料仓"), ("02", "成品仓"))
        ],
        "ApprovalRequests": [
            {"Code": 7, "ObjectType": "22", "ObjectEntry": 55, "DraftEntry": None, "CreationDate": old,
             "CreationTime": "09:30", "Status": "arsPending",
             "ApprovalRequestLines": [{"UserID": 2, "Status": "ardPending"}, {"UserID": 1, "Status": "ardApproved"}]},
            {"Code": 8, "ObjectType": "22", "ObjectEntry": 56, "DraftEntry": None, "CreationDate": old,
             "CreationTime": "09:30", "Status": "arsApproved", "ApprovalRequestLines": []},
        ],
        "Orders": [order(1, old), order(2, future), order(3, old, "bost_Close"), order(4, recent)],
        "PurchaseOrders": [order(1, recent)],
        "Invoices": [],
        "Drafts": [order(9, old), order(10, recent)],
        "AlertManagements": [
            {"Code": 1, "Name": "库存不足", "Active": "tYES", "LastExecutionDate": old, "LastExecutionTime": 930,
             "NextExecutionDate": recent, "NextExecutionTime": "09:30:00"},
            {"Code": 2, "Name": "信用超限", "Active": "tNO", "LastExecutionDate": None, "LastExecutionTime": None,
             "NextExecutionDate": recent, "NextExecutionTime": "09:30:00"},
        ],
        "JournalEntries": [
            {"JdtNum": at, "Number": 30 + at, "ReferenceDate": when,
             "JournalEntryLines": [{"Debit": 100.1, "Credit": 0.0}, {"Debit": 0.2, "Credit": 0},
                                   {"Debit": None, "Credit": credit}]}
            for at, when, credit in ((1, future, 100.3), (2, recent, 100.3), (3, recent, 90.3), (4, old, 1.0))
        ],
        "BusinessPartners": [
            {"CardCode": code, "CardName": f"示例{code}", "CardType": kind, "FederalTaxID": tax, "Frozen": "tNO"}
            for code, kind, tax in (
                ("C1", "cCustomer", "91320500MA1"), ("C2", "cCustomer", "91320500MA1"), ("C3", "cCustomer", None),
                ("S1", "cSupplier", None),
            )
        ],
    }  # fmt: skip
    properties = {name: sorted({key for row in rows for key in row}) for name, rows in sets.items()}
    properties["Invoices"] = properties["Orders"]
    months = [(at, date(day.year, at, 1), "ltLocked" if at < 3 else "ltUnlocked") for at in range(1, 13)]
    years = {
        9: [],
        10: [
            {"PeriodCode": f"{day.year}-{at:02}", "PeriodStatus": status, "PostingDateFrom": str(first),
             "PostingDateTo": str((first + timedelta(days=32)).replace(day=1) - timedelta(days=1))}
            for at, first, status in months
        ],
    }  # fmt: skip
    return ServiceLayer(sets, properties, years=years)
