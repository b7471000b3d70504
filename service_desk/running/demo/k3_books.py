"""Rights, bills and partners of a K/3 fixture; healthy unless faults are ordered."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from service_desk.running.demo.fixture_files import Rows

if TYPE_CHECKING:
    from service_desk.running.demo.k3_fixture import Faults

VOUCHER, BILL = (2, 1), (3, 21)
MAKE, AUDIT, POST = 1, 2, 4
VENDORS = ("示例轴承钢厂", "示例润滑油行", "示例纸品厂")


def rows(faults: "Faults", now: datetime, numbers: Mapping[str, int]) -> Rows:
    """Rows of the account set's tables. `numbers`: login -> number of the user."""
    held = [
        (numbers["郭晓梅"], VOUCHER, MAKE),
        (numbers["何建国"], BILL, MAKE),
        (numbers["马丽"], VOUCHER, AUDIT | POST),
    ]
    held += [(numbers[login], VOUCHER, MAKE | AUDIT) for login in faults.conflicts]
    vendors = [(name, at) for at, name in enumerate(VENDORS)]
    vendors += [(f"{VENDORS[0]}（{number}）", 0) for number in range(faults.double_vendors)]
    return {
        "t_AccessControl": [
            {"FUserID": user, "FObjectType": kind, "FObjectID": number, "FAccessType": 0, "FAccessMask": mask}
            for user, (kind, number), mask in held
        ],
        "t_ObjectType": [
            {"FObjectType": kind, "FObjectID": number, "FName": name}
            for (kind, number), name in ((VOUCHER, "凭证"), (BILL, "销售出库单"))
        ],
        "t_ObjectAccessType": [
            {"FObjectType": kind, "FObjectID": number, "FIndex": bit, "FAccessMask": bit, "FName": name}
            for kind, number in (VOUCHER, BILL)
            for bit, name in ((MAKE, "录入"), (AUDIT, "审核"), (POST, "过账"))
        ],
        "t_GroupAccessType": [{"FGroupID": 4, "FSubSys": "GL", "FAccess": "凭证查询", "FMask": 1}],
        "t_Organization": [
            {"FItemID": 700, "FNumber": "C01", "FName": "示例风机厂", "FTaxNum": "91330000MA00ORG01", "FDeleted": 0}
        ],
        "t_Supplier": [
            {"FItemID": 800 + at, "FNumber": f"V{at:02d}", "FName": name, "FTaxNum": f"91330000MA00SUP{number:02d}",
             "FAccount": f"3301{at:06d}", "FDeleted": 0}
            for at, (name, number) in enumerate(vendors)
        ],
        "ICStockBill": _bills(faults, now),
    }  # fmt: skip


def _bills(faults: "Faults", now: datetime) -> list[Mapping[str, Any]]:
    bills: list[tuple[str, int, int, float | None]] = [
        (f"XOUT{number:06d}", 7 * number, 1, None) for number in range(1, 9)
    ]
    bills += [(f"XOUT9{number:05d}", 80 + number, 0, None) for number in range(faults.old_bills)]
    if faults.approval_days is not None:
        bills.append(("XOUT800001", 12, 0, faults.approval_days))
    return [
        {"FInterID": at, "FTranType": 21, "FBillNo": number, "FDate": now - timedelta(days=days), "FStatus": status,
         "FCancellation": 0, "FBillerID": 16402, "FCurCheckLevel": 0 if waits is None else 1,
         "FMultiCheckDate1": None if waits is None else now - timedelta(days=waits)}
        for at, (number, days, status, waits) in enumerate(bills, 1)
    ]  # fmt: skip
