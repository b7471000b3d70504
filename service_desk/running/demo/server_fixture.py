"""The SQL Server under a fixture: master, msdb and tempdb as a server in daily use has them, faults on order.

It shows what its documented views show; the databases of the system on top are written by that system's own fixture.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from service_desk.running.demo import server_rows
from service_desk.running.demo.fixture_files import Rows, dictionary, write
from service_desk.running.demo.server_site import GIGABYTE, HEALTHY, SID, Site, Troubles

__all__ = ["HEALTHY", "Site", "Troubles", "inside", "write_server"]


def write_server(folder: Path, site: Site) -> None:
    """Write master, msdb and tempdb, and beside them what a statement cannot ask of a file."""
    own = dictionary("sqlserver")
    write(
        folder / "msdb.sqlite",
        own["msdb"],
        {**server_rows.backups(site), **server_rows.jobs(site), **server_rows.pages(site)},
    )
    write(folder / "tempdb.sqlite", own["tempdb"], server_rows.temporary())
    rows = {
        **_databases(site),
        **server_rows.logins(site),
        **server_rows.machine(site),
        **server_rows.sessions(site),
        **server_rows.settings(site),
    }
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
