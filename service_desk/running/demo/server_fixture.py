"""The SQL Server under a fixture: master, msdb and tempdb as a server in daily use has them, faults on order.

It shows what its documented views show; the databases of the system on top are written by that system's own fixture.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from service_desk.running.demo.fixture_files import Rows, dictionary, write

SYSTEM = ("master", "tempdb", "model", "msdb")
GIGABYTE = 1024**3
PAGE = 8192
DAY_S = 86400
NIGHTLY, WEEKLY = "6F9619FF-8B86-D011-B42D-00C04FC964FF", "7A1C0B52-3D44-4C8E-9A55-1B2C3D4E5F60"
SID = {"sa": b"\x01", "reader": b"r" * 16, "erp": b"e" * 16, "erp_old": b"o" * 16, "dba": b"d" * 16}


@dataclass(frozen=True, kw_only=True)
class Troubles:
    """What is wrong with the server. The defaults are a healthy one.

    `writable_login`: our login may change data; `hidden`: databases, logins and sessions are hidden from it.
    `job_failed`: the nightly backup failed. `agent_stopped`: SQL Server Agent does not run. `disk_free_pct`: of the
    drive with the data. `log_full_pct`: of each business database. `checked_days`: since the last integrity check;
    None = never. `damaged_pages`: found damaged. `blocked_s`: how long somebody has been held up. `left_open_s`: how
    long a transaction has been open. `sa_used`: the ERP logs in as sa. `shell_on`: xp_cmdshell is on. `orphan`: a user
    without login. `guest`: guests may enter. `number_used_pct`: of the numbers of a table. `clock_s`: how far its clock
    is ahead. `to_nul`: backups thrown away. `same_drive`: backups beside the data. `no_log_backups`: none for days.
    """

    writable_login: bool = False
    hidden: bool = False
    job_failed: bool = False
    agent_stopped: bool = False
    disk_free_pct: float = 46
    log_full_pct: float = 12
    checked_days: int | None = 4
    damaged_pages: int = 0
    blocked_s: int | None = None
    left_open_s: int | None = None
    sa_used: bool = False
    shell_on: bool = False
    orphan: str = ""
    guest: bool = False
    number_used_pct: float = 0.02
    clock_s: float = 0
    to_nul: int = 0
    same_drive: bool = False
    no_log_backups: bool = False
    edition: str = "Standard Edition (64-bit)"
    version: str = "15.0.4420.2"


HEALTHY = Troubles()


@dataclass(frozen=True, kw_only=True)
class Site:
    """The server of one installation: its business databases, those with log backups, and the moment."""

    names: Sequence[str]
    logged: Sequence[str]
    full_hours: float | None
    now: datetime
    troubles: Troubles = HEALTHY

    def numbers(self) -> dict[str, int]:
        """Database -> its number."""
        return {name: at for at, name in enumerate((*SYSTEM, *self.names), 1)}


def write_server(folder: Path, site: Site) -> None:
    """Write master, msdb and tempdb, and beside them what a statement cannot ask of a file."""
    own = dictionary("sqlserver")
    write(folder / "msdb.sqlite", own["msdb"], {**_backups(site), **_jobs(site), **_pages(site)})
    write(folder / "tempdb.sqlite", own["tempdb"], _temporary())
    rows = {**_databases(site), **_logins(site), **_machine(site), **_sessions(site), **_settings(site)}
    write(folder / "master.sqlite", own["master"], rows)
    for name in ("master", "msdb"):
        _answers(folder / f"{name}.sqlite", site)


def inside(site: Site, tables: Iterable[str]) -> dict[str, Iterable[Mapping[str, Any]]]:
    """What SQL Server keeps in a business database about its tables and users: rows for `write`."""
    troubles = site.troubles
    named = list(enumerate(tables, 100))
    users = [("dbo", "S", 1, b"\x01"), ("guest", "S", 2, b"\x00"), ("reader", "S", 5, SID["reader"]),
             ("erp", "S", 6, SID["erp"]), ("db_owner", "R", 16384, b"\x02"), ("public", "R", 0, b"\x03")]  # fmt: skip
    if troubles.orphan:
        users.append((troubles.orphan, "S", 9, b"g" * 16))
    allowed = [(0, 0, 5, "CONNECT"), (0, 0, 6, "CONNECT")] + [(1, number, 5, "SELECT") for number, _ in named]
    if troubles.guest:
        allowed.append((0, 0, 2, "CONNECT"))
    return {
        "sys_objects": [
            {"object_id": number, "name": name, "type": "U", "is_ms_shipped": 0} for number, name in named
        ],
        "sys_indexes": [{"object_id": number, "index_id": 1, "name": f"PK_{name}"} for number, name in named],
        "sys_dm_db_partition_stats": [
            {"object_id": number, "index_id": 1, "used_page_count": 4000 + 100 * at, "row_count": 90_000}
            for at, (number, _) in enumerate(named)
        ],
        "sys_dm_db_index_physical_stats": [
            {"object_id": number, "index_id": 1, "avg_fragmentation_in_percent": 4.5 + 3 * at, "page_count": 3900}
            for at, (number, _) in enumerate(named)
        ],
        "sys_sysindexes": [
            {"id": number, "indid": 1, "rowcnt": 90_000, "rowmodctr": 1_500 * (at + 1)}
            for at, (number, _) in enumerate(named)
        ],
        "sys_identity_columns": [
            {"object_id": named[0][0], "name": "AutoID", "system_type_id": 56, "precision": 10, "increment_value": 1,
             "last_value": round((2**31 - 1) * troubles.number_used_pct / 100)}
        ] if named else [],
        "sys_database_principals": [
            {"name": name, "type": kind, "principal_id": number, "sid": sid} for name, kind, number, sid in users
        ],
        "sys_server_principals": [{"name": name, "sid": sid} for name, sid in SID.items()],
        "sys_database_permissions": [
            {"class": scope, "major_id": major, "grantee_principal_id": who, "permission_name": right, "state": "G"}
            for scope, major, who, right in allowed
        ],
        "sys_database_role_members": [{"role_principal_id": 16384, "member_principal_id": 6}],
        "sys_database_files": [{"file_id": 1, "type": 0, "name": "data", "size": 260_000}],
    }  # fmt: skip


def _answers(path: Path, site: Site) -> None:
    troubles = site.troubles
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE fixture_server (version text, edition text, level text, updates text, "
                         "db_owner int, sees_all int, clock_shift real)")  # fmt: skip
        database.execute(
            "INSERT INTO fixture_server VALUES (?, ?, 'RTM', 'CU32', ?, ?, ?)",
            (troubles.version, troubles.edition, int(troubles.writable_login), int(not troubles.hidden),
             troubles.clock_s),
        )  # fmt: skip
        database.execute("CREATE TABLE fixture_databases (name nvarchar(128), checked text)")
        checked = site.now - timedelta(days=troubles.checked_days) if troubles.checked_days is not None else None
        last = f"{checked:%Y-%m-%d %H:%M:%S}" if checked else "1900-01-01 00:00:00"
        database.executemany(
            "INSERT INTO fixture_databases VALUES (?, ?)",
            [(name, last) for name in ("master", "model", "msdb", *site.names)],
        )


def _databases(site: Site) -> Rows:
    troubles = site.troubles
    files = _files(site)
    sizes = dict.fromkeys(site.names, 2_080_000)
    log_kb = 512_000
    return {
        "sys_databases": [
            {"database_id": number, "name": name, "state": 0, "state_desc": "ONLINE",
             "create_date": site.now - timedelta(days=23 if name == "tempdb" else 400),
             "recovery_model_desc": "FULL" if name in site.logged else "SIMPLE",
             "log_reuse_wait_desc": "LOG_BACKUP" if name in site.logged and troubles.no_log_backups else "NOTHING",
             "is_trustworthy_on": int(name == "msdb"), "is_db_chaining_on": 0, "is_auto_close_on": 0,
             "is_auto_shrink_on": 0, "page_verify_option_desc": "CHECKSUM", "compatibility_level": 130,
             "is_auto_create_stats_on": 1, "is_auto_update_stats_on": 1}
            for name, number in site.numbers().items()
        ],
        "sys_master_files": files,
        "sys_dm_os_volume_stats": [
            {"database_id": one["database_id"], "file_id": one["file_id"], **_volume(one["physical_name"], troubles)}
            for one in files
        ],
        "sys_dm_io_virtual_file_stats": [
            {"database_id": one["database_id"], "file_id": one["file_id"], "num_of_reads": 480_000,
             "io_stall_read_ms": 2_900_000, "num_of_writes": 210_000, "io_stall_write_ms": 630_000}
            for one in files
        ],
        "sys_dm_db_log_info": [
            {"database_id": number, "file_id": 2} for number in site.numbers().values() for _ in range(24)
        ],
        "sys_dm_os_performance_counters": [
            {"object_name": "SQLServer:Databases", "counter_name": counter, "instance_name": name, "cntr_value": value}
            for name, size in sizes.items()
            for counter, value in (
                ("Data File(s) Size (KB)", size),
                ("Log File(s) Size (KB)", log_kb),
                ("Log File(s) Used Size (KB)", round(log_kb * troubles.log_full_pct / 100)),
            )
        ] + [
            {"object_name": "SQLServer:Locks", "counter_name": "Number of Deadlocks/sec", "instance_name": "_Total",
             "cntr_value": 3}
        ],
    }  # fmt: skip


def _files(site: Site) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for name, number in site.numbers().items():
        drive = "C" if name in ("master", "model", "msdb") else "D"
        size = 260_000 if name in site.names else 4_000
        shapes = [("data", 0, size, -1, 8_192), ("log", 1, 64_000, 268_435_456, 8_192)]
        if name == "tempdb":
            shapes += [(f"temp{at}", 0, 4_000, -1, 8_192) for at in (2, 3, 4)]
        for file, (what, kind, pages, most, growth) in enumerate(shapes, 1):
            found.append(
                {"database_id": number, "file_id": file, "name": what if name == "tempdb" else f"{name}_{what}",
                 "type": kind, "physical_name": f"{drive}:\\DATA\\{name}_{what}.{'ldf' if kind else 'mdf'}",
                 "size": pages, "max_size": most, "growth": growth, "is_percent_growth": 0}
            )  # fmt: skip
    return found


def _volume(path: str, troubles: Troubles) -> Mapping[str, Any]:
    total = (120 if path[0] == "C" else 500) * GIGABYTE
    free = 48 if path[0] == "C" else troubles.disk_free_pct
    return {"volume_mount_point": path[:3], "logical_volume_name": "系统" if path[0] == "C" else "数据",
            "total_bytes": total, "available_bytes": round(total * free / 100)}  # fmt: skip


def _backups(site: Site) -> Rows:
    """Two weeks of full backups every night, and of logs every two hours; one of each database `full_hours` ago."""
    troubles = site.troubles
    hours = {"master": 8.0, "msdb": 8.0, **dict.fromkeys(site.names, site.full_hours)}
    made = [
        (name, "D", age + 24 * night, 1_800_000_000 + 4_000_000 * (13 - night), 240 + 7 * night % 31)
        for name, age in hours.items() if age is not None for night in range(14)
    ]  # fmt: skip
    first = 90.0 if troubles.no_log_backups else 0.5
    made += [(name, "L", first + 2 * turn, 12_000_000, 9) for name in site.logged for turn in range(60)]
    sets = [
        {"database_name": name, "type": kind, "backup_start_date": site.now - timedelta(hours=age, seconds=took),
         "backup_finish_date": site.now - timedelta(hours=age), "backup_size": size, "is_snapshot": 0,
         "is_copy_only": 0, "is_damaged": 0, "has_backup_checksums": 1, "server_name": "FIXTURE",
         "media_set_id": number, "first_lsn": _lsn(age + (2 if kind == "L" else 0.1)), "last_lsn": _lsn(age)}
        for number, (name, kind, age, size, took) in enumerate(made, 1)
    ]  # fmt: skip
    place = "D:\\BACKUP" if troubles.same_drive else "\\\\NAS01\\erp"
    return {
        "sys_databases": [
            {"name": name, "state_desc": "ONLINE", "create_date": site.now - timedelta(days=400),
             "recovery_model_desc": "FULL" if name in site.logged else "SIMPLE"}
            for name in (*hours, "tempdb")
        ],
        "backupset": sets,
        "backupmediafamily": [
            {"media_set_id": one["media_set_id"], "family_sequence_number": 1, "device_type": 2,
             "physical_device_name": "NUL" if number < troubles.to_nul else f"{place}\\{one['database_name']}.bak"}
            for number, one in enumerate(sets)
        ],
    }  # fmt: skip


def _lsn(hours: float) -> int:
    return 34_000_000_000_000_000 - round(hours * 1_000_000)


def _pages(site: Site) -> Rows:
    numbers = [site.numbers()[name] for name in site.names[:1]] * bool(site.troubles.damaged_pages)
    return {
        "suspect_pages": [
            {"database_id": number, "file_id": 1, "page_id": 1000 + page, "event_type": 2, "error_count": 1,
             "last_update_date": site.now - timedelta(hours=6)}
            for number in numbers for page in range(site.troubles.damaged_pages)
        ]
    }  # fmt: skip


def _jobs(site: Site) -> Rows:
    failed = site.troubles.job_failed
    last = site.now - timedelta(hours=8)
    jobs = ((NIGHTLY, "每日完整备份", 1, not failed), (WEEKLY, "每周完整性检查", 2, True))
    return {
        "sysjobs": [
            {"job_id": key, "name": name, "enabled": 1, "owner_sid": SID["sa"]} for key, name, _, _ in jobs
        ],
        "sys_server_principals": [{"name": name, "sid": sid} for name, sid in SID.items()],
        "sysjobservers": [
            {"job_id": key, "server_id": 0, "last_run_outcome": int(well), "last_run_date": int(f"{last:%Y%m%d}"),
             "last_run_time": int(f"{last:%H%M%S}"), "last_run_duration": 412}
            for key, _, _, well in jobs
        ],
        "sysjobschedules": [{"job_id": key, "schedule_id": number} for key, _, number, _ in jobs],
        "sysschedules": [{"schedule_id": number, "name": "夜间", "enabled": 1} for _, _, number, _ in jobs],
        "syssessions": [{"session_id": 1}, {"session_id": 2}],
        "sysjobhistory": [
            {"instance_id": 20 - run, "job_id": key, "step_id": 0, "run_status": int(well or run > 0),
             "run_duration": 412 - run, "message": "作业失败。无法打开备份设备，操作系统错误 53（找不到网络路径）。"}
            for key, _, _, well in jobs for run in range(5)
        ],
    }  # fmt: skip


def _logins(site: Site) -> Rows:
    logins = (
        (1, "sa", "S", "SQL_LOGIN", int(not site.troubles.sa_used), SID["sa"]),
        (2, "public", "R", "SERVER_ROLE", 0, b"p"),
        (3, "sysadmin", "R", "SERVER_ROLE", 0, b"s"),
        (101, "##MS_PolicyEventProcessingLogin##", "S", "SQL_LOGIN", 1, b"m" * 16),
        (259, "BUILTIN\\Administrators", "G", "WINDOWS_GROUP", 0, b"w" * 16),
        (265, "reader", "S", "SQL_LOGIN", 0, SID["reader"]),
        (266, "erp_old", "S", "SQL_LOGIN", 1, SID["erp_old"]),
        (267, "erp", "S", "SQL_LOGIN", 0, SID["erp"]),
    )
    return {
        "sys_server_principals": [
            {"name": name, "principal_id": number, "type": kind, "type_desc": described, "is_disabled": disabled,
             "sid": sid}
            for number, name, kind, described, disabled, sid in logins
        ],
        "sys_sql_logins": [
            {"name": name, "principal_id": number, "is_policy_checked": 1,
             "is_expiration_checked": int(name != "erp_old")}
            for number, name, kind, *_ in logins if kind == "S"
        ],
        "sys_server_role_members": [{"role_principal_id": 3, "member_principal_id": 1}],
        "sys_server_permissions": [
            {"class": 100, "grantee_principal_id": number, "permission_name": right, "state": "G"}
            for number, right in ((265, "VIEW SERVER STATE"), (265, "VIEW ANY DEFINITION"), (267, "CONNECT SQL"))
        ],
    }  # fmt: skip


def _machine(site: Site) -> Rows:
    record = (
        '<Record id="{0}" type="RING_BUFFER_SCHEDULER_MONITOR" time="{0}"><SchedulerMonitorEvent><SystemHealth>'
        "<ProcessUtilization>{1}</ProcessUtilization><SystemIdle>{2}</SystemIdle></SystemHealth>"
        "</SchedulerMonitorEvent></Record>"
    )
    waits = {"CXPACKET": 9_400_000, "PAGEIOLATCH_SH": 5_200_000, "LCK_M_X": 1_300_000, "WRITELOG": 900_000,
             "ASYNC_NETWORK_IO": 700_000, "LAZYWRITER_SLEEP": 99_000_000, "THREADPOOL": 0,
             "RESOURCE_SEMAPHORE": 0}  # fmt: skip
    return {
        "sys_dm_os_ring_buffers": [
            {"ring_buffer_type": "RING_BUFFER_SCHEDULER_MONITOR", "timestamp": 900_000_000 + 60_000 * minute,
             "record": record.format(minute, 14 + minute % 5, 80 - minute % 5)}
            for minute in range(20)
        ],
        "sys_dm_os_sys_memory": [
            {"total_physical_memory_kb": 32 * 1024**2, "available_physical_memory_kb": 6 * 1024**2}
        ],
        "sys_dm_exec_query_resource_semaphores": [
            {"resource_semaphore_id": number, "waiter_count": 0, "grantee_count": 1} for number in (0, 1)
        ],
        "sys_dm_os_wait_stats": [{"wait_type": name, "wait_time_ms": spent} for name, spent in waits.items()],
        "sys_dm_server_services": [
            {"servicename": "SQL Server (MSSQLSERVER)", "startup_type": 2, "status": 4},
            {"servicename": "SQL Server Agent (MSSQLSERVER)", "startup_type": 2,
             "status": 1 if site.troubles.agent_stopped else 4},
        ],
    }  # fmt: skip


def _settings(site: Site) -> Rows:
    values = {"max server memory (MB)": 24_576, "user connections": 0, "xp_cmdshell": int(site.troubles.shell_on),
              "Ole Automation Procedures": 0, "Ad Hoc Distributed Queries": 0, "cross db ownership chaining": 0,
              "remote access": 0, "max degree of parallelism": 4}  # fmt: skip
    return {
        "sys_configurations": [
            {"configuration_id": at, "name": name, "value": value, "value_in_use": value}
            for at, (name, value) in enumerate(values.items(), 101)
        ]
    }


def _sessions(site: Site) -> Rows:
    """People at the ERP, and those whom somebody holds up."""
    troubles, now = site.troubles, site.now
    login = "sa" if troubles.sa_used else "erp"
    people = [(52 + at, login, f"PC-{at:02d}", "ERP") for at in range(1, 7)]
    rows: dict[str, list[Mapping[str, Any]]] = {
        "sys_dm_exec_sessions": [
            {"session_id": number, "login_name": user, "host_name": host, "program_name": program,
             "status": "sleeping", "is_user_process": 1, "login_time": now - timedelta(hours=3),
             "last_request_end_time": now - timedelta(seconds=troubles.left_open_s or 20)}
            for number, user, host, program in [*people, (61, "reader", "DESK", "Service Desk")]
        ],
    }  # fmt: skip
    if troubles.left_open_s is not None:
        rows["sys_dm_tran_session_transactions"] = [{"session_id": 53, "transaction_id": 7, "is_user_transaction": 1}]
    if troubles.blocked_s is not None:
        rows["sys_dm_exec_requests"] = [
            {"session_id": waiting, "blocking_session_id": by, "wait_time": 1000 * troubles.blocked_s,
             "command": "UPDATE", "wait_type": "LCK_M_X", "start_time": now - timedelta(seconds=troubles.blocked_s)}
            for waiting, by in ((54, 53), (55, 54))
        ]  # fmt: skip
    return rows


def _temporary() -> Rows:
    return {
        "sys_dm_db_file_space_usage": [
            {"database_id": 2, "file_id": file, "unallocated_extent_page_count": 3_600,
             "version_store_reserved_page_count": 40, "user_object_reserved_page_count": 200,
             "internal_object_reserved_page_count": 120, "mixed_extent_page_count": 40}
            for file in (1, 3, 4, 5)
        ]
    }  # fmt: skip
