"""Rows of master, msdb and tempdb under a fixture, as the views of a server in daily use show them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from service_desk.running.demo.fixture_files import Rows
from service_desk.running.demo.server_site import NIGHTLY, SID, WEEKLY, Site


def backups(site: Site) -> Rows:
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


def pages(site: Site) -> Rows:
    """Pages that were found damaged."""
    numbers = [site.numbers()[name] for name in site.names[:1]] * bool(site.troubles.damaged_pages)
    return {
        "suspect_pages": [
            {"database_id": number, "file_id": 1, "page_id": 1000 + page, "event_type": 2, "error_count": 1,
             "last_update_date": site.now - timedelta(hours=6)}
            for number in numbers for page in range(site.troubles.damaged_pages)
        ]
    }  # fmt: skip


def jobs(site: Site) -> Rows:
    """Jobs of SQL Server Agent and how they went."""
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


def logins(site: Site) -> Rows:
    """Logins with what they may do; those of the server itself are disabled."""
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


def machine(site: Site) -> Rows:
    """Processors, memory, waits, services."""
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


def settings(site: Site) -> Rows:
    """Settings of the server."""
    values = {"max server memory (MB)": 24_576, "user connections": 0, "xp_cmdshell": int(site.troubles.shell_on),
              "Ole Automation Procedures": 0, "Ad Hoc Distributed Queries": 0, "cross db ownership chaining": 0,
              "remote access": 0, "max degree of parallelism": 4}  # fmt: skip
    return {
        "sys_configurations": [
            {"configuration_id": at, "name": name, "value": value, "value_in_use": value}
            for at, (name, value) in enumerate(values.items(), 101)
        ]
    }


def sessions(site: Site) -> Rows:
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


def temporary() -> Rows:
    """The temporary area."""
    return {
        "sys_dm_db_file_space_usage": [
            {"database_id": 2, "file_id": file, "unallocated_extent_page_count": 3_600,
             "version_store_reserved_page_count": 40, "user_object_reserved_page_count": 200,
             "internal_object_reserved_page_count": 120, "mixed_extent_page_count": 40}
            for file in (1, 3, 4, 5)
        ]
    }  # fmt: skip
