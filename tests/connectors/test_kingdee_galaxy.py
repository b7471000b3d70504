"""Galaxy's WebAPI: what is read, how it is signed, and how every way in which it can fail is told.

The counterpart is checked by the vendor's own client, so that our reading of the protocol is not the only one.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from k3cloud_webapi_sdk.main import K3CloudApiSdk  # type: ignore[import-untyped]

from connectors.ask import ask
from connectors.base import ConnectorError
from connectors.facts import (
    Approval,
    Duplicates,
    Fact,
    Look,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Server,
    Shape,
    Stock,
    Unbalanced,
    User,
    Vouchers,
)
from connectors.kingdee_galaxy_forms import QUESTIONS, Keys
from connectors.kingdee_galaxy_signing import App, signed
from connectors.kingdee_galaxy_words import meaning
from tests.connectors.galaxy_counterpart import APP_ID, APP_SECRET, DATA_CENTRE, Form, Galaxy, refusal, serving
from tests.connectors.galaxy_fixtures import galaxy_request, signed_request
from tests.connectors.http_counterpart import Asked, Cut, Hang, HttpCounterpart, Outcome, Reply, Stall, certificate
from tests.connectors.installation import facts_of

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("in_process")]
F = TypeVar("F", bound=Fact)
QUERY = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery.common.kdsvc"


def facts(server: HttpCounterpart, kind: type[F], **change: Any) -> list[F]:
    """The facts of one kind; fails when they are not known."""
    return facts_of(galaxy_request(server, kinds=[kind.kind], **change), kind)


def test_it_signs_as_the_vendor_does() -> None:
    app = App(app_id=APP_ID, secret="secret", data_centre="dc1", user="demo")
    found = signed(app, QUERY, timestamp=1700000000, nonce="1700000000")
    assert found["X-Api-Signature"] == (
        "ZGFjYTc2MzNkNDcxZTQ1ZDI3YmZhODg2ZDNiNTBhNDIxZDcwM2Q3M2M3YjI1OTQwY2U1YTA1MjZkYTE1NTJiMg=="
    )
    assert found["X-Kd-Appdata"] == "ZGMxLGRlbW8sMjA1Miww"
    assert found["X-Kd-Signature"] == (
        "ZmFiNTZiZTcyNTcwOWNiZDg5MzE2YWVjZDA1NTdmZjRmYTQ3NmEzMGMzZjRlNzk4Y2M1YzBhOTE0OGZlNzhkNQ=="
    )
    assert "secret" not in repr(app)


@pytest.mark.parametrize("app_id", ["", "123456", "a_b_c", "123456_不是", "123456_***"])
def test_an_app_id_that_is_none_is_named(app_id: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        signed(App(app_id=app_id, secret="x", data_centre="d", user="u"), "/", timestamp=1, nonce="1")
    assert (caught.value.reason, caught.value.field) == ("bad_settings", "app_id")


def test_the_vendors_own_client_reads_the_counterpart(galaxy_server: HttpCounterpart) -> None:
    client = K3CloudApiSdk(f"{galaxy_server.url}/k3cloud")
    client.InitConfig(DATA_CENTRE, "reader", APP_ID, APP_SECRET, f"{galaxy_server.url}/k3cloud")
    question = {"FormId": "STK_Inventory", "FieldKeys": "FMaterialId.FNumber,FBASEQTY", "FilterString": "FBASEQTY<0",
                "OrderString": "FID", "StartRow": 0, "Limit": 2000}  # fmt: skip
    assert json.loads(client.ExecuteBillQuery(question)) == [["BRG-6204", -3.5], ["BRG-6204", -1.0], ["PAPER", -2.0]]
    described = json.loads(client.QueryBusinessInfo({"FormId": "STK_Inventory"}))
    assert "FBASEQTY" in {one["Key"] for one in described["Result"]["NeedReturnData"]["Entrys"][0]["Fields"]}
    wrong = K3CloudApiSdk(f"{galaxy_server.url}/k3cloud")
    wrong.InitConfig(DATA_CENTRE, "reader", APP_ID, "not-the-secret", f"{galaxy_server.url}/k3cloud")
    assert "会话信息已丢失" in wrong.ExecuteBillQuery(question)


def test_a_signed_app_reads_the_same_as_a_user(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    by_user, by_app = (
        ask(request(galaxy_server, kinds=["stock", "users"])).looks for request in (galaxy_request, signed_request)
    )
    told = [[replace(fact, seen_at=by_user[0].seen_at) for look in looks for fact in look.facts]
            for looks in (by_user, by_app)]  # fmt: skip
    assert [fact.subject for fact in told[0]] == [fact.subject for fact in told[1]]
    assert told[0]
    assert galaxy.logins == 1
    assert galaxy.logouts == 2


def test_a_wrong_app_secret_is_named(galaxy_server: HttpCounterpart) -> None:
    step = ask(signed_request(galaxy_server, op="probe", secret="not-the-secret")).steps[-1]
    assert (step.name, step.reason, step.field) == ("login", "wrong_password", "app_secret")


@pytest.mark.parametrize(("way", "missing"), [("app", "app_id"), ("password", "password")])
def test_a_field_that_the_chosen_login_needs_is_named(galaxy_server: HttpCounterpart, way: str, missing: str) -> None:
    request = galaxy_request(galaxy_server, op="probe", settings={"way": way}, password="")
    step = ask(request).steps[-1]
    assert (step.name, step.reason, step.field) == ("login", "bad_settings", missing)


def test_negative_rows_of_a_place_are_one_fact(galaxy_server: HttpCounterpart) -> None:
    one, two = facts(galaxy_server, Stock)
    assert (one.account_set, one.warehouse_name, one.item, one.item_name) == (
        "100",
        "原材料仓",
        "BRG-6204",
        "深沟球轴承",
    )
    assert (one.quantity, one.rows, one.spec, one.unit) == (Decimal("-4.5"), 2, "6204-ZZ", "套")
    assert one.item_name == "深沟球轴承"
    assert (two.account_set, two.item) == ("200", "PAPER")


def test_users_come_with_roles_and_last_logins_by_the_servers_clock(galaxy: Galaxy) -> None:
    """A clock one hour ahead bends no age: records and the head of an answer come from the same clock."""
    for ahead in (0, 3600, -3600):
        with serving(galaxy, clock_ahead_s=ahead) as server:
            found = {user.login: user for user in facts(server, User)}
            (about,) = facts(server, Server)
        assert about.clock_ahead_s == pytest.approx(ahead, abs=3)
        zhou = found["zhouxm"]
        assert (zhou.name, zhou.enabled, zhou.roles) == ("周晓明", True, ("会计", "仓管员"))
        assert zhou.last_seen_at is not None
        there = datetime.now(UTC) + timedelta(hours=8)
        login = datetime.combine(there.date() - timedelta(days=2), datetime.min.time()) + timedelta(hours=8)
        expected = there.replace(tzinfo=None) - login + timedelta(seconds=ahead)
        assert (datetime.now(UTC) - zhou.last_seen_at).total_seconds() == pytest.approx(
            expected.total_seconds(), abs=10
        )
        assert found["Administrator"].admin
        assert not found["tianzq"].enabled


def test_the_ledger_is_told(galaxy_server: HttpCounterpart) -> None:
    (vouchers,) = facts(galaxy_server, Vouchers)
    assert (vouchers.account_set, vouchers.year, vouchers.period, vouchers.count) == ("100", 2026, 7, 2)
    assert vouchers.oldest_age_days == 80
    (unbalanced,) = facts(galaxy_server, Unbalanced)
    assert (unbalanced.number, unbalanced.difference) == ("PZ5", Decimal("2.50"))
    periods = [period for period in facts(galaxy_server, Period) if period.account_set == "100"]
    assert [(period.period, period.closed) for period in periods[:2]] == [(3, {"GL": False}), (2, {"GL": True})]


def test_documents_that_wait_stay_open_or_are_dated_wrong(galaxy_server: HttpCounterpart) -> None:
    waiting, receivable = facts(galaxy_server, Approval)
    assert (receivable.account_set, receivable.document, receivable.document_type) == ("200", "AR00000001", "应收单")
    assert (waiting.document, waiting.document_type) == ("XSDD000004", "销售订单")
    assert waiting.age_s >= 80 * 86400
    opened = {(fact.account_set, fact.document_type): fact for fact in facts(galaxy_server, OpenDocuments)}
    assert (opened["100", "销售订单"].count, opened["100", "销售订单"].oldest_age_days) == (1, 80)
    assert (opened["200", "销售订单"].count, opened["200", "采购订单"].count) == (1, 0)
    odd = {(fact.account_set, fact.document_type): fact.count for fact in facts(galaxy_server, OddDates)}
    assert odd["100", "销售订单"] == 1
    assert odd["100", "采购订单"] == 0
    twice = {(fact.account_set, fact.master): fact for fact in facts(galaxy_server, Duplicates)}
    assert (twice["100", "items"].groups, twice["100", "items"].example) == (1, "深沟球轴承 6204-ZZ")
    assert twice["100", "customers"].groups == 0


def test_what_items_and_suppliers_lack_is_told(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    def gaps() -> set[tuple[str, str, int, str | None]]:
        found = [fact for fact in facts(galaxy_server, MasterGaps) if fact.account_set == "100"]
        return {(fact.master, fact.what, fact.count, fact.example) for fact in found}

    items = {("items", "no_unit", 1, "BRG-3"), ("items", "no_cost", 2, "BRG-1")}
    assert gaps() == items | {("vendors", "no_tax_number", 1, "V2")}
    galaxy.barred.add("BD_Supplier")
    assert gaps() == items
    galaxy.forms["BD_MATERIAL"].keys.remove("FREFCOST")
    (look, *_) = ask(galaxy_request(galaxy_server, kinds=["master_gaps"])).looks
    assert look.unknown is not None
    assert (look.unknown.reason, look.unknown.params["column"]) == ("missing_column", "FRefCost")


def test_a_form_is_described_once_and_its_spelling_used(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    facts(galaxy_server, Stock)
    assert galaxy.described.count("STK_Inventory") == 1
    (asked, *_) = [one.json()["data"] for one in galaxy_server.asked if b"FStockOrgId.FNumber='100" in one.body]
    assert asked["FilterString"] == "FBASEQTY<0 and FStockOrgId.FNumber='100'"


def test_a_missing_field_is_named_and_shows_in_the_shapes(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    galaxy.forms["GL_VOUCHER"].keys.remove("FPosted")
    looks = {look.kind: look for look in ask(galaxy_request(galaxy_server, kinds=["vouchers", "stock"])).looks}
    unknown = looks["vouchers"].unknown
    assert unknown
    assert (unknown.reason, unknown.params["column"]) == ("missing_column", "FPosted")
    assert looks["stock"].unknown is None
    shapes = {fact.name: fact.missing for fact in facts(galaxy_server, Shape)}
    assert (shapes["GL_VOUCHER"], shapes["STK_Inventory"]) == (("FPosted",), ())


def test_a_missing_right_is_named(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    galaxy.barred = {"GL_VOUCHER", "SEC_User", "SEC_UserRole", "BOS_OperateLog"}
    looks = {look.kind: look for look in ask(galaxy_request(galaxy_server, kinds=["vouchers", "users"])).looks}
    for kind, form in (("vouchers", "GL_VOUCHER"), ("users", "SEC_User")):
        unknown = looks[kind].unknown
        assert unknown
        assert (unknown.reason, unknown.right) == ("missing_right", f"查看 {form}")
    able = ask(galaxy_request(galaxy_server, op="capabilities")).capabilities
    states = {one.kind: (one.state, one.unknown and one.unknown.right) for one in able}
    assert states["vouchers"] == ("unknown", "查看 GL_VOUCHER")
    assert states["tasks"][0] == "unsupported"
    rights = [step for step in ask(galaxy_request(galaxy_server, op="probe")).steps if step.name == "rights"]
    assert {step.params["table"] for step in rights} == galaxy.barred - {"BOS_OperateLog"}


def test_without_roles_and_log_users_are_told_all_the_same(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    del galaxy.forms["SEC_UserRole"]
    galaxy.barred = {"BOS_OperateLog"}
    assert {(user.roles, user.last_seen_at) for user in facts(galaxy_server, User)} == {(None, None)}


def test_without_organisations_the_data_centre_is_one(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    galaxy.barred = {"ORG_Organizations"}
    assert [(fact.account_set, fact.item) for fact in facts(galaxy_server, Stock)] == [
        (DATA_CENTRE, "BRG-6204"),
        (DATA_CENTRE, "PAPER"),
    ]


def test_a_lost_login_is_renewed_once(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    lost: list[Asked] = []

    def lose(asked: Asked) -> Outcome | None:
        if b'"STK_Inventory"' in asked.body and not lost:
            lost.append(asked)
            galaxy.sessions.clear()
        return None

    galaxy_server.astray = lose
    assert len(facts(galaxy_server, Stock)) == 2
    assert galaxy.logins == 2


def test_a_login_that_is_lost_again_and_again_is_given_up(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    galaxy_server.astray = lambda asked: (
        refusal("会话信息已丢失，请重新登录", 1) if asked.path == QUERY and b"STK_Inventory" in asked.body else None
    )
    answer = ask(galaxy_request(galaxy_server, kinds=["stock"]))
    assert {look.unknown.reason for look in answer.looks if look.unknown} == {"connection_lost"}
    assert galaxy.logins == 2


def test_a_wrong_password_is_tried_once(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    ask(galaxy_request(galaxy_server, kinds=["stock", "users", "vouchers"], password="not-the-password"))
    assert galaxy.logins == 1


def test_pages_end_at_the_cap(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    form = galaxy.forms["STK_Inventory"]
    form.records = [{**form.records[0], "FID": f"{at:06}", "FMaterialId.FNumber": f"M{at}"} for at in range(100_000)]
    look, _ = ask(galaxy_request(galaxy_server, kinds=["stock"], budget_seconds=60)).looks
    assert (len(look.facts), look.truncated) == (QUESTIONS["stock"].cap, True)
    sizes = [one.json()["data"]["Limit"] for one in galaxy_server.asked if b"FStockOrgId.FNumber='100" in one.body]
    assert sizes == [2000, 2000, 1001]


ROW = [["CK", "仓", "M", "品", -1.0, None, None, "1"]]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Reply(b"", 429), "rate_limited"),
        (Reply(b"<html>bad gateway</html>", 502), "out_of_service"),
        (Reply(b"", 500), "bad_answer"),
        (Reply(b"response_error:\xe6\x9c\xaa\xe5\xb0\x86\xe5\xaf\xb9\xe8\xb1\xa1 hunter2-hunter2"), "bad_answer"),
        (Reply(b"response_error:ctx == null"), "connection_lost"),
        (Reply(b'[["\xff\xfe\xba\xba"]]'), "bad_answer"),
        (Reply([["one", "two"]]), "bad_answer"),
        (Reply({"strange": "hunter2-hunter2"}), "bad_answer"),
        (refusal("列名 'FID' 无效。", 6), "missing_column"),
        (refusal("当前用户没有访问权限", 2), "missing_right"),
        (refusal("业务对象不存在", 0), "missing_table"),
        (refusal("调用次数超过限制", 14), "rate_limited"),
        (refusal("hunter2-hunter2 未知异常", 4), "bad_answer"),
        (Hang(), "statement_timeout"),
        (Stall(Reply(ROW)), "statement_timeout"),
        (Cut(Reply(ROW)), "connection_lost"),
    ],
)
def test_every_strange_answer_has_its_reason(galaxy_server: HttpCounterpart, outcome: Outcome, reason: str) -> None:
    galaxy_server.astray = lambda asked: outcome if asked.path == QUERY and b"STK_Inv" in asked.body else None
    answer = ask(galaxy_request(galaxy_server, kinds=["stock"], account_sets=["100"], budget_seconds=2))
    (look,) = answer.looks
    assert look.unknown is not None
    assert look.unknown.reason == reason
    assert "hunter2" not in repr(answer)


@pytest.mark.parametrize(
    ("outcome", "step", "reason"),
    [
        (Reply({"LoginResultType": 0, "Message": "用户已被锁定"}), "login", "login_blocked"),
        (Reply({"LoginResultType": -1, "Message": "数据中心不存在"}), "database", "unknown_database"),
        (Reply({"LoginResultType": -2, "Message": "并发用户数已达许可上限"}), "login", "too_many_connections"),
        (Reply({"LoginResultType": 7, "Message": "hunter2-hunter2"}), "login", "bad_answer"),
        (Reply([]), "login", "bad_answer"),
        (Reply(b"", 404), "login", "bad_answer"),
        (Hang(), "login", "silent_server"),
    ],
)
def test_every_way_to_be_turned_away_is_told(
    galaxy_server: HttpCounterpart, outcome: Outcome, step: str, reason: str
) -> None:
    galaxy_server.astray = lambda asked: outcome if asked.path.endswith("ValidateUser.common.kdsvc") else None
    answer = ask(galaxy_request(galaxy_server, op="probe", budget_seconds=2))
    assert (answer.steps[-1].name, answer.steps[-1].reason) == (step, reason)
    assert "hunter2" not in repr(answer)


def test_only_a_trusted_certificate_is_spoken_to(galaxy: Galaxy, tmp_path: Path) -> None:
    own = certificate(tmp_path)
    with serving(galaxy, certificate=own) as server:
        verified = {"encryption": "verified"}
        step = ask(galaxy_request(server, op="probe", settings=verified)).steps[-1]
        assert (step.name, step.reason) == ("tls", "tls_refused")
        assert server.asked == []
        pinned = verified | {"authority": own.pem}
        assert len(ask(galaxy_request(server, kinds=["stock"], settings=pinned)).looks) == 2
    with serving(galaxy) as plain:
        step = ask(galaxy_request(plain, op="probe", settings=verified)).steps[-1]
        assert (step.name, step.reason) == ("tls", "tls_refused")


def test_a_name_that_is_not_there_is_told(galaxy_server: HttpCounterpart) -> None:
    (step,) = ask(galaxy_request(galaxy_server, op="probe", settings={"host": "galaxy.invalid"})).steps
    assert (step.name, step.reason) == ("name", "unknown_name")


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [("什么", 1, "connection_lost"), ("什么", 2, "missing_right"), ("登录已失效", 0, "connection_lost")],
)
def test_numbers_and_words_mean_the_same(text: str, number: int, reason: str) -> None:
    assert meaning(text, number).reason == reason


def test_every_question_only_reads_and_says_what() -> None:
    for question in QUESTIONS.values():
        assert question.title
        assert question.cap < 100_000
        fields, condition = question.spelled(Keys(question.of, None), {"day": "d", "old": "o", "past": "p"}, "it's")
        assert "{" not in condition
        assert not question.organisation or condition.endswith(".FNumber='it''s'")
        assert not any("password" in field.lower() or "pwd" in field.lower() for field in fields)


def test_a_record_that_moved_between_pages_is_one(galaxy: Galaxy, galaxy_server: HttpCounterpart) -> None:
    galaxy.forms["STK_Inventory"] = Form(
        galaxy.forms["STK_Inventory"].keys, "FID", [galaxy.forms["STK_Inventory"].records[0]] * 2
    )
    (fact,) = facts(galaxy_server, Stock)
    assert (fact.quantity, fact.rows) == (Decimal("-3.5"), 1)


def test_a_look_carries_when_it_was_taken(galaxy_server: HttpCounterpart) -> None:
    (look,) = ask(galaxy_request(galaxy_server, kinds=["reachable"])).looks
    assert isinstance(look, Look)
    assert abs((datetime.now(UTC) - look.seen_at).total_seconds()) < 30
