"""YonSuite: the way to a token, what is planted behind it, and what becomes of a token that is lost."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from connectors import yonsuite
from connectors.facts import (
    FACTS,
    Approval,
    Duplicates,
    Grant,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Quota,
    Reachable,
    Server,
    Shape,
    Stock,
    Unbalanced,
    User,
    Vouchers,
)
from connectors.yonsuite_api import _domain, signature
from tests.connectors import yonsuite_counterpart as yon
from tests.connectors.http_counterpart import Cut, Hang, HttpCounterpart, Outcome, Reply, Stall
from tests.connectors.http_systems import looks, only, steps, yonsuite_request
from tests.connectors.yonsuite_counterpart import YonSuiteCounterpart

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def platform() -> YonSuiteCounterpart:
    """What the servers hold; a test may change it."""
    return YonSuiteCounterpart()


@pytest.fixture
def server(platform: YonSuiteCounterpart, socket_enabled: None) -> Iterator[HttpCounterpart]:
    """The platform, an hour ahead."""
    with HttpCounterpart(platform, clock_ahead_s=3600) as running:
        platform.url = running.url
        yield running


def test_the_signature_is_over_sorted_names_and_values() -> None:
    assert signature({"timestamp": "1700000000000", "appKey": "demo"}, "secret") == (
        "Fvj9Y803J9xNDSZdDml2sVpJm6IBham9R39uQ9JKxlk="
    )


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("c2.yonyoucloud.com", "yonyoucloud.com"),
        ("APIGATEWAY.yonyoucloud.com.", "yonyoucloud.com"),
        ("yonyoucloud.com.evil.example", "evil.example"),
        ("bip.firma.com.cn", "firma.com.cn"),
        ("evil.com.cn", "evil.com.cn"),
        ("10.1.2.3", "10.1.2.3"),
        ("fd00::1", "fd00::1"),
    ],
)
def test_neighbours_share_what_is_registered(host: str, domain: str) -> None:
    assert _domain(host) == domain


def test_it_reports_what_is_planted(server: HttpCounterpart, platform: YonSuiteCounterpart) -> None:
    found = looks(yonsuite_request(server, kinds=list(FACTS)))
    assert only(found["reachable"], Reachable).up
    assert only(found["server"], Server).clock_ahead_s == pytest.approx(3600, abs=2)
    stock = only(found["stock"], Stock)
    assert (stock.item_name, stock.warehouse_name, stock.quantity, stock.rows) == (
        "深沟球轴承", "原料仓", Decimal("-4.5"), 2,
    )  # fmt: skip
    todos = [
        (fact.document, fact.waits_for, fact.age_s // 86400)
        for fact in found["approvals"].facts
        if isinstance(fact, Approval)
    ]
    assert sorted(todos) == [("请购单QG01 (k1)", "u-7", 6), ("请购单QG01 (k2)", "u-8", 1)]
    vouchers = only(found["vouchers"], Vouchers)
    assert (vouchers.account_set, vouchers.count, vouchers.oldest_age_days) == ("001", 2, 3)
    old = {
        fact.document_type: (fact.count, fact.example)
        for fact in found["open_documents"].facts
        if isinstance(fact, OpenDocuments)
    }
    assert old == {"sales": (1, "SO1"), "purchases": (1, "PO1"), "productions": (0, None)}
    odd = {fact.document_type: fact.example for fact in found["odd_dates"].facts if isinstance(fact, OddDates)}
    assert odd == {"sales": "SO3", "purchases": None}
    assert only(found["duplicates"], Duplicates).groups == 1
    gap = only(found["master_gaps"], MasterGaps)
    assert (gap.master, gap.what, gap.count, gap.example) == ("customers", "no_tax_number", 1, "C3")
    wrong = only(found["unbalanced"], Unbalanced)
    assert (wrong.account_set, wrong.number, wrong.difference) == ("001", "记-2", Decimal("10.0"))
    assert {fact.missing for fact in found["shapes"].facts if isinstance(fact, Shape)} == {()}
    users = {fact.login: fact for fact in found["users"].facts if isinstance(fact, User)}
    assert {login: (one.name, one.enabled, one.admin) for login, one in users.items()} == {
        "YHT-1": ("李主管", True, True), "YHT-2": ("周晓明", True, False), "YHT-3": ("旧账号", False, False),
    }  # fmt: skip
    closed = [fact.closed for fact in found["periods"].facts if isinstance(fact, Period)]
    assert closed == [{"GL": True}] * 4 + [{"GL": False}] * 2
    assert len(platform.tokens) == 1
    assert "hunter2" not in repr(found)
    # The secret itself never travels.
    assert yon.SECRET not in yon.told(server.asked)


def test_roles_are_asked_for_user_by_user_administrators_first(
    server: HttpCounterpart, platform: YonSuiteCounterpart
) -> None:
    platform.data[yon.USERS].reverse()
    look = looks(yonsuite_request(server, kinds=["grants"]))["grants"]
    held = [(one.holder, one.holder_name, one.right, one.right_name) for one in look.facts if isinstance(one, Grant)]
    assert held == [
        ("YHT-1", "李主管", "admin", "系统管理员"),
        ("YHT-2", "周晓明", "GL", "总账会计"),
        ("YHT-2", "周晓明", "r-3", "仓管员"),
    ]
    # Whoever is stopped holds nothing, and costs no call.
    assert [one.json()["yhtUserId"] for one in server.asked if one.path.endswith(yon.ROLES)] == ["y-1", "y-2"]
    assert not look.truncated
    server.asked.clear()
    platform.data[yon.USERS] += [{"yhtUserId": f"z-{at}", "code": f"Z{at}", "userName": "员工"} for at in range(120)]
    look = looks(yonsuite_request(server, kinds=["grants"]))["grants"]
    assert (len(look.facts), look.truncated) == (3, True)
    assert sum(one.path.endswith(yon.ROLES) for one in server.asked) == yonsuite.MOST_ASKED
    platform.ungranted = {yon.ROLES}
    look = looks(yonsuite_request(server, kinds=["grants"]))["grants"]
    assert look.unknown is not None
    assert (look.unknown.reason, yon.ROLES in str(look.unknown.right)) == ("missing_right", True)


def test_a_list_that_tells_no_credit_code_at_all_is_not_one_of_gaps(
    server: HttpCounterpart, platform: YonSuiteCounterpart
) -> None:
    for row in platform.data[yon.CUSTOMERS]:
        row.pop("creditCode", None)
    unknown = looks(yonsuite_request(server, kinds=["master_gaps"]))["master_gaps"].unknown
    assert unknown is not None
    assert (unknown.reason, unknown.params["column"]) == ("missing_column", "creditCode")


def test_months_are_asked_for_only_until_one_is_closed(server: HttpCounterpart, platform: YonSuiteCounterpart) -> None:
    looks(yonsuite_request(server, kinds=["periods"]))
    asked = [one.json()["period"] for one in server.asked if one.path.endswith(yon.CLOSINGS)]
    assert asked == [yon.month(0), yon.month(1), yon.month(2)]
    platform.ungranted = {yon.CLOSINGS, yon.ADMINISTRATORS}
    found = looks(yonsuite_request(server, kinds=["periods", "users"]))
    assert found["periods"].unknown is not None
    assert found["periods"].unknown.right == f"the interface {yon.CLOSINGS}, granted to this app on the open platform"
    # Who administers is a gap beside users, not the end of them.
    assert [fact.admin for fact in found["users"].facts if isinstance(fact, User)] == [False] * 3


@pytest.mark.parametrize("code", ["401", "403", "10004", "10005"])
def test_a_lost_token_is_fetched_anew_once(server: HttpCounterpart, platform: YonSuiteCounterpart, code: str) -> None:
    platform.lives, platform.lost = 1, code
    found = looks(yonsuite_request(server, kinds=["approvals", "stock"]))
    assert {kind: len(look.facts) for kind, look in found.items()} == {"approvals": 2, "stock": 1}
    assert len(platform.tokens) == 2


def test_a_token_that_is_lost_again_and_again_is_given_up(
    server: HttpCounterpart, platform: YonSuiteCounterpart
) -> None:
    platform.lives = 0
    found = looks(yonsuite_request(server, kinds=["approvals", "stock"]))
    assert {look.unknown.reason for look in found.values() if look.unknown} == {"connection_lost"}
    assert len(platform.tokens) == 2


def test_a_wrong_secret_fails_the_login_and_is_tried_once(
    server: HttpCounterpart, platform: YonSuiteCounterpart
) -> None:
    step = steps(yonsuite_request(server, op="probe", password="not-the-secret"))[-1]
    assert (step.name, step.reason, step.field) == ("login", "wrong_password", "password")
    assert [asked.path for asked in server.asked].count(f"{yon.AUTH}/open-auth/selfAppAuth/base/v1/getAccessToken") == 1


def test_an_unknown_tenant_is_named(server: HttpCounterpart) -> None:
    step = steps(yonsuite_request(server, op="probe", settings={"tenant": "nobody"}))[-1]
    assert (step.reason, step.field) == ("unknown_database", "tenant")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://169.254.169.254/latest", "forbidden_address"),
        ("http://evil.example:80", "forbidden_address"),
        ("file:///etc/passwd", "bad_answer"),
        ("http://user@127.0.0.1:1", "bad_answer"),
        ("http://[::1", "bad_answer"),
        ("http://127.0.0.1:99999", "bad_answer"),
    ],
)
def test_a_server_that_the_platform_names_is_judged(
    server: HttpCounterpart, platform: YonSuiteCounterpart, url: str, reason: str
) -> None:
    platform.gateway_url = url
    found = looks(yonsuite_request(server, kinds=["stock"]))
    assert found["stock"].unknown is not None
    assert found["stock"].unknown.reason == reason


def test_named_servers_are_refused_on_this_machine_outside_the_demo(server: HttpCounterpart) -> None:
    from connectors.base import ConnectorError, Deadline
    from connectors.reach import Address
    from connectors.yonsuite import YonSuite

    request = yonsuite_request(server)
    connector = YonSuite(request.settings, request.secrets)
    # As if the first server were somewhere else: what it names is judged all the same.
    address = Address("127.0.0.1", "127.0.0.1", server.port)
    with connector.dialled(Deadline(5), address) as web, pytest.raises(ConnectorError) as caught:
        web.address = Address("127.0.0.1", "127.0.0.1", 1)
        session = connector.session(web)
        web.address = address
        session._place("http://127.0.0.1:1/x")
    assert caught.value.reason == "forbidden_address"


def test_the_gateway_may_be_another_server(server: HttpCounterpart, platform: YonSuiteCounterpart) -> None:
    with HttpCounterpart(platform) as gateway:
        platform.gateway_url = gateway.url
        found = looks(yonsuite_request(server, kinds=["stock"]))
    assert len(found["stock"].facts) == 1
    assert {asked.path for asked in gateway.asked} == {yon.GATEWAY + yon.STOCK}


def test_an_interface_that_is_not_granted_is_named(server: HttpCounterpart, platform: YonSuiteCounterpart) -> None:
    platform.ungranted = {yon.STOCK, yon.BOOKS}
    del platform.data[yon.CUSTOMERS]
    for row in platform.data[yon.SALES]:
        del row["vouchdate"]
    found = looks(yonsuite_request(server, kinds=["stock", "duplicates", "approvals", "odd_dates"]))
    reasons = {kind: look.unknown.reason for kind, look in found.items() if look.unknown}
    assert reasons == {"stock": "missing_right", "duplicates": "missing_table", "odd_dates": "missing_column"}
    assert found["stock"].unknown is not None
    assert yon.STOCK in str(found["stock"].unknown.right)
    # Without the list of books the tenant stands for its account set.
    assert steps(yonsuite_request(server, op="probe"))[-1].detail["code"] == yon.TENANT


def test_a_hundred_thousand_rows_are_cut_and_the_filter_is_not_trusted(
    server: HttpCounterpart, platform: YonSuiteCounterpart
) -> None:
    row = platform.data[yon.STOCK][0]
    platform.data[yon.STOCK] = [{**row, "product_code": f"料{n}", "currentqty": n % 2 * -1} for n in range(100_000)]
    platform.ignores_filters = True
    look = looks(yonsuite_request(server, kinds=["stock"]))["stock"]
    assert look.truncated
    assert len(look.facts) == 2500


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Hang(), "statement_timeout"),
        (Stall(Reply({"code": "200", "data": [{}] * 50})), "statement_timeout"),
        (Cut(Reply({"code": "200", "data": [{}] * 50})), "connection_lost"),
        (Reply(b"\xff\xfe"), "bad_answer"),
        (Reply([1]), "bad_answer"),
        (Reply({"code": "999", "message": "系统繁忙"}), "bad_answer"),
        (Reply({"code": "200", "data": "x"}), "bad_answer"),
        (Reply({"code": "429"}), "rate_limited"),
        (Reply(b"", 429), "rate_limited"),
        (Reply(b"", 502), "bad_answer"),
    ],
)
def test_every_strange_answer_has_its_reason(server: HttpCounterpart, outcome: Outcome, reason: str) -> None:
    server.astray = lambda asked: outcome if asked.path.endswith(yon.STOCK) else None
    found = looks(
        yonsuite_request(server, kinds=["stock"], budget_seconds=2 if isinstance(outcome, Hang | Stall) else 20)
    )
    assert found["stock"].unknown is not None
    assert found["stock"].unknown.reason == reason


def test_refused_calls_are_counted(server: HttpCounterpart) -> None:
    seen: list[str] = []

    def tired(asked: object) -> Outcome | None:
        seen.append("")
        return Reply(b"", 429) if len(seen) > 2 else None

    server.astray = tired
    assert only(looks(yonsuite_request(server, kinds=["quotas"]))["quotas"], Quota).refused == 1
