"""A small Frappe site for the tests, written from Frappe's public documents: a token, documents in pages, statuses.

Twenty rows make a page unless more are asked for; a page of none has all. A child table wants its parent named. What a
role does not allow is a 403, an unknown document type a 404, an unknown field a 417.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from tests.connectors.http_counterpart import Asked, Outcome, Reply

KEY, SECRET = "4f6d1c0a9b2e7d3", "correct-horse-7"
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime.now(ZONE)
COMPANY = "演示贸易有限公司"
Row = dict[str, Any]


def ago(days: float, text: str = "%Y-%m-%d %H:%M:%S.%f") -> str:
    """A moment some days back as Frappe writes it, in the site's zone."""
    return f"{NOW - timedelta(days=days):{text}}"


def date_ago(days: float) -> str:
    """A date some days back."""
    return ago(days, "%Y-%m-%d")


BALANCES = {"1403 - YS": 400.0, "1405 - YS": 600.0}


def documents() -> dict[str, list[Row]]:
    """A company with every fault that is looked for."""
    order = {"docstatus": 1, "company": COMPANY}
    return {
        "Company": [{"name": COMPANY, "enable_perpetual_inventory": 1, "default_currency": "CNY"}],
        "User": [
            {"name": "Administrator", "full_name": "管理员", "enabled": 1, "user_type": "System User",
             "last_login": ago(1)},
            {"name": "zhouxm@example.com", "full_name": "周晓明", "enabled": 1, "user_type": "System User",
             "last_login": None},
            {"name": "kunde@example.com", "full_name": "网站客户", "enabled": 1, "user_type": "Website User",
             "last_login": None},
        ],
        "Has Role": [
            {"name": "a", "parent": "zhouxm@example.com", "parenttype": "User", "role": "System Manager"},
            {"name": "b", "parent": "zhouxm@example.com", "parenttype": "User", "role": "Accounts User"},
            {"name": "c", "parent": "某页面", "parenttype": "Page", "role": "Guest"},
        ],
        "Warehouse": [{"name": "成品仓 - YS", "company": COMPANY}, {"name": "别家 - BJ", "company": "别家"}],
        "Bin": [
            {"name": "1", "item_code": "BRG-6204", "warehouse": "成品仓 - YS", "actual_qty": -3.0, "stock_uom": "个",
             "stock_value": -9.5},
            {"name": "2", "item_code": "SCR-M6", "warehouse": "成品仓 - YS", "actual_qty": 9.0, "stock_uom": "个",
             "stock_value": 1000.0},
            {"name": "3", "item_code": "SCR-M6", "warehouse": "别家 - BJ", "actual_qty": -1.0, "stock_uom": "个",
             "stock_value": -7.0},
        ],
        "Account": [
            {"name": name, "company": company, "account_type": kind, "is_group": group}
            for name, company, kind, group in (
                ("1403 - YS", COMPANY, "Stock", 0), ("1405 - YS", COMPANY, "Stock", 0),
                ("14 - YS", COMPANY, "Stock", 1),
                ("1002 - YS", COMPANY, "Bank", 0), ("1405 - BJ", "别家", "Stock", 0),
            )
        ],
        "Item": [
            {"name": "BRG-6204", "item_name": "深沟球轴承 6204"}, {"name": "SCR-M6", "item_name": "内六角螺丝 M6"},
        ],
        "Journal Entry": [
            {"name": "JV-1", "posting_date": date_ago(40), "docstatus": 0, "difference": 0.0, "company": COMPANY},
            {"name": "JV-2", "posting_date": date_ago(9), "docstatus": 1, "difference": -0.5, "company": COMPANY},
        ],
        "Accounting Period": [
            {"name": "旧", "start_date": date_ago(400), "end_date": date_ago(70), "company": COMPANY, "disabled": 0},
        ],
        "Period Closing Voucher": [
            {"name": "PCV-1", "docstatus": 1, "company": COMPANY, "transaction_date": date_ago(95)},
        ],
        "GL Entry": [
            {"name": "g", "voucher_no": "JV-9", "posting_date": date_ago(-20), "is_cancelled": 0, "company": COMPANY},
            {"name": "h", "voucher_no": "JV-9", "posting_date": date_ago(-20), "is_cancelled": 0, "company": COMPANY},
        ],
        "Scheduled Job Type": [
            {"name": "queue.flush", "method": "frappe.email.queue.flush", "stopped": 0, "last_execution": ago(0.01)},
            {"name": "reorder", "method": "erpnext.stock.reorder_item", "stopped": 0, "last_execution": ago(2)},
        ],
        "Scheduled Job Log": [
            {"name": "l1", "scheduled_job_type": "reorder", "status": "Complete", "creation": ago(0.9)},
            {"name": "l2", "scheduled_job_type": "reorder", "status": "Failed", "creation": ago(0.5)},
            {"name": "l3", "scheduled_job_type": "queue.flush", "status": "Start", "creation": ago(0.3)},
        ],
        "RQ Job": [
            {"name": "r1", "queue": "long", "status": "started", "job_name": "erpnext.stock.repost",
             "creation": ago(0.4), "started_at": ago(0.3)},
            {"name": "r2", "queue": "default", "status": "failed", "job_name": "send", "creation": ago(1),
             "started_at": None},
            {"name": "r3", "queue": "default", "status": "queued", "job_name": "send", "creation": ago(0.01),
             "started_at": None},
            {"name": "r4", "queue": "short", "status": "finished", "job_name": "x", "creation": ago(2),
             "started_at": ago(2)},
        ],
        "Installed Application": [
            {"name": "x1", "idx": 1, "app_name": "frappe", "app_version": "15.40.1", "git_branch": "version-15"},
            {"name": "x2", "idx": 2, "app_name": "erpnext", "app_version": "15.38.0", "git_branch": ""},
        ],
        "Error Log": [
            {"name": "e1", "method": "erpnext.stock.reorder_item", "creation": ago(0.5)},
            {"name": "e2", "method": "erpnext.stock.reorder_item", "creation": ago(0.2)},
            {"name": "e3", "method": "客户 hunter2-hunter2 的付款失败", "creation": ago(0.1)},
            {"name": "e4", "method": "old", "creation": ago(5)},
        ],
        "Workflow Action": [
            {"name": "w1", "reference_doctype": "Purchase Order", "reference_name": "PO-7", "status": "Open",
             "creation": ago(6), "user": "boss@example.com", "workflow_state": "待批"},
            {"name": "w2", "reference_doctype": "Purchase Order", "reference_name": "PO-7", "status": "Open",
             "creation": ago(5), "user": "deputy@example.com", "workflow_state": "待批"},
            {"name": "w3", "reference_doctype": "Purchase Order", "reference_name": "PO-6", "status": "Completed",
             "creation": ago(6), "user": None, "workflow_state": "已批"},
        ],
        "Activity Log": [
            {"name": f"a{n}", "operation": "Login", "status": "Failed", "creation": ago(0.01)} for n in range(30)
        ],
        "Integration Request": [
            {"name": "i1", "status": "Failed", "creation": ago(0.2)},
            {"name": "i2", "status": "Queued", "creation": ago(0)},
        ],
        "Email Queue": [{"name": "m1", "status": "Sent", "creation": ago(0)}],
        "Customer": [
            {"name": name, "tax_id": number, "customer_type": kind, "disabled": 0}
            for name, number, kind in (
                ("甲", "91TEST1", "Company"), ("乙", "91TEST1 ", "Company"), ("丙", "", "Company"),
                ("丁小姐", None, "Individual"),
            )
        ],
        "Supplier": [{"name": "丁", "tax_id": "91TEST2", "supplier_type": "Company", "disabled": 0}],
        "Sales Order": [
            {"name": "SO-1", "transaction_date": date_ago(100), "status": "To Deliver", **order},
            {"name": "SO-2", "transaction_date": date_ago(100), "status": "Completed", **order},
        ],
        "Purchase Order": [{"name": "PO-1", "transaction_date": date_ago(3), "status": "To Receive", **order}],
        "Sales Invoice": [{"name": "SI-1", "due_date": date_ago(80), "outstanding_amount": 12.5, **order}],
    }  # fmt: skip


@dataclass
class ERPNextCounterpart:
    """One site and the user of one key. `barred` document types are a 403, `hidden` fields are unknown."""

    data: dict[str, list[Row]] = field(default_factory=documents)
    barred: set[str] = field(default_factory=set)
    writable: set[str] = field(default_factory=set)
    hidden: dict[str, set[str]] = field(default_factory=dict)
    limits: dict[str, list[Row]] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = (("X-RateLimit-Limit", "6000"), ("X-RateLimit-Remaining", "1500"))

    def __call__(self, asked: Asked) -> Outcome:
        basic = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if asked.headers.get("authorization") not in (f"token {KEY}:{SECRET}", f"Basic {basic}"):
            return self._error(401, "AuthenticationError")
        if asked.method != "GET":
            return self._error(403, "PermissionError")
        if found := re.fullmatch(r"/api/method/([\w.]+)", asked.path):
            return self._method(found[1], asked)
        if found := re.fullmatch(r"/api/resource/([^/]+)", asked.path):
            return self._resource(unquote(found[1]), asked)
        return self._error(404, "DoesNotExistError")

    def _error(self, status: int, name: str) -> Reply:
        return Reply({"exc_type": name, "exception": "hunter2-hunter2"}, status, self.headers)

    def _method(self, name: str, asked: Asked) -> Outcome:
        if name == "frappe.auth.get_logged_user":
            return Reply({"message": "reader@example.com"}, headers=self.headers)
        if name == "frappe.utils.change_log.get_versions":
            return Reply({"message": {"frappe": {"version": "15.40.1"}, "erpnext": {"version": "15.38.0"}}})
        if name == "frappe.core.doctype.user_permission.user_permission.get_user_permissions":
            return Reply({"message": self.limits})
        if name == "erpnext.accounts.utils.get_balance_on":
            return Reply({"message": BALANCES[asked.query["account"]]}, headers=self.headers)
        if name == "frappe.client.has_permission":
            may = asked.query["doctype"] in self.writable or asked.query["perm_type"] == "read"
            return Reply({"message": {"has_permission": may}})
        return self._error(403, "PermissionError")

    def _resource(self, doctype: str, asked: Asked) -> Outcome:
        if doctype not in self.data:
            return self._error(404, "DoesNotExistError")
        parent = {"Has Role": "User", "Installed Application": "Installed Applications"}.get(doctype)
        if doctype in self.barred or asked.query.get("parent") != parent:
            return self._error(403, "PermissionError")
        rows = self.data[doctype]
        known = {name for row in rows for name in row} - self.hidden.get(doctype, set())
        fields = json.loads(asked.query.get("fields", '["name"]'))
        filters = json.loads(asked.query.get("filters", "[]"))
        if isinstance(filters, dict):
            filters = [[name, "=", value] for name, value in filters.items()]
        # The last three parts: a filter may name the document type first.
        if not {*fields, *(one[-3] for one in filters)} <= known:
            return self._error(417, "DataError")
        found = [row for row in rows if all(_fits(row, one) for one in filters)]
        start = int(asked.query.get("limit_start", 0))
        size = int(asked.query.get("limit_page_length", 20))
        page = found[start : start + size] if size else found[start:]
        return Reply({"data": [{name: row.get(name) for name in fields} for row in page]}, headers=self.headers)


def _fits(row: Row, one: list[Any]) -> bool:
    name, compare, wanted = one[-3:]
    value = row.get(name)
    if compare == "is":
        return bool(value) is (wanted == "set")
    if compare in ("in", "not in"):
        return bool((value in wanted) == (compare == "in"))
    if compare == "=":
        return bool(value == wanted)
    if compare == "!=":
        return bool(value != wanted)
    ways = {"<": value < wanted, ">": value > wanted, ">=": value >= wanted} if value is not None else {}
    return bool(ways.get(compare, False))
