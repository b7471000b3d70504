"""A small Galaxy for the tests: logins by password and by signature, forms with records, and its refusals.

Written from public descriptions of the WebAPI. It knows a form's keys in their exact spelling, answers a list of lists,
and wraps refusals as the real one does, most of them with HTTP 200. Nothing in it comes from the connector.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from tests.connectors.http_counterpart import Asked, HttpCounterpart, Outcome, Reply

PREFIX = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub."
MOST = 2000
APP_ID = "123456_AbCdEfGhIjKlMnOpQrStUvWxYz012345"
APP_SECRET = "0123456789abcdef0123456789abcdef"
DATA_CENTRE = "5f0000000000a1"
VEIL = b"0054f397c6234378b09ca7d3e5debce7"
_CONDITION = re.compile(r"([\w.]+)\s*(<>|>=|<=|=|<|>)\s*('(?:[^']|'')*'|-?[\d.]+|[\w.]+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, two: one == two,
    "<>": lambda one, two: one != two,
    "<": lambda one, two: one < two,
    ">": lambda one, two: one > two,
    "<=": lambda one, two: one <= two,
    ">=": lambda one, two: one >= two,
}


class BadKeyError(Exception):
    """A key that the form does not have, in this spelling."""


@dataclass
class Form:
    """A form: the keys of its fields, its primary key, and its records (key or key.sub -> value)."""

    keys: list[str]
    identity: str
    records: list[dict[str, Any]] = field(default_factory=list)

    def value(self, record: dict[str, Any], key: str) -> Any:
        if key.partition(".")[0] not in (*self.keys, self.identity):
            raise BadKeyError(key.partition(".")[0])
        return record.get(key)

    def holds(self, record: dict[str, Any], condition: str) -> bool:
        if not condition:
            return True
        return all(self._holds(record, part) for part in condition.split(" and "))

    def _holds(self, record: dict[str, Any], part: str) -> bool:
        found = _CONDITION.fullmatch(part.strip())
        assert found, part
        one, literal = self.value(record, found[1]), found[3]
        two: Any = literal[1:-1].replace("''", "'") if literal.startswith("'") else None
        if two is None:
            number = re.fullmatch(r"-?[\d.]+", literal)
            two = float(literal) if number else self.value(record, literal)
            one = one if one is None else float(one)
        return (
            one is not None
            and two is not None
            and _COMPARE[found[2]](one, float(two) if one.__class__ is float else two)
        )


@dataclass
class Galaxy:
    """What a `HttpCounterpart` answers with. `logins`, `logouts` count; `sessions` may be emptied to lose them all.

    `barred`: forms this user may not look at.
    """

    forms: dict[str, Form]
    user: str = "reader"
    password: str = "correct-horse-7"
    barred: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    logouts: int = 0
    described: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Outcome:
        service = asked.path.removeprefix(PREFIX).removesuffix(".common.kdsvc")
        if asked.method != "POST" or service == asked.path:
            return Reply(b"<h1>404</h1>", 404)
        if service == "AuthService.ValidateUser":
            return self._log_in(asked.json()["parameters"])
        if not self._is_in(asked):
            return refusal("会话信息已丢失，请重新登录", 1)
        if service == "AuthService.Logout":
            self.logouts += 1
            self.sessions.discard(str(asked.cookie("kdservice-sessionid")))
            return Reply(True)
        question = asked.json()["data"]
        form = self.forms.get(question["FormId"])
        if form is None:
            return refusal("业务对象不存在", 0)
        if question["FormId"] in self.barred:
            return refusal(f"您在【示例公司】组织下没有【{question['FormId']}】的【查看】权限，请联系系统管理员！", 2)
        if service == "DynamicFormService.QueryBusinessInfo":
            self.described.append(question["FormId"])
            return described(form)
        assert service == "DynamicFormService.ExecuteBillQuery", service
        return self._rows(form, question)

    def _log_in(self, parameters: list[Any]) -> Outcome:
        self.logins += 1
        if parameters != [DATA_CENTRE, self.user, self.password, 2052]:
            return Reply({"Message": "用户名或密码错误", "MessageCode": "CheckLogin", "LoginResultType": 0})
        token = f"session-{self.logins}"
        self.sessions.add(token)
        cookies = (("Set-Cookie", f"kdservice-sessionid={token}; path=/"), ("Set-Cookie", "Path=/k3cloud/; HttpOnly"))
        return Reply({"Message": None, "LoginResultType": 1, "KDSVCSessionId": token}, headers=cookies)

    def _is_in(self, asked: Asked) -> bool:
        return asked.cookie("kdservice-sessionid") in self.sessions or (
            "x-kd-appkey" in asked.headers and signed(asked)
        )

    def _rows(self, form: Form, question: dict[str, Any]) -> Outcome:
        keys = [key.strip() for key in question["FieldKeys"].split(",")]
        start, limit = question.get("StartRow", 0), min(MOST, question.get("Limit") or MOST)
        try:
            found = [record for record in form.records if form.holds(record, question.get("FilterString") or "")]
            order = question.get("OrderString") or ""
            if order:
                form.value({}, order)
                found.sort(key=lambda record: str(form.value(record, order)))
            rows = [[form.value(record, key) for key in keys] for record in found[start : start + limit]]
        except BadKeyError as error:
            return Reply([[_status(f"列名 '{error}' 无效。", 500, 6)]])
        return Reply(rows)


def refusal(text: str, number: int) -> Reply:
    """A refusal as the service wraps it."""
    return Reply([[_status(text, 500, number)]])


def _status(text: str, code: int, number: int) -> dict[str, Any]:
    errors = [{"FieldName": None, "Message": text, "DIndex": 0}]
    return {"Result": {"ResponseStatus": {"ErrorCode": code, "IsSuccess": False, "Errors": errors, "SuccessEntitys": [],
                                          "SuccessMessages": [], "MsgCode": number}}}  # fmt: skip


def described(form: Form) -> Reply:
    """The description of a form: its head, and the fields in it."""
    fields = [{"Key": key, "Name": [{"Key": 2052, "Value": key}], "MustInput": 0} for key in form.keys]
    head = {"Key": "FBillHead", "ParentKey": None, "Name": [], "Fields": fields}
    return Reply(
        {"Result": {"ResponseStatus": {"IsSuccess": True, "Errors": []}, "NeedReturnData": {"Entrys": [head]}}}
    )


def signed(asked: Asked) -> bool:
    """Whether both signatures of a request are right."""
    head = asked.headers
    half = base64.b64decode(APP_ID.partition("_")[2])
    key = base64.b64encode(bytes(half[at] ^ VEIL[at] for at in range(len(half)))).decode()
    text = (
        f"POST\n{quote(asked.path, safe='').replace('/', '%2F')}\n\nx-api-nonce:{head['x-api-nonce']}\n"
        f"x-api-timestamp:{head['x-api-timestamp']}\n"
    )
    caller = base64.b64decode(head["x-kd-appdata"]).decode()
    return (
        head["x-kd-appkey"] == APP_ID
        and caller.startswith(f"{DATA_CENTRE},")
        and hmac.compare_digest(head["x-api-signature"], _mac(text, key))
        and hmac.compare_digest(head["x-kd-signature"], _mac(APP_ID + caller, APP_SECRET))
    )


def _mac(text: str, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().encode()).decode()


def stocked(day: date) -> dict[str, Form]:
    """The forms of a made-up company, some keys spelled as some installations do. `day`: today there."""
    past, future = f"{day - timedelta(days=80)}T00:00:00", f"{day + timedelta(days=9)}T00:00:00"
    own, other = {"FNumber": "100"}, {"FNumber": "200"}

    def order(number: int, made: str, who: dict[str, str], **more: str) -> dict[str, Any]:
        made_of = {"FID": number, "FBillNo": f"XSDD{number:06}", "FDate": made, "FSaleOrgId.FNumber": who["FNumber"]}
        return {**made_of, "FDocumentStatus": "C", "FCloseStatus": "A", **more}

    def bought(record: dict[str, Any]) -> dict[str, Any]:
        renamed = {**record, "FPurchaseOrgId.FNumber": record["FSaleOrgId.FNumber"]}
        del renamed["FSaleOrgId.FNumber"]
        return renamed

    def stock(
        number: int, item: str, quantity: float | None, warehouse: str = "CK001", whose: str = "100"
    ) -> dict[str, Any]:
        return {
            "FID": f"id-{number}",
            "FSTOCKID.FNumber": warehouse,
            "FSTOCKID.FName": "原材料仓",
            "FBASEQTY": quantity,
            "FMaterialId.FNumber": item,
            "FMaterialId.FName": "深沟球轴承",
            "FMaterialId.FSpecification": "6204-ZZ",
            "FBaseUnitId.FName": "套",
            "FStockOrgId.FNumber": whose,
        }

    def voucher(number: int, posted: str, debit: str = "10.00", invalid: str = "0") -> dict[str, Any]:
        return {
            "FVOUCHERID": number,
            "FYEAR": 2026,
            "FPERIOD": 7,
            "FDATE": past,
            "FPosted": posted,
            "FInvalid": invalid,
            "FBillNo": f"PZ{number}",
            "FDEBITTOTAL": debit,
            "FCREDITTOTAL": "10.00",
            "FACCBOOKORGID.FNumber": "100",
        }

    orders = [
        order(1, past, own),
        order(2, future, own),
        order(3, past, other),
        order(4, past, own, FDocumentStatus="B"),
    ]
    orders += [order(5, past, own, FCloseStatus="B")]
    order_keys = ["FBillNo", "FDate", "FSaleOrgId", "FDocumentStatus", "FCloseStatus"]
    names = ["FNumber", "FName", "FForbidStatus", "FUseOrgId"]
    return {
        "ORG_Organizations": Form(["FNumber", "FName", "FForbidStatus"], "FOrgID", [
            {"FNumber": "100", "FName": "示例机械有限公司", "FForbidStatus": "A"},
            {"FNumber": "200", "FName": "示例机械（苏州）", "FForbidStatus": "A"},
            {"FNumber": "900", "FName": "已停用", "FForbidStatus": "B"},
        ]),
        "SEC_User": Form(["FName", "FForbidStatus", "FUserAccount"], "FUserID", [
            {"FUserID": 16394, "FName": "Administrator", "FForbidStatus": "A", "FUserAccount": "Administrator"},
            {"FUserID": 100001, "FName": "周晓明", "FForbidStatus": "A", "FUserAccount": "zhouxm"},
            {"FUserID": 100002, "FName": "田志强", "FForbidStatus": "B", "FUserAccount": "tianzq"},
        ]),
        "SEC_UserRole": Form(["FUserName", "FRoleName", "FRoleID"], "FID", [
            {"FID": 1, "FUserName": "周晓明", "FRoleName": "会计", "FRoleID": "KJ"},
            {"FID": 2, "FUserName": "周晓明", "FRoleName": "仓管员", "FRoleID": "CG"},
        ]),
        "BOS_OperateLog": Form(["FUSERID", "FDATETIME", "FENVIRONMENT"], "FID", [
            {"FID": back, "FUSERID.FName": "周晓明", "FDATETIME": f"{day - timedelta(days=back)}T08:00:00",
             "FENVIRONMENT": what} for back, what in ((3, "0"), (2, "0"), (1, "3"))
        ]),
        "STK_Inventory": Form(["FSTOCKID", "FMaterialId", "FBASEQTY", "FBaseUnitId", "FStockOrgId"], "FID", [
            stock(1, "BRG-6204", -3.5), stock(2, "BRG-6204", -1.0), stock(3, "BRG-6205", 20.0), stock(4, "OIL", None),
            stock(5, "PAPER", -2.0, whose="200"),
        ]),
        "GL_VOUCHER": Form(
            ["FYEAR", "FPERIOD", "FDATE", "FPosted", "FInvalid", "FBillNo", "FDEBITTOTAL", "FCREDITTOTAL",
             "FACCBOOKORGID"],
            "FVOUCHERID",
            [voucher(1, "0"), voucher(2, "0"), voucher(3, "1"), voucher(4, "0", invalid="1"), voucher(5, "1", "12.50")],
        ),
        "BD_AccountBook": Form(["FNumber", "FAccountOrgID", "FCURRENTYEAR", "FCURRENTPERIOD"], "FBOOKID", [
            {"FBOOKID": 1, "FNumber": "001", "FAccountOrgID.FNumber": "100", "FCURRENTYEAR": day.year,
             "FCURRENTPERIOD": 3},
        ]),
        "SAL_SaleOrder": Form(order_keys, "FID", orders),
        "PUR_PurchaseOrder": Form([key.replace("Sale", "Purchase") for key in order_keys], "FID", [bought(orders[0])]),
        "AR_Receivable": Form(["FBillNo", "FDATE", "FSETTLEORGID", "FDOCUMENTSTATUS"], "FID", [
            {"FID": at, "FBillNo": f"AR0000000{at}", "FDATE": f"{past}T00:00:00", "FSETTLEORGID.FNumber": "200",
             "FDOCUMENTSTATUS": state} for at, state in ((1, "B"), (2, "C"))
        ]),
        "BD_MATERIAL": Form([*names, "FSpecification", "FBaseUnitId", "FREFCOST"], "FMATERIALID", [
            {"FNumber": f"BRG-{at}", "FName": "深沟球轴承", "FSpecification": "6204-ZZ" if at < 3 else "6205",
             "FForbidStatus": "A", "FUseOrgId.FNumber": "100", "FBaseUnitId": 0 if at == 3 else 10101,
             "FREFCOST": 0 if at < 3 else 3.2} for at in range(1, 4)
        ]),
        "BD_Customer": Form(names, "FCUSTID", [
            {"FNumber": "C1", "FName": "示例贸易", "FForbidStatus": "A", "FUseOrgId.FNumber": "100"},
            {"FNumber": "C2", "FName": "示例贸易", "FForbidStatus": "B", "FUseOrgId.FNumber": "100"},
        ]),
        "BD_Supplier": Form([*names, "FSOCIALCRECODE"], "FSupplierId", [
            {"FNumber": f"V{at}", "FName": f"示例物资{at}", "FForbidStatus": "A", "FUseOrgId.FNumber": "100",
             "FSOCIALCRECODE": code} for at, code in ((1, "91320500000000000X"), (2, ""))
        ]),
    }  # fmt: skip


def serving(galaxy: Galaxy, **change: Any) -> HttpCounterpart:
    """The server that is this Galaxy."""
    return HttpCounterpart(galaxy, **change)
