"""Fixture databases of a SAP Business One: SAP's own table and column names, made-up content, faults on order.

`build` writes one SQLite file for each database of the installation (master, msdb, SBO-COMMON, one for each company).
It always gives the same content for the same arguments; ages are counted from `now`, so a demo builds anew at each
start.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from service_desk.running.demo import fixture_files
from service_desk.running.demo.fixture_files import Rows, months_back
from service_desk.running.demo.server_fixture import HEALTHY, Site, Troubles, inside, write_server

ITEMS = (
    ("A-1001", "不锈钢球阀 DN25", "个"),
    ("A-1002", "不锈钢球阀 DN50", "个"),
    ("B-2001", "黄铜接头 1/2", "个"),
    ("B-2002", "黄铜接头 3/4", "个"),
    ("C-3001", "生料带", "卷"),
)
WAREHOUSES = (("01", "主仓库"), ("02", "寄售仓"))
# By what the account of each item's stock is set: its warehouse, its group, the item itself.
ACCOUNTED_BY = ("W", "W", "W", "C", "L")
STOCK_ACCOUNTS = {"01": "140501", "02": "140502", "C": "140301", "L": "141101"}
COST, GROUP, OPENING = 12.5, 100, 9000
# Code, name, superuser, locked.
USERS = (
    ("manager", "系统管理员", "Y", "N"),
    ("chenyl", "陈玉兰", "N", "N"),
    ("sunhb", "孙海波", "N", "N"),
    ("wangfei", "王飞", "N", "Y"),
)
COMMON = "SBO-COMMON"
FIRST_LEAVER = 20
HIDDEN_GROUP = 99  # of users that were removed


@dataclass(frozen=True, kw_only=True)
class Company:
    """One company of the installation."""

    database: str = "SBO_DEMO"
    name: str = "示例阀门有限公司"


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What is wrong in the fixture. The defaults are a healthy installation.

    `negative_stock`: items below zero in the first warehouse. `unposted_days`: age of the oldest journal voucher of an
    earlier month. `leavers`: (code, name) of users who are still enabled. `full_backup_hours`: age of the last full
    backup, None = never made. `waiting_days`: age of a document that waits for approval. `unbalanced`: journal entries
    that do not balance. `refused_logins`: in the last hour. `behind_months`: how many months too late the periods are
    locked. `stock_gap`: what the ledger holds beside the value of the stock. `writable_login`: the login may change
    data. `hidden`: the server hides databases and logins from it.
    """

    negative_stock: int = 0
    unposted_days: int | None = None
    leavers: tuple[tuple[str, str], ...] = ()
    full_backup_hours: float | None = 8
    waiting_days: int | None = None
    unbalanced: int = 0
    refused_logins: int = 0
    behind_months: int = 0
    stock_gap: float = 0
    writable_login: bool = False
    hidden: bool = False
    server: Troubles = HEALTHY


def build(
    folder: Path,
    faults: Faults = Faults(),
    now: datetime | None = None,
    *,
    companies: tuple[Company, ...] = (Company(),),
    seed: int = 10,
) -> None:
    """Write the databases of one installation into a folder; files of an earlier build there are replaced.

    `now`: the aware moment that ages count back from; default this moment.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    fixture_files.clear(folder)
    random_numbers = random.Random(seed)  # noqa: S311 - plausible content, not a secret
    tables = fixture_files.dictionary("sap_b1_sql")
    sets = [company.database for company in companies]
    troubles = replace(faults.server, writable_login=faults.writable_login, hidden=faults.hidden)
    site = Site(names=[COMMON, *sets], logged=sets, full_hours=faults.full_backup_hours, now=moment, troubles=troubles)
    listed = [{"dbName": one.database, "cmpName": one.name} for one in companies]
    fixture_files.write(folder / f"{COMMON}.sqlite", tables["common"], {"SRGC": listed, **inside(site, ())})
    for company in companies:
        rows = {
            "OADM": [{"CompnyName": company.name, "MainCurncy": "RMB", "ContInvnt": "Y", "NewAcctDe": "N"}],
            **_people(faults, moment),
            **(stock := _stock(faults, random_numbers)),
            **_ledger(faults, moment, sum(place["StockValue"] for place in stock["OITW"])),
            **_documents(faults, moment),
            **inside(site, ("OJDT", "OINV", "USR5")),
        }
        fixture_files.write(folder / f"{company.database}.sqlite", tables["account_set"], rows)
    write_server(folder, site)


def _people(faults: Faults, now: datetime) -> Rows:
    """Users, what each may do, and the record of logins."""
    people = [(at, *user) for at, user in enumerate(USERS, 1)]
    people += [(at, code, name, "N", "N") for at, (code, name) in enumerate(faults.leavers, FIRST_LEAVER)]
    users = [
        {"USERID": at, "USER_CODE": code, "U_NAME": name, "SUPERUSER": superuser, "Locked": locked, "GROUPS": 0}
        for at, code, name, superuser, locked in people
    ]
    gone = {"USERID": 90, "USER_CODE": "removed", "U_NAME": "已删除", "SUPERUSER": "N", "Locked": "Y"}
    logins = [("manager", "I", 2.0), ("chenyl", "I", 5.0), ("chenyl", "I", 29.0), ("sunhb", "I", 50.0)]
    logins += [("sunhb", "F", 0.2 + at / 100) for at in range(faults.refused_logins)]
    moments = [(code, action, now - timedelta(hours=hours)) for code, action, hours in logins]
    return {
        "OUSR": [*users, {**gone, "GROUPS": HIDDEN_GROUP}],
        "USR3": [
            {"UserLink": 2, "PermId": "3073", "Permission": "F"},
            {"UserLink": 2, "PermId": "3074", "Permission": "R"},
            {"UserLink": 3, "PermId": "3074", "Permission": "N"},
        ],
        "OUPT": [{"AbsId": "3073", "Name": "日记账分录"}, {"AbsId": "3074", "Name": "物料主数据"}],
        "USR5": [
            {"UserCode": code, "Action": action, "Date": when.date(),
             "Time": when.hour * 10000 + when.minute * 100 + when.second, "ClientIP": "10.0.0.20"}
            for code, action, when in moments
        ],
    }  # fmt: skip


def _stock(faults: Faults, random_numbers: random.Random) -> Rows:
    places = [(item, warehouse) for item in range(len(ITEMS)) for warehouse in range(len(WAREHOUSES))]
    quantities: dict[tuple[int, int], float | None] = {
        place: float(random_numbers.randint(20, 900)) for place in places
    }
    quantities[len(ITEMS) - 1, 1] = None  # never moved
    for at in random_numbers.sample(range(len(ITEMS) - 1), faults.negative_stock):
        quantities[at, 0] = -float(random_numbers.randint(1, 30))
    return {
        "OWHS": [
            {"WhsCode": code, "WhsName": name, "BalInvntAc": STOCK_ACCOUNTS[code]} for code, name in WAREHOUSES
        ],
        "OITB": [{"ItmsGrpCod": GROUP, "BalInvntAc": STOCK_ACCOUNTS["C"]}],
        "OITM": [
            {"ItemCode": code, "ItemName": name, "InvntryUom": unit, "InvntItem": "Y", "OnHand": 10, "AvgPrice": COST,
             "ItmsGrpCod": GROUP, "GLMethod": by}
            for (code, name, unit), by in zip(ITEMS, ACCOUNTED_BY, strict=True)
        ],
        "OITW": [
            {"ItemCode": ITEMS[item][0], "WhsCode": WAREHOUSES[warehouse][0], "OnHand": quantity,
             "StockValue": COST * (quantity or 0),
             "BalInvntAc": STOCK_ACCOUNTS["L"] if ACCOUNTED_BY[item] == "L" else None}
            for (item, warehouse), quantity in quantities.items()
        ],
    }  # fmt: skip


def _ledger(faults: Faults, now: datetime, stock_value: float) -> Rows:
    """A year of periods with journal entries; one voucher of this month waits, which is as it should be.

    The value of the stock lies in its accounts, an equal part in each, as the opening entry put it there.
    """
    months = [months_back(now.date(), back) for back in range(12)]
    ends = [months_back(month, -1) - timedelta(days=1) for month in months]
    entries = [(at, months[at % 12].replace(day=1 + at % 27), 100.0 * (1 + at % 9)) for at in range(1, 60)]
    entries = [(number, min(when, now.date()), amount) for number, when, amount in entries]
    opening = (OPENING, months[-1], stock_value + faults.stock_gap)
    off = {number for number, _, _ in entries[: faults.unbalanced]}
    vouchers = [(months[0], now.date())]
    if faults.unposted_days is not None:
        late = now.date() - timedelta(days=faults.unposted_days)
        vouchers.append((late.replace(day=1), late))
    return {
        "OFPR": [
            {"AbsEntry": at, "Code": f"{month:%Y-%m}", "F_RefDate": month, "T_RefDate": end,
             "PeriodStat": "N" if at <= faults.behind_months else "Y"}
            for at, (month, end) in enumerate(zip(months, ends, strict=True))
        ],
        "OJDT": [
            {"TransId": number, "Number": number, "RefDate": when} for number, when, _ in [*entries, opening]
        ],
        "JDT1": [
            row
            for number, _, amount in entries
            for row in ({"TransId": number, "Account": "1122", "Debit": amount, "Credit": 0},
                        {"TransId": number, "Account": "6001", "Debit": 0, "Credit": amount + (number in off)})
        ] + [
            *({"TransId": OPENING, "Account": account, "Debit": opening[2] / len(STOCK_ACCOUNTS), "Credit": 0}
              for account in STOCK_ACCOUNTS.values()),
            {"TransId": OPENING, "Account": "4001", "Debit": 0, "Credit": opening[2]},
        ],
        "OBTF": [
            {"BtfStatus": "O", "RefDate": when, "FinncPriod": _period(months, month)} for month, when in vouchers
        ],
    }  # fmt: skip


def _period(months: list[date], month: date) -> int:
    return months.index(month) if month in months else len(months) - 1


def _documents(faults: Faults, now: datetime) -> Rows:
    recent = now.date() - timedelta(days=6)
    order = {"DocNum": 5001, "DocDate": recent, "DocStatus": "O", "CANCELED": "N"}
    waiting = [] if faults.waiting_days is None else [now - timedelta(days=faults.waiting_days)]
    return {
        "ORDR": [order],
        "OPOR": [{**order, "DocNum": 6001}],
        "OINV": [{**order, "DocNum": 7001}],
        "ODRF": [{"DocEntry": 8001, "DocDate": recent, "DocStatus": "O", "CANCELED": "N"}],
        "OALT": [
            {"Name": name, "Active": active, "LastDate": (now - timedelta(days=late + 1)).date(), "LastTIME": 0,
             "NextDate": (now - timedelta(days=late)).date(), "NextTime": 0}
            for name, active, late in (("低于最小库存", "Y", -1), ("信用额度", "N", 400))
        ],
        "OWDD": [
            {"WddCode": at, "ObjType": "22", "DocEntry": 300 + at, "Status": "W", "CreateDate": when.date(),
             "CreateTime": when.hour * 100 + when.minute}
            for at, when in enumerate(waiting, 1)
        ],
        "WDD1": [{"WddCode": at, "UserID": 2, "Status": "W"} for at, _ in enumerate(waiting, 1)],
    }  # fmt: skip
