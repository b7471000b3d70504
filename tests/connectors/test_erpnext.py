"""ERPNext: what is planted on a small Frappe site is what the connector reports, and what it is refused."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from connectors.ask import ask
from connectors.facts import (
    FACTS,
    Approval,
    Duplicates,
    FailedLogins,
    Grant,
    Interface,
    Job,
    LedgerGap,
    LoggedError,
    Look,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Quota,
    Reachable,
    Server,
    Setting,
    Stock,
    Task,
    Unbalanced,
    User,
    Vouchers,
)
from tests.connectors.erpnext_counterpart import NOW, ERPNextCounterpart
from tests.connectors.http_counterpart import Asked, Cut, Hang, HttpCounterpart, Outcome, Reply, Stall
from tests.connectors.http_systems import erpnext_request, looks, only, steps

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def site() -> ERPNextCounterpart:
    """What the server holds; a test may change it."""
    return ERPNextCounterpart()


@pytest.fixture
def server(site: ERPNextCounterpart, socket_enabled: None) -> Iterator[HttpCounterpart]:
    """The site, an hour behind."""
    with HttpCounterpart(site, clock_ahead_s=-3600) as running:
        yield running


def test_it_reports_what_is_planted(server: HttpCounterpart) -> None:
    found = looks(erpnext_request(server, kinds=list(FACTS)))
    assert only(found["reachable"], Reachable).version == "15.38.0"
    assert only(found["server"], Server).clock_ahead_s == pytest.approx(-3600, abs=2)
    quota = only(found["quotas"], Quota)
    assert (quota.used, quota.limit, quota.refused) == (4500, 6000, 0)
    users = {fact.login: fact for fact in found["users"].facts if isinstance(fact, User)}
    assert set(users) == {"Administrator", "zhouxm@example.com"}
    assert users["zhouxm@example.com"].admin
    assert users["zhouxm@example.com"].roles == ("System Manager", "Accounts User")
    assert users["Administrator"].last_seen_at is not None
    assert {fact.right for fact in found["grants"].facts if isinstance(fact, Grant)} == {
        "System Manager", "Accounts User",
    }  # fmt: skip
    stock = only(found["stock"], Stock)
    assert (stock.item, stock.item_name, stock.warehouse) == ("BRG-6204", "深沟球轴承 6204", "成品仓 - YS")
    assert (stock.quantity, stock.unit) == (Decimal("-3.0"), "个")
    assert only(found["vouchers"], Vouchers).oldest_age_days in (40, 41)
    assert only(found["unbalanced"], Unbalanced).difference == Decimal("-0.5")
    closed = [fact.closed["GL"] for fact in found["periods"].facts if isinstance(fact, Period)]
    assert closed == sorted(closed, reverse=True)
    assert (closed[0], closed[-1]) == (True, False)
    jobs = {fact.name: fact.outcome for fact in found["jobs"].facts if isinstance(fact, Job)}
    assert jobs == {"frappe.email.queue.flush": None, "erpnext.stock.reorder_item": "failed"}
    task = only(found["tasks"], Task)
    assert (task.name, round((task.age_s or 0) / 3600)) == ("queue.flush", 7)
    errors = {fact.code: fact.count for fact in found["errors"].facts if isinstance(fact, LoggedError)}
    assert errors == {"erpnext.stock.reorder_item": 2, "error": 1}
    approval = only(found["approvals"], Approval)
    assert (approval.document, approval.waits_for, approval.age_s // 86400) == ("PO-7", "boss@example.com", 6)
    # Thirty, although a page has twenty rows unless more are asked for.
    assert only(found["failed_logins"], FailedLogins).count == 30
    interfaces = [
        (fact.name, fact.failed, fact.waiting) for fact in found["interfaces"].facts if isinstance(fact, Interface)
    ]
    assert interfaces == [("Integration Request", 1, 1), ("Email Queue", 0, 0)]
    lacking = found["master_gaps"].facts
    gaps = [(fact.master, fact.count, fact.example) for fact in lacking if isinstance(fact, MasterGaps)]
    assert gaps == [("customers", 1, "丙"), ("vendors", 0, None)]
    doubles = [(fact.master, fact.groups) for fact in found["duplicates"].facts if isinstance(fact, Duplicates)]
    assert doubles == [("customers", 1), ("vendors", 0)]
    odd = only(found["odd_dates"], OddDates)
    assert (odd.count, odd.example) == (1, "JV-9")
    old = {fact.document_type: fact.count for fact in found["open_documents"].facts if isinstance(fact, OpenDocuments)}
    assert old == {"Sales Order": 1, "Purchase Order": 0, "Sales Invoice": 1}
    gap = only(found["ledger_gaps"], LedgerGap)
    assert (gap.stock_amount, gap.ledger_amount, gap.currency) == (Decimal("990.50"), Decimal("1000.00"), "CNY")
    assert "hunter2" not in repr(found)
    assert {asked.method for asked in server.asked} == {"GET"}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_days_are_counted_by_the_calendar_of_the_site(server: HttpCounterpart, zone: str) -> None:
    """At every hour one of the two stands on another day than UTC."""
    request = erpnext_request(server, kinds=["vouchers", "periods", "open_documents"], settings={"zone": zone})
    found = looks(request)
    drafts = only(found["vouchers"], Vouchers)
    today = drafts.seen_at.astimezone(ZoneInfo(zone)).date()
    assert drafts.oldest_on is not None
    assert drafts.oldest_age_days == (today - drafts.oldest_on).days
    months = [(fact.year, fact.period) for fact in found["periods"].facts if isinstance(fact, Period)]
    assert max(months) == (today.year, today.month)
    ages = {
        fact.document_type: fact.oldest_age_days
        for fact in found["open_documents"].facts
        if isinstance(fact, OpenDocuments)
    }
    assert ages["Sales Order"] == (today - (NOW - timedelta(days=100)).date()).days


def test_a_missing_right_type_or_field_is_named(server: HttpCounterpart, site: ERPNextCounterpart) -> None:
    site.barred = {"Bin"}
    site.hidden = {"Journal Entry": {"posting_date"}, "User": {"last_login"}}
    del site.data["Workflow Action"]
    found = looks(erpnext_request(server, kinds=["stock", "vouchers", "approvals", "users"]))
    reasons = {kind: look.unknown for kind, look in found.items() if look.unknown}
    assert {kind: why.reason for kind, why in reasons.items()} == {
        "stock": "missing_right", "vouchers": "missing_column", "approvals": "missing_table",
    }  # fmt: skip
    assert reasons["stock"].right == "a role that may read Bin"
    assert reasons["vouchers"].params["column"] == "posting_date"
    assert {fact.last_seen_at for fact in found["users"].facts if isinstance(fact, User)} == {None}


def test_stock_and_ledger_are_compared_where_the_ledger_follows(
    server: HttpCounterpart, site: ERPNextCounterpart
) -> None:
    site.data["Company"][0]["enable_perpetual_inventory"] = 0
    unknown = looks(erpnext_request(server, kinds=["ledger_gaps"]))["ledger_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, "perpetual inventory" in str(unknown.params)) == ("unsupported", True)
    site.data["Company"][0]["enable_perpetual_inventory"] = 1
    # A sum that lacks a part is no sum.
    site.data["Bin"] *= 20_000
    unknown = looks(erpnext_request(server, kinds=["ledger_gaps"]))["ledger_gaps"].unknown
    assert unknown is not None
    assert unknown.reason == "bad_answer"
    site.hidden = {"Bin": {"stock_value"}}
    unknown = looks(erpnext_request(server, kinds=["ledger_gaps"]))["ledger_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["column"]) == ("missing_column", "stock_value")


def told(server: HttpCounterpart, kind: str) -> list[Look]:
    """Every look of a kind that several questions are asked for."""
    return [one for one in ask(erpnext_request(server, kinds=[kind])).looks if one.kind == kind]


def test_background_jobs_that_hang_and_their_queues_are_told(server: HttpCounterpart, site: ERPNextCounterpart) -> None:
    tasks = {fact.key: fact for look in told(server, "tasks") for fact in look.facts if isinstance(fact, Task)}
    assert set(tasks) == {"l3", "RQ Job/r1"}
    assert (tasks["RQ Job/r1"].name, tasks["RQ Job/r1"].state) == ("long: erpnext.stock.repost", "started")
    queues = [
        (fact.name, fact.failed, fact.waiting, (fact.oldest_failed_age_s or 0) // 3600)
        for look in told(server, "interfaces")
        for fact in look.facts
        if isinstance(fact, Interface) and fact.name.startswith("RQ")
    ]
    assert queues == [("RQ Job: default", 1, 1, 24), ("RQ Job: long", 0, 0, 0)]
    # The scheduled jobs are still told where the queues may not be seen.
    site.barred = {"RQ Job"}
    blind, seen = told(server, "tasks")
    assert blind.unknown is not None
    assert (blind.unknown.right, seen.unknown) == ("a role that may read RQ Job", None)


def test_applications_are_settings_so_that_an_upgrade_is_noticed(server: HttpCounterpart) -> None:
    (look,) = told(server, "settings")
    assert {fact.name: fact.value for fact in look.facts if isinstance(fact, Setting)} == {
        "frappe": "15.40.1 version-15", "erpnext": "15.38.0",
    }  # fmt: skip


def test_what_a_user_permission_hides_is_unknown_and_a_limit_by_company_hides_nothing(
    server: HttpCounterpart, site: ERPNextCounterpart
) -> None:
    site.limits = {"Company": [{"doc": "演示"}]}
    assert looks(erpnext_request(server, kinds=["stock"]))["stock"].unknown is None
    site.limits = {"Company": [{"doc": "演示"}], "Warehouse": [{"doc": "成品仓 - YS"}]}
    found = looks(erpnext_request(server, kinds=["stock", "users", "vouchers"]))
    assert found["users"].unknown is None
    for kind in ("stock", "vouchers"):
        why = found[kind].unknown
        assert why is not None
        assert (why.reason, why.right) == (
            "missing_right", "no User Permission for this user (now limited by Warehouse)",
        )  # fmt: skip
    able = {one.kind: one.state for one in ask(erpnext_request(server, op="capabilities")).capabilities}
    assert (able["stock"], able["users"]) == ("unknown", "supported")


def test_a_key_that_can_write_is_found(server: HttpCounterpart, site: ERPNextCounterpart) -> None:
    site.writable = {"Bin"}
    (step,) = [step for step in steps(erpnext_request(server, op="probe")) if step.name == "read_only"]
    assert (step.state, step.params["how"]) == ("failed", "Bin")


def test_a_zone_that_is_none_is_a_wrong_setting(server: HttpCounterpart) -> None:
    step = steps(erpnext_request(server, op="probe", settings={"zone": "../../etc/passwd"}))[-1]
    assert (step.reason, step.field) == ("bad_settings", "zone")


def test_a_hundred_thousand_rows_are_cut_and_nulls_are_left_out(
    server: HttpCounterpart, site: ERPNextCounterpart
) -> None:
    row = site.data["Bin"][0]
    site.data["Bin"] = [{**row, "name": str(n), "item_code": f"料{n}"} for n in range(100_000)]
    site.data["Bin"][1] |= {"actual_qty": None}
    look = looks(erpnext_request(server, kinds=["stock"]))["stock"]
    assert look.truncated
    assert len(look.facts) == 5000


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Hang(), "statement_timeout"),
        (Stall(Reply({"data": [{"name": "x"}] * 50})), "statement_timeout"),
        (Cut(Reply({"data": [{"name": "x"}] * 50})), "connection_lost"),
        (Reply(b"\xff\xfe \xe9\x87"), "bad_answer"),
        (Reply({"data": None}), "bad_answer"),
        (Reply(b"", 409), "bad_answer"),
        (Reply(b"", 417), "bad_answer"),
        (Reply(b"", 500), "bad_answer"),
        (Reply(b"", 401), "connection_lost"),
        (Reply(b"", 429), "rate_limited"),
    ],
)
def test_every_strange_answer_has_its_reason(server: HttpCounterpart, outcome: Outcome, reason: str) -> None:
    server.astray = lambda asked: outcome if asked.path.endswith("Workflow%20Action") else None
    found = looks(
        erpnext_request(server, kinds=["approvals"], budget_seconds=2 if isinstance(outcome, Hang | Stall) else 20)
    )
    assert found["approvals"].unknown is not None
    assert found["approvals"].unknown.reason == reason


def test_calls_that_are_refused_for_being_too_many_are_counted(server: HttpCounterpart) -> None:
    seen: list[Asked] = []

    def tired(asked: Asked) -> Outcome | None:
        seen.append(asked)
        return Reply(b"", 429) if len(seen) > 1 else None

    server.astray = tired
    quota = only(looks(erpnext_request(server, kinds=["quotas"]))["quotas"], Quota)
    assert (quota.refused, quota.used) == (1, None)
