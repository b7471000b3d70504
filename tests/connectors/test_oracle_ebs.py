"""E-Business Suite against rows with the names that public programs for it use; its database as in test_oracle."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from connectors.ask import ask
from connectors.facts import Look
from connectors.oracle_ebs import OWN, OracleEbs
from connectors.zones import CHINA
from tests.connectors.ebs_rows import LAST_MONTH, YESTERDAY, ebs_request
from tests.connectors.oracle_standin import EPOCH, Standin

pytestmark = pytest.mark.enable_socket


def looks(server: Standin, *kinds: str) -> dict[tuple[str, bool], Look]:
    """All looks by kind, and whether they belong to the suite."""
    answer = ask(ebs_request(server, kinds=list(kinds)))
    return {(look.kind, look.account_set is not None): look for look in answer.looks}


def facts(server: Standin, kind: str) -> Any:
    """What the suite tells of a kind."""
    look = looks(server, kind)[kind, True]
    assert look.unknown is None, look.unknown
    return look.facts


def _day(days_ago: float) -> date:
    return (datetime.now() - timedelta(days=days_ago)).date()  # noqa: DTZ005 - Oracle's DATE carries no zone


def _shown(there: str) -> float:
    """A date and time as the stand-in keeps them; Oracle's DATE carries no zone."""
    return datetime.fromisoformat(there).timestamp() / 86400 + EPOCH


def test_its_users_are_those_of_the_suite_and_those_of_the_database_are_told_beside_them(ebs_server: Standin) -> None:
    found = looks(ebs_server, "users", "principals", "grants")
    told = [(one.login, one.enabled, one.admin, one.last_seen_at is None) for one in found["users", True].facts]  # type: ignore[attr-defined]
    assert told == [("LICN", False, False, True), ("SYSADMIN", True, True, False), ("WANGKJ", True, False, False)]
    assert "SYS" in {one.login for one in found["principals", False].facts}  # type: ignore[attr-defined]
    held = {(one.holder, one.right) for one in found["grants", True].facts}  # type: ignore[attr-defined]
    assert held == {("SYSADMIN", "SYSTEM_ADMINISTRATOR"), ("WANGKJ", "GENERAL_LEDGER_SUPER_USER")}
    assert found["grants", False].facts


def test_a_program_that_runs_often_is_a_job_and_a_request_that_hangs_a_task(ebs_server: Standin) -> None:
    (job,) = facts(ebs_server, "jobs")
    assert (job.name, job.outcome, round(job.last_took_s / 60)) == ("Posting", "failed", 14)
    running, pending = facts(ebs_server, "tasks")
    assert (running.state, round(running.age_s / 3600), running.user) == ("running", 6, "WANGKJ")
    assert (pending.state, pending.name) == ("pending", "Journal Import (9)")


def test_stock_is_summed_by_subinventory_and_told_below_zero_alone(ebs_server: Standin) -> None:
    (stock,) = facts(ebs_server, "stock")
    assert (stock.warehouse, stock.item, stock.quantity, stock.unit) == ("V1/Stores", "AS54888", Decimal(-7), "Ea")


def test_a_quantity_that_is_none_makes_no_stock_and_hides_none(ebs_server: Standin) -> None:
    rows = ebs_server.views["mtl_onhand_quantities_detail"]
    rows += [row | {"primary_transaction_quantity": None} for row in rows]
    (stock,) = facts(ebs_server, "stock")
    assert (stock.item, stock.quantity) == ("AS54888", Decimal(-7))


def test_entries_of_budgets_are_none_of_the_books(ebs_server: Standin) -> None:
    (waiting,) = facts(ebs_server, "vouchers")
    assert (waiting.count, waiting.oldest_on) == (1, _day(YESTERDAY))
    (differs,) = facts(ebs_server, "unbalanced")
    assert (differs.number, differs.difference) == ("手工凭证 (1002)", Decimal(10))


@pytest.mark.parametrize(("there", "age"), [("2026-10-31 23:59", 31), ("2026-11-01 00:01", 32)])
def test_days_are_counted_by_the_calendar_of_the_database(
    ebs_server: Standin, at_moment: Callable[[datetime], None], there: str, age: int
) -> None:
    """Its machine keeps the time of China, where the entries are dated; for both moments it is the 31st in UTC."""
    at_moment(datetime.fromisoformat(there).replace(tzinfo=CHINA).astimezone(UTC))
    ebs_server.sysdate = str(_shown(there))
    (entry,) = [row for row in ebs_server.views["gl_je_headers"] if row["je_header_id"] == 1002]
    entry["default_effective_date"] = _shown("2026-09-30 12:00")
    (waiting,) = facts(ebs_server, "vouchers")
    assert (waiting.oldest_on, waiting.oldest_age_days) == (date(2026, 9, 30), age)


def test_a_month_is_closed_when_every_ledger_closed_it(ebs_server: Standin) -> None:
    (month,) = facts(ebs_server, "periods")
    assert month.closed == {"GL": False, "AP": True}
    assert month.begins_on == _day(LAST_MONTH)


def test_a_notice_that_wants_no_answer_waits_for_nobody(ebs_server: Standin) -> None:
    (waiting,) = facts(ebs_server, "approvals")
    assert (waiting.document, waiting.document_type, waiting.waits_for) == ("501", "REQAPPRV", "WANGKJ")


def test_a_suite_without_faults_tells_none(ebs_server: Standin) -> None:
    sound: dict[str, dict[str, Any]] = {
        "mtl_onhand_quantities_detail": {"primary_transaction_quantity": 1},
        "gl_je_headers": {"status": "P", "running_total_accounted_dr": 1, "running_total_accounted_cr": 1},
        "wf_notifications": {"status": "CLOSED"},
    }
    for table, values in sound.items():
        ebs_server.views[table] = [row | values for row in ebs_server.views[table]]
    assert not any(facts(ebs_server, kind) for kind in ("stock", "vouchers", "unbalanced", "approvals"))


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("users", "fnd_user"), ("grants", "fnd_responsibility_vl"), ("jobs", "fnd_concurrent_requests"),
        ("stock", "mtl_system_items_b"), ("vouchers", "gl_je_headers"), ("periods", "gl_period_statuses"),
        ("approvals", "wf_message_attributes"),
    ],
)  # fmt: skip
def test_a_table_that_is_hidden_is_unknown_with_its_grant(ebs_server: Standin, kind: str, table: str) -> None:
    ebs_server.hidden.add(f"apps.{table}")
    unknown = looks(ebs_server, kind)[kind, True].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.grant) == ("missing_right", f"GRANT SELECT ON apps.{table} TO reader;")


@pytest.mark.parametrize("statement", OWN.values(), ids=OWN)
def test_every_statement_only_reads_and_declares_what(statement: Any) -> None:
    (parsed,) = sqlglot.parse(statement.sql, read="oracle")
    assert isinstance(parsed, exp.Select)
    tables = {f"{table.db}.{table.name}" for table in parsed.find_all(exp.Table)}
    assert tables == {need.table for need in statement.needs}
    columns = {column.name for column in parsed.find_all(exp.Column) if column.table}
    assert columns == {name for need in statement.needs for name in need.columns}
    assert not {name for name in columns if "password" in name or name in {"subject", "argument_text"}}
    assert f"FETCH FIRST {statement.cap + 1} ROWS ONLY" in statement.sql


def test_the_script_grants_the_tables_of_the_suite_beside_the_views() -> None:
    lines = OracleEbs.script("READER").run.splitlines()
    assert {f"GRANT SELECT ON {need.table} TO READER;" for one in OWN.values() for need in one.needs} <= set(lines)
    assert "GRANT SELECT ON sys.v_$instance TO READER;" in lines
