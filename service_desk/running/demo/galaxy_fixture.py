"""A fixture database of Kingdee Galaxy in a private cloud: its own table and column names, made-up content, faults.

`build` writes one SQLite file for each database of the server (master, msdb, AIS…). It always gives the same content
for the same arguments; ages are counted from `now`, so a demo builds anew at each start.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service_desk.running.demo import fixture_files
from service_desk.running.demo.fixture_files import Rows, months_back
from service_desk.running.demo.server_fixture import HEALTHY, Site, Troubles, inside, write_server

CENTRE = "AIS20250106101500"
ORGANISATIONS = (("001", "示例食品有限公司"), ("002", "示例食品（宁波）"))
ITEMS = (
    ("1.01.001", "高筋小麦粉", "25kg"),
    ("1.01.002", "白砂糖", "50kg"),
    ("2.01.001", "吐司面包", "450g"),
    ("2.01.002", "全麦面包", "400g"),
    ("3.01.001", "包装袋", "320×180"),
)
WAREHOUSES = (("CK001", "原料仓"), ("CK002", "成品仓"))
# Number, name, forbidden, licence groups.
USERS = (
    (16394, "Administrator", "A", ""),
    (100101, "林晓芸", "A", "财务,供应链"),
    (100102, "方国强", "A", "供应链"),
    (100103, "沈佳", "B", "财务"),
)
CHINESE = 2052
FIRST_ORGANISATION, FIRST_WAREHOUSE, FIRST_ITEM, FIRST_BOOK, FIRST_LEAVER = 1, 50, 300, 700, 100200
PERSON = 500_000  # what lies between the number of a user and that of the person behind it


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What is wrong in the fixture. The defaults are a healthy installation.

    `negative_stock`: items below zero in the first organisation. `unposted_days`: age of the oldest unposted voucher of
    an earlier month. `leavers`: names of users who are still enabled while their employee is not. `full_backup_hours`:
    age of the last full backup, None = never made. `waiting_days`: age of a workflow task. `failed_workflows`, `locks`,
    `unbalanced`: how many. `behind_months`: how many months too late the ledger stands. `old_orders`: sales orders
    that stay open. `writable_login`: the login may change data. `hidden`: the server hides databases and logins from
    it.
    """

    negative_stock: int = 0
    unposted_days: int | None = None
    leavers: tuple[str, ...] = ()
    full_backup_hours: float | None = 8
    waiting_days: int | None = None
    failed_workflows: int = 0
    locks: int = 0
    unbalanced: int = 0
    behind_months: int = 0
    old_orders: int = 0
    writable_login: bool = False
    hidden: bool = False
    server: Troubles = HEALTHY


def build(folder: Path, faults: Faults = Faults(), now: datetime | None = None, *, seed: int = 7) -> None:
    """Write the databases of one server into a folder; files of an earlier build there are replaced.

    `now`: the aware moment that ages count back from; default this moment.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    fixture_files.clear(folder)
    random_numbers = random.Random(seed)  # noqa: S311 - plausible content, not a secret
    troubles = replace(faults.server, writable_login=faults.writable_login, hidden=faults.hidden)
    site = Site(names=[CENTRE], logged=[CENTRE], full_hours=faults.full_backup_hours, now=moment, troubles=troubles)
    rows = {
        **_people(faults, moment),
        **_stock(faults, random_numbers),
        **_ledger(faults, moment),
        **_work(faults, moment),
        **_orders(faults, moment),
        **inside(site, ("T_GL_VOUCHER", "T_STK_INVENTORY", "T_BAS_OPERATELOG")),
    }
    fixture_files.write(folder / f"{CENTRE}.sqlite", fixture_files.dictionary("kingdee_galaxy_db")["centre"], rows)
    write_server(folder, site)


def _people(faults: Faults, now: datetime) -> Rows:
    """Organisations, users, their roles, and the log of what they did."""
    users = [*USERS, *((FIRST_LEAVER + at, name, "A", "供应链") for at, name in enumerate(faults.leavers))]
    log = [(100101, "0", 3.0), (100101, "3", 2.5), (100102, "0", 30.0), (100102, "3", 1.0)]
    numbered = list(enumerate(ORGANISATIONS, FIRST_ORGANISATION))
    return {
        "T_ORG_ORGANIZATIONS": [
            {"FORGID": at, "FNUMBER": number, "FFORBIDSTATUS": "A"} for at, (number, _) in numbered
        ] + [{"FORGID": 90, "FNUMBER": "900", "FFORBIDSTATUS": "B"}],
        "T_ORG_ORGANIZATIONS_L": [{"FORGID": at, "FLOCALEID": CHINESE, "FNAME": name} for at, (_, name) in numbered],
        "T_SEC_USER": [
            {"FUSERID": number, "FNAME": name, "FFORBIDSTATUS": status, "FAPPGROUP": groups, "FPASSWORD": "*",
             "FLINKOBJECT": str(number + PERSON)}
            for number, name, status, groups in users
        ],
        "T_HR_EMPINFO": [
            {"FID": at, "FPERSONID": number + PERSON, "FFORBIDSTATUS": "B" if name in faults.leavers else "A",
             "FFORBIDDATE": now - timedelta(days=20) if name in faults.leavers else None}
            for at, (number, name, *_) in enumerate(users, 1)
        ],
        "T_SEC_ROLE": [{"FROLEID": 1, "FNUMBER": "KJ"}, {"FROLEID": 2, "FNUMBER": "CG"}],
        "T_SEC_ROLE_L": [{"FROLEID": 1, "FNAME": "会计"}, {"FROLEID": 2, "FNAME": "仓管员"}],
        "T_SEC_ROLEUSER": [{"FROLEID": 1, "FUSERID": 100101}],
        "T_SEC_USERORG": [{"FENTITYID": 1, "FUSERID": 100102, "FORGID": FIRST_ORGANISATION}],
        "T_SEC_USERROLEMAP": [{"FENTITYID": 1, "FROLEID": 2}],
        "T_BAS_OPERATELOG": [
            {"FUSERID": user, "FENVIRONMENT": what, "FDATETIME": now - timedelta(hours=hours)}
            for user, what, hours in log
        ],
    }  # fmt: skip


def _stock(faults: Faults, random_numbers: random.Random) -> Rows:
    places = [(item, warehouse) for item in range(len(ITEMS)) for warehouse in range(len(WAREHOUSES))]
    quantities: dict[tuple[int, int], float | None] = {
        place: float(random_numbers.randint(20, 900)) for place in places
    }
    quantities[places[-1]] = None  # never moved
    for place in random_numbers.sample(places[:-1], faults.negative_stock):
        quantities[place] = -float(random_numbers.randint(1, 30))
    return {
        "T_BD_STOCK": [{"FSTOCKID": FIRST_WAREHOUSE + at, "FNUMBER": one[0]} for at, one in enumerate(WAREHOUSES)],
        "T_BD_STOCK_L": [
            {"FSTOCKID": FIRST_WAREHOUSE + at, "FLOCALEID": CHINESE, "FNAME": one[1]}
            for at, one in enumerate(WAREHOUSES)
        ],
        "T_BD_MATERIAL": [
            {"FMATERIALID": FIRST_ITEM + at, "FNUMBER": one[0], "FUSEORGID": FIRST_ORGANISATION, "FFORBIDSTATUS": "A"}
            for at, one in enumerate(ITEMS)
        ],
        "T_BD_MATERIALBASE": [{"FMATERIALID": FIRST_ITEM + at, "FBASEUNITID": 10101} for at in range(len(ITEMS))],
        "T_BD_MATERIALSTOCK": [{"FMATERIALID": FIRST_ITEM + at, "FREFCOST": 4.5} for at in range(len(ITEMS))],
        "T_BD_MATERIAL_L": [
            {"FMATERIALID": FIRST_ITEM + at, "FLOCALEID": CHINESE, "FNAME": one[1], "FSPECIFICATION": one[2]}
            for at, one in enumerate(ITEMS)
        ],
        "T_STK_INVENTORY": [
            {"FSTOCKORGID": FIRST_ORGANISATION, "FSTOCKID": FIRST_WAREHOUSE + warehouse,
             "FMATERIALID": FIRST_ITEM + item, "FBASEQTY": quantity}
            for (item, warehouse), quantity in quantities.items()
        ],
    }  # fmt: skip


def _ledger(faults: Faults, now: datetime) -> Rows:
    """A year of vouchers in the first organisation's book; this month's last ones are not posted yet."""
    months = [months_back(now.date(), back) for back in range(12)]
    made = [(at, min(months[at % 12].replace(day=1 + at % 27), now.date()), "1") for at in range(1, 70)]
    made += [(80, now.date(), "0"), (81, now.date(), "0")]
    if faults.unposted_days is not None:
        made.append((82, now.date() - timedelta(days=faults.unposted_days), "0"))
    off = {number for number, _, _ in made[: faults.unbalanced]}
    current = months_back(now.date(), faults.behind_months)
    books = [(FIRST_BOOK + at, FIRST_ORGANISATION + at) for at in range(len(ORGANISATIONS))]
    return {
        "T_BD_ACCOUNTBOOK": [
            {"FBOOKID": book, "FNUMBER": f"{whose:03}", "FACCOUNTORGID": whose} for book, whose in books
        ],
        "T_BAS_SYSTEMPROFILE": [
            {"FCATEGORY": "GL", "FKEY": key, "FVALUE": str(value), "FACCOUNTBOOKID": book}
            for book, _ in books
            for key, value in (("CurrentYear", current.year), ("CurrentPeriod", current.month))
        ],
        "T_STK_CLOSEPROFILE": [
            {"FCATEGORY": category, "FORGID": FIRST_ORGANISATION, "FCLOSEDATE": months[0] - timedelta(days=1)}
            for category in ("STK", "HS")
        ],
        "T_GL_VOUCHER": [
            {"FVOUCHERID": number, "FACCOUNTBOOKID": FIRST_BOOK, "FYEAR": when.year, "FPERIOD": when.month,
             "FDATE": when, "FBILLNO": f"PZ{number:06}", "FPOSTED": posted, "FINVALID": "0", "FDOCUMENTSTATUS": "C"}
            for number, when, posted in made
        ],
        "T_GL_VOUCHERENTRY": [
            row
            for number, _, _ in made
            for row in ({"FVOUCHERID": number, "FDEBIT": 100, "FCREDIT": 0},
                        {"FVOUCHERID": number, "FDEBIT": 0, "FCREDIT": 100 + (number in off)})
        ],
    }  # fmt: skip


def _work(faults: Faults, now: datetime) -> Rows:
    """Locks, workflows and plans."""
    waiting = [] if faults.waiting_days is None else [now - timedelta(days=faults.waiting_days)]
    return {
        "T_BAS_NETWORKCTRLRECORDS": [{"FInterId": str(100500 + at)} for at in range(faults.locks)],
        "T_WF_PROCINST": [{"FProcInstId": f"P{at}", "FNumber": f"LC{at:06}"} for at in range(len(waiting) + 1)],
        "T_WF_PIBIMAP": [
            {"FProcInstId": f"P{at}", "FObjectTypeId": "PUR_PurchaseOrder", "FKeyValue": str(at)}
            for at, _ in enumerate(waiting)
        ],
        "T_WF_ASSIGN": [
            {"FAssignId": f"A{at}", "FProcInstId": f"P{at}", "FStatus": 0, "FCREATETIME": when}
            for at, when in enumerate(waiting)
        ] + [{"FAssignId": "A99", "FProcInstId": "P0", "FStatus": 1, "FCREATETIME": now - timedelta(days=90)}],
        "T_WF_RECEIVER": [{"FAssignId": f"A{at}", "FReceiverId": 100101} for at, _ in enumerate(waiting)],
        "T_WF_ACTINST": [
            {"FProcInstId": f"F{at}", "FActInstId": str(at), "FStatus": 4} for at in range(faults.failed_workflows)
        ] + [{"FProcInstId": "P0", "FActInstId": "a", "FStatus": 1}],
        "T_BAS_SCHEDULEINFO": [{"FSCHEDULETYPEID": "BackupOperateLog", "FSTATUS": 0}],
    }  # fmt: skip


def _orders(faults: Faults, now: datetime) -> Rows:
    """Orders of the first organisation, and a supplier with all that payments need."""
    made = [now.date() - timedelta(days=5), *(now.date() - timedelta(days=80 + at) for at in range(faults.old_orders))]
    order = {"FDOCUMENTSTATUS": "C", "FCLOSESTATUS": "A"}
    return {
        "T_SAL_ORDER": [
            {**order, "FID": at, "FBILLNO": f"XSDD{at:06}", "FDATE": when, "FSALEORGID": FIRST_ORGANISATION}
            for at, when in enumerate(made, 1)
        ],
        "T_PUR_POORDER": [
            {**order, "FID": 1, "FBILLNO": "CGDD000001", "FDATE": made[0], "FPURCHASEORGID": FIRST_ORGANISATION}
        ],
        "T_BD_SUPPLIER": [
            {"FSUPPLIERID": 1, "FNUMBER": "VEN001", "FUSEORGID": FIRST_ORGANISATION, "FFORBIDSTATUS": "A"}
        ],
        "T_BD_SUPPLIERBASE": [{"FSUPPLIERID": 1, "FSOCIALCRECODE": "91330200000000000X"}],
        "T_BD_SUPPLIERBANK": [{"FSUPPLIERID": 1, "FBANKCODE": "0000 0001"}],
    }
