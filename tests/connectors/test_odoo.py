"""Odoo in both dialects: what is planted in the counterpart is what the connector reports, and what it is refused."""

import xmlrpc.client
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.facts import (
    FACTS,
    ApiKey,
    Approval,
    Duplicates,
    Grant,
    Interface,
    Job,
    LedgerGap,
    Look,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Reachable,
    Server,
    Setting,
    Stock,
    Task,
    TlsCertificate,
    Unbalanced,
    User,
    Vouchers,
)
from tests.connectors.http_counterpart import Asked, Cut, Hang, HttpCounterpart, Outcome, Reply, Stall, certificate
from tests.connectors.http_systems import looks, odoo_request, only, steps
from tests.connectors.in_process import MIDNIGHT
from tests.connectors.odoo_counterpart import OdooCounterpart

pytestmark = pytest.mark.enable_socket
BOTH = pytest.mark.parametrize("version", ["19.0", "17.0"])


@pytest.fixture
def odoo(version: str, socket_enabled: None) -> Iterator[HttpCounterpart]:
    """An Odoo of this version."""
    with HttpCounterpart(OdooCounterpart(version), clock_ahead_s=-3600) as server:
        yield server


@BOTH
def test_it_reports_what_is_planted(odoo: HttpCounterpart, version: str) -> None:
    found = looks(odoo_request(odoo, kinds=list(FACTS)))
    assert only(found["reachable"], Reachable).version == version
    clock = only(found["server"], Server).clock_ahead_s
    assert clock == pytest.approx(-3600, abs=2)
    stock = only(found["stock"], Stock)
    assert (stock.account_set, stock.item_name, stock.warehouse_name) == ("1", "[BRG] 深沟球轴承 6204", "WH/库存")
    assert (stock.quantity, stock.rows) == (Decimal("-4.5"), 2)
    users = {fact.login: fact for fact in found["users"].facts if isinstance(fact, User)}
    assert set(users) == {"admin", "zhouxm", "old"}
    assert (users["admin"].admin, users["old"].enabled, users["zhouxm"].last_seen_at) == (True, False, None)
    grants = {(fact.holder, fact.right_name) for fact in found["grants"].facts if isinstance(fact, Grant)}
    assert grants == {("admin", "管理/设置"), ("admin", "会计/只读"), ("zhouxm", "会计/只读")}
    vouchers = only(found["vouchers"], Vouchers)
    assert (vouchers.count, vouchers.oldest_age_days) == (1, 50)
    months = [fact.closed for fact in found["periods"].facts if isinstance(fact, Period)]
    assert months[0] == {"GL": True, "tax": False}
    assert months[-1] == {"GL": False, "tax": False}
    unbalanced = only(found["unbalanced"], Unbalanced)
    assert (unbalanced.number, unbalanced.difference) == ("INV/7", Decimal("1.0"))
    jobs = {fact.name: fact for fact in found["jobs"].facts if isinstance(fact, Job)}
    assert set(jobs) == {"库存：补货", "邮件队列 (2)", "邮件队列 (3)"}
    assert (jobs["库存：补货"].outcome, jobs["邮件队列 (2)"].outcome) == ("failed", "ok")
    assert (jobs["库存：补货"].overdue_s or 0) > 2 * 86400
    assert (jobs["邮件队列 (2)"].overdue_s, jobs["邮件队列 (3)"].enabled) == (None, False)
    assert only(found["tasks"], Task).key == "ir.cron/1"
    approval = only(found["approvals"], Approval)
    assert (approval.document, approval.waits_for, approval.age_s // 86400) == ("P00004", "周晓明", 6)
    lacking = found["master_gaps"].facts
    gaps = [(fact.master, fact.count, fact.example) for fact in lacking if isinstance(fact, MasterGaps)]
    assert gaps == [("customers", 1, "丙"), ("vendors", 0, None)]
    doubles = [(fact.master, fact.groups) for fact in found["duplicates"].facts if isinstance(fact, Duplicates)]
    assert doubles == [("customers", 1), ("items", 0)]
    odd = only(found["odd_dates"], OddDates)
    assert (odd.example, odd.count) == ("MISC/1", 1)
    old = [(fact.example, fact.count) for fact in found["open_documents"].facts if isinstance(fact, OpenDocuments)]
    assert old == [("S00001", 1), ("INV/7", 1)]
    mail = only(found["interfaces"], Interface)
    assert (mail.failed, mail.waiting) == (1, 1)
    key = only(found["api_keys"], ApiKey)
    assert key.expires_at is not None
    assert not [fact for fact in found["shapes"].facts if "login" in getattr(fact, "missing", ())]


@pytest.mark.parametrize("version", ["17.0"])
def test_stock_and_ledger_are_compared_by_the_categories_that_the_ledger_follows(odoo: HttpCounterpart) -> None:
    gap = only(looks(odoo_request(odoo, kinds=["ledger_gaps"]))["ledger_gaps"], LedgerGap)
    assert (gap.account_set, gap.stock_amount, gap.ledger_amount) == ("1", Decimal("749.50"), Decimal("1000.00"))
    # What differs by company is read through the eyes of the one that is looked at.
    assert any(b"allowed_company_ids" in asked.body for asked in odoo.asked)
    data = odoo.answer.data  # type: ignore[attr-defined]
    data["product.category"][0]["property_valuation"] = "manual_periodic"
    unknown = looks(odoo_request(odoo, kinds=["ledger_gaps"]))["ledger_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, "perpetual inventory" in str(unknown.params)) == ("unsupported", True)


@pytest.mark.parametrize("version", ["19.0"])
def test_a_version_without_layers_of_value_names_what_it_lacks(odoo: HttpCounterpart) -> None:
    unknown = looks(odoo_request(odoo, kinds=["ledger_gaps"]))["ledger_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["table"]) == ("missing_table", "stock.valuation.layer")
    # The probe says so, and nothing is barred by it.
    told = [(step.state, step.params) for step in steps(odoo_request(odoo, op="probe")) if step.name == "rights"]
    assert [state for state, params in told if params["table"] == "stock.valuation.layer"] == ["unknown"]
    assert "failed" not in {state for state, _ in told}


@MIDNIGHT
@pytest.mark.parametrize("version", ["19.0"])
def test_days_are_counted_by_the_calendar_of_the_books(
    odoo: HttpCounterpart, at_moment: Callable[[datetime], None], moment: datetime, today: date
) -> None:
    at_moment(moment)
    data = odoo.answer.data  # type: ignore[attr-defined]
    draft, later, unpaid, _paid = data["account.move"]
    draft["date"], later["date"] = "2026-09-30", "2026-11-01"
    unpaid["invoice_date_due"] = f"{today - timedelta(days=61)}"
    # A moment of the evening in UTC is a moment of the next morning in China.
    data["sale.order"][0]["date_order"] = f"{today - timedelta(days=62)} 16:30:00"
    first, second, _later = data["mail.activity"]
    first["date_deadline"] = second["date_deadline"] = "2026-10-31"
    found = looks(odoo_request(odoo, kinds=["vouchers", "periods", "odd_dates", "open_documents", "approvals"]))
    vouchers = only(found["vouchers"], Vouchers)
    assert (vouchers.oldest_on, vouchers.oldest_age_days) == (date(2026, 9, 30), (today - date(2026, 9, 30)).days)
    months = [(fact.year, fact.period) for fact in found["periods"].facts if isinstance(fact, Period)]
    assert months[-1] == (today.year, today.month)
    assert only(found["odd_dates"], OddDates).count == (date(2026, 11, 1) > today)
    old = {fact.document_type: fact for fact in found["open_documents"].facts if isinstance(fact, OpenDocuments)}
    assert {kind: fact.oldest_age_days for kind, fact in old.items()} == {"sale.order": 61, "out_invoice": 61}
    # What is due today is not overdue; a minute after midnight it is, by a day and a minute.
    waits = [fact.age_s for fact in found["approvals"].facts if isinstance(fact, Approval)]
    assert waits == ([] if today.month == 10 else [86400 + 60])


@BOTH
def test_it_calls_nothing_but_reading_methods(odoo: HttpCounterpart, version: str) -> None:
    looks(odoo_request(odoo, kinds=list(FACTS)))
    steps(odoo_request(odoo, op="probe"))
    called = {method for asked in odoo.asked for method in _methods(asked)}
    assert called <= {
        "search_read", "search_count", "fields_get", "context_get", "formatted_read_group", "read_group", "has_access",
        "check_access_rights", "authenticate", "version",
    }  # fmt: skip
    assert {"search_read", "fields_get"} <= called


@BOTH
def test_modules_are_settings_and_one_that_waits_says_so(odoo: HttpCounterpart, version: str) -> None:
    look = looks(odoo_request(odoo, kinds=["settings"]))["settings"]
    assert {fact.name: fact.value for fact in look.facts if isinstance(fact, Setting)} == {
        "sale": "19.0.1.2", "stock": "19.0.1.0 to upgrade",
    }  # fmt: skip


OWN = {"id": 1, "name": "个人订单", "domain_force": "[('user_id', '=', user.id)]", "perm_read": True,
       "model_id.model": "sale.order", "groups": [2]}  # fmt: skip
ALL = OWN | {"id": 2, "name": "全部订单", "domain_force": "[(1, '=', 1)]", "groups": [1]}
COMPANIES = OWN | {"id": 3, "name": "多公司", "domain_force": "[('company_id', 'in', company_ids)]", "groups": []}


@BOTH
@pytest.mark.parametrize(
    ("rules", "groups", "hidden"),
    [
        ([COMPANIES], [2], False),
        ([COMPANIES, OWN], [2], True),
        ([COMPANIES, OWN, ALL], [2], True),
        ([COMPANIES, OWN, ALL], [1, 2], False),
        ([OWN | {"groups": []}, ALL], [1], True),
        ([OWN | {"domain_force": "[('company_id', '=', user.company_id.id)]"}], [2], False),
        ([OWN | {"groups": [9]}], [2], False),
    ],
)
def test_what_a_record_rule_hides_is_unknown(
    odoo: HttpCounterpart, version: str, rules: list[dict[str, Any]], groups: list[int], hidden: bool
) -> None:
    counterpart = odoo.answer
    assert isinstance(counterpart, OdooCounterpart)
    field = "group_ids" if counterpart.modern else "groups_id"
    counterpart.data["ir.rule"] = rules
    counterpart.data["res.users"].append(
        {"id": 9, "login": "reader", "name": "只读", "active": True, "share": False, "login_date": False, field: groups}
    )
    found = looks(odoo_request(odoo, kinds=["open_documents", "vouchers"]))
    assert found["vouchers"].unknown is None
    why = found["open_documents"].unknown
    assert (why is not None) == hidden
    if why:
        assert (why.reason, why.params) == ("missing_right", {"table": "sale.order"})
        assert why.right == "all records of the model sale.order (the record rule 个人订单 hides some)"


def _methods(asked: Asked) -> list[str]:
    """The methods that a request calls, in either dialect."""
    if not asked.path.startswith("/xmlrpc"):
        return [asked.path.rpartition("/")[2]]
    params, name = xmlrpc.client.loads(asked.body)
    return [str(params[4]) if name == "execute_kw" else str(name)]


@BOTH
def test_a_missing_right_model_or_field_is_named(odoo: HttpCounterpart, version: str) -> None:
    counterpart = odoo.answer
    assert isinstance(counterpart, OdooCounterpart)
    counterpart.barred = {"stock.quant"}
    counterpart.hidden = {"account.move": {"date"}, "ir.cron": {"failure_count"}}
    del counterpart.data["sale.order"]
    found = looks(odoo_request(odoo, kinds=["stock", "vouchers", "open_documents", "jobs", "users", "shapes"]))
    reasons = {kind: look.unknown for kind, look in found.items() if look.unknown}
    assert {kind: why.reason for kind, why in reasons.items()} == {
        "stock": "missing_right", "vouchers": "missing_column", "open_documents": "missing_table",
    }  # fmt: skip
    assert reasons["stock"].right == "read access to the model stock.quant"
    assert reasons["vouchers"].params["column"] == "date"
    assert reasons["open_documents"].params["table"] == "sale.order"
    # An optional field leaves a gap, not an unknown; the shape says so.
    assert len(found["jobs"].facts) == 3
    missing = {fact.subject: getattr(fact, "missing", ()) for fact in found["shapes"].facts}
    assert "failure_count" in missing["ir.cron"]
    told = [step.right for step in steps(odoo_request(odoo, op="probe")) if step.name == "rights"]
    assert "read access to the model stock.quant" in told


@BOTH
def test_a_login_that_can_write_is_found(odoo: HttpCounterpart, version: str) -> None:
    assert isinstance(odoo.answer, OdooCounterpart)
    assert _read_only(odoo) == ("ok", None)
    odoo.answer.writable = {"account.move"}
    assert _read_only(odoo) == ("failed", "account.move")


def _read_only(server: HttpCounterpart) -> tuple[str, Any]:
    (step,) = [step for step in steps(odoo_request(server, op="probe")) if step.name == "read_only"]
    return step.state, step.params.get("how")


@BOTH
def test_a_wrong_database_is_what_it_is(odoo: HttpCounterpart, version: str) -> None:
    step = steps(odoo_request(odoo, op="probe", settings={"database": "nowhere"}))[-1]
    assert (step.name, step.reason, step.field) == ("database", "unknown_database", "database")


@BOTH
def test_a_hundred_thousand_rows_are_cut_and_nulls_are_left_out(odoo: HttpCounterpart, version: str) -> None:
    counterpart = odoo.answer
    assert isinstance(counterpart, OdooCounterpart)
    row = counterpart.data["stock.quant"][0]
    counterpart.data["stock.quant"] = [{**row, "id": n, "product_id": [n, f"料{n}"]} for n in range(1, 100_001)]
    counterpart.data["stock.quant"][1] |= {"quantity": False}
    # One that keeps to no limit at all sends more than is ever read as XML; as JSON it is cut here.
    counterpart.ignores_limits = version == "19.0"
    look = looks(odoo_request(odoo, kinds=["stock"]))["stock"]
    assert look.truncated
    assert 4990 < len(look.facts) <= 5000
    assert "2" not in {getattr(fact, "item", "") for fact in look.facts}


def _astray(word: str, outcome: Outcome) -> Callable[[Asked], Outcome | None]:
    """Whatever speaks of this word gets this outcome."""
    return lambda asked: outcome if word.encode() in asked.path.encode() + asked.body else None


@BOTH
@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Hang(), "statement_timeout"),
        (Stall(Reply([{"id": 1}] * 50)), "statement_timeout"),
        (Cut(Reply([{"id": 1}] * 50)), "connection_lost"),
        (Reply(b"\xff\xfe not text \xe9\x87"), "bad_answer"),
        (Reply(b"<html>proxy</html>", 502), "bad_answer"),
        (Reply(b"", 429), "rate_limited"),
        (Reply(b"", 302, headers=(("Location", "http://127.0.0.1:1/evil"),)), "bad_answer"),
    ],
)
def test_every_strange_answer_has_its_reason(
    odoo: HttpCounterpart, version: str, outcome: Outcome, reason: str
) -> None:
    odoo.astray = _astray("ir.cron", outcome)
    found = looks(odoo_request(odoo, kinds=["tasks"], budget_seconds=2 if isinstance(outcome, Hang | Stall) else 20))
    assert found["tasks"].unknown is not None
    assert found["tasks"].unknown.reason == reason
    assert "hunter2" not in repr(found)


@BOTH
def test_a_hang_at_login_is_a_silent_server(odoo: HttpCounterpart, version: str) -> None:
    odoo.astray = lambda asked: None if asked.path == "/web/version" else Hang()
    look: Look = looks(odoo_request(odoo, kinds=["reachable"], budget_seconds=2))["reachable"]
    assert only(look, Reachable).reason == "silent_server"


def test_over_tls_it_trusts_the_pinned_authority_alone(tmp_path: Path) -> None:
    own = certificate(tmp_path)
    with HttpCounterpart(OdooCounterpart(), certificate=own) as server:
        settings = {"encryption": "verified"}
        step = steps(odoo_request(server, op="probe", settings=settings))[-1]
        assert (step.name, step.reason) == ("tls", "tls_refused")
        assert server.asked == []
        request = odoo_request(server, kinds=["users", "tls"], settings=settings | {"authority": own.pem})
        found = looks(request)
    assert found["users"].facts
    assert only(found["tls"], TlsCertificate).trusted is False
