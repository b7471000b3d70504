"""Servers, databases and machines: cases as they happen, and what is said of them."""

from datetime import date, timedelta
from typing import Any

import pytest

from connectors.facts import (
    Block,
    Connections,
    Counter,
    Cpu,
    Database,
    DataFile,
    DeadRows,
    Dump,
    Fact,
    FileIo,
    Index,
    Job,
    LoggedError,
    LogPieces,
    LongQuery,
    Memory,
    NumberRange,
    OpenTransaction,
    Reachable,
    Replica,
    Server,
    Service,
    Setting,
    Statistic,
    TempSpace,
    TransactionAge,
    Volume,
    Wait,
)
from service_desk.checks.finding import HoursRecord
from service_desk.sla.calendar import Calendar, Hours, week
from service_desk.sla.promises import USUAL_WEEK
from tests.checks.given import NOW, days, judged, kept, looks, sentence, told

MB, GB = 1024**2, 1024**3


def made(kind: type[Any], **more: Any) -> Any:
    return kind(seen_at=NOW, **more)


def database(state: str = "ONLINE", **more: Any) -> Database:
    return Database(seen_at=NOW, database="UFDATA_001_2026", state=state, **more)


def volume(free: int, total: int = 200) -> Volume:
    return Volume(seen_at=NOW, volume="D:", role="data", total_bytes=total * GB, free_bytes=free * GB)


def file(**more: Any) -> DataFile:
    return DataFile(seen_at=NOW, database="UFDATA_001_2026", name="UFModel", **more)


CASES: list[tuple[str, list[Fact], str, str]] = [
    ("db.state", [database(), database("SUSPECT")], "crit", "1 个数据库不可用：UFDATA_001_2026 (SUSPECT)。"),
    ("db.state", [database("OFFLINE")], "warn", "1 个数据库不可用：UFDATA_001_2026 (OFFLINE)。"),
    ("db.state", [database("RESTORING")], "ok", "所有数据库均已打开。"),
    ("db.restarted", [made(Server, started_age_s=600)], "warn", "服务器于 10 分钟前重启过。"),
    ("cpu", [made(Cpu, own_pct=90, other_pct=6)], "crit", "CPU 持续数分钟达 96%（数据库占 90%）。"),
    ("cpu.other", [made(Cpu, own_pct=10, other_pct=30)], "warn", "其他程序占用 ERP 服务器，达 CPU 的 30%。"),
    ("mem.os", [made(Memory, free_bytes=200 * MB)], "crit", "可用内存仅剩 200 MB。"),
    ("mem.max", [made(Memory, limited=False)], "warn", "未设置数据库内存上限，可能挤占系统内存。"),
    ("mem.max", [made(Memory, limited=True, limit_bytes=64 * GB, total_bytes=32 * GB)], "warn",
     "数据库内存上限（64 GB）超过物理内存（32 GB）。"),
    ("mem.grants", [made(Memory, waiting_grants=6)], "crit", "有 6 个报表在排队等内存。"),
    ("disk.free", [volume(16)], "crit", "「D:」盘剩余 8.0%（16 GB）。"),
    ("disk.free", [volume(400, 8000)], "ok", "「D:」盘剩余 5.0%（400 GB）。"),
    ("file.maxsize", [file(size_bytes=95 * GB, limit_bytes=100 * GB)], "crit",
     "「UFDATA_001_2026/UFModel」已用到容量上限的 95%（95 GB / 100 GB），写满后将无法录入。"),
    ("file.maxsize", [file(size_bytes=9 * GB), made(Server, edition="Express Edition (64-bit)")], "crit",
     "「UFDATA_001_2026」已用到容量上限的 90%（9 GB / 10 GB），写满后将无法录入。"),
    ("file.maxsize", [file(size_bytes=9 * GB), made(Server, edition="Standard")], "ok", "数据库文件均未设置容量上限。"),
    ("log.used", [database(log_used_pct=96, log_bytes=GB, log_waits_for="LOG_BACKUP")], "crit",
     "「UFDATA_001_2026」事务日志已用 96%，原因：没有做日志备份。"),
    ("log.used", [database(log_used_pct=85, log_bytes=GB, log_waits_for="REPLICATION")], "warn",
     "「UFDATA_001_2026」事务日志已用 85%，原因：等待 REPLICATION。"),
    ("log.used", [database(log_used_pct=99, log_bytes=MB, log_waits_for="NOTHING")], "ok",
     "事务日志都很小，无需等待。"),
    ("block.time", [made(Block, session="51", user="chenhy", host="CW-03", victims=4, longest_s=95)], "warn",
     "chenhy（CW-03）的操作卡住了 4 人，已 1 分钟。"),
    ("block.time", [made(Block, session="51", user="chenhy", host="CW-03", victims=1, longest_s=45)], "warn",
     "chenhy（CW-03）的操作卡住了 1 人，已 45 秒。"),
    ("tran.sleeping", [made(OpenTransaction, session="9", user="lina", host="CK-01", age_s=4000)], "crit",
     "lina（CK-01）有窗口打开未提交，已 1 小时 6 分钟。"),
    ("query.long", [made(LongQuery, session="9", user="wang", age_s=700)], "crit", "wang的查询已运行 11 分钟。"),
    ("conn.pct", [made(Connections, used=95, limit=100)], "crit", "数据库连接数已达 95%，几乎没有空位。"),
    ("job.failed", [made(Job, name="夜间备份", outcome="failed", last_age_s=7200)], "crit",
     "作业「夜间备份」失败（2 小时前）。"),
    ("job.failed", [made(Job, name="清理日志", outcome="failed", last_age_s=7200)], "warn",
     "作业「清理日志」失败（2 小时前）。"),
    ("job.missed", [made(Job, name="夜间备份", overdue_s=7200)], "warn", "作业「夜间备份」未按时运行。"),
    ("job.missed", [made(Job, name="夜间备份", overdue_s=60)], "ok", "所有作业都按时运行。"),
    ("job.long", [made(Job, name="MRP", running_s=14400, usual_took_s=1200)], "crit",
     "作业「MRP」运行异常久：已 4 小时，平时 20 分钟。"),
    ("agent.down", [made(Service, name="SQL Server Agent (MSSQLSERVER)", running=False)], "crit",
     "代理服务「SQL Server Agent (MSSQLSERVER)」已停止，备份和夜间作业不会执行。"),
    ("errlog", [made(LoggedError, code="824", severity=24, count=3, latest_age_s=600)], "crit",
     "出现严重错误 824（最近 10 分钟前），最近一天共 3 次严重错误。"),
    ("errlog", [made(LoggedError, code="1205", severity=13, count=9)], "ok", "最近一天的日志没有严重错误。"),
    ("dumps", [made(Dump, count=4, latest_age_s=86400)], "crit", "数据库产生 4 个崩溃转储，最近一次 1 天前。"),
    ("dumps", [made(Dump, count=4, latest_age_s=90 * 86400)], "ok", "最近一个月数据库没有崩溃转储。"),
    ("tempdb.files", [made(TempSpace, files=1)], "warn", "临时库只有一个数据文件。"),
    ("tempdb.files", [made(TempSpace, files=4, on_system_drive=True)], "warn", "临时库放在系统盘上。"),
    ("tempdb.used", [made(TempSpace, used_pct=97)], "crit", "临时库已用 97%。"),
    ("vlf", [made(LogPieces, database="UFSystem", pieces=6000)], "crit",
     "「UFSystem」日志碎片达 6000 个，启动与恢复会变慢。"),
    ("autogrow", [file(size_bytes=20 * GB, growth_pct=10)], "warn",
     "1 个文件增长步长不合理：UFDATA_001_2026/UFModel。"),
    ("autogrow", [file(size_bytes=20 * GB, growth_bytes=256 * MB)], "ok", "所有文件增长步长合理。"),
    ("ix.frag", [made(Index, database="D", table="GL_accvouch", name="ix", fragmented_pct=70, pages=5000)], "crit",
     "1 个索引碎片偏高，最高 70%（D/GL_accvouch/ix），查询会变慢。"),
    ("ix.frag", [made(Index, database="D", table="T", name="ix", fragmented_pct=99, pages=8)], "ok",
     "没有碎片严重的大索引。"),
    ("stats.age", [made(Statistic, database="D", table="T", changed_pct=60, automatic=False)], "crit",
     "统计信息过期且未自动更新：D/T 已变化 60%。"),
    ("pg.wraparound", [made(TransactionAge, database="odoo", used_pct=55)], "crit",
     "事务号接近上限：「odoo」已用 55%，数据库可能停止写入。"),
    ("pg.bloat", [made(DeadRows, database="odoo", table="stock_move", dead=30000, live=90000)], "warn",
     "1 张表膨胀：odoo/stock_move。"),
    ("pg.bloat", [made(DeadRows, database="odoo", table="big", dead=30000, live=9_000_000)], "ok",
     "没有明显膨胀的表。"),
    ("id.exhaust", [made(NumberRange, database="D", name="T.id", used_pct=93)], "crit", "「D/T.id」的编号已用 93%。"),
    ("build", [made(Server, version="SQL Server 2016", supported_until_on=date(2026, 7, 14))], "crit",
     "该版本（SQL Server 2016）自 2026-07-14 起已没有安全更新。"),
    ("build", [made(Server, version="SQL Server 2017", supported_until_on=date(2027, 3, 1))], "warn",
     "该版本（SQL Server 2017）在 2027-03-01 后不再有安全更新。"),
    ("clock", [made(Server, clock_ahead_s=-3600)], "crit", "服务器时间慢了 1 小时，单据时间不准。"),
    ("clock", [made(Server, clock_ahead_s=12)], "ok", "服务器时间准确（偏差 12 秒）。"),
    ("host.push", [made(Service, name="U8 TaskServer", running=False), made(Service, name="sppsvc", running=False)],
     "warn", "服务「U8 TaskServer」已停止。"),
    ("ha.lag", [made(Replica, name="STANDBY", healthy=True, lag_s=90)], "warn", "备机「STANDBY」延迟 1 分钟。"),
    ("ha.lag", [made(Replica, name="STANDBY", healthy=False, state="NOT SYNCHRONIZING")], "crit",
     "备机「STANDBY」同步中断（NOT SYNCHRONIZING）。"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "facts", "state", "said"), CASES)
def test_it_is_judged_and_said(key: str, facts: list[Fact], state: str, said: str) -> None:
    assert told(key, judged(key, *facts, sets=(None,))) == [(state, said)]


def io(reads: int, read_ms: float) -> FileIo:
    return FileIo(
        seen_at=NOW, database="UFDATA_001_2026", name="data", reads=reads, read_ms=read_ms, writes=0, write_ms=0
    )


def server(up_s: int) -> Server:
    return Server(seen_at=NOW, started_age_s=up_s)


def test_a_slow_disk_is_told_from_the_difference_of_two_looks() -> None:
    first, second = looks("io.read", [io(10_000, 20_000)], [io(11_000, 80_000)])
    assert (first[0].state, first[0].reason) == ("unknown", "counting")
    assert told("io.read", second) == [("warn", "磁盘读取缓慢：UFDATA_001_2026/data 需 60 毫秒。")]
    *_, idle = looks("io.read", [io(10_000, 20_000)], [io(10_010, 80_000)])
    assert idle[0].wording == "idle"


@pytest.mark.parametrize(
    "after",
    [[io(500, 900_000)], [io(11_000, 900_000), server(60)]],
    ids=["a counter is smaller than before", "the server was started since"],
)
def test_a_restart_begins_anew_and_says_nothing(after: list[Fact]) -> None:
    _, restarted, again = looks("io.read", [io(10_000, 20_000)], after, [io(12_000, 901_000)])
    assert (restarted[0].state, restarted[0].reason) == ("unknown", "counting")
    assert again[0].state == "ok"


def test_deadlocks_are_those_of_the_last_hour() -> None:
    rounds = [[Counter(seen_at=NOW, name="deadlocks", count=count)] for count in (100, 100, 104, 104)]
    found = looks("deadlocks", *rounds, minutes=25)
    assert [one[0].value for one in found] == [None, 0, 4, 4]
    assert sentence("deadlocks", found[-1][0]) == "最近一小时 4 次死锁，部分操作被回退。"
    found = looks("deadlocks", *rounds, minutes=61)
    assert [one[0].value for one in found] == [None, 0, 4, 0]


def test_poison_waits_are_named() -> None:
    def waits(threads: float) -> list[Fact]:
        return [Wait(seen_at=NOW, name="THREADPOOL", poison=True, waited_s=threads),
                Wait(seen_at=NOW, name="CXPACKET", waited_s=threads * 99)]  # fmt: skip

    *_, found = looks("waits.poison", waits(10), waits(75))
    assert told("waits.poison", found) == [("crit", "系统出现严重等待：最近一小时 1 分钟（THREADPOOL）。")]


def test_what_is_waited_for_is_told_and_judged_beside_what_is_usual() -> None:
    def waits(total: float) -> list[Fact]:
        return [Wait(seen_at=NOW, name="PAGEIOLATCH_SH", category="Buffer IO", waited_s=total)]

    calm = [waits(300.0 * n) for n in range(16)]
    assert looks("waits.top", *calm)[-1][0].state == "ok"
    found = looks("waits.top", *calm, waits(300.0 * 15 + 1500))[-1]
    assert told("waits.top", found) == [("warn", "等待时间是平时的 5.0 倍，主要在等待 Buffer IO。")]


def test_a_disk_tells_when_it_is_full() -> None:
    falling = days(*(50.0 - 2 * n for n in range(12)))
    (one,) = judged("disk.days", volume(56), history={"D:": falling})
    assert told("disk.days", [one]) == [("warn", "按目前速度，「D:」盘约 14 天后（2026-12-04）写满。")]
    (one,) = judged("disk.days", volume(56), history={"D:": falling[:5]})
    assert one.wording == "young"
    (one,) = judged("disk.days", volume(56), history={"D:": days(*[50.0] * 12)})
    assert (one.state, one.wording) == ("ok", "steady")


def test_numbers_tell_when_they_run_out() -> None:
    fact = NumberRange(seen_at=NOW, database="D", name="T.id", used_pct=85)
    (one,) = judged("id.exhaust", fact, history={"": days(*(80 + 0.5 * n for n in range(11)))})
    assert sentence("id.exhaust", one) == "「D/T.id」的编号已用 85%，约 30 天后用尽。"


def test_a_job_that_was_switched_off_stays_told() -> None:
    def job(enabled: bool) -> list[Fact]:
        return [Job(seen_at=NOW, name="夜间备份", enabled=enabled)]

    on, off, still, again = looks("job.missed", job(True), job(False), job(False), job(True))
    assert [one[0].state for one in (on, off, still, again)] == ["ok", "warn", "warn", "ok"]
    assert sentence("job.missed", still[0]) == "1 个作业被停用：夜间备份。"
    assert judged("job.missed", *job(False))[0].state == "ok"


def test_a_changed_setting_is_told_with_both_values() -> None:
    def setting(value: str) -> list[Fact]:
        return [Setting(seen_at=NOW, name="max degree of parallelism", value=value)]

    first, same, changed = looks("config.changed", setting("0"), setting("0"), setting("4"))
    assert first[0].wording == "first"
    assert same[0].state == "ok"
    assert told("config.changed", changed) == [("warn", "1 项配置被修改：max degree of parallelism: 0 → 4。")]


def test_an_erp_that_grades_no_error_tells_a_day_of_many() -> None:
    """None of its codes says how grave it is; a log that fills must not read as one without a serious error."""
    day = [made(LoggedError, code="account.move", count=15), made(LoggedError, code="ir.cron,7", count=4)]
    assert [one.state for one in judged("errlog", *day, system="tryton")] == ["ok"]
    more = [*day, made(LoggedError, code="sale.sale", count=1)]
    assert told("errlog", judged("errlog", *more, system="erpnext")) == [
        ("warn", "ERP 最近一天记录了 20 个错误，最多的是 account.move（15 次）。")]  # fmt: skip
    assert judged("errlog", *more, system="machine")[0].state == "ok", "the log of Windows is never short of them"
    assert judged("errlog", *more, system="tryton", options={"accepted": ["sale.sale"]})[0].state == "ok"


def test_a_long_report_is_judged_in_business_hours() -> None:
    fact = LongQuery(seen_at=NOW, session="9", user="wang", age_s=700)
    for wall in (NOW.replace(hour=22), NOW + timedelta(days=1)):
        assert judged("query.long", fact, wall=wall)[0].state == "ok"
    assert judged("query.long", fact, wall=NOW.replace(hour=22), options={"hours": [0, 24]})[0].state == "crit"
    # What is agreed with the client goes before: its make-up Saturday is worked, its holiday is not.
    saturday, monday = NOW + timedelta(days=1), NOW + timedelta(days=3)
    moved: dict[date, Hours] = {saturday.date(): ((540, 1080),), monday.date(): ()}
    agreed = [HoursRecord(calendar=Calendar("Asia/Shanghai", week(USUAL_WEEK), overrides=moved))]
    assert [judged("query.long", fact, own=agreed, at=at)[0].state for at in (NOW, saturday, monday)] == [
        "crit", "crit", "ok"
    ]  # fmt: skip
    never = [HoursRecord(calendar=Calendar("UTC", ((),) * 7))]
    assert judged("query.long", fact, own=never)[0].state == "ok"
    assert judged("query.long", fact, own=never, options={"hours": [0, 24]})[0].state == "crit"


def test_only_watched_services_count_where_some_are_named() -> None:
    facts = [Service(seen_at=NOW, name=name, running=False, automatic=False) for name in ("Tomcat9", "Spooler")]
    assert judged("host.push", *facts)[0].state == "ok"
    (one,) = judged("host.push", *facts, options={"watched": ["tomcat9"]})
    assert one.params["names"] == "Tomcat9"


def test_it_says_what_is_usual_beside_what_was_measured() -> None:
    """The median of the last two weeks without today: neither one slow day nor this one moves it."""
    history = {"answer": days(9000, *([2] * 13), 5000, 900), "connect": days(40, 60, 900)}
    found = judged("db.latency", Reachable(seen_at=NOW, up=True, connect_ms=80, answer_ms=900), history=history)
    assert told("db.latency", found, "en") == [
        ("ok", "Logging in takes 80 ms."),
        ("warn", "The database needs 900 ms for the smallest question, usually 2 ms."),
    ], "two days are not enough"
    assert told("db.latency", found)[1][1] == "最简单的查询也要 900 毫秒才有响应，平时 2 毫秒。"
    before = kept(found, NOW)
    (_, again) = judged("db.latency", Reachable(seen_at=NOW, up=True, connect_ms=1, answer_ms=3), before=before)
    assert again.params == {"ms": 3, "usual": 2}, "remembered for the day, whatever the history says"
    tomorrow = NOW.date() + timedelta(days=1)
    answering = Reachable(seen_at=NOW, up=True, connect_ms=1, answer_ms=3)
    (_, later) = judged("db.latency", answering, before=before, history={"answer": days(7, 7, 7, 9)}, today=tomorrow)
    assert later.params == {"ms": 3, "usual": 7}, "and worked out anew on the next"
