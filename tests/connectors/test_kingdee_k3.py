"""K/3 as it is found in the field, over fixture databases: planted faults, KIS and older installations, gaps."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import ask
from connectors.base import Deadline
from connectors.facts import Backup, Look, Period, Stock, Task, User, Vouchers
from connectors.kingdee_k3 import OWN, KingdeeK3
from service_desk.running.demo import fixture_files, k3_fixture
from tests.connectors.conftest import k3_fixture_request, over_tds_request
from tests.connectors.tds_server import TdsServer

Change = Callable[[str, str], None]
DATA = k3_fixture.Company().database
SECOND = k3_fixture.Company(code="02", name="示例机电有限公司", database="AIS20250206143000")


@pytest.fixture
def change(k3_folder: Path) -> Change:
    """Run a statement in one of the fixture's databases."""

    def run(database: str, sql: str) -> None:
        with closing(sqlite3.connect(k3_folder / f"{database}.sqlite")) as connection, connection:
            connection.executescript(sql)

    return run


def look(folder: Path, kind: str, **more: Any) -> Look:
    """The one look for a kind, without a process of its own."""
    request = k3_fixture_request(folder, **more)
    made = KingdeeK3(request.settings, request.secrets, allow_loopback=True)
    (found,) = made.collect([kind], Deadline(20), request.account_sets)
    return found


def test_it_finds_the_negative_stock_that_was_planted(k3_folder: Path, change: Change) -> None:
    change(DATA, "UPDATE ICInventory SET FQty = abs(FQty); "
           "INSERT INTO ICInventory (FItemID, FStockID, FBatchNo, FQty) VALUES "
           "(600, 200, 'A', -2.5), (600, 200, 'B', -1), (603, 201, '', -7), (601, 200, 'N', NULL), "
           "(999, 888, '', -1)")  # fmt: skip
    found = look(k3_folder, "stock")
    facts = {fact.item: fact for fact in found.facts if isinstance(fact, Stock)}
    assert set(facts) == {"02.01.001", "01.01.001", "#999"}
    steel = facts["01.01.001"]
    assert (steel.quantity, steel.rows, steel.unit) == (Decimal("-3.5"), 2, "套")
    assert (steel.item_name, steel.spec, steel.warehouse_name) == ("轴承钢", "GCr15 Φ20", "原材料仓")
    # What was deleted from the lists of items and warehouses is still in stock.
    assert (facts["#999"].warehouse, facts["#999"].quantity) == ("#888", Decimal(-1))
    assert (found.account_set, found.truncated) == ("01.01", False)


def test_it_says_when_there_are_more_rows_than_it_keeps(k3_folder: Path, change: Change) -> None:
    change(DATA, "INSERT INTO ICInventory (FItemID, FStockID, FQty) "
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5100) "
           "SELECT 1000 + i, 200, -i FROM n")  # fmt: skip
    found = look(k3_folder, "stock")
    assert (len(found.facts), found.truncated) == (5000, True)
    assert found.facts[0].quantity == Decimal(-5100)  # type: ignore[attr-defined]


def test_it_counts_unposted_vouchers_by_period(k3_folder: Path, change: Change) -> None:
    change(DATA, "DELETE FROM t_Voucher; INSERT INTO t_Voucher (FYear, FPeriod, FNumber, FDate, FPosted) VALUES "
           "(2025, 12, 1, '2025-12-03 00:00:00', 0), (2025, 12, 2, '2025-12-09 00:00:00', NULL), "
           "(2025, 12, 3, '2025-12-01 00:00:00', 1), (2026, 1, 1, '2026-01-05 00:00:00', 0)")  # fmt: skip
    facts = [fact for fact in look(k3_folder, "vouchers").facts if isinstance(fact, Vouchers)]
    assert [(one.year, one.period, one.count, str(one.oldest_on)) for one in facts] == [
        (2025, 12, 2, "2025-12-03"),
        (2026, 1, 1, "2026-01-05"),
    ]


def test_it_knows_the_leaver_by_the_employee_behind_the_user(k3_folder: Path) -> None:
    found = look(k3_folder, "users")
    users = {fact.login: fact for fact in found.facts if isinstance(fact, User)}
    gone = datetime.now(UTC).date() - timedelta(days=12)
    assert (users["冯国栋"].enabled, users["冯国栋"].left_on) == (True, gone)
    # The first of January 1900 is K/3's way to say that nothing was filled in.
    assert users["郭晓梅"].left_on is None
    assert not users["田志强"].enabled
    assert (users["Administrator"].admin, users["郭晓梅"].admin) == (True, False)
    assert (users["郭晓梅"].roles, users["马丽"].roles) == (("4",), ())
    seen = users["郭晓梅"].last_seen_at
    assert seen is not None
    assert found.seen_at - seen == pytest.approx(timedelta(hours=2), abs=timedelta(minutes=1))
    assert users["马丽"].last_seen_at is None
    assert users["马丽"].subject == "01.01/马丽"


@pytest.mark.parametrize(
    "sql",
    ["DROP TABLE t_Emp", "ALTER TABLE t_Emp DROP COLUMN FLeaveDate", "DROP TABLE t_Log", "DROP TABLE t_GroupAccess"],
)
def test_a_gap_beside_the_users_leaves_a_gap_and_no_unknown(k3_folder: Path, change: Change, sql: str) -> None:
    change(DATA, sql)
    users = {fact.login: fact for fact in look(k3_folder, "users").facts if isinstance(fact, User)}
    leaver, clerk = users["冯国栋"], users["郭晓梅"]
    told = (leaver.left_on, clerk.last_seen_at, clerk.roles)
    assert None in told
    assert told != (None, None, None)
    steps = ask(k3_fixture_request(k3_folder, op="probe")).steps
    assert [step.state for step in steps if step.name == "rights"] == ["unknown"]


def test_it_finds_the_function_that_was_left_open(k3_folder: Path) -> None:
    found = look(k3_folder, "tasks")
    tasks = {fact.key: fact for fact in found.facts if isinstance(fact, Task)}
    stuck = tasks["01.01/2/2"]
    assert (stuck.user_name, stuck.station, stuck.name) == ("郭晓梅", "PC-CW-02", "10051")
    assert stuck.age_s == pytest.approx(30 * 3600, abs=60)


def test_it_tells_which_periods_are_closed(k3_folder: Path) -> None:
    facts = [fact for fact in look(k3_folder, "periods").facts if isinstance(fact, Period)]
    current = fixture_files.months_back(datetime.now(UTC).date(), 2)
    assert (facts[0].year, facts[0].period, len(facts)) == (current.year, current.month, 12)
    # Accounts payable never finished its set-up; fixed assets are only in the settings.
    assert facts[0].closed == {"GL": False, "AR": False, "IC": False, "FA": False}
    assert set(facts[1].closed.values()) == {True}


def test_it_tells_the_age_of_every_databases_backups_and_whose_it_is(k3_folder: Path) -> None:
    backups = {fact.database: fact for fact in look(k3_folder, "backups").facts if isinstance(fact, Backup)}
    assert (backups[DATA].account_set, backups["KDAcctDB"].account_set) == ("01.01", None)
    assert backups[DATA].full_age_s == pytest.approx(80 * 3600, abs=60)


def test_a_login_from_which_databases_are_hidden_is_unknown_and_gets_the_grant(tmp_path: Path) -> None:
    k3_fixture.build(tmp_path, k3_fixture.Faults(hidden=True))
    found = look(tmp_path, "backups")
    assert found.facts == ()
    assert found.unknown is not None
    assert found.unknown.grant == "USE [master]; GRANT VIEW ANY DATABASE TO [reader];"
    states = {one.kind: one.state for one in ask(k3_fixture_request(tmp_path, op="capabilities")).capabilities}
    assert (states["backups"], states["users"]) == ("unknown", "supported")


@pytest.mark.parametrize(
    ("control", "codes"),
    [
        ("KDAcctDB", ["01.01", "02"]),
        ("AcctCtl", ["01.01", "02"]),
        ("AcctCtl_KEE", ["01.01", "02"]),
        (None, [DATA, SECOND.database]),
    ],
)
def test_it_finds_the_account_sets_of_k3_kis_and_older_ones(
    tmp_path: Path, control: str | None, codes: list[str]
) -> None:
    k3_fixture.build(
        tmp_path, k3_fixture.Faults(negative_stock=1), companies=(k3_fixture.Company(), SECOND), control=control
    )
    found = ask(k3_fixture_request(tmp_path, op="account_sets")).account_sets
    assert [(one.code, one.database) for one in found] == list(zip(codes, [DATA, SECOND.database], strict=True))
    assert all(len(one.facts) == 1 for one in ask(k3_fixture_request(tmp_path, kinds=["stock"])).looks)
    steps = ask(k3_fixture_request(tmp_path, op="probe")).steps
    failed = [step for step in steps if step.state != "ok"]
    assert [step.reason for step in failed if step.name == "rights"] == ([] if control else ["unknown_database"])


@pytest.mark.parametrize(
    ("database", "sql", "kind", "reason", "names"),
    [
        (DATA, "DROP TABLE ICInventory", "stock", "missing_table", {"table": "ICInventory"}),
        (DATA, "ALTER TABLE ICInventory DROP COLUMN FQty", "stock", "missing_column", {"column": "FQty"}),
        (DATA, "ALTER TABLE t_Voucher DROP COLUMN FPosted", "vouchers", "missing_column", {"column": "FPosted"}),
        (DATA, "DROP TABLE t_FuncControl", "tasks", "missing_table", {"table": "t_FuncControl"}),
        (DATA, "DROP TABLE t_subsys", "periods", "missing_table", {"table": "t_subsys"}),
        (DATA, "ALTER TABLE t_User DROP COLUMN FForbidden", "users", "missing_column", {"column": "FForbidden"}),
        ("KDAcctDB", "DROP TABLE t_ad_kdAccount_gl", "stock", "missing_table", {"table": "t_ad_kdAccount_gl"}),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_never_green(
    k3_folder: Path, change: Change, database: str, sql: str, kind: str, reason: str, names: dict[str, str]
) -> None:
    change(database, sql)
    found = look(k3_folder, kind)
    assert found.facts == ()
    assert found.unknown is not None
    assert found.unknown.reason == reason
    assert names.items() <= dict(found.unknown.params).items()


def test_an_account_set_whose_database_is_gone_does_not_darken_another(tmp_path: Path) -> None:
    k3_fixture.build(tmp_path, k3_fixture.Faults(negative_stock=1), companies=(k3_fixture.Company(), SECOND))
    (tmp_path / f"{DATA}.sqlite").unlink()
    looks = {one.account_set: one for one in ask(k3_fixture_request(tmp_path, kinds=["stock"])).looks}
    assert looks["01.01"].unknown is not None
    assert looks["01.01"].unknown.params["database"] == DATA
    assert len(looks["02"].facts) == 1


def test_the_probe_finds_a_login_that_can_write(tmp_path: Path) -> None:
    k3_fixture.build(tmp_path, k3_fixture.Faults(writable_login=True))
    found = [step for step in ask(k3_fixture_request(tmp_path, op="probe")).steps if step.name == "read_only"]
    assert {(step.state, step.reason) for step in found} == {("failed", "login_can_write")}


def test_freetds_sees_what_the_fixture_road_sees(k3_server: TdsServer, k3_folder: Path) -> None:
    kinds = ["backups", "users", "tasks", "stock", "vouchers", "periods"]
    over_the_wire = ask(over_tds_request("kingdee_k3", k3_server.port, kinds=kinds)).looks
    from_files = ask(k3_fixture_request(k3_folder, kinds=kinds)).looks
    assert [[fact.subject for fact in one.facts] for one in over_the_wire] == [
        [fact.subject for fact in one.facts] for one in from_files
    ]
    assert not [one.unknown for one in over_the_wire if one.unknown]
    stock = [
        [(fact.quantity, fact.item_name) for fact in one.facts if isinstance(fact, Stock)] for one in over_the_wire
    ]
    assert stock == [
        [(fact.quantity, fact.item_name) for fact in one.facts if isinstance(fact, Stock)] for one in from_files
    ]


def test_without_faults_there_is_nothing_to_find(tmp_path: Path) -> None:
    k3_fixture.build(tmp_path)
    answer = ask(k3_fixture_request(tmp_path, kinds=["stock", "vouchers", "backups", "tasks", "users"]))
    facts = [fact for one in answer.looks for fact in one.facts]
    today = datetime.now(UTC)
    assert not [one.unknown for one in answer.looks if one.unknown]
    assert not [fact for fact in facts if isinstance(fact, Stock)]
    assert {(fact.year, fact.period) for fact in facts if isinstance(fact, Vouchers)} <= {(today.year, today.month)}
    assert all((fact.age_s or 0) < 3600 for fact in facts if isinstance(fact, Task))
    assert not [fact for fact in facts if isinstance(fact, User) and fact.enabled and fact.left_on]


def test_it_builds_the_same_twice(tmp_path: Path) -> None:
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    k3_fixture.build(tmp_path, k3_fixture.Faults(negative_stock=2), at)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "AIS19990101000000.sqlite").touch()
    k3_fixture.build(tmp_path, k3_fixture.Faults(negative_stock=2), at)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_no_statement_of_a_users_table_reads_what_opens_it() -> None:
    columns = {column for statement in OWN.values() for need in statement.needs for column in need.columns}
    assert not columns & {"FSID", "FSCPwd", "FRight"}
