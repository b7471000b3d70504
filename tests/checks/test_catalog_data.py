"""Data guarding: cases as clients have them, and what is said of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.facts import (
    Archiving,
    Backup,
    BackupHistory,
    BackupKey,
    Database,
    Fact,
    Integrity,
    LoggedError,
    Volume,
)
from service_desk.checks.finding import CopyRecord, DrillRecord, PlanRecord
from tests.checks.given import NOW, days, judged, told

HOUR, DAY, GB = 3600, 86400, 1024**3


def backup(database: str = "UFDATA_001_2026", **more: Any) -> Backup:
    return Backup(seen_at=NOW, database=database, **more)


def history(**more: Any) -> BackupHistory:
    return BackupHistory(seen_at=NOW, database="UFDATA_001_2026", **more)


def database(**more: Any) -> Database:
    return Database(seen_at=NOW, database="UFDATA_001_2026", **more)


def volume(free: int, **more: Any) -> Volume:
    return Volume(seen_at=NOW, volume="E:", role="backup", total_bytes=1000 * GB, free_bytes=free * GB, **more)


CASES: list[tuple[str, Fact, str, str]] = [
    ("bak.log.age", backup(recovery_model="FULL", log_age_s=47 * 60, full_age_s=9 * HOUR), "ok",
     "若此刻宕机，「UFDATA_001_2026」将丢失约 47 分钟的录入数据。"),
    ("bak.log.age", backup(recovery_model="FULL", log_age_s=5 * HOUR, full_age_s=9 * HOUR), "crit",
     "若此刻宕机，「UFDATA_001_2026」将丢失约 5 小时的录入数据。"),
    ("bak.log.age", backup(recovery_model="FULL", log_age_s=5 * HOUR, full_age_s=600), "ok",
     "若此刻宕机，「UFDATA_001_2026」将丢失约 10 分钟的录入数据。"),
    ("bak.log.age", backup(recovery_model="FULL", full_age_s=20 * HOUR), "crit",
     "「UFDATA_001_2026」保留日志却没有日志备份：若此刻宕机，将丢失约 20 小时的录入数据。"),
    ("bak.log.age", backup(recovery_model="FULL"), "crit", "「UFDATA_001_2026」没有任何备份：一旦宕机，数据全部丢失。"),
    ("bak.diff.age", backup(diff_age_s=30 * HOUR, full_age_s=90 * HOUR), "warn",
     "「UFDATA_001_2026」差异备份已 1 天 6 小时未执行。"),
    ("bak.diff.age", backup(diff_age_s=30 * HOUR, full_age_s=2 * HOUR), "ok",
     "「UFDATA_001_2026」最近一次差异备份是 2 小时前。"),
    ("bak.none", backup(created_age_s=3 * DAY), "crit", "1 个数据库从未备份过：UFDATA_001_2026。"),
    ("bak.none", backup(created_age_s=3 * HOUR), "ok", "每个数据库都至少备份过一次。"),
    ("bak.rpo", history(worst_gap_s=47 * 60), "ok", "本周最坏时刻，「UFDATA_001_2026」有 47 分钟的数据没有保护。"),
    ("bak.rpo", history(worst_gap_s=60 * HOUR), "crit",
     "本周最坏时刻，「UFDATA_001_2026」有 2 天 12 小时的数据没有保护。"),
    ("bak.rto", history(restore_s=2 * HOUR), "ok", "完整恢复「UFDATA_001_2026」约需 2 小时。"),
    ("bak.rto", history(restore_s=5 * HOUR), "warn", "完整恢复「UFDATA_001_2026」约需 5 小时。"),
    ("bak.chain", history(broken_age_s=DAY), "crit",
     "「UFDATA_001_2026」的备份链在 1 天前断裂，其后无法恢复到任意时点。"),
    ("bak.chain", history(), "ok", "「UFDATA_001_2026」的备份前后相接，没有断裂。"),
    ("bak.nul", history(to_nul=2), "crit", "UFDATA_001_2026 有 2 次备份写入了空设备，等于没有备份。"),
    ("bak.samedrive", history(same_drive=1), "warn",
     "1 个数据库的备份与数据在同一块盘上（UFDATA_001_2026），盘坏俱失。"),
    ("bak.size.drop", history(last_bytes=40 * GB, usual_bytes=100 * GB), "crit",
     "「UFDATA_001_2026」本次备份比平常小 60%（40 GB），可能不完整。"),
    ("bak.size.drop", history(last_bytes=80 * GB, usual_bytes=100 * GB), "ok",
     "「UFDATA_001_2026」本次备份比平常小 20%（80 GB）。"),
    ("bak.size.drop", history(last_bytes=120 * GB, usual_bytes=100 * GB), "ok",
     "「UFDATA_001_2026」本次备份不小于平常（120 GB）。"),
    ("bak.damaged", history(damaged=1, unchecked=3), "crit", "UFDATA_001_2026 有 1 个备份文件被标记为损坏。"),
    ("bak.damaged", history(damaged=0, unchecked=3), "warn", "UFDATA_001_2026 有 3 次备份未带校验和，损坏也无从发现。"),
    ("bak.duration", history(last_took_s=3 * HOUR, usual_took_s=HOUR), "warn",
     "「UFDATA_001_2026」备份耗时变为平常的 3.0 倍（3 小时，平时 1 小时）。"),
    ("bak.duration", history(last_took_s=200, usual_took_s=10), "ok",
     "「UFDATA_001_2026」本次备份耗时 3 分钟，平时 10 秒。"),
    ("dbcc.age", Integrity(seen_at=NOW, database="UFSystem", checked_age_s=20 * DAY), "warn",
     "「UFSystem」已 20 天未做数据完整性检查。"),
    ("dbcc.age", Integrity(seen_at=NOW, database="UFSystem"), "warn", "「UFSystem」没有做过数据完整性检查的记录。"),
    ("corrupt.pages", Integrity(seen_at=NOW, database="UFSystem", damaged_pages=2), "crit",
     "UFSystem 发现 2 个损坏的数据页，请勿重启、勿覆盖备份。"),
    ("pg.amcheck", LoggedError(seen_at=NOW, code="amcheck/ix_a", count=1), "crit",
     "索引校验发现 1 个索引有错误：ix_a。"),
    ("pg.amcheck", LoggedError(seen_at=NOW, code="824", count=1), "ok", "索引校验未发现错误。"),
    ("arch.stuck", Archiving(seen_at=NOW, name="FRA", waiting=120), "crit", "归档日志堆积 120 个，可能写满磁盘。"),
    ("arch.stuck", Archiving(seen_at=NOW, name="FRA", used_pct=96), "crit", "归档区「FRA」已用 96%。"),
    ("arch.stuck", Archiving(seen_at=NOW, name="FRA", waiting=0, failing=True), "warn",
     "向「FRA」归档失败，已堆积 0 个，可能写满磁盘。"),
    ("tde.cert", BackupKey(seen_at=NOW, name="TDE"), "crit", "加密证书「TDE」未导出，备份将无法打开。"),
    ("tde.cert", BackupKey(seen_at=NOW, name="TDE", exported_age_s=40 * DAY), "warn",
     "密钥「TDE」上次导出已是 40 天前，请确认副本仍可读取。"),
    ("bak.path", volume(150), "warn", "备份盘「E:」剩余 15.0%（150 GB）。"),
    ("log.full_nobackup", database(recovery_model="FULL", data_bytes=10 * GB, log_bytes=31 * GB), "crit",
     "「UFDATA_001_2026」的日志无限增长：31 GB，是数据的 3.1 倍。"),
    ("log.full_nobackup", database(recovery_model="FULL", data_bytes=10 * GB, log_bytes=31 * GB, log_age_s=600), "ok",
     "各数据库日志都有备份或会自动清理。"),
    ("log.full_nobackup", database(recovery_model="SIMPLE", data_bytes=10 * GB, log_bytes=31 * GB), "ok",
     "各数据库日志都有备份或会自动清理。"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "fact", "state", "said"), CASES)
def test_it_is_judged_and_said(key: str, fact: Fact, state: str, said: str) -> None:
    assert told(key, judged(key, fact, sets=(None,))) == [(state, said)]


def test_what_is_not_on_record_is_not_judged() -> None:
    """A system that keeps no record of log backups, a database in simple recovery, a size without a usual one."""
    assert judged("bak.log.age", backup(recovery_model="FULL", recorded=("full",))) == []
    assert judged("bak.log.age", backup(recovery_model="SIMPLE", full_age_s=9 * HOUR)) == []
    assert judged("bak.diff.age", backup(full_age_s=90 * HOUR)) == []
    assert judged("bak.size.drop", history(last_bytes=1)) == []
    assert judged("bak.nul", history()) == []
    assert judged("corrupt.pages", Integrity(seen_at=NOW, database="UFSystem")) == []


def test_a_plan_makes_the_missing_differential_a_fault() -> None:
    plan = PlanRecord(database="UFDATA_001_2026", backup_type="diff", every_s=DAY)
    (one,) = judged("bak.diff.age", backup(), own=[plan])
    assert (one.state, one.wording) == ("crit", "never")


def test_a_chain_that_no_record_tells_of_is_not_judged() -> None:
    assert judged("bak.chain", history(chain_recorded=False)) == []


def test_a_full_backup_after_the_break_begins_a_new_chain() -> None:
    (one,) = judged("bak.chain", history(broken_age_s=DAY), backup(full_age_s=HOUR))
    assert (one.state, one.wording) == ("ok", "mended")
    (one,) = judged("bak.chain", history(broken_age_s=DAY), backup(full_age_s=2 * DAY))
    assert one.state == "crit"


def test_the_backup_disk_says_how_long_it_lasts() -> None:
    falling = days(*(35.0 - 1.5 * n for n in range(10)))
    (one,) = judged("bak.path", volume(215), history={"E:": falling})
    assert told("bak.path", [one]) == [("ok", "备份盘「E:」剩余 21.5%（215 GB），约 14 天写满。")]


@pytest.mark.parametrize(
    ("record", "state", "said"),
    [
        ({"last_good_at": NOW - timedelta(days=30)}, "ok", "「账套001」30 天前通过了恢复演练。"),
        ({"last_good_at": NOW - timedelta(days=200)}, "crit", "「账套001」已 200 天没有做过恢复演练。"),
        ({"planned_at": NOW - timedelta(days=10)}, "ok", "「账套001」从未做过恢复演练。"),
        ({}, "crit", "「账套001」从未做过恢复演练。"),
    ],
)
def test_a_drill_grows_old(record: dict[str, Any], state: str, said: str) -> None:
    found = judged("drill.age", own=[DrillRecord(plan="7", name="账套001", **record)], sets=())
    assert told("drill.age", found) == [(state, said)]


@pytest.mark.parametrize(
    ("record", "state", "said"),
    [
        ({"result": "ok", "minutes": 95, "rto_minutes": 120}, "ok",
         "「账套001」最近一次演练用 1 小时 35 分钟恢复了数据。"),
        ({"result": "ok", "minutes": 130, "rto_minutes": 120}, "warn",
         "「账套001」最近一次演练用了 2 小时 10 分钟，承诺为 2 小时。"),
        ({"result": "failed", "failed_step": "核对行数"}, "crit", "「账套001」最近一次演练在「核对行数」步骤失败。"),
        ({"result": "failed"}, "crit", "「账套001」最近一次演练失败。"),
    ],
)  # fmt: skip
def test_a_drill_is_as_good_as_its_result(record: dict[str, Any], state: str, said: str) -> None:
    found = judged("drill.result", own=[DrillRecord(plan="7", name="账套001", **record)], sets=())
    assert told("drill.result", found) == [(state, said)]
    assert judged("drill.result", own=[DrillRecord(plan="7", name="账套001")], sets=()) == []


def test_copies_away_from_the_server_grow_old() -> None:
    copies = [
        CopyRecord(medium="local", newest_at=NOW - timedelta(days=90)),
        CopyRecord(medium="offsite", name="分公司NAS", newest_at=NOW - timedelta(hours=50)),
        CopyRecord(medium="cloud", name="OSS"),
    ]
    assert told("bak.offsite", judged("bak.offsite", own=copies, sets=())) == [
        ("warn", "异地副本（分公司NAS）已 2 天 2 小时未更新。"),
        ("crit", "「OSS」还没有任何副本。"),
    ]


def plan_of(database: str, backup_type: str = "full", every_s: int = DAY, **more: Any) -> PlanRecord:
    return PlanRecord(database=database, backup_type=backup_type, every_s=every_s, **more)


def test_each_database_is_judged_by_the_plan_that_names_it() -> None:
    """A weekly plan of one database excuses nobody else, and a quarter-hourly one accuses nobody else."""
    ages = [backup(name, full_age_s=30 * HOUR) for name in ("WEEKLY", "Daily", "NONE", "BOTH")]
    own = [plan_of("WEEKLY", every_s=7 * DAY), plan_of("DAILY"), plan_of("", every_s=3600),
           plan_of("BOTH", every_s=7 * DAY), plan_of("BOTH"), plan_of("NONE", "log")]  # fmt: skip
    found = {one.subject: (one.state, one.limits) for one in judged("bak.full.age", *ages, own=own)}
    assert found == {"WEEKLY": ("ok", (170, 338)), "Daily": ("warn", (26, 50)), "NONE": ("warn", None),
                     "BOTH": ("warn", (26, 50))}  # fmt: skip
    found = {one.subject: (one.state, one.limits) for one in judged("bak.full.age", *ages, own=own, warn=100, crit=200)}
    assert found["NONE"] == ("ok", None), "what no plan names goes by the check's own limits"
    logs = [backup(name, recovery_model="FULL", log_age_s=2400) for name in ("A", "B")]
    assert [(one.state, one.limits) for one in judged("bak.log.age", *logs, own=[plan_of("A", "log", 900)])] == [
        ("warn", (30, 60)), ("ok", None)
    ]  # fmt: skip
    (diff,) = judged("bak.diff.age", backup("A", diff_age_s=30 * HOUR), own=[plan_of("A", "diff", 7 * DAY)])
    assert (diff.state, diff.limits) == ("ok", (170, 338))


def test_what_may_be_lost_and_how_long_it_may_take_is_promised_for_each_database() -> None:
    fact = history(worst_gap_s=70 * 60, restore_s=150 * 60)
    own = [plan_of("ufdata_001_2026", rpo_minutes=60, rto_minutes=120), plan_of("HR_DB", rpo_minutes=1)]
    for key, limits in (("bak.rpo", (66, 120)), ("bak.rto", (120, 180))):
        (promised,), (alone,) = judged(key, fact, own=own), judged(key, fact, own=own[1:])
        assert (promised.state, promised.limits) == ("warn", limits)
        assert (alone.state, alone.limits) == ("ok", None)


def test_the_servers_own_databases_are_due_once_a_week_and_lose_nobodys_work() -> None:
    rows = [backup("master", full_age_s=6 * DAY), backup("msdb", full_age_s=9 * DAY), backup("A", full_age_s=6 * DAY),
            backup("tempdb"), backup("model")]  # fmt: skip
    found = {one.subject: (one.state, one.limits) for one in judged("bak.full.age", *rows, own=[plan_of("A", "log")])}
    assert found == {"master": ("ok", (170, 338)), "msdb": ("warn", (170, 338)), "A": ("crit", None)}
    never = {one.subject: one.state for one in judged("bak.full.age", backup("master"), backup("A"))}
    assert never == {"master": "warn", "A": "crit"}
    # A plan for everything asks for them as well, and a plan of their own even more.
    whole = judged("bak.full.age", *rows[:2], backup("Msdb2"), own=[plan_of(""), plan_of("MSDB")])
    assert [(one.subject, one.state, one.limits) for one in whole] == [
        ("master", "crit", None), ("msdb", "crit", (26, 50)), ("Msdb2", "crit", None)]  # fmt: skip
    assert [one.state for one in judged("bak.full.age", backup("master"), own=[plan_of("")])] == ["crit"]

    week = history(worst_gap_s=7 * DAY, last_bytes=10, usual_bytes=100)
    weeks = [replace(week, database=name) for name in ("msdb", "A")]
    everywhere = plan_of("", "log", 900, rpo_minutes=60)
    assert [one.subject for one in judged("bak.rpo", *weeks, own=[everywhere])] == ["A"]
    assert [one.subject for one in judged("bak.rpo", *weeks, own=[plan_of("msdb", rpo_minutes=60)])] == ["msdb", "A"]
    assert [one.subject for one in judged("bak.size.drop", *weeks)] == ["A"]


def test_a_plan_of_change_copies_for_everything_asks_none_of_master_or_a_closed_database() -> None:
    rows = [backup(name, full_age_s=3 * DAY) for name in ("master", "tempdb", "A")]
    closed = backup("OLD", full_age_s=90 * DAY, diff_age_s=90 * DAY, state="OFFLINE")
    found = judged("bak.diff.age", *rows, closed, own=[plan_of("", "diff")])
    assert [(one.subject, one.state) for one in found] == [("A", "crit")]
    assert [one.subject for one in judged("bak.diff.age", rows[2], own=[plan_of("a", "diff")])] == ["A"]
