"""The Service Layer of SAP Business One: what is read, its seat, its pages, and every way in which it can fail.

The counterpart is checked by two public clients, so that our reading of the protocol is not the only one.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from b1sl.b1sl.client import B1Client
from b1sl.b1sl.config import B1Config
from b1sl.b1sl.exceptions.exceptions import B1AuthError
from pyb1slayer import SLConnection  # type: ignore[import-untyped]

from connectors.ask import ask
from connectors.facts import (
    Approval,
    Duplicates,
    Fact,
    FailedLogins,
    Grant,
    Job,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Quota,
    Server,
    Shape,
    Stock,
    Timing,
    Unbalanced,
    User,
)
from connectors.sap_b1_layer import QUESTIONS
from tests.connectors.b1_counterpart import COMPANY, ServiceLayer
from tests.connectors.b1_fixtures import layer_request
from tests.connectors.http_counterpart import Asked, Cut, Hang, HttpCounterpart, Outcome, Reply, Stall, certificate
from tests.connectors.installation import facts_of

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("in_process")]
F = TypeVar("F", bound=Fact)


def facts(server: HttpCounterpart, kind: type[F], **change: Any) -> list[F]:
    """The facts of one kind; fails when they are not known."""
    return facts_of(layer_request(server, kinds=[kind.kind], **change), kind)


def refused(status: int, code: str, text: str) -> Reply:
    """A refusal as the Service Layer words it."""
    return Reply({"error": {"code": code, "message": text}}, status)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_public_client_reads_the_counterpart(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:

    def config(password: str) -> B1Config:
        return B1Config(base_url=layer_server.url, username="reader", company_db=COMPANY, password=password)

    with B1Client(config=config("correct-horse-7")) as client:
        found = client.items.list(params={"$select": "ItemCode,ItemName", "$filter": "ItemCode gt 'M6-20'"})
        assert [(one.item_code, one.item_name) for one in found] == [
            ("M6-30", "内六角螺丝 M6"),
            ("M6-40", "内六角螺丝 M6"),
        ]
    assert layer.sessions == set()
    with pytest.raises(B1AuthError), B1Client(config=config("wrong")) as client:
        client.items.list()


def test_another_public_client_reads_it_as_well(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    async def read() -> Any:
        async with SLConnection(f"{layer_server.url}/b1s/v2/", COMPANY, "reader", "correct-horse-7") as client:
            return await client.request("Items").select("ItemCode").orderby("ItemCode").top(2).get()

    # A thread of its own: another test may have left a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        told = thread.submit(lambda: asyncio.run(read())).result()
    assert told["value"] == [{"ItemCode": "M6-20"}, {"ItemCode": "M6-30"}]
    assert (layer.logins, layer.logouts) == (1, 1)


def test_it_sends_both_cookies_and_gives_the_seat_back(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    facts(layer_server, Stock)
    assert (layer.logins, layer.logouts, layer.sessions) == (1, 1, set())
    later = [one for one in layer_server.asked if not one.path.endswith("Login")]
    assert {(one.cookie("B1SESSION"), one.cookie("ROUTEID")) for one in later} == {("session-1", ".node2")}


@pytest.mark.parametrize("joins", [True, False])
def test_it_finds_the_stock_below_zero(layer: ServiceLayer, layer_server: HttpCounterpart, joins: bool) -> None:
    layer.joins = joins
    found = {fact.item: fact for fact in facts(layer_server, Stock)}
    assert set(found) == {"M6-20", "M6-40"}
    one = found["M6-20"]
    assert (one.account_set, one.warehouse, one.warehouse_name) == (COMPANY, "01", "原料仓")
    assert (one.quantity, one.item_name, one.unit) == (Decimal("-3.5"), "内六角螺丝 M6", "个")


def test_users_come_with_last_logins_by_the_servers_clock(layer: ServiceLayer) -> None:
    """A clock one hour off bends no age: records and the head of an answer come from the same clock."""
    for ahead in (0, 3600):
        with HttpCounterpart(layer, clock_ahead_s=ahead) as server:
            users = {user.login: user for user in facts(server, User)}
            (about,) = facts(server, Server)
        assert about.clock_ahead_s == pytest.approx(ahead, abs=3)
        assert about.version == "1000240"
        zhou = users["zhouxm"]
        assert (zhou.name, zhou.enabled, zhou.admin, zhou.roles) == ("周晓明", True, False, ("会计",))
        assert zhou.last_seen_at is not None
        there = (datetime.now(UTC) + timedelta(hours=8)).replace(tzinfo=None)
        login = datetime.combine(there.date() - timedelta(days=1), datetime.min.time()) + timedelta(hours=8)
        expected = (there - login).total_seconds() + ahead
        assert (datetime.now(UTC) - zhou.last_seen_at).total_seconds() == pytest.approx(expected, abs=10)
    assert users["manager"].admin
    assert not users["tianzq"].enabled


def test_refused_logins_of_the_last_hour_are_counted(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    there = datetime.now(UTC) + timedelta(hours=8, minutes=-5)
    record = {"Action": "actionLoginFail", "ActionDate": str(there.date()), "ActionTime": f"{there:%H:%M:%S}"}
    layer.sets["Users"][2]["UserActionRecord"] = [record, record]
    (fact,) = facts(layer_server, FailedLogins)
    assert fact.count == 2


def test_rights_are_told_with_their_names(layer_server: HttpCounterpart) -> None:
    found = {(fact.holder, fact.right, fact.right_name, fact.scope) for fact in facts(layer_server, Grant)}
    assert found == {
        ("manager", "SUPERUSER", None, "full"),
        ("zhouxm", "3073", "日记账分录", "full"),
        ("zhouxm", "3074", "物料", "read"),
        ("reader", "3074", "物料", "read"),
    }


def test_documents_and_periods_are_told(layer_server: HttpCounterpart) -> None:
    (waiting,) = facts(layer_server, Approval)
    assert (waiting.document, waiting.waits_for) == ("22/55/7", "zhouxm")
    assert 79 * 86400 < waiting.age_s < 81 * 86400
    opened = {fact.document_type: fact for fact in facts(layer_server, OpenDocuments)}
    assert (opened["销售订单"].count, opened["销售订单"].example, opened["应收发票"].count) == (1, "1001", 0)
    assert (opened["草稿"].count, opened["草稿"].example) == (1, "1009")
    odd = {fact.document_type: fact.count for fact in facts(layer_server, OddDates)}
    assert odd == {"销售订单": 1, "日记账分录": 1}
    periods = {fact.period: fact for fact in facts(layer_server, Period)}
    assert [periods[at].closed["GL"] for at in (1, 2, 3)] == [True, True, False]
    assert str(periods[2].ends_on)[5:] in ("02-28", "02-29")
    twice = {fact.master: fact.groups for fact in facts(layer_server, Duplicates)}
    assert twice == {"customers": 1, "vendors": 0, "items": 1}
    lacking = [(fact.what, fact.count, fact.example) for fact in facts(layer_server, MasterGaps)]
    assert lacking == [("no_unit", 1, "M6-30"), ("no_cost", 1, "M6-30"), ("no_tax_number", 1, "S1")]


def test_entries_are_added_up_line_by_line(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    (wrong,) = facts(layer_server, Unbalanced)
    assert (wrong.number, wrong.difference) == ("33", Decimal("10.0"))
    layer.sets["JournalEntries"] = [
        {**layer.sets["JournalEntries"][1], "JdtNum": at, "Number": at} for at in range(1000, 2100)
    ]
    (look,) = ask(layer_request(layer_server, kinds=["unbalanced"])).looks
    assert (look.facts, look.truncated, look.unknown) == ((), True, None)
    layer.properties["JournalEntries"].remove("JournalEntryLines")
    (look,) = ask(layer_request(layer_server, kinds=["unbalanced"])).looks
    assert look.unknown is not None
    assert (look.unknown.reason, look.unknown.params["column"]) == ("missing_column", "JournalEntryLines")


def test_alerts_are_jobs_and_one_that_is_off_is_not_late(layer_server: HttpCounterpart) -> None:
    late, off = facts(layer_server, Job)
    assert (late.name, late.enabled) == (f"{COMPANY}: 库存不足", True)
    assert 79 <= (late.last_age_s or 0) / 86400 <= 81
    assert late.overdue_s is not None
    assert (off.enabled, off.last_age_s, off.overdue_s) == (False, None, None)


def test_drafts_that_may_not_be_seen_leave_a_gap(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    layer.barred.add("Drafts")
    assert "草稿" not in {fact.document_type for fact in facts(layer_server, OpenDocuments)}


def test_times_and_shapes_are_told(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    layer.properties["BusinessPartners"].remove("FederalTaxID")
    assert len(facts(layer_server, Timing)) == 2
    assert len(facts(layer_server, Quota)) == 1
    shapes = {fact.name: fact.missing for fact in facts(layer_server, Shape)}
    assert shapes["BusinessPartners"] == ("FederalTaxID",)
    assert shapes["Orders"] == ()


def test_a_missing_property_or_right_is_named(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    layer.properties["ApprovalRequests"].remove("ObjectEntry")
    layer.barred = {"Users", "CompanyService_GetFinancePeriods"}
    kinds = ["approvals", "users", "periods"]
    unknown = {look.kind: look.unknown for look in ask(layer_request(layer_server, kinds=kinds)).looks}
    told = {kind: (one.reason, one.params.get("column"), one.right) for kind, one in unknown.items() if one}
    assert told == {
        "approvals": ("missing_column", "ObjectEntry", None),
        "users": ("missing_right", None, "读取 Users"),
        "periods": ("missing_right", None, "读取 CompanyService_GetFinancePeriods"),
    }


@pytest.mark.parametrize(("user", "how"), [("manager", "Superuser"), ("zhouxm", "3073")])
def test_a_user_that_can_write_is_found(
    layer: ServiceLayer, layer_server: HttpCounterpart, user: str, how: str
) -> None:
    layer.user = user
    steps = ask(layer_request(layer_server, op="probe", settings={"user": user})).steps
    (step,) = [step for step in steps if step.name == "read_only"]
    assert (step.state, step.reason, step.params["how"]) == ("failed", "login_can_write", how)


def test_a_reader_is_found_harmless(layer_server: HttpCounterpart) -> None:
    assert {step.state for step in ask(layer_request(layer_server, op="probe")).steps} == {"ok"}


def test_a_lost_session_is_renewed_once(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    lost: list[Asked] = []

    def lose(asked: Asked) -> Outcome | None:
        if asked.path.endswith("QueryService_PostQuery") and not lost:
            lost.append(asked)
            layer.sessions.clear()
        return None

    layer_server.astray = lose
    assert len(facts(layer_server, Stock)) == 2
    assert layer.logins == 2
    layer_server.astray = lambda asked: refused(401, "301", "Invalid session") if "Orders" in asked.path else None
    (look,) = ask(layer_request(layer_server, kinds=["open_documents"])).looks
    assert look.unknown
    assert look.unknown.reason == "connection_lost"
    assert layer.logins == 4


def test_a_wrong_password_is_tried_once(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    ask(layer_request(layer_server, kinds=["stock", "users", "periods"], password="not-the-password"))
    assert layer.logins == 1


def test_pages_end_at_the_cap(layer: ServiceLayer, layer_server: HttpCounterpart) -> None:
    places = [{"WarehouseCode": "01", "InStock": -1.0}]
    layer.sets["Items"] = [
        {**layer.sets["Items"][0], "ItemCode": f"M{at:06}", "ItemWarehouseInfoCollection": places}
        for at in range(20_000)
    ]
    (look,) = ask(layer_request(layer_server, kinds=["stock"], budget_seconds=100)).looks
    assert (len(look.facts), look.truncated) == (QUESTIONS["stock"].cap, True)


@pytest.mark.parametrize("link", ["Orders", "Orders?$skip=0", "Orders?$skip=x", "Orders?$skip=1"])
def test_a_chain_of_pages_that_leads_nowhere_ends(
    layer: ServiceLayer, layer_server: HttpCounterpart, link: str
) -> None:
    layer.loops = link
    (look,) = ask(layer_request(layer_server, kinds=["open_documents"])).looks
    assert look.truncated
    assert len([one for one in layer_server.asked if one.path.endswith("/Orders")]) <= 2


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Reply(b"", 429), "rate_limited"),
        (Reply(b"<html>", 502), "out_of_service"),
        (Reply(b"", 500), "bad_answer"),
        (Reply(b"not json hunter2-hunter2"), "bad_answer"),
        (Reply(b'{"value": [{"DocEntry": "\xff\xfe"}]}'), "bad_answer"),
        (Reply([1, 2]), "bad_answer"),
        (Reply({"value": ["hunter2-hunter2"]}), "bad_answer"),
        (Reply({"value": [{"DocEntry": 1}]}), "missing_column"),
        (refused(400, "702", "Table 'OUSR' not accessible. hunter2-hunter2"), "missing_right"),
        (refused(412, "-2039", "Another user or another operation modified data"), "lock_timeout"),
        (refused(403, "-1", "hunter2-hunter2"), "missing_right"),
        (refused(404, "-2028", "hunter2-hunter2"), "missing_table"),
        (refused(400, "-1000", "Property 'DocNum' of 'Document' is invalid"), "missing_column"),
        (Reply(b"", 302, headers=(("Location", "http://127.0.0.1:1/evil"),)), "bad_answer"),
        (Hang(), "statement_timeout"),
        (Stall(Reply({"value": []})), "statement_timeout"),
        (Cut(Reply({"value": []})), "connection_lost"),
    ],
)
def test_every_strange_answer_has_its_reason(layer_server: HttpCounterpart, outcome: Outcome, reason: str) -> None:
    layer_server.astray = lambda asked: outcome if asked.path.endswith("/Orders") else None
    answer = ask(layer_request(layer_server, kinds=["open_documents"], budget_seconds=2))
    (look,) = answer.looks
    assert look.unknown is not None
    assert look.unknown.reason == reason
    assert "hunter2" not in repr(answer)


@pytest.mark.parametrize(
    ("outcome", "step", "reason"),
    [
        (refused(401, "-1", "User is locked"), "login", "login_blocked"),
        (refused(500, "-304", "Fail to get DB Credentials from SLD"), "database", "unknown_database"),
        (refused(401, "-10", "No license for this user"), "login", "too_many_connections"),
        (refused(500, "-1", "hunter2-hunter2"), "login", "bad_answer"),
        (Reply(b"", 503), "login", "out_of_service"),
        (Reply({"SessionId": "x"}), "login", "bad_answer"),
        (Hang(), "login", "silent_server"),
    ],
)
def test_every_way_to_be_turned_away_is_told(
    layer_server: HttpCounterpart, outcome: Outcome, step: str, reason: str
) -> None:
    layer_server.astray = lambda asked: outcome if asked.path.endswith("/Login") else None
    answer = ask(layer_request(layer_server, op="probe", budget_seconds=2))
    assert (answer.steps[-1].name, answer.steps[-1].reason) == (step, reason)
    assert "hunter2" not in repr(answer)


def test_a_certificate_of_its_own_is_trusted_when_it_was_pinned(layer: ServiceLayer, tmp_path: Path) -> None:
    own = certificate(tmp_path)
    with HttpCounterpart(layer, certificate=own) as server:
        verified = {"encryption": "verified"}
        step = ask(layer_request(server, op="probe", settings=verified)).steps[-1]
        assert (step.name, step.reason) == ("tls", "tls_refused")
        assert server.asked == []
        pinned = verified | {"authority": own.pem}
        looks = {look.kind: look for look in ask(layer_request(server, kinds=["stock", "tls"], settings=pinned)).looks}
        assert looks["stock"].facts
        assert looks["tls"].facts[0].trusted is False  # type: ignore[attr-defined]


def test_a_name_that_is_not_there_is_told(layer_server: HttpCounterpart) -> None:
    (step,) = ask(layer_request(layer_server, op="probe", settings={"host": "b1.invalid"})).steps
    assert (step.name, step.reason) == ("name", "unknown_name")


def test_every_question_only_reads_and_says_what() -> None:
    for question in QUESTIONS.values():
        assert question.title
        assert not {"UserPassword", "Password"} & set(question.columns)
        assert not question.of.startswith("SQLQueries")
        assert not question.service or question.of.partition("_")[2].startswith("Get")
