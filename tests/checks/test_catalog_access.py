"""Permissions: cases as clients have them, and what is said of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.facts import (
    Fact,
    FailedLogins,
    Grant,
    Job,
    Look,
    OpenDoor,
    Orphan,
    Principal,
    Setting,
    Unknown,
    User,
    WeakPassword,
)
from service_desk.checks.catalog import CATALOG
from service_desk.checks.catalog.access.acl_sod import matrix
from service_desk.checks.finding import Before
from service_desk.checks.judging import verdict
from tests.checks.given import NOW, judged, kept, limits, looks, sentence, told


def login(name: str, **more: Any) -> Principal:
    return Principal(seen_at=NOW, login=name, **more)


def grant(holder: str, right: str, name: str | None = None, **more: Any) -> Grant:
    return Grant(seen_at=NOW, holder=holder, right=right, right_name=name, **more)


ADMIN = ("sysadmin",)
CASES: list[tuple[str, list[Fact], str, str]] = [
    ("acl.sysadmin", [login("u8app", powers=ADMIN), login("sa", powers=ADMIN, built_in=True)], "warn",
     "1 个账号拥有最高权限：u8app。"),
    ("acl.sysadmin", [login(f"u{n}", powers=ADMIN) for n in range(4)], "crit", "4 个账号拥有最高权限：u0、u1、u2…。"),
    ("acl.sysadmin", [login("old", powers=ADMIN, enabled=False)], "ok", "除已登记的账号外，没有人拥有最高权限。"),
    ("acl.dormant",
     [User(seen_at=NOW, login="chen", enabled=True, last_seen_at=NOW - timedelta(days=200)),
      login("ops", last_seen_at=NOW - timedelta(days=95)), login("new", last_seen_at=NOW), login("never")], "crit",
     "2 个账号长期未使用（chen、ops），最久 200 天。"),
    ("acl.orphan", [Orphan(seen_at=NOW, database="UFDATA_001_2026", name="wang")], "warn",
     "1 个孤立用户无对应登录：UFDATA_001_2026/wang。"),
    ("acl.weak", [WeakPassword(seen_at=NOW, login="sa")], "crit", "1 个账号密码过弱或为空：sa。"),
    ("acl.neverexpire", [login("u8app", never_expires=True), login("ops", never_expires=False)], "warn",
     "1 个账号密码永不过期：u8app。"),
    ("acl.expiring", [login("reader", ours=True, expires_on=date(2026, 11, 25)), login("x", expires_on=None)], "crit",
     "账号 reader 的密码 5 天后过期。"),
    ("acl.expiring", [login("reader", expires_on=date(2026, 11, 18))], "crit", "账号 reader 的密码已过期 2 天。"),
    ("acl.expiring", [login("reader")], "ok", "服务器上没有设定到期日的密码。"),
    ("acl.sa", [login("sa", built_in=True, programs=("U8 EAI", "U8 Portal"))], "crit",
     "ERP 直接使用 sa 账号连接数据库（U8 EAI、U8 Portal）。"),
    ("acl.sa", [login("sa", built_in=True)], "warn", "超级账号 sa 处于启用状态。"),
    ("acl.sa", [login("sa", built_in=True, enabled=False)], "ok", "数据库超级账号已停用。"),
    ("acl.failedlogin", [FailedLogins(seen_at=NOW, count=150, source="192.0.2.7")], "crit",
     "最近一小时有 150 次登录失败，多数来自 192.0.2.7。"),
    ("acl.surface", [Setting(seen_at=NOW, name="xp_cmdshell", value="1", risky=True),
                     Setting(seen_at=NOW, name="remote access", value="0", risky=True)], "warn",
     "有 1 项高风险功能被开启：xp_cmdshell。"),
    ("acl.jobowner", [Job(seen_at=NOW, name="夜间备份", owner="王强", owner_is_service=False)], "warn",
     "王强 离职会导致作业「夜间备份」停止。"),
    ("acl.public", [OpenDoor(seen_at=NOW, database="UFSystem", right="guest CONNECT")], "warn",
     "所有人都可访问 1 个数据库：UFSystem。"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "facts", "state", "said"), CASES)
def test_it_is_judged_and_said(key: str, facts: list[Fact], state: str, said: str) -> None:
    assert told(key, judged(key, *facts, sets=(None,))) == [(state, said)]


@pytest.mark.parametrize(
    ("key", "facts", "accepted"),
    [
        ("acl.sysadmin", [login("u8app", powers=ADMIN)], "U8App"),
        ("acl.neverexpire", [login("u8app", never_expires=True)], "u8app"),
        ("acl.surface", [Setting(seen_at=NOW, name="xp_cmdshell", value="1", risky=True)], "xp_cmdshell"),
        ("acl.sod", [grant("wang", "GL0201"), grant("wang", "GL0204")], "wang"),
    ],
)
def test_what_a_client_accepted_is_fine(key: str, facts: list[Fact], accepted: str) -> None:
    assert {one.state for one in judged(key, *facts, system="yonyou_u8")} != {"ok"}
    found = judged(key, *facts, system="yonyou_u8", options={"accepted": [accepted]})
    assert {one.state for one in found} == {"ok"}


def test_a_new_login_with_full_control_is_critical_at_once() -> None:
    one, two = login("u8app", powers=ADMIN), login("helpdesk", powers=ADMIN)
    first, second, third = looks("acl.sysadmin", [one], [one, two], [one, two])
    assert [found[0].state for found in (first, second, third)] == ["warn", "crit", "warn"]
    assert sentence("acl.sysadmin", second[0]) == "helpdesk 新获得最高权限，目前共 2 个账号拥有。"


def test_drift_is_what_was_added_and_removed() -> None:
    before = [grant("chen", "GL0201", "填制凭证"), grant("lina", "ST01", "采购入库")]
    after = [before[0], grant("chen", "GL0208", "记账", source="财务主管")]
    first, same, changed = looks("acl.drift", before, before, after, minutes=1440)
    assert sentence("acl.drift", first[0]) == "已记录 2 项权限，下次检查时比对。"
    assert same[0].state == "ok"
    assert told("acl.drift", changed) == [("warn", "自 2026-11-19 起新增 1 项、移除 1 项权限。")]
    assert changed[0].params["rows"] == "+ chen: 记账 ← 财务主管\n− lina: 采购入库"


@pytest.mark.parametrize(("minute", "day"), [(59, "2026-11-19"), (61, "2026-11-20")])
def test_drift_names_the_day_of_the_look_before_on_the_calendar_of_the_client(minute: int, day: str) -> None:
    at = datetime(2026, 11, 19, 15, tzinfo=UTC) + timedelta(minutes=minute)
    before = kept(judged("acl.drift", grant("chen", "GL0201"), at=at), at)
    (found,) = judged("acl.drift", grant("chen", "GL0208"), before=before)
    assert found.params["since"] == day


def test_drift_into_full_control_is_critical() -> None:
    _, found = looks("acl.drift", [login("chen")], [login("chen", powers=("sysadmin",))])
    assert found[0].state == "crit"


@pytest.mark.parametrize(
    ("grants", "system", "said"),
    [
        ([("GL0201", "填制凭证"), ("GL0204", "审核凭证")], "yonyou_u8", "王强同时拥有填制和审核凭证的权限。"),
        ([("GL0201", ""), ("GL0204", ""), ("GL0208", "")], "yonyou_u8", "王强同时拥有 2 组互斥的权限。"),
        ([("1", "付款单录入"), ("2", "付款单审核")], "kingdee_k3", "王强同时拥有付款制单和审核权限。"),
        ([("1", "付款单审核"), ("2", "采购订单审核")], "kingdee_k3", "没有人同时拥有互斥的权限。"),
    ],
)
def test_duties_that_must_not_meet(grants: list[tuple[str, str]], system: str, said: str) -> None:
    facts = [grant("wangq", right, name or None, holder_name="王强") for right, name in grants]
    found = judged("acl.sod", *facts, system=system)
    assert [sentence("acl.sod", one) for one in found] == [said]


def test_duties_in_two_account_sets_do_not_meet_and_a_plan_brings_its_own_pairs() -> None:
    apart = [grant("wangq", "GL0201", account_set="001"), grant("wangq", "GL0204", account_set="002")]
    assert [one.state for one in judged("acl.sod", *apart, system="yonyou_u8")] == ["ok"]
    pairs = [{"key": "own", "one": ["ST*"], "other": ["PU*"]}]
    facts = [grant("li", "ST01", "入库"), grant("li", "PU02", "请购")]
    (one,) = judged("acl.sod", *facts, options={"pairs": pairs})
    assert sentence("acl.sod", one) == "li同时拥有「入库」和「请购」的权限。"


def test_the_matrix_can_be_read() -> None:
    assert all(pair["key"] and pair["names"]["one"] and pair["names"]["other"] for pair in matrix())


def drift(*rounds: list[Look]) -> list[tuple[str, str]]:
    """What a series of visits makes of the rights, each with what the one before remembered."""
    found: list[tuple[str, str]] = []
    before: dict[str, Before] = {}
    for n, told_of in enumerate(rounds):
        at = NOW - timedelta(days=len(rounds) - n)
        taken = [replace(one, seen_at=at) for one in told_of]
        told_now = verdict(CATALOG["acl.drift"], taken, [], limits("acl.drift"), at, before=before).about([""])
        (one,) = [finding for finding in told_now if not finding.subject]
        before = {"": replace(before[""], seen_at=at)} if one.memory is None else kept([one], at)
        found.append((one.state, str(one.params.get("rows", one.reason))))
    return found


def test_rights_that_could_not_be_read_once_have_not_changed() -> None:
    """An account set that is locked for a moment, or a login without a right, is no drift into full control."""
    powers = Look(kind="principals", seen_at=NOW, facts=(login("chen", powers=("sysadmin",)),))
    audits = {place: grant("chen", "GL0204", "审核凭证", account_set=place) for place in ("001", "002")}
    books = {place: Look(kind="grants", account_set=place, seen_at=NOW, facts=(one,)) for place, one in audits.items()}
    locked = Look(kind="grants", account_set="002", seen_at=NOW, unknown=Unknown(reason="lock_timeout"))
    barred = Look(kind="principals", seen_at=NOW, unknown=Unknown(reason="missing_right"))
    whole = [powers, *books.values()]
    partly = [powers, books["001"], locked]
    assert drift(whole, partly, [barred, *books.values()], whole) == [
        ("ok", ""), ("unknown", "lock_timeout"), ("unknown", "missing_right"), ("ok", "")
    ]  # fmt: skip
    # What is new where could be looked is told all the same, and what could not be seen is compared when it can.
    more = replace(books["001"], facts=(*books["001"].facts, grant("li", "GL0208", "记账", account_set="001")))
    gone = replace(books["002"], facts=())
    assert drift(whole, [barred, more, locked], [powers, more, gone]) == [
        ("ok", ""), ("warn", "+ li: 记账 (001)"), ("warn", "− chen: 审核凭证 (002)")
    ]  # fmt: skip
    # A new account set, or a right that was granted late, brings what it holds without an alarm.
    assert drift([barred, books["001"]], [barred, books["001"]], whole)[-1] == ("ok", "")


def test_more_rights_than_are_kept_are_compared_as_far_as_both_lists_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service_desk.checks.catalog.access.acl_drift.KEPT", 3)
    held = [grant(name, "R") for name in "bdfh"]
    _, found = looks("acl.drift", held, [grant("a", "R"), *held])
    assert found[0].params["rows"] == "+ a: R"
