"""U8 as it is found in the field, over fixture databases: planted faults, older builds, gaps."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Answer, ask
from connectors.base import Deadline
from connectors.facts import Backup, Look, Period, Stock, Task, User, Vouchers
from connectors.yonyou_u8 import YonyouU8, account_set_of
from service_desk.running.demo import u8_fixture
from tests.connectors.conftest import u8_fixture_request

Change = Callable[[str, str], None]


@pytest.fixture
def change(u8_folder: Path) -> Change:
    """Run a statement in one of the fixture's databases."""

    def run(database: str, sql: str) -> None:
        with closing(sqlite3.connect(u8_folder / f"{database}.sqlite")) as connection, connection:
            connection.executescript(sql)

    return run


def look(folder: Path, kind: str, **more: Any) -> Look:
    """The one look for a kind, without a process of its own; of tasks the one of the installation."""
    request = u8_fixture_request(folder, **more)
    made = YonyouU8(request.settings, request.secrets, allow_loopback=True)
    (found,) = [one for one in made.collect([kind], Deadline(20), request.account_sets)
                if kind != "tasks" or one.account_set is None]  # fmt: skip
    return found


DATA = "UFDATA_001_2024"


def test_it_finds_the_negative_stock_that_was_planted(u8_folder: Path, change: Change) -> None:
    change(DATA, "UPDATE CurrentStock SET iQuantity = abs(iQuantity); "
           "INSERT INTO CurrentStock (cWhCode, cInvCode, cBatch, iQuantity) VALUES "
           "('01', 'M6-20', 'A', -2.5), ('01', 'M6-20', 'B', -1), ('03', 'PCB-A2', 'A', -7), "
           "('02', 'X', 'A', NULL)")  # fmt: skip
    found = look(u8_folder, "stock")
    facts = [fact for fact in found.facts if isinstance(fact, Stock)]
    assert [(one.item, one.warehouse, one.quantity, one.rows) for one in facts] == [
        ("PCB-A2", "03", Decimal(-7), 1),
        ("M6-20", "01", Decimal("-3.5"), 2),
    ]
    assert (facts[1].item_name, facts[1].spec, facts[1].warehouse_name) == ("内六角螺丝", "M6×20", "原料仓")
    assert (found.account_set, found.truncated) == ("001", False)


def test_nothing_negative_is_seen_as_nothing(tmp_path: Path) -> None:
    u8_fixture.build(tmp_path)
    found = look(tmp_path, "stock")
    assert (found.facts, found.unknown) == ((), None)


def test_it_says_when_there_are_more_rows_than_it_keeps(u8_folder: Path, change: Change) -> None:
    change(DATA, "INSERT INTO CurrentStock (cWhCode, cInvCode, iQuantity) "
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5100) "
           "SELECT '01', 'ITEM-' || i, -i FROM n")  # fmt: skip
    found = look(u8_folder, "stock")
    assert (len(found.facts), found.truncated) == (5000, True)
    assert isinstance(found.facts[0], Stock)
    # What is kept is the worst of it.
    assert found.facts[0].quantity == Decimal(-5100)


def test_it_counts_unposted_vouchers_not_their_lines_and_no_void_ones(u8_folder: Path, change: Change) -> None:
    change(DATA, "DELETE FROM GL_accvouch; INSERT INTO GL_accvouch "
           "(iyear, iperiod, csign, ino_id, inid, dbill_date, ibook, iflag) VALUES "
           "(2025, 12, '记', 1, 1, '2025-12-03 00:00:00', 0, NULL),"
           "(2025, 12, '记', 1, 2, '2025-12-03 00:00:00', 0, NULL),"
           "(2025, 12, '收', 1, 1, '2025-12-09 00:00:00', 0, NULL),"
           "(2025, 12, '记', 2, 1, '2025-12-01 00:00:00', 0, 1),"
           "(2025, 12, '记', 3, 1, '2025-12-01 00:00:00', 1, NULL),"
           "(2026, 1, '记', 1, 1, '2026-01-05 00:00:00', 0, 2),"
           "(2025, 21, '期', 1, 1, '2025-01-01 00:00:00', 0, NULL)")  # fmt: skip
    facts = [fact for fact in look(u8_folder, "vouchers").facts if isinstance(fact, Vouchers)]
    assert [(one.year, one.period, one.count, str(one.oldest_on)) for one in facts] == [
        (2025, 12, 2, "2025-12-03"),
        (2026, 1, 1, "2026-01-05"),
    ]
    age = (datetime.now(UTC).date() - datetime(2025, 12, 3, tzinfo=UTC).date()).days
    assert facts[0].oldest_age_days == age


def test_an_older_build_without_the_fiscal_year_is_read_all_the_same(u8_folder: Path, change: Change) -> None:
    year = datetime.now(UTC).year
    change(DATA, f"DELETE FROM GL_accvouch WHERE iyear <> {year}; DELETE FROM GL_mend WHERE iyear <> {year}; "
           "ALTER TABLE GL_accvouch DROP COLUMN iyear; ALTER TABLE GL_mend DROP COLUMN iyear")  # fmt: skip
    for kind in ("vouchers", "periods"):
        found = look(u8_folder, kind)
        assert found.unknown is None
        assert {fact.year for fact in found.facts if isinstance(fact, (Vouchers, Period))} == {year}
    steps = ask(u8_fixture_request(u8_folder, op="probe")).steps
    assert [step.state for step in steps if step.name == "rights"] == ["ok"]


def test_it_finds_the_leaver_and_who_supervises(u8_folder: Path) -> None:
    users = {fact.login: fact for fact in look(u8_folder, "users").facts if isinstance(fact, User)}
    assert users["zhouxm"].enabled
    assert not users["wangdh"].enabled
    assert (users["admin"].admin, users["chenhy"].admin) == (True, False)
    assert (users["chenhy"].roles, users["chenhy"].supervisor_of) == (("财务",), ("001",))
    assert users["zhouxm"].last_seen_at is None


def test_unreadable_roles_are_unknown_not_none_at_all(u8_folder: Path, change: Change) -> None:
    change("UFSystem", "DROP TABLE UA_Group")
    users = [fact for fact in look(u8_folder, "users").facts if isinstance(fact, User)]
    assert {user.roles for user in users} == {None}


def test_it_finds_the_stuck_task_and_its_age_by_the_servers_clock(u8_folder: Path) -> None:
    found = look(u8_folder, "tasks")
    tasks = {fact.key: fact for fact in found.facts if isinstance(fact, Task)}
    stuck = tasks["T0002"]
    assert (stuck.account_set, stuck.user_name, stuck.station, stuck.name) == ("001", "陈会英", "PC-CW-01", "记账")
    assert stuck.age_s == pytest.approx(30 * 3600, abs=60)
    assert stuck.since_at == found.seen_at - timedelta(seconds=stuck.age_s or 0)


def test_it_tells_the_age_of_every_databases_backups(u8_folder: Path, change: Change) -> None:
    change("msdb", "DELETE FROM backupset WHERE database_name = 'UFSystem'; "
           "INSERT INTO backupset (database_name, type, backup_finish_date, backup_size, is_snapshot, server_name) "
           "VALUES "
           "('UFSystem', 'D', '2026-01-01 00:00:00', 5, 1, 'FIXTURE'), "
           "('UFSystem', 'D', '2026-01-01 00:00:00', 5, 0, 'ANOTHER')")  # fmt: skip
    backups = {fact.database: fact for fact in look(u8_folder, "backups").facts if isinstance(fact, Backup)}
    assert "tempdb" not in backups
    data = backups[DATA]
    assert (data.account_set, data.recovery_model, data.state) == ("001", "FULL", "ONLINE")
    assert data.full_age_s == pytest.approx(80 * 3600, abs=60)
    assert data.log_age_s == pytest.approx(1800, abs=60)
    # A machine's snapshot and another server's backup are none of ours.
    assert (backups["UFSystem"].full_at, backups["UFSystem"].full_age_s) == (None, None)


def test_it_tells_the_closing_state_by_module(u8_folder: Path) -> None:
    periods = [fact for fact in look(u8_folder, "periods").facts if isinstance(fact, Period)]
    today = datetime.now(UTC).date()
    assert (periods[0].year, periods[0].period) == (today.year, today.month)
    assert periods[0].begins_on == today.replace(day=1)
    assert periods[0].closed["GL"] is False
    assert periods[3].closed["GL"] is True
    # Fixed assets and wages are not in use here.
    assert "FA" not in periods[0].closed


@pytest.mark.parametrize(
    ("database", "sql", "kind", "reason", "names"),
    [
        (DATA, "DROP TABLE CurrentStock", "stock", "missing_table", {"table": "CurrentStock"}),
        (DATA, "ALTER TABLE CurrentStock DROP COLUMN iQuantity", "stock", "missing_column", {"column": "iQuantity"}),
        (DATA, "DROP TABLE GL_accvouch", "vouchers", "missing_table", {"table": "GL_accvouch"}),
        ("UFSystem", "ALTER TABLE UA_User DROP COLUMN nState", "users", "missing_column", {"column": "nState"}),
        ("msdb", "DROP TABLE backupset", "backups", "missing_table", {"table": "dbo.backupset"}),
    ],
)
def test_what_is_missing_is_named_and_never_green(
    u8_folder: Path, change: Change, database: str, sql: str, kind: str, reason: str, names: dict[str, str]
) -> None:
    change(database, sql)
    found = look(u8_folder, kind)
    assert found.facts == ()
    assert found.unknown is not None
    assert found.unknown.reason == reason
    assert names.items() <= dict(found.unknown.params).items()
    states = [
        one.state for one in ask(u8_fixture_request(u8_folder, op="capabilities")).capabilities if one.kind == kind
    ]
    assert states == ["unsupported"]


def test_a_missing_business_database_leaves_the_rest_readable(u8_folder: Path) -> None:
    (u8_folder / f"{DATA}.sqlite").unlink()
    answer = ask(u8_fixture_request(u8_folder, kinds=["users", "stock"]))
    found = {one.kind: one for one in answer.looks}
    assert found["users"].facts
    assert found["stock"].unknown is not None
    assert found["stock"].unknown.reason == "unknown_database"
    assert found["stock"].unknown.params["database"] == DATA


def test_one_broken_account_set_does_not_darken_another(tmp_path: Path) -> None:
    companies = (u8_fixture.Company(), u8_fixture.Company(code="002", name="示例包装有限公司", first_year=2022))
    u8_fixture.build(tmp_path, u8_fixture.Faults(negative_stock=1), companies=companies)
    (tmp_path / f"{DATA}.sqlite").unlink()
    looks = {one.account_set: one for one in ask(u8_fixture_request(tmp_path, kinds=["stock"])).looks}
    assert looks["001"].unknown is not None
    assert len(looks["002"].facts) == 1


def test_it_looks_only_into_the_account_sets_that_are_wanted(tmp_path: Path) -> None:
    companies = (u8_fixture.Company(), u8_fixture.Company(code="002", name="示例包装有限公司"))
    u8_fixture.build(tmp_path, companies=companies)
    answer = ask(u8_fixture_request(tmp_path, kinds=["stock"], account_sets=["002", "009"]))
    assert [(one.account_set, one.unknown and one.unknown.reason) for one in answer.looks] == [
        ("002", None),
        ("009", "unknown_account_set"),
    ]


def steps_of(answer: Answer) -> dict[str, str]:
    """Step -> its state; the worst where there are several."""
    order = ["ok", "unknown", "failed"]
    found: dict[str, str] = {}
    for step in answer.steps:
        found[step.name] = max(found.get(step.name, "ok"), step.state, key=order.index)
    return found


def test_the_probe_walks_to_the_account_sets(u8_folder: Path) -> None:
    answer = ask(u8_fixture_request(u8_folder, op="probe"))
    assert set(steps_of(answer).values()) == {"ok"}
    assert {step.detail.get("name") for step in answer.steps if step.name == "account_sets"} == {"示例五金有限公司"}
    assert all(step.reason == "fixture" for step in answer.steps if step.name in ("name", "tcp", "tls"))


def test_the_probe_finds_a_login_that_can_write(tmp_path: Path) -> None:
    u8_fixture.build(tmp_path, u8_fixture.Faults(writable_login=True))
    answer = ask(u8_fixture_request(tmp_path, op="probe"))
    found = [step for step in answer.steps if step.name == "read_only"]
    assert {(step.state, step.reason, step.field) for step in found} == {("failed", "login_can_write", "user")}
    assert found[0].params["how"] == "db_owner"


def test_the_probe_finds_no_account_sets(u8_folder: Path, change: Change) -> None:
    change("UFSystem", "DELETE FROM UA_Account")
    answer = ask(u8_fixture_request(u8_folder, op="probe"))
    assert (answer.steps[-1].name, answer.steps[-1].reason) == ("account_sets", "no_account_sets")


@pytest.mark.parametrize(
    ("spans", "database"),
    [
        ([], "UFDATA_001_2026"),
        ([(2019, None, None)], "UFDATA_001_2019"),
        ([(2019, 2022, None), (2023, None, None)], "UFDATA_001_2023"),
        ([(2024, 2024, None), (2025, 2025, None)], "UFDATA_001_2025"),
        ([(2019, None, "ufdata_001_2019")], "UFDATA_001_2019"),
        ([(2030, None, None)], "UFDATA_001_2030"),
    ],
)
def test_it_knows_which_database_is_in_use(spans: list[tuple[Any, Any, Any]], database: str) -> None:
    there = {name: name for name in ("UFDATA_001_2019", "UFDATA_001_2023", "UFDATA_001_2025", "UFDATA_001_2026")}
    found = account_set_of(code="001", name="示例", year=2026, spans=spans, there=there)
    assert found.database == database
