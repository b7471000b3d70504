"""Rights, bills and records of K/3 and KIS, with every known drift of their schema."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.facts import Look
from connectors.kingdee_k3 import KingdeeK3
from service_desk.running.demo import k3_fixture
from tests.connectors.installation import Change, changing, known, looks_of

DATA = k3_fixture.Company().database
KINDS = ("grants", "approvals", "unbalanced", "duplicates", "master_gaps", "odd_dates", "open_documents", "timings")
FAULTS = k3_fixture.Faults(
    approval_days=4, unbalanced=1, double_vendors=2, old_bills=3, conflicts=("马丽",), stock_gap=250, virtual_below=2
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A K/3 installation with faults in its books and rights."""
    k3_fixture.build(tmp_path, FAULTS)
    return tmp_path


@pytest.fixture
def change(folder: Path) -> Change:
    """Run a statement in one of the fixture's databases."""
    return changing(folder)


def looks(folder: Path, *kinds: str) -> dict[str, Look]:
    """The looks by kind, of grants those of the ERP."""
    return looks_of(KingdeeK3, folder, kinds or KINDS)


def facts(folder: Path, kind: str) -> list[Any]:
    """The facts of one kind."""
    return known(looks(folder, kind)[kind])


def test_it_reads_the_bits_of_a_mask_by_their_names(folder: Path, change: Change) -> None:
    change(DATA, "INSERT INTO t_AccessControl (FUserID, FObjectType, FObjectID, FAccessMask) VALUES (16403, 9, 9, 8), "
           "(99999, 2, 1, 4), (16403, 3, 21, 0)")  # fmt: skip
    rights = {(fact.holder, fact.right): fact.right_name for fact in facts(folder, "grants")}
    assert {name for (holder, _), name in rights.items() if holder == "马丽"} == {
        "凭证：录入", "凭证：审核", "凭证：过账", None,
    }  # fmt: skip
    # A mask of an object without names stands for itself, and a user who is gone has still a number.
    assert ("马丽", "9.9") in rights
    assert rights["#99999", "2.1.4"] == "凭证：过账"
    assert not [right for holder, right in rights if holder == "马丽" and right.startswith("3.21")]


def test_a_right_that_comes_with_a_group_says_so(folder: Path) -> None:
    (through,) = [fact for fact in facts(folder, "grants") if fact.source]
    assert (through.holder, through.right, through.source) == ("郭晓梅", "GL.凭证查询", "#4")


def test_stock_and_ledger_are_compared_where_both_have_closed_a_period(folder: Path, change: Change) -> None:
    gaps = facts(folder, "ledger_gaps")
    assert {(one.stock_amount, one.ledger_amount) for one in gaps} == {(Decimal("8403.50"), Decimal("8653.50"))}
    today = datetime.now(UTC)
    latest = max((one.year, one.period) for one in gaps)
    assert latest == ((today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12))
    # A ledger that is a month behind has not closed what the stock has.
    change(DATA, f"DELETE FROM t_Balance WHERE FYear = {today.year} AND FPeriod = {today.month}")
    assert max((one.year, one.period) for one in facts(folder, "ledger_gaps")) < latest
    change(DATA, "DROP TABLE ICInvBal")
    unknown = looks(folder, "ledger_gaps")["ledger_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["table"]) == ("missing_table", "ICInvBal")


def test_stock_of_virtual_warehouses_goes_below_zero_as_well(folder: Path, change: Change) -> None:
    found = {(one.warehouse_name, one.item): one.quantity for one in facts(folder, "stock")}
    assert found == {("待检仓", "01.01.001"): Decimal(-4), ("待检仓", "01.01.002"): Decimal(-4)}
    change(DATA, "DROP TABLE POInventory")
    assert facts(folder, "stock") == []


def test_it_tells_what_waits_and_what_is_wrong_with_the_books(folder: Path) -> None:
    (waiting,) = facts(folder, "approvals")
    assert (waiting.document, waiting.document_type, waiting.waits_for) == ("XOUT800001", "销售出库单", "2 级审核")
    assert waiting.age_s == pytest.approx(4 * 86400, abs=60)
    (wrong,) = facts(folder, "unbalanced")
    assert wrong.difference == Decimal(100)
    doubles = {fact.master: fact.groups for fact in facts(folder, "duplicates")}
    assert doubles == {"customers": 0, "vendors": 1, "items": 0}
    (still,) = facts(folder, "open_documents")
    assert (still.count, still.oldest_age_days, still.example) == (3, 82, "XOUT900000")
    assert {fact.count for fact in facts(folder, "odd_dates")} == {0}


def test_gaps_of_the_master_data_are_counted_with_an_example(folder: Path, change: Change) -> None:
    change(DATA, "UPDATE t_ICItem SET FUnitID = 0, FPlanPrice = NULL WHERE FItemID = 600; "
           "UPDATE t_Supplier SET FAccount = ' '; UPDATE t_Supplier SET FDeleted = 1 WHERE FItemID = 800")  # fmt: skip
    gaps = {fact.what: (fact.count, fact.example) for fact in facts(folder, "master_gaps")}
    assert gaps["no_unit"] == gaps["no_cost"] == (1, "轴承钢")
    assert gaps["no_bank_account"][0] == 4


def test_kis_without_stock_bills_tells_the_rest(folder: Path, change: Change) -> None:
    change(DATA, "DROP TABLE ICStockBill; DROP TABLE t_GroupAccessType; DROP TABLE t_ObjectAccessType")
    found = looks(folder)
    assert [fact.document_type for fact in facts(folder, "odd_dates")] == ["凭证"]
    assert {kind for kind, look in found.items() if look.unknown} == {"approvals", "open_documents"}
    assert found["grants"].facts


@pytest.mark.parametrize(
    ("sql", "kind", "named"),
    [
        ("DROP TABLE t_AccessControl", "grants", {"table": "t_AccessControl"}),
        ("ALTER TABLE ICStockBill DROP COLUMN FCurCheckLevel", "approvals", {"column": "FCurCheckLevel"}),
        ("ALTER TABLE t_Voucher DROP COLUMN FDebitTotal", "unbalanced", {"column": "FDebitTotal"}),
        ("DROP TABLE t_Supplier", "duplicates", {"table": "t_Supplier"}),
    ],
)
def test_what_is_missing_is_named_and_never_green(
    folder: Path, change: Change, sql: str, kind: str, named: dict[str, str]
) -> None:
    change(DATA, sql)
    found = looks(folder, kind)[kind]
    assert found.facts == ()
    assert found.unknown is not None
    assert named.items() <= dict(found.unknown.params).items()


def test_bills_that_were_brought_in_show_when_each_till_last_sent_some(folder: Path, change: Change) -> None:
    assert facts(folder, "interfaces") == []
    change(DATA, "INSERT INTO ICStockBill (FInterID, FBillNo, FDate, FCancellation, FImport, FPOSName) VALUES "
           "(901, 'POS1', DATETIME('now', '-2 days'), 0, 1, '南门店'), (902, 'POS2', DATETIME('now'), 1, 1, '南门店'), "
           "(903, 'XIN1', DATETIME('now', '-5 days'), 0, 1, NULL), (904, 'X', DATETIME('now'), 0, 0, '东门店')"
           )  # fmt: skip
    found = {fact.name: fact for fact in facts(folder, "interfaces")}
    assert {name: (fact.last_success_age_s or 0) // 86400 for name, fact in found.items()} == {
        "南门店": 2, "出入库单引入": 5,
    }  # fmt: skip
    assert {fact.failed for fact in found.values()} == {None}
    change(DATA, "ALTER TABLE ICStockBill DROP COLUMN FImport")
    unknown = looks(folder, "interfaces")["interfaces"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["column"]) == ("missing_column", "FImport")
