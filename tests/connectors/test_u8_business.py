"""Rights, seats, approvals and records of U8, with every known drift of its schema."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Deadline
from connectors.facts import Look, Task
from connectors.yonyou_u8 import YonyouU8
from service_desk.running.demo import u8_fixture
from tests.connectors.installation import Change, changing, known, looks_of

DATA = "UFDATA_001_2024"
KINDS = ("users", "grants", "seats", "approvals", "unbalanced", "duplicates", "master_gaps", "odd_dates",
         "open_documents", "timings")  # fmt: skip
FAULTS = u8_fixture.Faults(
    approval_days=6, unbalanced=2, double_vendors=1, future_documents=1, old_orders=3, conflicts=("sunlf",),
    idle_login="zhaojq", stock_gap=250,
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A U8 installation with faults in its books and rights."""
    u8_fixture.build(tmp_path, FAULTS)
    return tmp_path


@pytest.fixture
def change(folder: Path) -> Change:
    """Run a statement in one of the fixture's databases."""
    return changing(folder)


def looks(folder: Path, *kinds: str) -> dict[str, Look]:
    """The looks by kind; of several the last: rights of the ERP, locks of the account set, settings of U8 itself."""
    return looks_of(YonyouU8, folder, kinds or KINDS)


def facts(folder: Path, kind: str) -> list[Any]:
    """The facts of one kind."""
    return known(looks(folder, kind)[kind])


def test_it_tells_who_may_do_what_and_through_which_role(folder: Path) -> None:
    found = {(fact.holder, fact.right): fact for fact in facts(folder, "grants")}
    assert found["chenhy", "admin"].right_name == "账套主管"
    assert {right for holder, right in found if holder == "sunlf"} == {"GL0201", "GL0204"}
    stock = found["liuwm", "ST0101"]
    assert (stock.holder_name, stock.right_name, stock.source) == ("刘伟明", "采购入库单", "仓库")
    assert len({fact.subject for fact in found.values()}) == len(found)


def test_rights_of_the_first_year_hold_in_later_ones_and_those_of_years_between_do_not(
    folder: Path, change: Change
) -> None:
    this = datetime.now(UTC).year
    change("UFSystem", f"""INSERT INTO UA_HoldAuth (cAcc_Id, iYear, cUser_Id, cAuth_Id, iIsUser) VALUES
           ('001', {this}, 'liuwm', 'GL0208', 1), ('001', 2025, 'liuwm', 'GL0209', 1),
           ('002', 2024, 'liuwm', 'GL0210', 1)""")  # fmt: skip
    rights = {fact.right for fact in facts(folder, "grants") if fact.holder == "liuwm"}
    assert "GL0208" in rights
    assert not rights & {"GL0210", *(["GL0209"] if this != 2025 else [])}


def test_a_role_that_supervises_makes_its_members_supervisors(folder: Path, change: Change) -> None:
    change("UFSystem", "INSERT INTO UA_HoldAuth (cAcc_Id, iYear, cUser_Id, cAuth_Id, iIsUser) VALUES "
           "('001', 2024, 'CK', 'admin', 0)")  # fmt: skip
    users = {fact.login: fact for fact in facts(folder, "users")}
    assert users["liuwm"].supervisor_of == users["chenhy"].supervisor_of == ("001",)


def test_it_tells_when_somebody_was_last_there_and_who_left(folder: Path, change: Change) -> None:
    change(DATA, "UPDATE Person SET dPInValidDate = '2026-10-31 00:00:00' WHERE cPersonCode = 'P02'")
    users = {fact.login: fact for fact in facts(folder, "users")}
    idle = datetime.now(UTC) - users["zhaojq"].last_seen_at
    assert 189 <= idle.days <= 191
    assert (users["liuwm"].left_on, users["chenhy"].left_on) == (date(2026, 10, 31), None)


def test_administrators_of_data_are_told_beside_other_rights(folder: Path, change: Change) -> None:
    change(DATA, "INSERT INTO AA_HoldBusObject (iAdmin, CBusObId, cUserId) VALUES (1, 'customer', 'liuwm'), "
           "(0, 'vendor', 'liuwm')")  # fmt: skip
    (found,) = [fact for fact in facts(folder, "grants") if fact.right.startswith("data/")]
    assert (found.holder, found.right, found.right_name) == ("liuwm", "data/customer", "数据权限主管：customer")
    change(DATA, "DROP TABLE AA_HoldBusObject")
    assert not [fact for fact in facts(folder, "grants") if fact.right.startswith("data/")]


def test_it_tells_who_is_editing_vouchers_and_holds_accounts(folder: Path, change: Change) -> None:
    change(DATA, "INSERT INTO GL_mvcontrol (iperiod, csign, ino_id, cuser) VALUES (10, '记', 12, '陈会英'); "
           "INSERT INTO GL_mccontrol (ccode, cauth, cuser, cmachine) VALUES "
           "('1002', '日记账', '孙丽芳', 'PC-CW-02')")  # fmt: skip
    locks = facts(folder, "tasks")
    assert [(one.account_set, one.what, one.name, one.user, one.station, one.age_s) for one in locks] == [
        ("001", "lock", "凭证 记-12（10 期）", "陈会英", None, None),
        ("001", "lock", "科目 1002：日记账", "孙丽芳", "PC-CW-02", None),
    ]
    # A build without the table holds nothing in it.
    change(DATA, "DROP TABLE GL_mccontrol")
    assert [one.user for one in facts(folder, "tasks")] == ["陈会英"]


def test_a_task_of_a_newer_build_is_told_once_by_the_table_that_says_more(folder: Path, change: Change) -> None:
    change("UFSystem", "INSERT INTO ua_Task_Common (cStation, cTaskId, cUser_Id, cAcc_Id) VALUES "
           "('PC-CK-02', 'T0001', 'liuwm', '001'), ('SRV', 'T0009', 'chenhy', '001'); "
           "INSERT INTO UA_TaskLog (cSub_Id, cSub_Name, cStation, dInTime, cTaskId, TaskState) VALUES "
           "('QM', '质量管理', 'SRV', '2026-11-01 00:00:00', 'T0009', '0')")  # fmt: skip
    settings = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}
    made = YonyouU8(settings, {"password": "x"}, allow_loopback=True)
    (found,) = [one for one in made.collect(["tasks"], Deadline(20)) if one.account_set is None]
    names = {one.key: (one.name, one.user_name) for one in found.facts if isinstance(one, Task)}
    assert names == {"T0001": ("现存量查询", "刘伟明"), "T0009": ("质量管理", "陈会英")}


def test_backup_plans_of_its_own_are_settings_that_are_missed_when_they_go(folder: Path, change: Change) -> None:
    def plans() -> list[tuple[str, str]]:
        return [(one.subject, one.value) for one in facts(folder, "settings")]

    assert plans() == [("001/UA_BackupPlans", "0")]
    change("UFSystem", "INSERT INTO UA_BackupPlans (cAcc_Id) VALUES ('001')")
    assert plans() == [("001/UA_BackupPlans", "1")]
    change("UFSystem", "DROP TABLE UA_BackupPlans")
    assert plans() == []


def test_it_tells_seats_and_approvals(folder: Path, change: Change) -> None:
    seats = {fact.module: fact for fact in facts(folder, "seats")}
    assert (seats["ST"].used, seats["ST"].at_least, seats["ST"].limit) == (1, True, None)
    change(DATA, "INSERT INTO Table_Task (cTK_ID, cTK_Name, cTK_State, cTaskType, cUserID, cVoucherID, cVoucherType, "
           "cCreateTime) SELECT 'T3', cTK_Name, cTK_State, cTaskType, 'liuwm', cVoucherID, cVoucherType, cCreateTime "
           "FROM Table_Task WHERE cTK_ID = 'T2'")  # fmt: skip
    (waiting,) = facts(folder, "approvals")
    assert (waiting.document, waiting.waits_for) == ("采购订单 CG0002 #2", "陈会英、刘伟明")
    assert waiting.age_s == pytest.approx(6 * 86400, abs=60)


def test_it_tells_what_is_wrong_with_the_books(folder: Path) -> None:
    unbalanced = facts(folder, "unbalanced")
    assert [fact.difference for fact in unbalanced] == [Decimal(100), Decimal(100)]
    assert unbalanced[0].number == "记-70"
    doubles = {fact.master: fact for fact in facts(folder, "duplicates")}
    assert (doubles["vendors"].groups, doubles["customers"].groups) == (1, 0)
    odd = {fact.document_type: fact for fact in facts(folder, "odd_dates")}
    assert (odd["销售订单"].count, odd["销售订单"].example, odd["凭证"].count) == (1, "XS8000", 0)
    still = {fact.document_type: fact for fact in facts(folder, "open_documents")}
    assert (still["销售订单"].count, still["销售订单"].oldest_age_days, still["采购订单"].count) == (3, 97, 0)
    assert {fact.report for fact in facts(folder, "timings")} == {"现存量", "凭证汇总"}


def test_nothing_known_is_missing_from_a_whole_installation(folder: Path) -> None:
    assert {kind: look.unknown for kind, look in looks(folder).items() if look.unknown} == {}


def test_an_older_build_without_the_fiscal_year_is_read_by_its_databases_own(folder: Path, change: Change) -> None:
    change(DATA, "ALTER TABLE GL_accvouch DROP COLUMN iyear")
    found = facts(folder, "unbalanced")
    assert [fact.year for fact in found] == [datetime.now(UTC).year] * 2
    assert {fact.report for fact in facts(folder, "timings")} == {"现存量", "凭证汇总"}


def test_a_module_that_is_not_installed_is_left_out_and_the_others_are_told(folder: Path, change: Change) -> None:
    change(DATA, "DROP TABLE rdrecord32; DROP TABLE RdRecord01; ALTER TABLE PO_Pomain DROP COLUMN dPODate")
    there = {"销售订单", "发货单", "其他入库单", "其他出库单", "产成品入库单", "材料出库单"}
    assert {fact.document_type for fact in facts(folder, "odd_dates")} == {"凭证", *there}
    assert {fact.document_type for fact in facts(folder, "open_documents")} == there


@pytest.mark.parametrize(
    ("database", "sql", "kind", "named"),
    [
        (DATA, "DROP TABLE Table_Task", "approvals", {"table": "Table_Task"}),
        (DATA, "ALTER TABLE Table_Task DROP COLUMN cTK_State", "approvals", {"column": "cTK_State"}),
        (DATA, "ALTER TABLE Customer DROP COLUMN cCusRegCode", "duplicates", {"column": "cCusRegCode"}),
        (DATA, "ALTER TABLE Inventory DROP COLUMN iInvNCost", "master_gaps", {"column": "iInvNCost"}),
        ("UFSystem", "DROP TABLE UA_HoldAuth", "grants", {"table": "UA_HoldAuth"}),
        ("UFSystem", "DROP TABLE UA_TaskLog", "seats", {"table": "UA_TaskLog"}),
    ],
)
def test_what_is_missing_is_named_and_never_green(
    folder: Path, change: Change, database: str, sql: str, kind: str, named: dict[str, str]
) -> None:
    change(database, sql)
    found = looks(folder, kind)[kind]
    assert found.facts == ()
    assert found.unknown is not None
    assert found.unknown.reason.startswith("missing_")
    assert named.items() <= dict(found.unknown.params).items()


@pytest.mark.parametrize(
    ("database", "sql"),
    [
        ("UFSystem", "DROP TABLE UA_Log"),
        ("UFSystem", "ALTER TABLE UA_Log DROP COLUMN dInTime"),
        (DATA, "DROP TABLE UserHrPersonContro"),
        (DATA, "ALTER TABLE Person DROP COLUMN dPInValidDate"),
        ("UFSystem", "DROP TABLE UA_Group"),
    ],
)
def test_a_gap_beside_the_operators_leaves_a_gap_and_no_unknown(
    folder: Path, change: Change, database: str, sql: str
) -> None:
    change(database, sql)
    assert len(facts(folder, "users")) == 6


def test_vouchers_of_systems_outside_of_it_show_when_each_last_brought_something(folder: Path, change: Change) -> None:
    assert facts(folder, "interfaces") == []
    row = "INSERT INTO GL_accvouch (inid, iperiod, ino_id, iflag, coutsysname, dbill_date) VALUES "
    change(DATA, row + "(1, 5, 901, NULL, 'WMS', DATETIME('now', '-3 days')), "
           "(1, 5, 902, NULL, 'WMS', DATETIME('now', '-9 days')), (1, 5, 903, 1, 'WMS', DATETIME('now')), "
           "(1, 5, 904, NULL, 'IA', DATETIME('now')), (1, 5, 905, NULL, ' ', DATETIME('now'))")  # fmt: skip
    (found,) = facts(folder, "interfaces")
    assert (found.name, found.failed) == ("WMS", None)
    assert found.last_success_age_s == pytest.approx(3 * 86400, abs=120)
    change(DATA, "ALTER TABLE GL_accvouch DROP COLUMN coutsysname")
    unknown = looks(folder, "interfaces")["interfaces"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["column"]) == ("missing_column", "coutsysname")


def test_every_kind_of_stock_bill_that_nobody_audits_stays_open(folder: Path, change: Change) -> None:
    tables = {
        "rdrecord08": "其他入库单",
        "RdRecord09": "其他出库单",
        "rdrecord10": "产成品入库单",
        "rdrecord11": "材料出库单",
    }
    for table in tables:
        change(DATA, f"INSERT INTO {table} (ID, cCode, dDate) VALUES (1, '{table}-1', DATETIME('now', '-70 days'))")
    found = {fact.document_type: fact.example for fact in facts(folder, "open_documents")}
    assert {table: found[label] for table, label in tables.items()} == {table: f"{table}-1" for table in tables}
    change(DATA, "DROP TABLE rdrecord08")
    assert "其他入库单" not in {fact.document_type for fact in facts(folder, "open_documents")}


def test_stock_and_ledger_are_compared_by_what_moved_in_months_that_both_closed(folder: Path, change: Change) -> None:
    gaps = facts(folder, "ledger_gaps")
    assert {one.ledger_amount - one.stock_amount for one in gaps} == {Decimal(250)}
    today = datetime.now(UTC)
    assert (today.year, today.month) not in {(one.year, one.period) for one in gaps}
    # An account that the stock's books do not name is none of theirs, and an open month says nothing yet.
    change(DATA, "INSERT INTO GL_accvouch (iyear, iperiod, ccode, md, mc) "
           "SELECT iyear, iperiod, '1601', 77, 0 FROM GL_mend")  # fmt: skip
    assert {one.ledger_amount - one.stock_amount for one in facts(folder, "ledger_gaps")} == {Decimal(250)}
    latest = max((one.year, one.period) for one in gaps)
    change(DATA, f"UPDATE GL_mend SET bflag_IA = 0 WHERE iyear = {latest[0]} AND iperiod = {latest[1]}")
    assert len(facts(folder, "ledger_gaps")) == len(gaps) - 1
    change(DATA, "DROP TABLE IA_Subsidiary")
    unknown = looks(folder, "ledger_gaps")["ledger_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["table"]) == ("missing_table", "IA_Subsidiary")
