"""Fixture databases of a Kingdee K/3 installation: real table and column names, made-up content, faults on order.

`build` writes one SQLite file for each database of the installation (master, msdb, KDAcctDB, AIS…). It always gives the
same content for the same arguments; ages are counted from `now`, so a demo builds anew at each start.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from service_desk.running.demo import fixture_files, k3_books
from service_desk.running.demo.fixture_files import Rows, months_back
from service_desk.running.demo.server_fixture import HEALTHY, Site, Troubles, inside, write_server

ITEMS = (
    ("01.01.001", "轴承钢", "GCr15 Φ20"),
    ("01.01.002", "不锈钢带", "304 0.5mm"),
    ("01.02.001", "轴承保持架", "6204"),
    ("02.01.001", "深沟球轴承", "6204-ZZ"),
    ("02.01.002", "深沟球轴承", "6205-2RS"),
    ("03.01.001", "防锈油", "20L"),
    ("03.01.002", "气相防锈纸", "1m×200m"),
)
WAREHOUSES = (("01", "原材料仓"), ("02", "成品仓"))
# Number, login, employee, forbidden.
USERS = (
    (16394, "Administrator", None, 0),
    (16401, "郭晓梅", "郭晓梅", 0),
    (16402, "何建国", "何建国", 0),
    (16403, "马丽", "马丽", 0),
    (16404, "田志强", "田志强", 1),
)
MODULES = ("GL", "AR", "AP", "IC")
FIRST_LEAVER = 16420
STOCK_ACCOUNT = 1405


@dataclass(frozen=True, kw_only=True)
class Company:
    """One account set 账套 of the installation."""

    code: str = "01.01"
    name: str = "示例轴承有限公司"
    database: str = "AIS20240103090000"


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What is wrong in the fixture. The defaults are a healthy installation.

    `negative_stock`: items below zero in each account set. `unposted_days`: age of the oldest unposted voucher of an
    earlier month. `leavers`: (login, days since the employee left) of users who are still enabled.
    `full_backup_hours`: age of the last full backup of the business databases, None = never made. `stuck_task_hours`:
    age of a function left open. `writable_login`: the login may change data. `hidden`: the server hides databases and
    logins from it. `behind_months`: how many months too late the ledger stands. `server`: what is wrong with the SQL
    Server under it. `approval_days`: how long a bill has waited for its next level. `unbalanced`: vouchers that do not
    balance. `double_vendors`: vendors with another's tax number. `old_bills`: bills that nobody audited for months.
    `conflicts`: users who enter vouchers and audit them, too. `stock_gap`: by how much the ledger has more than the
    stock's own books. `virtual_below`: items below zero in a virtual warehouse.
    """

    negative_stock: int = 0
    unposted_days: int | None = None
    leavers: tuple[tuple[str, int], ...] = ()
    full_backup_hours: float | None = 8
    stuck_task_hours: float | None = None
    writable_login: bool = False
    hidden: bool = False
    behind_months: int = 0
    server: Troubles = HEALTHY
    approval_days: float | None = None
    unbalanced: int = 0
    double_vendors: int = 0
    old_bills: int = 0
    conflicts: tuple[str, ...] = ()
    stock_gap: int = 0
    virtual_below: int = 0


def build(
    folder: Path,
    faults: Faults = Faults(),
    now: datetime | None = None,
    *,
    companies: tuple[Company, ...] = (Company(),),
    control: str | None = "KDAcctDB",
    seed: int = 3,
) -> None:
    """Write the databases of one installation into a folder; files of an earlier build there are replaced.

    `now`: the aware moment that ages count back from; default this moment. `control`: the database that lists the
    account sets, AcctCtl in KIS, None before K/3 13.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    fixture_files.clear(folder)
    random_numbers = random.Random(seed)  # noqa: S311 - plausible content, not a secret
    tables = fixture_files.dictionary("kingdee_k3")
    sets = [company.database for company in companies]
    names = [*([control] if control else []), *sets]
    troubles = replace(faults.server, writable_login=faults.writable_login, hidden=faults.hidden)
    site = Site(names=names, logged=sets, full_hours=faults.full_backup_hours, now=moment, troubles=troubles)
    if control:
        fixture_files.write(
            folder / f"{control}.sqlite", tables["control"], {**_control(companies), **inside(site, ())}
        )
    for company in companies:
        rows = {
            **_people(faults, moment),
            **_stock(faults, random_numbers),
            **_ledger(faults, moment, random_numbers),
            **_tasks(faults, moment),
            **k3_books.rows(faults, moment, {login: number for number, login, *_ in USERS}),
            **inside(site, ("t_Voucher", "ICStockBill", "t_Log")),
        }
        fixture_files.write(folder / f"{company.database}.sqlite", tables["account_set"], rows)
    write_server(folder, site)


def _control(companies: tuple[Company, ...]) -> Rows:
    return {
        "t_ad_kdAccount_gl": [
            {"FAcctID": number, "FAcctNumber": one.code, "FAcctName": one.name, "FDBName": one.database}
            for number, one in enumerate(companies, 1)
        ]
    }


def _people(faults: Faults, now: datetime) -> Rows:
    """Users, the employees behind them, their groups and what they did last. A date never filled in is 1900-01-01."""
    employees = [
        (number, name, date(1900, 1, 1) if not gone else now.date() - timedelta(days=90))
        for number, _, name, gone in USERS
        if name
    ]
    people = [(number, login, gone, number if name else 0) for number, login, name, gone in USERS]
    for number, (login, days) in enumerate(faults.leavers, FIRST_LEAVER):
        employees.append((number, login, now.date() - timedelta(days=days)))
        people.append((number, login, 0, number))
    return {
        "t_User": [
            {"FUserID": number, "FName": login, "FForbidden": gone, "FEmpID": employee, "FSID": "*", "FPrimaryGroup": 0}
            for number, login, gone, employee in people
        ],
        "t_Emp": [
            {"FItemID": number, "FNumber": f"{number}", "FName": name, "FLeaveDate": left, "FDeleted": 0}
            for number, name, left in employees
        ],
        "t_GroupAccess": [
            {"FGroupID": group, "FUserID": user, "FType": 0} for group, user in ((1, 16394), (4, 16401), (6, 16402))
        ],
        "t_Log": [
            {"FLogID": number, "FDate": now - timedelta(hours=hours), "FUserID": user, "FFunctionID": "A00701"}
            for number, (user, hours) in enumerate(((16402, 30), (16401, 5), (16401, 2)), 1)
        ],
    }


def _stock(faults: Faults, random_numbers: random.Random) -> Rows:
    places = [(item, warehouse) for item in range(len(ITEMS)) for warehouse in range(len(WAREHOUSES))]
    quantities = {place: float(random_numbers.randint(20, 4000)) for place in places}
    for place in random_numbers.sample(places, faults.negative_stock):
        quantities[place] = -float(random_numbers.randint(1, 60))
    return {
        "t_Stock": [
            {"FItemID": 200 + at, "FNumber": code, "FName": name}
            for at, (code, name) in enumerate((*WAREHOUSES, ("90", "待检仓")))
        ],
        "t_MeasureUnit": [{"FMeasureUnitID": 41, "FItemID": 41, "FName": "套", "FNumber": "tao"}],
        "t_ICItem": [
            {
                "FItemID": 600 + at,
                "FNumber": code,
                "FName": name,
                "FModel": model,
                "FUnitID": 41,
                "FPlanPrice": 5,
                "FAcctID": STOCK_ACCOUNT,
            }
            for at, (code, name, model) in enumerate(ITEMS)
        ],
        "ICInventory": [
            {"FItemID": 600 + item, "FStockID": 200 + warehouse, "FStockPlaceID": 0, "FBatchNo": "", "FQty": quantity}
            for (item, warehouse), quantity in quantities.items()
        ],
        "POInventory": [
            {"FItemID": 600 + item, "FStockID": 202, "FQty": -4.0 if item < faults.virtual_below else 4.0}
            for item in range(len(ITEMS))
        ],
    }


def _values(faults: Faults, months: Sequence[date]) -> Rows:
    """What stock and ledger begin the months with; a balance in another currency and one of a detail lie beside it."""
    worth = 1200.5
    ledger = [(0, 0, worth * len(ITEMS) + faults.stock_gap), (1, 0, 99), (0, 7, 99)]
    return {
        "ICInvBal": [
            {"FYear": month.year, "FPeriod": month.month, "FItemID": 600 + item, "FStockID": 200, "FBegBal": worth}
            for month in months
            for item in range(len(ITEMS))
        ],
        "t_Balance": [
            {"FYear": month.year, "FPeriod": month.month, "FAccountID": STOCK_ACCOUNT, "FDetailID": detail,
             "FCurrencyID": currency, "FBeginBalance": amount}
            for month in months
            for currency, detail, amount in ledger
        ],
    }  # fmt: skip


def _ledger(faults: Faults, now: datetime, random_numbers: random.Random) -> Rows:
    """A year of vouchers; this month's last ones are not posted yet, which is as it should be."""
    months = [months_back(now.date(), back) for back in range(12)]
    vouchers = [
        _voucher(
            month.replace(day=random_numbers.randint(1, now.day if month == months[0] else 27)),
            number,
            posted=month != months[0] or number < 5,
        )
        for month in months
        for number in range(1, 8)
    ]
    if faults.unposted_days is not None:
        late = now.date() - timedelta(days=faults.unposted_days)
        vouchers += [_voucher(late, number, posted=False) for number in (95, 96)]
    vouchers += [
        {**_voucher(months[0], 80 + number, posted=False), "FDebitTotal": 1000, "FCreditTotal": 900}
        for number in range(faults.unbalanced)
    ]
    current = months_back(now.date(), faults.behind_months)
    standing = {"CurrentYear": current.year, "CurrentPeriod": current.month}
    return {
        **_values(faults, [month for month in months if month <= current]),
        "t_Voucher": vouchers,
        "t_subsys": [
            {"Fsubsysid": at, "Fnumber": module, "Fyear": current.year, "Fperiod": current.month, "Fcheckout": 0,
             "Fused": int(module != "AP")}
            for at, module in enumerate(MODULES, 1)
        ],
        "t_SystemProfile": [
            {"FCategory": module, "FKey": key, "FValue": str(value)}
            for module in ("GL", "IC", "FA")
            for key, value in standing.items()
        ],
    }  # fmt: skip


def _voucher(day: date, number: int, *, posted: bool) -> Mapping[str, Any]:
    return {"FYear": day.year, "FPeriod": day.month, "FNumber": number, "FDate": day, "FPosted": int(posted),
            "FVoucherID": day.toordinal() * 100 + number, "FDebitTotal": 1000, "FCreditTotal": 1000,
            "FChecked": int(posted), "FPreparerID": 16401, "FPosterID": 16402 if posted else -1}  # fmt: skip


def _tasks(faults: Faults, now: datetime) -> Rows:
    running = [(1, 10020, 16402, "PC-CK-01", 0.2)]
    if faults.stuck_task_hours is not None:
        running.append((2, 10051, 16401, "PC-CW-02", faults.stuck_task_hours))
    return {
        "t_FuncControl": [
            {"FID": number, "FRowID": number, "FFuncID": function, "FYear": now.year, "FPeriod": now.month,
             "FUserID": user, "FStation": station, "FTime": now - timedelta(hours=hours)}
            for number, function, user, station, hours in running
        ]
    }  # fmt: skip
