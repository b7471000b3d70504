"""Fixture databases of a Yonyou U8 installation: real table and column names, made-up content, faults on order.

`build` writes one SQLite file for each database of the installation (master, msdb, UFSystem, UFDATA_…). The columns
and their types come from the dictionary beside the connector's statements, so a statement that names a column which
U8 does not have fails here as it would there. Building takes a fraction of a second and always gives the same content
for the same arguments; ages are counted from `now`, so a demo builds anew at each start.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from service_desk.running.demo import fixture_files, u8_books
from service_desk.running.demo.fixture_files import Rows, months_back
from service_desk.running.demo.server_fixture import HEALTHY, Site, Troubles, inside, write_server

ITEMS = (
    ("M6-20", "内六角螺丝", "M6×20"),
    ("M8-30", "六角螺栓", "M8×30"),
    ("BRG-6204", "深沟球轴承", "6204-2RS"),
    ("PLT-Q235-3", "冷轧钢板", "Q235 3mm"),
    ("ALU-6061", "铝型材", "6061 40×40"),
    ("PCB-A2", "控制板", "A2 版"),
    ("CBL-4X1", "电源线", "4×1.0 mm²"),
    ("BOX-K5", "五层纸箱", "400×300×250"),
    ("PNT-RAL9016", "粉末涂料", "RAL 9016"),
    ("MOT-0.75", "三相电机", "0.75 kW"),
)
WAREHOUSES = (("01", "原料仓"), ("02", "半成品仓"), ("03", "成品仓"))
OPERATORS = (
    ("admin", "系统管理员", 1),
    ("chenhy", "陈会英", 0),
    ("liuwm", "刘伟明", 0),
    ("zhaojq", "赵锦权", 0),
    ("sunlf", "孙丽芳", 0),
)
FUNCTIONS = (
    ("GL0201", "填制凭证"),
    ("GL0204", "审核凭证"),
    ("GL0208", "记账"),
    ("ST0101", "采购入库单"),
    ("ST0401", "现存量查询"),
)
# Right -> the operators and roles that hold it, as an installation in order has them.
HELD = (("admin", "chenhy", 1), ("GL0204", "zhaojq", 1), ("GL0208", "zhaojq", 1), ("GL0201", "sunlf", 1),
        ("ST0101", "CK", 0), ("ST0401", "CK", 0))  # fmt: skip
PAIR = ("GL0201", "GL0204")
STOCK_ACCOUNT = "1403"
MODULE_FLAGS = ("bflag", "bflag_AR", "bflag_AP", "bflag_ST", "bflag_SA", "bflag_PU", "bflag_IA")


@dataclass(frozen=True, kw_only=True)
class Company:
    """One account set 账套 of the installation."""

    code: str = "001"
    name: str = "示例五金有限公司"
    first_year: int = 2024


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What is wrong in the fixture. The defaults are a healthy installation.

    `negative_stock`: items below zero in each account set. `unposted_days`: age of the oldest unposted voucher of an
    earlier month. `leavers`: (login, name) of people who left and are still enabled. `full_backup_hours`: age of the
    last full backup of the business databases, None = never made. `stuck_task_hours`: age of a task left open.
    `writable_login`: the login may change data. `server`: what is wrong with the SQL Server under it.
    `approval_days`: how long a document has waited for approval. `unbalanced`: vouchers that do not balance.
    `stock_gap`: what the stock's own books lack beside the ledger in each month.
    `double_vendors`: vendors with another's tax number. `future_documents`: orders of next year. `old_orders`: orders
    that nobody closed. `conflicts`: whoever fills in vouchers and audits them, too. `idle_login`: the operator who has
    not logged in for half a year.
    """

    negative_stock: int = 0
    unposted_days: int | None = None
    leavers: tuple[tuple[str, str], ...] = ()
    full_backup_hours: float | None = 8
    stuck_task_hours: float | None = None
    writable_login: bool = False
    server: Troubles = HEALTHY
    approval_days: float | None = None
    unbalanced: int = 0
    stock_gap: int = 0
    double_vendors: int = 0
    future_documents: int = 0
    old_orders: int = 0
    conflicts: tuple[str, ...] = ()
    idle_login: str = ""


def build(
    folder: Path,
    faults: Faults = Faults(),
    now: datetime | None = None,
    *,
    companies: tuple[Company, ...] = (Company(),),
    seed: int = 8,
) -> None:
    """Write the databases of one installation into a folder; files of an earlier build there are replaced.

    `now`: the aware moment that ages count back from; default this moment.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    fixture_files.clear(folder)
    random_numbers = random.Random(seed)  # noqa: S311 - plausible content, not a secret
    names = [f"UFDATA_{company.code}_{company.first_year}" for company in companies]
    tables = fixture_files.dictionary("yonyou_u8")
    all_names = ["UFSystem", *names]
    troubles = replace(faults.server, writable_login=faults.writable_login)
    site = Site(names=all_names, logged=names, full_hours=faults.full_backup_hours, now=moment, troubles=troubles)
    system = {**_system(companies, faults, moment), **inside(site, ("UA_User", "UA_TaskLog"))}
    fixture_files.write(folder / "UFSystem.sqlite", tables["system"], system)
    for company, name in zip(companies, names, strict=True):
        rows = {
            **_stock(faults, random_numbers),
            **_ledger(company, faults, moment, random_numbers),
            **u8_books.rows(faults, moment),
            **inside(site, ("GL_accvouch", "CurrentStock", "Inventory")),
        }
        fixture_files.write(folder / f"{name}.sqlite", tables["account_set"], rows)
    write_server(folder, site)


def _system(companies: tuple[Company, ...], faults: Faults, now: datetime) -> Rows:
    people = [*OPERATORS, *((login, name, 0) for login, name in faults.leavers)]
    users = [
        {"cUser_Id": login, "cUser_Name": name, "cPassword": "*", "iAdmin": admin, "nState": None}
        for login, name, admin in people
    ]
    gone = {"cUser_Id": "wangdh", "cUser_Name": "王德海", "cPassword": "*", "iAdmin": 0, "nState": 1}
    return {
        "UA_Account": [
            {"cAcc_Id": one.code, "cAcc_Name": one.name, "iYear": one.first_year, "iMonth": 1, "cUnitName": one.name}
            for one in companies
        ],
        "UA_AccountDatabase": [
            {"cAcc_Id": one.code, "iBeginYear": one.first_year, "cDatabase": f"UFDATA_{one.code}_{one.first_year}"}
            for one in companies
        ],
        "UA_Account_sub": [
            {"cAcc_Id": one.code, "iYear": year, "cSub_Id": module}
            for one in companies
            for year in (*range(one.first_year, now.year + 1), 9999)
            for module in ("GL", "ST")
        ],
        "UA_User": [*users, gone],
        "UA_Group": [{"cGroup_Id": "CW", "cGroup_Name": "财务"}, {"cGroup_Id": "CK", "cGroup_Name": "仓库"}],
        "UA_Role": [{"cGroup_Id": "CW", "cUser_Id": "chenhy"}, {"cGroup_Id": "CK", "cUser_Id": "liuwm"}],
        "UA_HoldAuth": [
            {"cAcc_Id": one.code, "iYear": one.first_year, "cUser_Id": holder, "cAuth_Id": right, "iIsUser": is_user}
            for one in companies
            for right, holder, is_user in (*HELD, *((right, name, 1) for name in faults.conflicts for right in PAIR))
        ],
        "UA_Log": [
            {
                "cAcc_Id": one.code,
                "cSub_Id": "GL",
                "cUser_Id": login,
                "cStation": "PC-CW-01",
                "dInTime": now - timedelta(days=190 if login == faults.idle_login else 1, hours=at),
            }
            for one in companies
            for at, (login, _, _) in enumerate(OPERATORS)
        ],
        "UA_Auth": [{"cAuth_Id": code, "cAuth_Name": name, "cSub_Id": code[:2]} for code, name in FUNCTIONS],
        "UA_Period": [period for one in companies for period in _calendar(one, now)],
        **_tasks(companies[0], faults, now),
    }


def _calendar(company: Company, now: datetime) -> Iterable[Mapping[str, Any]]:
    for year in range(company.first_year, now.year + 1):
        for month in range(1, 13):
            begin = date(year, month, 1)
            end = (begin + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            yield {"cAcc_Id": company.code, "iYear": year, "iId": month, "dBegin": begin, "dEnd": end, "bIsDelete": 0}


def _tasks(company: Company, faults: Faults, now: datetime) -> Rows:
    running = [("T0001", "liuwm", "ST0401", "PC-CK-02", 0.2)]
    if faults.stuck_task_hours is not None:
        running.append(("T0002", "chenhy", "GL0208", "PC-CW-01", faults.stuck_task_hours))
    return {
        "UA_Task": [
            {"cTaskId": key, "cAcc_Id": company.code, "iYear": now.year, "cUser_Id": user, "cAuth_Id": function,
             "cStation": station, "cSub_id": function[:2]}
            for key, user, function, station, _ in running
        ],
        "UA_TaskLog": [
            {"cTaskId": key, "cSub_Id": function[:2], "cStation": station, "dInTime": now - timedelta(hours=hours),
             "TaskState": "0"}
            for key, _, function, station, hours in running
        ],
    }  # fmt: skip


def _stock(faults: Faults, random_numbers: random.Random) -> Rows:
    places = [(item, warehouse) for item, _, _ in ITEMS for warehouse, _ in WAREHOUSES[:2]]
    quantities = {place: float(random_numbers.randint(20, 4000)) for place in places}
    for place in random_numbers.sample(places, faults.negative_stock):
        quantities[place] = -float(random_numbers.randint(1, 60))
    return {
        "Warehouse": [{"cWhCode": code, "cWhName": name} for code, name in WAREHOUSES],
        "Inventory": [
            {"cInvCode": code, "cInvName": name, "cInvStd": spec, "cComUnitCode": "01", "iInvNCost": 10 + len(spec)}
            for code, name, spec in ITEMS
        ],
        "CurrentStock": [
            {"AutoID": number, "cInvCode": item, "cWhCode": warehouse, "iQuantity": quantity, "bStopFlag": 0}
            for number, ((item, warehouse), quantity) in enumerate(quantities.items(), 1)
        ],
    }


def _ledger(company: Company, faults: Faults, now: datetime, random_numbers: random.Random) -> Rows:
    """A year of vouchers of two lines each. This month's last ones are not posted yet, which is as it should be."""
    months = [months_back(now.date(), back) for back in range(12)]
    late = now.date() - timedelta(days=faults.unposted_days) if faults.unposted_days is not None else None
    lines: list[Mapping[str, Any]] = []
    for month in months:
        for number in range(1, 9):
            day = month.replace(day=random_numbers.randint(1, now.day if month == months[0] else 27))
            lines += _voucher(day, number, posted=month != months[0] or number < 6)
        lines += _voucher(month, 90, posted=False, void=True)
    if late:
        lines += [line for number in (95, 96, 97) for line in _voucher(late, number, posted=False)]
    for number in range(faults.unbalanced):
        first, second = _voucher(months[1], 70 + number, posted=False)
        lines += [first, second | {"mc": 900}]
    # The last month is closed within the first days of this one.
    closed = months[1] if now.day > 8 else months[2]
    closings = [
        {"iyear": month.year, "iperiod": month.month, "iYPeriod": month.year * 100 + month.month}
        | dict.fromkeys(MODULE_FLAGS, int(month <= closed))
        for month in months
        if month.year >= company.first_year
    ]
    return {"GL_accvouch": lines, "GL_mend": closings, "IA_Subsidiary": _stock_books(lines, faults)}


def _stock_books(lines: list[Mapping[str, Any]], faults: Faults) -> list[Mapping[str, Any]]:
    """The stock's own books: what came in for each line of a voucher on its account; each month has a voucher 1."""
    return [
        {"AutoID": at, "iYear": line["iyear"], "iMonth": line["iperiod"], "cVouType": "01", "cInvHead": STOCK_ACCOUNT,
         "iAInPrice": line["md"] - (faults.stock_gap if line["ino_id"] == 1 else 0)}
        for at, line in enumerate(lines, 1)
        if line["ccode"] == STOCK_ACCOUNT and not line["iflag"]
    ]  # fmt: skip


def _voucher(day: date, number: int, *, posted: bool, void: bool = False) -> list[dict[str, Any]]:
    head = {"iyear": day.year, "iperiod": day.month, "iYPeriod": day.year * 100 + day.month, "csign": "记",
            "isignseq": 1, "ino_id": number, "dbill_date": day, "cbill": "陈会英", "ibook": int(posted),
            "cbook": "赵锦权" if posted else None, "iflag": 1 if void else None}  # fmt: skip
    return [
        head | {"inid": 1, "ccode": STOCK_ACCOUNT, "cdigest": "采购材料", "md": 1000, "mc": 0},
        head | {"inid": 2, "ccode": "2202", "cdigest": "采购材料", "md": 0, "mc": 1000},
    ]
