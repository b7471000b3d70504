"""Is this installation sound? Walls, logins and keys that are wrong refuse the start; the rest is a warning."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import psycopg
import redis

from service_desk.config import Config
from service_desk.running import walls
from service_desk.running.backup import newest
from service_desk.scope import Walls, sign
from service_desk.tenants.secrets import keys_open
from service_desk.web.shell import connect

NOBODY = 2147483647  # an id no client has: what a good scope opens and a forged one must not
BACKUP_AGE = timedelta(hours=26)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be. `area` is the short reason a monitor is shown."""

    level: Literal["wrong", "warn"]
    area: Literal["database", "wall", "key", "queue", "backup", "address"]
    english: str
    chinese: str

    def __str__(self) -> str:
        return f"{self.area}: {self.english} / {self.chinese}"


def examine(config: Config) -> list[Finding]:
    """Everything that is not as it should be; the database is asked as the runtime login."""
    return [*_database(config), *_queue(config), *_backup(), *_address(config)]


def _database(config: Config) -> Iterator[Finding]:
    try:
        with psycopg.connect(plain(config.database_url), connect_timeout=5) as connection:
            connection.execute("SET TRANSACTION READ ONLY")
            holes = list(walls.prove(connection))
            yield from (Finding("wrong", "wall", english, chinese) for english, chinese in holes)
            yield from _scope(connection, config.scope_key)
            if not holes:
                yield from _credentials(config)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        yield Finding("wrong", "database", f"the runtime login cannot connect: {reason}", "运行账号无法连接数据库")
    except psycopg.Error as error:
        yield Finding("wrong", "wall", f"the walls could not be looked at: {error}", "无法检查行级安全")


def _scope(connection: "psycopg.Connection[walls.Row]", key: bytes) -> Iterator[Finding]:
    """A scope signed with our key opens exactly what it says, and one signed with another key opens nothing."""
    for signing, opened in ((key, [NOBODY]), (bytes(32), [])):
        signed = sign(signing, (), None, (NOBODY,), int(time.time()) + 60, connection.info.backend_pid)
        connection.execute(f"SET LOCAL app.scope = '{signed}'".encode())
        row = connection.execute("SELECT scope_tenants()").fetchone()
        if row is None or list(row[0]) != opened:
            yield Finding(
                "wrong",
                "key",
                "SERVICE_DESK_SCOPE_KEY is not the key that the database verifies with: run service-desk migrate",
                "SERVICE_DESK_SCOPE_KEY 与数据库中的密钥不一致：请执行 service-desk migrate",
            )
            return


def _credentials(config: Config) -> Iterator[Finding]:
    """The keys of the settings open what is sealed: an installation must not begin to seal with other ones."""
    if not hasattr(Walls, "engine"):
        connect(config)
    if not keys_open(config):
        yield Finding(
            "wrong",
            "key",
            "SERVICE_DESK_CREDENTIAL_KEYS do not open the stored credentials",
            "SERVICE_DESK_CREDENTIAL_KEYS 无法打开已保存的凭据",
        )


def _queue(config: Config) -> Iterator[Finding]:
    try:
        with redis.Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=1) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError):
        yield Finding(
            "warn", "queue", "Redis does not answer; work waits until it does", "Redis 无应答，任务将等待其恢复"
        )


def _backup() -> Iterator[Finding]:
    taken = newest()
    if taken is None:
        yield Finding("warn", "backup", "there is no backup yet: service-desk backup", "尚无备份：service-desk backup")
    elif datetime.now(UTC) - taken > BACKUP_AGE:
        yield Finding("warn", "backup", f"the newest backup is of {taken:%Y-%m-%d %H:%M}", "最近一次备份已过期")


def _address(config: Config) -> Iterator[Finding]:
    parts = urlsplit(config.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield Finding("wrong", "address", "SERVICE_DESK_BASE_URL is no web address", "SERVICE_DESK_BASE_URL 不是网址")
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        yield Finding("warn", "address", "people reach this desk without TLS", "当前地址未使用 HTTPS")


def plain(url: str) -> str:
    """A database address as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def examine_or_refuse(config: Config) -> None:
    """End the process, saying why in both languages, when a wall, a login or a key is wrong."""
    wrong = [finding for finding in examine(config) if finding.level == "wrong"]
    if wrong:
        for finding in wrong:
            print(finding, file=sys.stderr)
        print("The start is refused / 拒绝启动", file=sys.stderr, flush=True)
        sys.exit(78)  # EX_CONFIG of sysexits.h


def readiness(config: Config) -> str:
    """`ready`, else the short reasons why not."""
    areas = sorted({finding.area for finding in examine(config) if finding.level == "wrong"})
    return ", ".join(areas) or "ready"
