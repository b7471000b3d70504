"""Backups of the whole database as the backup login, and the proof that one can be restored.

A backup is a folder: `desk.dump` (pg_dump's custom format), and `manifest.json` with its hash, the schema's version
and how many rows each table held in the very snapshot that was dumped. The key of the scopes stays out of it. A restore
goes into a database of its own, counts again and compares; `--verify` drops that database afterwards.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from service_desk.config import Config, ConfigError
from service_desk.running import bootstrap
from service_desk.running.installation import HOME
from service_desk.running.postgres import client_program

FOLDER = HOME / "backup"
KEPT_BACK = "scope_key"


@dataclass(frozen=True)
class Backup:
    """One backup as its manifest describes it."""

    folder: Path
    taken_at: datetime
    version: str
    sha256: str
    rows: Mapping[str, int]

    @property
    def dump(self) -> Path:
        return self.folder / "desk.dump"


def newest(folder: Path = FOLDER) -> datetime | None:
    """When the newest complete backup was taken."""
    found = sorted(folder.glob("*/manifest.json"))
    return read(found[-1].parent).taken_at if found else None


def read(folder: Path) -> Backup:
    """A backup from its folder. Raises OSError or ValueError when the manifest cannot be read."""
    seen = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    taken_at = datetime.fromisoformat(seen["taken_at"])
    return Backup(folder, taken_at, seen["version"], seen["sha256"], seen["rows"])


def take(config: Config, now: datetime, folder: Path = FOLDER) -> Backup:
    """Dump and count in one snapshot. The folder gets its name only when everything in it is complete.

    Raises ConfigError without DATABASE_BACKUP_URL, CalledProcessError when pg_dump fails.
    """
    if not config.database_backup_url:
        raise ConfigError("DATABASE_BACKUP_URL is not set / 未设置 DATABASE_BACKUP_URL")
    url = config.database_backup_url.replace("+psycopg", "", 1)
    name = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    half = folder / f".{name}"
    half.mkdir(mode=0o700, parents=True)
    try:
        backup = _dump(url, half, now)
        half.rename(folder / name)
    except BaseException:
        shutil.rmtree(half)
        raise
    return Backup(folder / name, backup.taken_at, backup.version, backup.sha256, backup.rows)


def _dump(url: str, folder: Path, now: datetime) -> Backup:
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = _one(connection, "SELECT pg_export_snapshot()")
        rows = count(connection)
        version = str(_one(connection, "SELECT version_num FROM alembic_version"))
        file = f"--file={folder / 'desk.dump'}"
        _run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", f"--exclude-table-data={KEPT_BACK}", file)
    backup = Backup(folder, now, version, hash_of(folder / "desk.dump"), rows)
    manifest = {"taken_at": now.isoformat(), "version": version, "sha256": backup.sha256, "rows": rows}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return backup


def count(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    """Rows of every table that holds data itself (partitions count in their parent)."""
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace = 'public'::regnamespace AND relname <> %s ORDER BY 1",
        [KEPT_BACK],
    ).fetchall()
    found = {}
    for (name,) in tables:
        question = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
        found[str(name)] = int(_one(connection, question))
    return found


def hash_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def restore(backup: Backup, admin_url: str, database: str) -> list[str]:
    """Restore into a new, empty database and compare; returns what differs, nothing when all is as it was.

    `admin_url` is a superuser's; the database must not exist, so that nothing can be overwritten.
    Raises CalledProcessError when pg_restore fails, ConfigError when the database exists already.
    """
    if hash_of(backup.dump) != backup.sha256:
        return ["the dump is not the file its manifest describes / 备份文件与清单不符"]
    with psycopg.connect(admin_url, autocommit=True) as admin:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            raise ConfigError(f"the database {database} exists already / 数据库 {database} 已存在")
        bootstrap.make_database(admin, database)
    target = _beside(admin_url, database)
    _run("pg_restore", target, "--exit-on-error", "--single-transaction", str(backup.dump))
    with psycopg.connect(target, autocommit=True) as inside:
        bootstrap.close_doors(inside)
        found = count(inside)
    return [
        f"{table}: {backup.rows.get(table)} -> {found.get(table)}"
        for table in sorted(backup.rows.keys() | found.keys())
        if backup.rows.get(table) != found.get(table)
    ]


def forget(admin_url: str, database: str) -> None:
    """Drop a database that was only restored to prove that it can be."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _beside(url: str, database: str) -> str:
    return psycopg.conninfo.make_conninfo(url, dbname=database)


def _run(program: str, url: str, *options: str) -> None:
    """PostgreSQL's own program; the password travels in the environment, where `ps` does not show it."""
    parts = {name: str(value) for name, value in psycopg.conninfo.conninfo_to_dict(url).items() if value is not None}
    password = parts.pop("password", "")
    target = psycopg.conninfo.make_conninfo(**parts)
    environ = {**os.environ, "PGPASSWORD": password, "LC_ALL": "C"}
    subprocess.run([str(client_program(program)), f"--dbname={target}", *options], env=environ, check=True)


def _one(connection: "psycopg.Connection[Any]", question: Any) -> Any:
    row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]
