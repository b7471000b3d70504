"""Galaxy's database in a private cloud: every fault planted in it is told, with Galaxy's own names of tables."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from connectors.ask import ask
from connectors.base import AccountSet
from connectors.facts import (
    Approval,
    Backup,
    Duplicates,
    Fact,
    Grant,
    Interface,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Seats,
    Stock,
    Task,
    Timing,
    Unbalanced,
    User,
    Vouchers,
)
from connectors.kingdee_galaxy_db import KingdeeGalaxyDb
from service_desk.running.demo import galaxy_fixture
from service_desk.running.demo.galaxy_fixture import CENTRE
from tests.connectors.galaxy_fixtures import centre_request
from tests.connectors.installation import changing, facts_of
from tests.connectors.tds_server import TdsServer

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("in_process")]
F = TypeVar("F", bound=Fact)


def facts(folder: Path, kind: type[F], **change: Any) -> list[F]:
    """The facts of one kind; fails when they are not known."""
    return facts_of(centre_request(folder, kinds=[kind.kind], **change), kind)


def execute(folder: Path, *statements: str) -> None:
    """Change the database behind Galaxy's back."""
    changing(folder)(CENTRE, ";".join(statements))


def test_organisations_in_use_are_its_account_sets(centre_folder: Path) -> None:
    found = ask(centre_request(centre_folder, op="account_sets")).account_sets
    assert [(one.code, one.name, one.database) for one in found] == [
        ("001", "示例食品有限公司", CENTRE),
        ("002", "示例食品（宁波）", CENTRE),
    ]


def test_people_are_told_with_roles_logins_and_licences(centre_folder: Path) -> None:
    users = {user.login: user for user in facts(centre_folder, User)}
    assert (users["Administrator"].admin, users["沈佳"].enabled, users["周晓明"].enabled) == (True, False, True)
    assert (users["林晓芸"].roles, users["方国强"].roles, users["周晓明"].roles) == (("会计",), ("仓管员",), ())
    assert users["林晓芸"].last_seen_at is not None
    assert users["周晓明"].last_seen_at is None
    rights = facts(centre_folder, Grant)
    assert {(one.holder, one.right, one.right_name, one.scope) for one in rights if one.system == "erp"} == {
        ("林晓芸", "KJ", "会计", ""),
        ("方国强", "CG", "仓管员", "001"),
    }
    assert any(one.system == "database" for one in rights)
    assert {(one.module, one.used) for one in facts(centre_folder, Seats)} == {("供应链", 3), ("财务", 1)}


def test_a_user_whose_employee_is_disabled_everywhere_has_left(centre_folder: Path) -> None:
    left = {user.login: user.left_on for user in facts(centre_folder, User) if user.left_on}
    assert list(left) == ["周晓明"]
    assert left["周晓明"] == (datetime.now(UTC) - timedelta(days=20)).date()
    # In another organisation the same person still works.
    execute(
        centre_folder,
        "INSERT INTO T_HR_EMPINFO (FID, FPERSONID, FFORBIDSTATUS) "
        "SELECT 900, FPERSONID, 'A' FROM T_HR_EMPINFO WHERE FFORBIDSTATUS = 'B'",
    )
    assert not [user for user in facts(centre_folder, User) if user.left_on]
    execute(centre_folder, "DROP TABLE T_HR_EMPINFO")
    assert len(facts(centre_folder, User)) == 5


def test_how_long_its_questions_take_is_told(centre_folder: Path) -> None:
    assert {(one.account_set, one.report) for one in facts(centre_folder, Timing)} == {
        (code, report) for code in ("001", "002") for report in ("即时库存", "凭证查询")
    }


def test_stock_below_zero_is_told_by_organisation(centre_folder: Path) -> None:
    found = facts(centre_folder, Stock)
    assert len(found) == 3
    assert {one.account_set for one in found} == {"001"}
    assert all(one.quantity < 0 and one.item_name and one.spec and one.warehouse_name for one in found)


def test_the_books_are_told(centre_folder: Path) -> None:
    late = [one for one in facts(centre_folder, Vouchers) if (one.oldest_age_days or 0) >= 40]
    assert [(one.account_set, one.count, one.oldest_age_days) for one in late] == [("001", 1, 40)]
    assert [one.difference for one in facts(centre_folder, Unbalanced)] == [Decimal(-1), Decimal(-1)]
    periods = [one for one in facts(centre_folder, Period) if one.account_set == "001"]
    assert [one.closed["GL"] for one in periods[:2]] == [False, True]
    assert all(one.closed["ST"] and one.closed["IA"] for one in periods)
    other = [one for one in facts(centre_folder, Period) if one.account_set == "002"]
    assert set(other[0].closed) == {"GL"}


def test_work_that_waits_or_failed_is_told(centre_folder: Path) -> None:
    (waiting,) = facts(centre_folder, Approval)
    assert (waiting.document, waiting.document_type) == ("LC000000/A0", "PUR_PurchaseOrder")
    assert waiting.waits_for == "林晓芸"
    assert waiting.age_s == pytest.approx(6 * 86400, abs=120)
    (workflows,) = facts(centre_folder, Interface)
    assert workflows.failed == 2
    tasks = facts(centre_folder, Task)
    assert [one.what for one in tasks] == ["lock", "lock", "lock", "job"]
    assert tasks[-1].state == "FSTATUS 0"
    execute(
        centre_folder,
        "INSERT INTO T_BD_MATERIAL (FMATERIALID, FNUMBER, FUSEORGID) VALUES (9, 'X', 1)",
        "INSERT INTO T_BD_MATERIAL_L (FMATERIALID, FLOCALEID, FNAME, FSPECIFICATION) "
        "VALUES (9, 2052, '白砂糖', '50kg')",
        "INSERT INTO T_GL_VOUCHER (FVOUCHERID, FACCOUNTBOOKID, FBILLNO, FDATE) VALUES (900, 700, 'X', '2099-01-01')",
    )
    assert [(one.account_set, one.groups, one.example) for one in facts(centre_folder, Duplicates)] == [
        ("001", 1, "白砂糖"),
        ("002", 0, None),
    ]
    assert [(one.count, one.example) for one in facts(centre_folder, OddDates)] == [(1, "X"), (0, None)]


def test_backups_are_those_of_the_server(centre_folder: Path) -> None:
    ages = {one.database: one.full_age_s for one in facts(centre_folder, Backup)}
    assert ages[CENTRE] == pytest.approx(80 * 3600, abs=120)


def test_a_healthy_installation_has_nothing_to_find(tmp_path: Path) -> None:
    galaxy_fixture.build(tmp_path)
    for kind in (Stock, Unbalanced, Approval):
        assert facts(tmp_path, kind) == []
    assert facts(tmp_path, Interface)[0].failed == 0


def test_orders_that_stay_open_are_told_by_organisation(centre_folder: Path) -> None:
    found = {(one.account_set, one.document_type): one for one in facts(centre_folder, OpenDocuments)}
    late = found["001", "销售订单"]
    assert (late.count, late.oldest_age_days, late.example) == (2, 81, "XSDD000002")
    assert [one.count for one in found.values() if one is not late] == [0, 0, 0]
    execute(centre_folder, "UPDATE T_SAL_ORDER SET FCLOSESTATUS = 'B' WHERE FID = 2")
    execute(centre_folder, "UPDATE T_SAL_ORDER SET FDOCUMENTSTATUS = 'B' WHERE FID = 3")
    assert {one.count for one in facts(centre_folder, OpenDocuments)} == {0}


def test_what_items_and_suppliers_lack_is_told(centre_folder: Path) -> None:
    def gaps() -> dict[str, tuple[int, str | None]]:
        found = [one for one in facts(centre_folder, MasterGaps) if one.account_set == "001"]
        return {one.what: (one.count, one.example) for one in found}

    assert set(gaps().values()) == {(0, None)}
    execute(
        centre_folder,
        "UPDATE T_BD_MATERIALBASE SET FBASEUNITID = 0 WHERE FMATERIALID = 300",
        "DELETE FROM T_BD_MATERIALSTOCK WHERE FMATERIALID IN (301, 302)",
        "UPDATE T_BD_SUPPLIERBASE SET FSOCIALCRECODE = ' '",
        "DELETE FROM T_BD_SUPPLIERBANK",
    )
    assert gaps() == {
        "no_unit": (1, "1.01.001"), "no_cost": (2, "1.01.002"), "no_bank_account": (1, "VEN001"),
        "no_tax_number": (1, "VEN001"),
    }  # fmt: skip
    # Suppliers are told where their tables are there; without those of items nothing is.
    execute(centre_folder, "DROP TABLE T_BD_SUPPLIERBANK")
    assert set(gaps()) == {"no_unit", "no_cost"}


def test_void_vouchers_that_cannot_be_told_apart_are_counted_with_the_others(centre_folder: Path) -> None:
    execute(centre_folder, "UPDATE T_GL_VOUCHER SET FINVALID = '1' WHERE FPOSTED = '0'")
    assert facts(centre_folder, Vouchers) == []
    execute(centre_folder, "ALTER TABLE T_GL_VOUCHER DROP COLUMN FINVALID")
    assert sum(one.count for one in facts(centre_folder, Vouchers)) == 3
    able = ask(centre_request(centre_folder, op="capabilities")).capabilities
    assert {one.state for one in able if one.kind == "vouchers"} == {"supported"}


@pytest.mark.parametrize(
    ("change", "kind", "reason", "what"),
    [
        ("ALTER TABLE T_GL_VOUCHER DROP COLUMN FPOSTED", "vouchers", "missing_column", "FPOSTED"),
        ("ALTER TABLE T_STK_INVENTORY DROP COLUMN FBASEQTY", "stock", "missing_column", "FBASEQTY"),
        ("DROP TABLE T_WF_ASSIGN", "approvals", "missing_table", "T_WF_ASSIGN"),
        ("DROP TABLE T_BD_MATERIALSTOCK", "master_gaps", "missing_table", "T_BD_MATERIALSTOCK"),
        ("ALTER TABLE T_PUR_POORDER DROP COLUMN FCLOSESTATUS", "open_documents", "missing_column", "FCLOSESTATUS"),
    ],
)
def test_what_is_missing_is_named(centre_folder: Path, change: str, kind: str, reason: str, what: str) -> None:
    execute(centre_folder, change)
    look = ask(centre_request(centre_folder, kinds=[kind])).looks[0]
    assert look.unknown is not None
    assert (look.unknown.reason, what in look.unknown.params.values()) == (reason, True)
    able = {one.kind: one for one in ask(centre_request(centre_folder, op="capabilities")).capabilities}
    assert able[kind].state == "unsupported"


def test_what_is_optional_leaves_a_gap_alone(centre_folder: Path) -> None:
    tables = ("T_SEC_ROLEUSER", "T_SEC_USERORG", "T_BAS_OPERATELOG", "T_STK_CLOSEPROFILE")
    execute(centre_folder, *(f"DROP TABLE {table}" for table in tables))
    assert {(one.roles, one.last_seen_at) for one in facts(centre_folder, User)} == {(None, None)}
    assert {tuple(one.closed) for one in facts(centre_folder, Period)} == {("GL",)}


def test_a_hundred_thousand_rows_are_cut(centre_folder: Path) -> None:
    execute(
        centre_folder,
        "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 101000) INSERT INTO "
        "T_STK_INVENTORY (FSTOCKORGID, FSTOCKID, FMATERIALID, FBASEQTY) SELECT 1, 50, i, -1 FROM n",
    )
    look = ask(centre_request(centre_folder, kinds=["stock"], account_sets=["001"])).looks[0]
    assert (len(look.facts), look.truncated) == (5000, True)


def test_another_data_centre_is_named(centre_folder: Path) -> None:
    steps = ask(centre_request(centre_folder, op="probe", settings={"database": "AIS20990101000000"})).steps
    assert (steps[-1].name, steps[-1].reason) == ("database", "unknown_database")


def test_the_same_is_told_over_the_wire(centre_folder: Path, centre_server: TdsServer) -> None:
    kinds = ["stock", "vouchers", "unbalanced", "periods", "users", "approvals", "seats", "tasks"]
    kinds += ["master_gaps", "open_documents"]
    by_file, by_wire = (
        ask(centre_request(place, kinds=kinds, account_sets=["001"])).looks for place in (centre_folder, centre_server)
    )
    assert [look.unknown for look in by_wire] == [None] * len(kinds)
    assert [[one.subject for one in look.facts] for look in by_file] == [
        [one.subject for one in look.facts] for look in by_wire
    ]


def test_the_script_gives_these_columns_and_no_password() -> None:
    script = KingdeeGalaxyDb.script("desk", [AccountSet(code="001", name="x", database=CENTRE)])
    assert f"USE [{CENTRE}];" in script.run
    assert "GRANT SELECT ON [dbo].[T_BAS_NETWORKCTRLRECORDS] ([FInterId]) TO [desk];" in script.run
    assert "FPASSWORD" not in script.run
