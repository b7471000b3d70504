"""Orders, partners and approvals of a U8 fixture; healthy unless faults are ordered."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from service_desk.running.demo.fixture_files import Rows

if TYPE_CHECKING:
    from service_desk.running.demo.u8_fixture import Faults

VENDORS = (("V001", "示例钢材供应站"), ("V002", "示例标准件经营部"), ("V003", "示例包装材料行"))
CUSTOMERS = (("C001", "示例电机厂"), ("C002", "示例家电配件公司"), ("C003", "示例工具商行"))


def rows(faults: "Faults", now: datetime) -> Rows:
    """Rows of the account set's tables."""
    vendors = [
        *VENDORS,
        *((f"V9{number:02d}", f"{VENDORS[0][1]}（{number}）") for number in range(faults.double_vendors)),
    ]
    return {
        "Customer": [_customer(code, name, at) for at, (code, name) in enumerate(CUSTOMERS)],
        "Vendor": [_vendor(code, name, at if at < len(VENDORS) else 0) for at, (code, name) in enumerate(vendors)],
        "SO_SOMain": _orders(faults, now),
        "PO_Pomain": [
            {"POID": 1, "cPOID": "CG0001", "dPODate": now - timedelta(days=20), "cVenCode": "V001", "cMaker": "刘伟明",
             "cVerifier": "陈会英"}
        ],
        "DispatchList": [
            {"DLID": 1, "cDLCode": "FH0001", "dDate": now - timedelta(days=3), "cCusCode": "C001", "cMaker": "刘伟明",
             "cVerifier": "陈会英"}
        ],
        "Person": [
            {"cPersonCode": "P01", "cPersonName": "陈会英", "dPValidDate": now - timedelta(days=900)},
            {"cPersonCode": "P02", "cPersonName": "刘伟明", "dPValidDate": now - timedelta(days=700)},
        ],
        "UserHrPersonContro": [{"cUser_Id": "chenhy", "cPsn_Num": "P01"}, {"cUser_Id": "liuwm", "cPsn_Num": "P02"}],
        "Table_Task": _tasks(faults, now),
    }  # fmt: skip


def _customer(code: str, name: str, at: int) -> Mapping[str, Any]:
    return {
        "cCusCode": code,
        "cCusName": name,
        "cCusRegCode": f"91330000MA00CUS{at:02d}",
        "cCusAccount": f"3301{at:06d}",
    }


def _vendor(code: str, name: str, at: int) -> Mapping[str, Any]:
    return {
        "cVenCode": code,
        "cVenName": name,
        "cVenRegCode": f"91330000MA00VEN{at:02d}",
        "cVenAccount": f"3302{at:06d}",
    }


def _orders(faults: "Faults", now: datetime) -> list[Mapping[str, Any]]:
    dated: list[tuple[str, int, str | None]] = [(f"XS{number:04d}", 10 * number, "陈会英") for number in range(1, 13)]
    dated += [(f"XS9{number:03d}", 75 + 11 * number, None) for number in range(faults.old_orders)]
    dated += [(f"XS8{number:03d}", -200, None) for number in range(faults.future_documents)]
    return [
        {"ID": at, "cSOCode": code, "dDate": now - timedelta(days=days), "cCusCode": "C001", "cMaker": "刘伟明",
         "cVerifier": "陈会英", "cCloser": closer}
        for at, (code, days, closer) in enumerate(dated, 1)
    ]  # fmt: skip


def _tasks(faults: "Faults", now: datetime) -> list[Mapping[str, Any]]:
    done = {"cTK_ID": "T1", "cTK_Name": "采购订单 CG0001", "cTK_State": 2, "cTaskType": 1, "cUserID": "chenhy",
            "cVoucherID": "1", "cVoucherType": "88", "cCreateTime": now - timedelta(days=20)}  # fmt: skip
    if faults.approval_days is None:
        return [done]
    waits = {"cTK_ID": "T2", "cTK_Name": "采购订单 CG0002", "cTK_State": 0, "cVoucherID": "2",
             "cCreateTime": now - timedelta(days=faults.approval_days)}  # fmt: skip
    return [done, done | waits]
