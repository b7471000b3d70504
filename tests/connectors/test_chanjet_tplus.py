"""畅捷通 T+: three headers, the ways to a token, and what is planted behind them."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.chanjet_api import told_end
from connectors.facts import (
    FACTS,
    ApiKey,
    Approval,
    Duplicates,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Reachable,
    Server,
    Shape,
    Stock,
    Timing,
)
from tests.connectors import tplus_counterpart as tplus
from tests.connectors.http_counterpart import Cut, Hang, HttpCounterpart, Outcome, Reply, Stall
from tests.connectors.http_systems import looks, only, steps, tplus_request
from tests.connectors.tplus_counterpart import TPlusCounterpart

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def platform() -> TPlusCounterpart:
    """What the server holds; a test may change it."""
    return TPlusCounterpart()


@pytest.fixture
def server(platform: TPlusCounterpart, socket_enabled: None) -> Iterator[HttpCounterpart]:
    """The platform, an hour behind."""
    with HttpCounterpart(platform, clock_ahead_s=-3600) as running:
        yield running


def test_it_reports_what_is_planted(server: HttpCounterpart) -> None:
    found = looks(tplus_request(server, kinds=list(FACTS)))
    assert only(found["reachable"], Reachable).up
    assert only(found["server"], Server).clock_ahead_s == pytest.approx(-3600, abs=2)
    stock = only(found["stock"], Stock)
    assert (stock.item, stock.item_name, stock.warehouse_name) == ("BRG", "深沟球轴承", "原料仓")
    assert (stock.quantity, stock.rows) == (Decimal("-4.5"), 2)
    doubles = [
        (one.master, one.groups, one.example) for one in found["duplicates"].facts if isinstance(one, Duplicates)
    ]
    assert doubles == [("customers", 1, "演示客户"), ("items", 0, None)]
    odd = [(one.document_type, one.count, one.example) for one in found["odd_dates"].facts if isinstance(one, OddDates)]
    assert odd == [("sales", 1, "SA-1"), ("purchases", 0, None)]
    assert only(found["timings"], Timing).took_ms > 0
    gap = only(found["master_gaps"], MasterGaps)
    assert (gap.what, gap.count, gap.example) == ("no_unit", 1, "c")
    waiting = {one.document: one.age_s // 86400 for one in found["approvals"].facts if isinstance(one, Approval)}
    assert waiting == {"SO-1": 90, "SO-3": 4}
    still = only(found["open_documents"], OpenDocuments)
    assert (still.count, still.oldest_age_days, still.example) == (1, 90, "SO-1")
    assert {one.missing for one in found["shapes"].facts if isinstance(one, Shape)} == {()}
    # A typed token of an unknown form does not say when it ends.
    assert only(found["api_keys"], ApiKey).expires_at is None
    assert {asked.method for asked in server.asked} == {"POST"}
    assert not [word for word in ("Create", "Update", "Delete", "Audit") if word in tplus.told(server.asked)]


def test_what_the_platform_pays_no_heed_to_or_leaves_out_is_noticed(
    server: HttpCounterpart, platform: TPlusCounterpart
) -> None:
    platform.heeds_states = False
    found = looks(tplus_request(server, kinds=["approvals"]))["approvals"]
    assert {one.document for one in found.facts if isinstance(one, Approval)} == {"SO-1", "SO-3"}
    for row in platform.data[tplus.ITEMS]:
        row.pop("UnitName", None)
        row.pop("BaseUnitName", None)
    unknown = looks(tplus_request(server, kinds=["master_gaps"]))["master_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["column"]) == ("missing_column", "UnitName")
    for row in platform.data["SA_SaleOrderDetailRpt"]:
        del row["SaleOrderState"]
    unknown = looks(tplus_request(server, kinds=["approvals"]))["approvals"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["column"]) == ("missing_column", "SaleOrderState")


def test_a_token_that_says_when_it_ends_is_believed() -> None:
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    claims = base64.urlsafe_b64encode(json.dumps({"exp": round(ends.timestamp())}).encode()).decode().rstrip("=")
    assert told_end(f"e30.{claims}.x") == ends
    assert [told_end(text) for text in ("", "a.b", "a.!.c", "e30.e30.x", "a.bm90.c")] == [None] * 5


def test_a_refused_token_is_renewed_once(server: HttpCounterpart, platform: TPlusCounterpart) -> None:
    platform.tokens = set()
    request = tplus_request(server, kinds=["stock", "api_keys"], secrets={"refresh_token": tplus.REFRESH})
    found = looks(request)
    assert len(found["stock"].facts) == 1
    ends = {one.name: one.expires_at for one in found["api_keys"].facts if isinstance(one, ApiKey)}
    assert set(ends) == {"openToken", "refreshToken"}
    left = ends["refreshToken"] - datetime.now(UTC) if ends["refreshToken"] else timedelta()
    assert timedelta(days=29) < left < timedelta(days=31)
    assert [asked.path for asked in server.asked].count("/auth/refreshToken") == 1
    assert steps(tplus_request(server, op="probe", secrets={"refresh_token": tplus.REFRESH}))[-1].detail == {
        "code": "90001", "name": "T+", "database": None,
    }  # fmt: skip


def test_a_permanent_code_fetches_a_token_at_every_login(server: HttpCounterpart) -> None:
    secrets = {"token": "", "permanent_code": tplus.CODE, "org_token": tplus.ORG}
    assert len(looks(tplus_request(server, kinds=["stock"], secrets=secrets))["stock"].facts) == 1
    step = steps(tplus_request(server, op="probe", secrets={**secrets, "permanent_code": "wrong-code"}))[-1]
    assert (step.name, step.reason, step.field) == ("login", "wrong_password", "permanent_code")


@pytest.mark.parametrize(
    ("secrets", "field"),
    [
        ({"token": "old-token"}, "token"),
        ({"token": "old-token", "refresh_token": "old-too"}, "refresh_token"),
        ({"password": "not-the-secret"}, "password"),
        ({"token": ""}, "token"),
    ],
)
def test_the_secret_that_was_refused_is_named(server: HttpCounterpart, secrets: dict[str, str], field: str) -> None:
    step = steps(tplus_request(server, op="probe", secrets=secrets))[-1]
    assert (step.name, step.state, step.field) == ("login", "failed", field)
    assert "hunter2" not in repr(step)


def test_what_is_not_granted_or_not_there_is_named(server: HttpCounterpart, platform: TPlusCounterpart) -> None:
    platform.ungranted = {tplus.STOCK, tplus.WAREHOUSES}
    del platform.data[tplus.PARTNERS]
    for row in platform.data["SA_SaleDeliveryDetailRpt"]:
        row["voucherDate2"] = row["voucherdate"]
        row.pop("saleDeliveryCode")
    found = looks(tplus_request(server, kinds=["stock", "duplicates", "odd_dates"]))
    assert {kind: look.unknown.reason for kind, look in found.items() if look.unknown} == {
        "stock": "missing_right", "duplicates": "missing_table", "odd_dates": "missing_column",
    }  # fmt: skip
    assert found["stock"].unknown is not None
    assert tplus.STOCK in str(found["stock"].unknown.right)


@pytest.mark.parametrize("heeds_pages", [True, False])
def test_a_hundred_thousand_rows_are_cut(
    server: HttpCounterpart, platform: TPlusCounterpart, heeds_pages: bool
) -> None:
    row = platform.data[tplus.STOCK][0]
    platform.data[tplus.STOCK] = [{**row, "InventoryCode": f"料{n}"} for n in range(100_000)]
    platform.heeds_pages = heeds_pages
    look = looks(tplus_request(server, kinds=["stock"]))["stock"]
    assert look.truncated
    assert len(look.facts) == 5000


def test_a_server_that_sends_the_same_page_for_ever_is_not_read_twice(
    server: HttpCounterpart, platform: TPlusCounterpart
) -> None:
    row = platform.data[tplus.STOCK][0]
    platform.data[tplus.STOCK] = [{**row, "InventoryCode": f"料{n}"} for n in range(1000)]
    platform.heeds_pages = False
    look = looks(tplus_request(server, kinds=["stock"]))["stock"]
    assert (len(look.facts), look.truncated) == (1000, False)
    assert {one.rows for one in look.facts if isinstance(one, Stock)} == {1}


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Hang(), "statement_timeout"),
        (Stall(Reply([{}] * 50)), "statement_timeout"),
        (Cut(Reply([{}] * 50)), "connection_lost"),
        (Reply(b"\xff\xfe"), "bad_answer"),
        (Reply([1]), "bad_answer"),
        (Reply({"code": "999", "message": "系统异常 hunter2"}), "bad_answer"),
        (Reply({"code": "EXSV0011", "message": "EXSV0011 触发限流"}, 400), "rate_limited"),
        (Reply(b"", 429), "rate_limited"),
        (Reply(b"", 502), "bad_answer"),
    ],
)
def test_every_strange_answer_has_its_reason(server: HttpCounterpart, outcome: Outcome, reason: str) -> None:
    server.astray = lambda asked: outcome if asked.path == tplus.STOCK else None
    found = looks(tplus_request(server, kinds=["stock"], budget_seconds=2 if isinstance(outcome, Hang | Stall) else 20))
    assert found["stock"].unknown is not None
    assert found["stock"].unknown.reason == reason
    assert "hunter2" not in repr(found)
