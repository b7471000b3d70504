"""SAP Business One on SQL Server: every fault planted in its databases is told, with SAP's own names of tables."""

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
    FailedLogins,
    Grant,
    Job,
    LedgerGap,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Stock,
    Unbalanced,
    User,
    Vouchers,
)
from connectors.sap_b1_sql import SapB1Sql
from service_desk.running.demo import b1_fixture
from tests.connectors.b1_fixtures import b1_request
from tests.connectors.conftest import over_tds_request
from tests.connectors.installation import changing, facts_of
from tests.connectors.tds_server import TdsServer

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("in_process")]
F = TypeVar("F", bound=Fact)
COMPANY = "SBO_DEMO"


def facts(folder: Path, kind: type[F], **change: Any) -> list[F]:
    """The facts of one kind; fails when they are not known."""
    return facts_of(b1_request(folder, kinds=[kind.kind], **change), kind)


def execute(folder: Path, *statements: str) -> None:
    """Change a company's database behind its back."""
    changing(folder)(COMPANY, ";".join(statements))


def test_alerts_are_jobs_that_may_be_overdue(b1_folder: Path) -> None:
    def alerts() -> dict[str, tuple[bool, int | None]]:
        found = [job for job in facts(b1_folder, Job) if job.account_set]
        return {job.name: (job.enabled, job.overdue_s) for job in found}

    assert alerts() == {f"{COMPANY}: 低于最小库存": (True, None), f"{COMPANY}: 信用额度": (False, None)}
    execute(b1_folder, "UPDATE OALT SET NextDate = DATE('now', '-3 days'), NextTime = 0 WHERE Active = 'Y'")
    overdue = alerts()[f"{COMPANY}: 低于最小库存"][1] or 0
    assert 3 * 86400 <= overdue < 4 * 86400
    execute(b1_folder, "UPDATE OALT SET NextTime = 1430")
    assert overdue - (alerts()[f"{COMPANY}: 低于最小库存"][1] or 0) == pytest.approx(14.5 * 3600, abs=60)


def test_drafts_that_nobody_added_stay_open(b1_folder: Path) -> None:
    execute(b1_folder, "INSERT INTO ODRF (DocEntry, DocDate, DocStatus, CANCELED) VALUES (7, '2020-01-01', 'O', 'N')")
    found = {one.document_type: one for one in facts(b1_folder, OpenDocuments)}
    assert (found["草稿"].count, found["草稿"].example) == (1, "7")
    execute(b1_folder, "DROP TABLE ODRF")
    assert "草稿" not in {one.document_type for one in facts(b1_folder, OpenDocuments)}


def test_people_are_told_with_rights_and_logins(b1_folder: Path) -> None:
    users = {user.login: user for user in facts(b1_folder, User)}
    assert "removed" not in users
    assert (users["manager"].admin, users["wangfei"].enabled, users["zhouxm"].enabled) == (True, False, True)
    chen = users["chenyl"]
    assert (chen.name, chen.last_seen_at is not None) == ("陈玉兰", True)
    assert users["zhouxm"].last_seen_at is None
    (failed,) = facts(b1_folder, FailedLogins)
    assert failed.count == 4
    rights = facts(b1_folder, Grant)
    held = {(one.holder, one.right, one.right_name, one.scope) for one in rights if one.system == "erp"}
    assert held == {
        ("manager", "SUPERUSER", None, "full"),
        ("chenyl", "3073", "日记账分录", "full"),
        ("chenyl", "3074", "物料主数据", "read"),
    }
    assert any(one.system == "database" for one in rights)


def test_stock_below_zero_is_told_and_no_quantity_is_none(b1_folder: Path) -> None:
    found = facts(b1_folder, Stock)
    assert len(found) == 3
    assert all(one.quantity < 0 and one.warehouse_name == "主仓库" and one.account_set == COMPANY for one in found)
    assert all(isinstance(one.quantity, Decimal) and one.item_name for one in found)


def test_the_books_are_told(b1_folder: Path) -> None:
    late = min(facts(b1_folder, Vouchers), key=lambda one: one.oldest_on or one.seen_at.date())
    assert (late.count, late.oldest_age_days) == (1, 40)
    found = facts(b1_folder, Unbalanced)
    assert [one.difference for one in found] == [Decimal(-1), Decimal(-1)]
    periods = sorted(facts(b1_folder, Period), key=lambda one: (one.year, one.period), reverse=True)
    assert [one.closed["GL"] for one in periods[:5]] == [False, False, False, True, True]
    assert periods[0].ends_on
    assert periods[0].begins_on


def test_stock_and_ledger_are_compared_by_the_accounts_of_each_item(b1_folder: Path) -> None:
    (gap,) = facts(b1_folder, LedgerGap)
    assert (gap.ledger_amount - gap.stock_amount, gap.currency) == (Decimal(250), "CNY")
    assert gap.stock_amount > 0
    # Each of the three ways to set an account counts: without one, its quarter of the ledger is missed.
    for change in ("UPDATE OITB SET BalInvntAc = NULL", "UPDATE OITW SET BalInvntAc = NULL"):
        execute(b1_folder, change)
        (less,) = facts(b1_folder, LedgerGap)
        assert less.ledger_amount < gap.ledger_amount
        gap = less
    execute(b1_folder, "UPDATE OWHS SET BalInvntAc = NULL")
    assert facts(b1_folder, LedgerGap)[0].ledger_amount == 0


@pytest.mark.parametrize(
    ("change", "reason", "what"),
    [
        ("UPDATE OADM SET ContInvnt = 'N'", "unsupported", "perpetual inventory"),
        ("UPDATE OADM SET NewAcctDe = 'Y'", "unsupported", "advanced account determination"),
        ("DROP TABLE OITB", "missing_table", "OITB"),
    ],
)
def test_where_the_accounts_of_stock_cannot_be_known_nothing_is_compared(
    b1_folder: Path, change: str, reason: str, what: str
) -> None:
    execute(b1_folder, change)
    (look,) = ask(b1_request(b1_folder, kinds=["ledger_gaps"])).looks
    assert look.unknown is not None
    assert look.unknown.reason == reason
    assert what in str(look.unknown.params)


def test_documents_and_masters_are_told(b1_folder: Path) -> None:
    (waiting,) = facts(b1_folder, Approval)
    assert (waiting.document, waiting.waits_for) == ("22/301/1", "chenyl")
    assert waiting.age_s == pytest.approx(6 * 86400, abs=120)
    execute(
        b1_folder,
        "INSERT INTO ORDR (DocNum, DocDate, DocStatus, CANCELED) VALUES (1, '2020-01-01 00:00:00', 'O', 'N')",
        "INSERT INTO ORDR (DocNum, DocDate, DocStatus, CANCELED) VALUES (2, '2099-01-01 00:00:00', 'O', 'N')",
        "INSERT INTO OITM (ItemCode, ItemName, InvntItem, OnHand) VALUES ('X', '生料带', 'Y', 5)",
    )
    opened = {one.document_type: (one.count, one.example) for one in facts(b1_folder, OpenDocuments)}
    assert opened == {"销售订单": (1, "1"), "采购订单": (0, None), "应收发票": (0, None), "草稿": (0, None)}
    odd = {one.document_type: (one.count, one.example) for one in facts(b1_folder, OddDates)}
    assert odd == {"销售订单": (1, "2"), "日记账分录": (0, None)}
    (twice,) = facts(b1_folder, Duplicates)
    assert (twice.groups, twice.example) == (1, "生料带")
    gaps = {one.what: (one.count, one.example) for one in facts(b1_folder, MasterGaps)}
    assert gaps == {"no_cost": (1, "X"), "no_unit": (1, "X")}


def test_backups_are_those_of_the_server(b1_folder: Path) -> None:
    found = {one.database: one for one in facts(b1_folder, Backup)}
    assert found[COMPANY].full_age_s == pytest.approx(80 * 3600, abs=120)
    assert (found[COMPANY].account_set, found["SBO-COMMON"].account_set) == (COMPANY, None)


def test_a_healthy_company_has_nothing_to_find(tmp_path: Path) -> None:
    b1_fixture.build(tmp_path)
    for kind in (Stock, Unbalanced, Approval):
        assert facts(tmp_path, kind) == []
    assert facts(tmp_path, FailedLogins)[0].count == 0


def test_companies_are_listed_or_named_by_hand(b1_folder: Path) -> None:
    found = ask(b1_request(b1_folder, op="account_sets")).account_sets
    assert [(one.code, one.name, one.database) for one in found] == [(COMPANY, "示例阀门有限公司", COMPANY)]
    (b1_folder / "SBO-COMMON.sqlite").unlink()
    assert ask(b1_request(b1_folder, op="account_sets")).error is not None
    named = {"companies": f"{COMPANY}, {COMPANY}"}
    found = ask(b1_request(b1_folder, op="account_sets", settings=named)).account_sets
    assert [(one.code, one.name) for one in found] == [(COMPANY, "示例阀门有限公司")]
    assert len(facts(b1_folder, Stock, settings=named)) == 3


@pytest.mark.parametrize(
    ("change", "kind", "reason", "what"),
    [
        ("ALTER TABLE OITW DROP COLUMN OnHand", "stock", "missing_column", "OnHand"),
        ("DROP TABLE OBTF", "vouchers", "missing_table", "OBTF"),
        ("DROP TABLE USR3", "grants", "missing_table", "USR3"),
    ],
)
def test_what_is_missing_is_named(b1_folder: Path, change: str, kind: str, reason: str, what: str) -> None:
    execute(b1_folder, change)
    (unknown,) = [one.unknown for one in ask(b1_request(b1_folder, kinds=[kind])).looks if one.unknown]
    assert (unknown.reason, what in unknown.params.values()) == (reason, True)
    able = ask(b1_request(b1_folder, op="capabilities")).capabilities
    assert [one.state for one in able if one.kind == kind and one.account_set] == ["unsupported"]


def test_without_its_record_users_have_no_last_login(b1_folder: Path) -> None:
    execute(b1_folder, "DROP TABLE USR5")
    assert {one.last_seen_at for one in facts(b1_folder, User)} == {None}


def test_a_hundred_thousand_rows_are_cut(b1_folder: Path) -> None:
    execute(
        b1_folder,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO OITM "
        "(ItemCode, ItemName, InvntItem) SELECT 'X' || i, '物料', 'Y' FROM n",
        "INSERT INTO OITW (ItemCode, WhsCode, OnHand) SELECT ItemCode, '01', -1 FROM OITM WHERE ItemCode LIKE 'X%'",
    )
    (look,) = ask(b1_request(b1_folder, kinds=["stock"])).looks
    assert (len(look.facts), look.truncated) == (5000, True)


def test_the_same_is_told_over_the_wire(b1_folder: Path, b1_server: TdsServer) -> None:
    kinds = ["stock", "vouchers", "unbalanced", "approvals", "failed_logins", "periods", "ledger_gaps"]
    by_file = ask(b1_request(b1_folder, kinds=kinds)).looks
    by_wire = ask(over_tds_request("sap_b1_sql", b1_server.port, kinds=kinds)).looks
    assert [look.unknown for look in by_wire] == [None] * len(kinds)
    assert [[one.subject for one in look.facts] for look in by_file] == [
        [one.subject for one in look.facts] for look in by_wire
    ]


def test_the_script_gives_these_columns_and_no_password() -> None:
    script = SapB1Sql.script("desk", [AccountSet(code=COMPANY, name="x", database=COMPANY)])
    assert "USE [SBO-COMMON];" in script.run
    assert "GRANT SELECT ON [dbo].[OITW] ([WhsCode], [ItemCode], [OnHand]) TO [desk];" in script.run
    assert "PASSWORD]" not in script.run
    assert f"USE [{COMPANY}]; DROP USER [desk];" in script.undo
