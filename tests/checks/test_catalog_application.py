"""The business inside an ERP, its interfaces and addresses: cases as they happen, and what is said of them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.facts import (
    ApiKey,
    Approval,
    Domain,
    Duplicates,
    Endpoint,
    Fact,
    Interface,
    LedgerGap,
    Look,
    MasterGaps,
    OddDates,
    OpenDocuments,
    Period,
    Quota,
    Seats,
    Shape,
    Task,
    Timing,
    TlsCertificate,
    Unbalanced,
    Unknown,
)
from service_desk.checks.catalog import CATALOG
from service_desk.checks.catalog.application.approval_stuck import working_days
from service_desk.checks.finding import Before, BlindRecord, ExpiryRecord, Finding, HeartbeatRecord, HoursRecord
from service_desk.checks.judging import verdict
from service_desk.sla.calendar import Calendar, always_open, week
from service_desk.sla.promises import USUAL_WEEK
from tests.checks.given import NOW, judged, kept, limits, looks, sentence, told

DAY = 86400
URL = "https://erp.example/login"


def made(kind: type[Any], **more: Any) -> Any:
    return kind(account_set="001", seen_at=NOW, **more)


CASES: list[tuple[str, list[Fact], str, str]] = [
    ("gl.unbalanced", [made(Unbalanced, year=2026, period=10, number="记-0012", difference=Decimal("0.0100"))], "crit",
     "「示例五金」有 1 张凭证借贷不平：2026-10 记-0012 (0.01)。"),
    ("gl.unbalanced", [], "ok", "「示例五金」的凭证全部借贷平衡。"),
    ("period.open", [made(Period, year=2026, period=10, closed={"GL": False, "AR": False, "ST": True})], "crit",
     "「示例五金」2026-10「应收、总账」尚未结账，已过月末 20 天。"),
    ("period.open", [made(Period, year=2026, period=11, closed={"GL": False})], "ok",
     "「示例五金」已结束的期间都已结账。"),
    ("lic.seats", [made(Seats, used=19, limit=20)], "warn", "ERP 许可已用 19/20（示例五金）。"),
    ("lic.seats", [made(Seats, module="GL", module_name="总账", used=5, limit=5, at_least=True)], "crit",
     "ERP 许可至少已用 5/5（总账）。"),
    ("approval.stuck", [made(Approval, document="PO-7", document_type="采购订单", waits_for="王强", age_s=4 * DAY)],
     "warn", "采购订单 PO-7等待王强审批已 4 个工作日（「示例五金」共 1 张待审批）。"),
    ("intf.failed", [made(Interface, name="天猫", failed=3, oldest_failed_age_s=3 * 3600)], "crit",
     "3 条接口单据同步失败（天猫），最早 3 小时前。"),
    ("intf.failed", [made(Interface, name="天猫", failed=1)], "warn", "1 条接口单据同步失败（天猫）。"),
    ("lic.expiry", [made(Seats, used=1, expires_on=date(2026, 12, 1))], "crit",
     "「示例五金」授权 11 天后到期（2026-12-01）。"),
    ("tls.expiry", [TlsCertificate(seen_at=NOW, host="erp.example", not_after_at=NOW + timedelta(days=15))], "warn",
     "「erp.example」的证书 15 天后到期。"),
    ("tls.expiry", [TlsCertificate(seen_at=NOW, host="erp.example", not_after_at=NOW - timedelta(days=2))], "crit",
     "「erp.example」的证书已过期 2 天。"),
    ("tls.expiry", [TlsCertificate(seen_at=NOW, host="erp.example", not_after_at=NOW + timedelta(days=300),
                                   issuer="self", trusted=False)], "warn",
     "「erp.example」的证书不受浏览器信任（签发者 self）。"),
    ("domain.expiry", [Domain(seen_at=NOW, domain="erp.example", expires_on=date(2026, 12, 20))], "warn",
     "域名 erp.example 30 天后到期（2026-12-20）。"),
    ("domain.expiry", [Domain(seen_at=NOW, domain="erp.example")], "unknown",
     "域名：无法检查。注册机构未提供到期日。"),
    ("md.dup", [made(Duplicates, master="customers", groups=60, example="上海示例")], "crit",
     "「示例五金」有 60 组客户资料重复，如 上海示例。"),
    ("md.gaps", [made(MasterGaps, master="items", what="no_cost", count=7, example="M6")], "ok",
     "「示例五金」有 7 个物料没有成本，如 M6。"),
    ("doc.future", [made(OddDates, document_type="销售发货单", count=2, example="XS-2099")], "warn",
     "「示例五金」有 2 张单据日期异常，如 XS-2099。"),
    ("doc.old_open", [made(OpenDocuments, document_type="采购订单", count=9, oldest_age_days=120)], "ok",
     "「示例五金」有 9 张采购订单超过 60 天未关闭，最早 120 天。"),
    ("stock.vs.gl", [made(LedgerGap, year=2026, period=10, stock_amount=Decimal("1001234.00"),
                          ledger_amount=Decimal("1000000.00"))], "crit",
     "「示例五金」2026-10存货与总账相差 ¥1,234.00（存货 ¥1,001,234.00，总账 ¥1,000,000.00）。"),
    ("erp.login", [Endpoint(seen_at=NOW, url=URL, up=True, status=200, keyword_found=False)], "crit",
     "ERP 地址有响应，但不是登录页（状态 200）。"),
    ("erp.login", [Endpoint(seen_at=NOW, url=URL, up=True, status=200, keyword_found=True)], "ok",
     "ERP 登录页可以打开。"),
    ("api.up", [Endpoint(seen_at=NOW, url=URL, up=True)], "ok", f"{URL} 应答正常。"),
    ("api.latency", [Endpoint(seen_at=NOW, url=URL, up=True, resolve_ms=20, connect_ms=30, tls_ms=50,
                              first_byte_ms=1400)], "warn", f"{URL} 响应慢（1500 毫秒）：服务端应答占 1400 毫秒。"),
    ("api.token", [ApiKey(seen_at=NOW, name="星空", expires_at=NOW + timedelta(days=2))], "crit",
     "接口令牌「星空」2 天后失效。"),
    ("api.quota", [Quota(seen_at=NOW, name="YonSuite", used=970, limit=1000)], "crit",
     "「YonSuite」今日接口额度将用尽（970/1000）。"),
    ("api.quota", [Quota(seen_at=NOW, name="YonSuite", refused=4)], "warn",
     "「YonSuite」有 4 次调用因过于频繁被拒绝。"),
    ("api.schema", [Shape(seen_at=NOW, name="BD_Material", missing=("FNumber",))], "crit",
     "「BD_Material」的接口字段发生变化，缺少 FNumber。"),
    ("api.schema", [Shape(seen_at=NOW, name="BD_Material", added=("FNew",))], "ok",
     "「BD_Material」新增了字段：FNew。"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "facts", "state", "said"), CASES)
def test_it_is_judged_and_said(key: str, facts: list[Fact], state: str, said: str) -> None:
    assert told(key, judged(key, *facts)) == [(state, said)]


def test_an_address_with_a_keyword_is_a_login_page_and_no_interface() -> None:
    page = Endpoint(seen_at=NOW, url=URL, up=False, keyword_found=False, reason="closed_port",
                    params={"host": "erp.example", "port": 443})  # fmt: skip
    assert judged("api.up", page) == []
    assert told("erp.login", judged("erp.login", page)) == [
        ("crit", "ERP 登录页无法打开。erp.example 拒绝端口 443 上的连接。")
    ]


def test_working_days_are_those_of_the_client() -> None:
    """NOW is a Friday, ten in the morning in Shanghai."""
    usual = week(USUAL_WEEK)
    china = Calendar("Asia/Shanghai", usual)

    def waited(days: float, calendar: Calendar) -> float:
        return working_days(made(Approval, document="PO-7", age_s=round(days * DAY)), calendar)

    assert waited(4, china) == 4
    assert waited(7, china) == 5, "a weekend lies between"
    assert waited(0.5, china) == 0.1, "an hour of nine"
    off = {date(2026, 11, 19): (), date(2026, 11, 15): ((540, 1080),)}
    assert waited(4, replace(china, overrides=off)) == 3, "a day off"
    assert waited(7, replace(china, overrides=off)) == 5, "and a Sunday that was worked"
    assert waited(4, Calendar("Asia/Shanghai", ((),) * 5 + (((540, 1080),),) + ((),))) == 0, "Saturdays only"
    assert waited(7, always_open("UTC")) == 7
    assert waited(4, Calendar("UTC", ((),) * 7)) == 4, "without any usual day, days are days"
    assert waited(10**9, china) == waited(400, china)


def test_an_approval_is_late_by_the_hours_that_were_agreed() -> None:
    waits = made(Approval, document="PO-7", waits_for="王强", age_s=3 * DAY)
    mornings = Calendar("Asia/Shanghai", week({"mon": [["09:00", "12:00"]], "fri": [["09:00", "12:00"]]}))
    (usual,) = judged("approval.stuck", waits)
    (agreed,) = judged("approval.stuck", waits, own=[HoursRecord(calendar=mornings)])
    assert (usual.state, usual.params["days"]) == ("warn", 3)
    assert (agreed.state, agreed.params["days"]) == ("ok", 0.3)
    many = [made(Approval, document=f"PO-{n}", age_s=n) for n in range(5000)]
    (found,) = judged("approval.stuck", *many)
    assert (found.params["count"], str(found.params["rows"]).count("\n")) == (5000, 19)


def test_a_licence_somebody_wrote_down_ends_too() -> None:
    record = ExpiryRecord(name="年度服务", ends_on=date(2026, 11, 10))
    assert told("lic.expiry", judged("lic.expiry", own=[record])) == [
        ("crit", "「年度服务」授权已到期 10 天（2026-11-10）。")
    ]


def test_an_interface_that_goes_quiet_is_unusual_only_beside_what_is_usual() -> None:
    def shop(silent_s: int) -> list[Fact]:
        return [made(Interface, name="天猫", last_success_age_s=silent_s)]

    (trace,) = looks("intf.failed", [made(Interface, name="天猫", failed=None, last_success_age_s=60)], minutes=5)
    assert trace == []  # what failed leaves no trace there, which is no reason to call it well
    *_, learning = looks("intf.silent", shop(1200), shop(1200), minutes=10080)
    assert (learning[0].state, learning[0].wording) == ("ok", "learning")
    *_, quiet = looks("intf.silent", *[shop(1200)] * 4, shop(5000), minutes=10080)
    assert told("intf.silent", quiet) == [
        ("warn", "「天猫」已 1 小时 23 分钟没有新单据同步，属异常（此时段平时 20 分钟）。")
    ]


def test_one_evening_is_not_what_an_hour_of_the_week_is_used_to() -> None:
    """Four looks fall into one hour: after its first three, nobody knows yet how quiet that hour usually is."""

    def shop(silent_s: int) -> list[Fact]:
        return [made(Interface, name="天猫", last_success_age_s=silent_s)]

    begin = NOW.replace(minute=0)
    evening = [(begin + timedelta(minutes=15 * k), 900 * k) for k in range(4)]
    before: dict[str, Before] = {}
    states = []
    for n in range(4):
        for first, silent_s in evening if n < 3 else [(begin, 6 * 3600)]:
            at = first + timedelta(weeks=n)
            found = judged("intf.silent", *shop(silent_s), before=before, at=at)
            before = kept(found, at)
            states.append((n, found[0].state, found[0].wording))
    assert set(states) == {(0, "ok", "learning"), (1, "ok", "learning"), (2, "ok", ""), (3, "crit", "")}


def test_a_report_is_slow_beside_the_same_hour_of_other_days() -> None:
    def report(seconds: float) -> list[Fact]:
        return [made(Timing, report="月度毛利", took_ms=seconds * 1000)]

    *_, slow = looks("report.slow", *[report(8)] * 6, report(50), minutes=1440)
    assert told("report.slow", slow) == [("crit", "「月度毛利」耗时 50 秒，以往 8 秒。")]
    *_, quick = looks("report.slow", *[report(1)] * 6, report(9), minutes=1440)
    assert quick[0].state == "ok"


def test_more_doubles_gaps_and_open_documents_than_before_are_told() -> None:
    def doubles(count: int) -> list[Fact]:
        return [made(Duplicates, master="vendors", groups=count)]

    assert [one[0].state for one in looks("md.dup", doubles(3), doubles(4), doubles(4))] == ["ok", "warn", "ok"]

    def gaps(count: int) -> list[Fact]:
        return [made(MasterGaps, master="items", what="no_cost", count=count)]

    assert [one[0].state for one in looks("md.gaps", gaps(3), gaps(4), gaps(2))] == ["ok", "warn", "ok"]

    def orders(count: int) -> list[Fact]:
        return [made(OpenDocuments, document_type="采购订单", count=count)]

    found = looks("doc.old_open", orders(10), orders(11), orders(17))
    assert [one[0].state for one in found] == ["ok", "ok", "warn"]
    assert sentence("doc.old_open", found[-1][0]) == "「示例五金」有 17 张采购订单超过 60 天未关闭，平时 10 张。"


def test_it_says_what_kind_of_document_stays_open_in_the_readers_language() -> None:
    for kind, words in (("receivable", "应收账款"), ("Sales Order", "销售订单"), ("采购订单", "采购订单")):
        found = looks("doc.old_open", [made(OpenDocuments, document_type=kind, count=3, oldest_age_days=90)])
        assert sentence("doc.old_open", found[0][0]) == f"「示例五金」有 3 张{words}超过 60 天未关闭，最早 90 天。"


def beat(**metrics: float) -> HeartbeatRecord:
    return HeartbeatRecord(key="5", name="夜间备份", status="up", metrics=metrics)


def test_a_backup_that_reports_too_little_is_told() -> None:
    gigabyte = 1024.0**3
    before: dict[str, Any] = {}
    for size in (40, 41, 40, 42):
        found = judged("hb.value", own=[beat(bytes=size * gigabyte, host=3)], before=before, sets=())
        before = {**before, **{one.subject: _kept(one) for one in found}}
        assert [one.state for one in found] == ["ok"]
    found = judged("hb.value", own=[beat(bytes=4 * gigabyte)], before=before, sets=())
    assert told("hb.value", found) == [("crit", "「夜间备份」仅上报 4 GB（bytes），比平时少 90%。")]
    (more,) = judged("hb.value", own=[beat(seconds=500)], before={"5/seconds": _usual(100)}, sets=())
    assert sentence("hb.value", more) == "「夜间备份」上报 500（seconds），比平时多 400%。"
    assert (more.state, more.limits) == ("crit", (-100, -300))


def test_a_figure_is_worse_by_what_it_counts() -> None:
    """An empty copy is none even the first time; a job is slow like a backup is; any fault is news where none are."""

    def state(name: str, value: float, past: float | None = None) -> tuple[str, str]:
        record = HeartbeatRecord(key="5", name="夜间备份", status="up", metrics={name: value})
        before = {} if past is None else {f"5/{name}": _usual(past)}
        (one,) = judged("hb.value", own=[record], before=before, sets=())
        return one.state, one.wording

    assert [state("bytes", 0), state("size", 0, 100), state("bytes", 0, 0)] == [
        ("crit", "nothing"), ("crit", "nothing"), ("ok", "")]  # fmt: skip
    assert [state("rows", 0), state("rows", 0, 100)] == [("ok", "first"), ("crit", "")]
    assert [state("seconds", value, 400) for value in (600, 790, 800, 1600, 200)] == [
        ("ok", "more"), ("ok", "more"), ("warn", "more"), ("crit", "more"), ("ok", "")]  # fmt: skip
    assert state("seconds", 290, 10) == ("ok", "")
    assert [state("errors", value, 0) for value in (0, 1)] == [("ok", ""), ("warn", "unusual")]
    assert [state("errors", value, 10) for value in (9, 12, 14, 17)] == [
        ("ok", ""), ("ok", "more"), ("warn", "more"), ("crit", "more")]  # fmt: skip


def _kept(one: Finding) -> Before:
    return Before(value=one.value, memory=one.memory or {}, seen_at=NOW)


def _usual(value: float) -> Before:
    return Before(memory={"recent": [value] * 5}, seen_at=NOW)


def test_blind_checks_are_counted_by_connection() -> None:
    records = [BlindRecord(connection=name, check="db.up", interval_s=60) for name in ("U8", "U8", "K/3")]
    assert told("self.stale", judged("self.stale", own=records, sets=())) == [
        ("warn", "3 项检查无数据（U8: 2、K/3: 1）。")
    ]


def test_a_lock_in_an_account_set_that_could_not_be_seen_once_keeps_its_age() -> None:
    """Its first look is remembered: it does not begin anew because the server was busy for a moment."""
    lock = Task(seen_at=NOW, key="002/GL_mvcontrol/10", what="lock", name="记-12", user="陈会英", account_set="002")
    other = Look(kind="tasks", account_set="001", seen_at=NOW, facts=())
    before: dict[str, Before] = {}
    found = []
    for minutes, third in ((0, (lock,)), (60, None), (150, (lock,)), (155, ())):
        at = NOW - timedelta(hours=3) + timedelta(minutes=minutes)
        facts = tuple(replace(one, seen_at=at) for one in third or ())
        unknown = Unknown(reason="lock_timeout") if third is None else None
        look = Look(kind="tasks", account_set="002", seen_at=at, facts=facts, unknown=unknown)
        (one,) = verdict(
            CATALOG["lock.stuck"], [replace(other, seen_at=at), look], [], limits("lock.stuck"), at, before=before
        ).findings
        found.append((one.state, one.value))
        before = kept([one], at)
    assert found == [("ok", 0), ("unknown", None), ("crit", 150), ("ok", 0)]
    assert before[""].memory == {"since": {}}
