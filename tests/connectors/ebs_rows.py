"""Rows of an E-Business Suite, in tables and columns with the names that public programs for it use."""

from typing import Any

import pytest

from connectors.ask import Request
from tests.connectors.oracle_standin import Standin, oracle_request, today

YESTERDAY, LAST_MONTH = 1.0, 33.0


def planted() -> dict[str, list[dict[str, Any]]]:
    """Table -> its rows, with a fault of every kind."""
    return {
        "fnd_user": [
            _user(1, "SYSADMIN", "系统管理员", last=today(1)),
            _user(2, "WANGKJ", "王会计", last=today(200)),
            _user(3, "LICN", "李出纳", last=None, end=today(30)),
        ],
        "fnd_user_resp_groups": [_held(1, 20420), _held(1, 20420), _held(2, 20434), _held(2, 20420, end=today(9))],
        "fnd_responsibility_vl": [
            _responsibility(20420, "SYSTEM_ADMINISTRATOR", "System Administrator"),
            _responsibility(20434, "GENERAL_LEDGER_SUPER_USER", "General Ledger Super User"),
        ],
        "fnd_concurrent_programs_tl": [
            {"application_id": 101, "concurrent_program_id": number, "language": language,
             "user_concurrent_program_name": name}
            for number, names in ((7, ("Posting", "过账")), (8, ("Journal Import", "日记账导入")))
            for language, name in zip(("US", "ZHS"), names, strict=True)
        ],
        "fnd_concurrent_requests": [
            *(_request(number, 7, "C", "C", begun=9 - number) for number in (3, 4, 5)),
            _request(6, 7, "C", "E", begun=0.5),
            _request(7, 8, "C", "E", begun=0.5),
            _request(8, 8, "R", "R", begun=0.25, lasting=None),
            _request(9, 8, "P", "I", begun=None, wanted=0.5),
            _request(10, 8, "P", "I", begun=None, wanted=0.5, held="Y"),
        ],
        "mtl_parameters": [{"organization_id": 204, "organization_code": "V1"}],
        "mtl_system_items_b": [
            {"inventory_item_id": number, "organization_id": 204, "segment1": code, "description": name,
             "primary_uom_code": "Ea"}
            for number, code, name in ((149, "AS54888", "台式机"), (155, "CM13139", "硬盘"))
        ],
        "mtl_onhand_quantities_detail": [_on_hand(149, 5), _on_hand(149, -12), _on_hand(155, 3)],
        "gl_je_headers": [
            _entry(1001, "采购发票", "P", 100, 100),
            _entry(1002, "手工凭证", "U", 100, 90),
            _entry(1003, "预算", "U", 1, 1, kind="B"),
        ],
        "gl_period_statuses": [
            _status(application, begun, state)
            for application, begun, state in (
                (101, LAST_MONTH, "C"), (101, LAST_MONTH, "O"), (200, LAST_MONTH, "C"), (200, LAST_MONTH, "P"),
                (222, LAST_MONTH, "N"),
            )
        ],
        "wf_notifications": [
            _notice(501, "REQAPPRV", "PO_REQ_APPROVE", "OPEN"),
            _notice(502, "REQAPPRV", "PO_REQ_APPROVED", "OPEN"),
            _notice(503, "REQAPPRV", "PO_REQ_APPROVE", "CLOSED"),
        ],
        "wf_message_attributes": [
            {"message_type": "REQAPPRV", "message_name": "PO_REQ_APPROVE", "subtype": "RESPOND"},
            {"message_type": "REQAPPRV", "message_name": "PO_REQ_APPROVED", "subtype": "SEND"},
        ],
    }  # fmt: skip


def _user(number: int, login: str, name: str, *, last: float | None, end: float | None = None) -> dict[str, Any]:
    return {"user_id": number, "user_name": login, "description": name, "start_date": today(900), "end_date": end,
            "last_logon_date": last}  # fmt: skip


def _held(user: int, responsibility: int, end: float | None = None) -> dict[str, Any]:
    return {"user_id": user, "responsibility_id": responsibility, "responsibility_application_id": 1, "end_date": end}


def _responsibility(number: int, key: str, name: str) -> dict[str, Any]:
    return {"responsibility_id": number, "application_id": 1, "responsibility_key": key, "responsibility_name": name,
            "end_date": None}  # fmt: skip


def _request(
    number: int, program: int, phase: str, status: str, *, begun: float | None, wanted: float = 10,
    lasting: float | None = 0.01, held: str = "N",
) -> dict[str, Any]:  # fmt: skip
    start = None if begun is None else today(begun)
    end = None if start is None or lasting is None else start + lasting
    return {
        "request_id": number, "program_application_id": 101, "concurrent_program_id": program, "phase_code": phase,
        "status_code": status, "hold_flag": held, "requested_by": 2, "requested_start_date": today(wanted),
        "actual_start_date": start, "actual_completion_date": end,
    }  # fmt: skip


def _on_hand(item: int, quantity: int) -> dict[str, Any]:
    return {"organization_id": 204, "subinventory_code": "Stores", "inventory_item_id": item,
            "primary_transaction_quantity": quantity}  # fmt: skip


def _entry(number: int, name: str, status: str, debits: int, credits: int, kind: str = "A") -> dict[str, Any]:
    return {
        "je_header_id": number, "name": name, "actual_flag": kind, "status": status,
        "default_effective_date": today(YESTERDAY), "running_total_accounted_dr": debits,
        "running_total_accounted_cr": credits,
    }  # fmt: skip


def _status(application: int, begun: float, state: str) -> dict[str, Any]:
    return {"application_id": application, "start_date": today(begun), "end_date": today(begun - 1),
            "closing_status": state, "adjustment_period_flag": "N"}  # fmt: skip


def _notice(number: int, kind: str, message: str, status: str) -> dict[str, Any]:
    return {"notification_id": number, "message_type": kind, "message_name": message, "recipient_role": "WANGKJ",
            "status": status, "begin_date": today(4)}  # fmt: skip


@pytest.fixture
def ebs_server(oracle_server: Standin) -> Standin:
    """The stand-in with a suite in it."""
    oracle_server.views |= planted()
    return oracle_server


def ebs_request(server: Standin, **change: Any) -> Request:
    """A question to the suite that the database carries."""
    return oracle_request(server, kind="oracle_ebs", **change)
