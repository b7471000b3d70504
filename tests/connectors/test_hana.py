"""HANA itself, at the level of its driver: what reaches it, and what is made of its answers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from connectors.ask import Request, ask
from connectors.facts import Backup, Block, LongQuery, Look, Memory, Principal, Replica, Seats, Server, User, Volume
from connectors.hana import STATEMENTS, Hana
from tests.connectors.hana_standin import PASSWORD, Standin, standing_in

pytestmark = pytest.mark.enable_socket


def ago(**past: float) -> str:
    """A moment as HANA would tell it."""
    return f"{datetime.now(UTC) - timedelta(**past):%Y-%m-%d %H:%M:%S}"


def planted() -> dict[str, list[dict[str, Any]]]:
    """View -> its rows: a system with a fault of every kind."""
    users = [("王会计", "FALSE", ago(days=200), "TRUE"), ("DBA1", "FALSE", ago(days=1), "FALSE"),
             ("LI", "TRUE", None, "TRUE"), ("SYSTEM", "FALSE", ago(days=2), "FALSE")]  # fmt: skip
    return {
        "M_BACKUP_CATALOG": [
            {"ENTRY_TYPE_NAME": kind, "UTC_END_TIME": ago(hours=hours), "STATE_NAME": state}
            for kind, hours, state in (
                ("complete data backup", 72, "successful"),
                ("complete data backup", 1, "failed"),
                ("differential data backup", 20, "successful"),
                ("log backup", 0.5, "successful"),
            )
        ],
        "USERS": [
            {"USER_NAME": name, "USER_DEACTIVATED": off, "VALID_UNTIL": None, "LAST_SUCCESSFUL_CONNECT": last,
             "IS_PASSWORD_LIFETIME_CHECK_ENABLED": limited}
            for name, off, last, limited in users
        ],
        "GRANTED_ROLES": [{"GRANTEE": "王会计", "ROLE_NAME": "B1_READ"}],
        "GRANTED_PRIVILEGES": [{"GRANTEE": "DBA1", "PRIVILEGE": "DATA ADMIN", "OBJECT_TYPE": "SYSTEMPRIVILEGE"}],
        "M_HOST_RESOURCE_UTILIZATION": [{"HOST": "h1", "USED_PHYSICAL_MEMORY": 90, "FREE_PHYSICAL_MEMORY": 10}],
        "M_DISKS": [{"PATH": "/hana/backup", "USAGE_TYPE": "DATA_BACKUP", "TOTAL_SIZE": 100, "USED_SIZE": 95}],
        "M_CONNECTIONS": [
            {"CONNECTION_ID": 7, "USER_NAME": "WANG", "CLIENT_HOST": "PC-财务", "CONNECTION_STATUS": "RUNNING"}
        ],
        "M_BLOCKED_TRANSACTIONS": [
            {"LOCK_OWNER_CONNECTION_ID": 7, "BLOCKED_CONNECTION_ID": 8, "BLOCKED_TIME": ago(minutes=4)}
        ],
        "M_ACTIVE_STATEMENTS": [{"CONNECTION_ID": 7, "LAST_EXECUTED_TIME": ago(minutes=5)}],
        "M_LICENSE": [{"PRODUCT_NAME": "SAP-HANA", "PRODUCT_USAGE": 120, "PRODUCT_LIMIT": 128,
                       "EXPIRATION_DATE": "2027-01-31 00:00:00"}],
        "M_SERVICE_REPLICATION": [
            {"SECONDARY_SITE_NAME": "B", "HOST": "h2", "PORT": 30003, "REPLICATION_STATUS": "ERROR"}
        ],
    }  # fmt: skip


@pytest.fixture
def plain_hana(socket_enabled: None, tmp_path: Path) -> Iterator[Standin]:
    """The stand-in, with HANA's own views."""
    with standing_in(tmp_path) as found:
        found.views = planted()
        found.privileges = [("READER", "", "CATALOG READ")]
        yield found


def plain_hana_request(server: Standin, **change: Any) -> Request:
    """A question to HANA."""
    settings = {"host": "127.0.0.1", "port": server.port, "user": "reader", "encryption": "off"}
    settings |= change.pop("settings", {})
    secrets = {"password": change.pop("password", PASSWORD)}
    given: dict[str, Any] = {"op": "collect", "budget_seconds": 20, "allow_loopback": True} | change
    return Request(kind="hana", settings=settings, secrets=secrets, **given)


def looks(server: Standin, *kinds: str) -> dict[str, Look]:
    """All looks by kind."""
    return {look.kind: look for look in ask(plain_hana_request(server, kinds=list(kinds))).looks}


def only(look: Look, kind: type[Any]) -> Any:
    """The one fact of a look."""
    assert look.unknown is None, look.unknown
    (fact,) = look.facts
    assert isinstance(fact, kind)
    return fact


def test_it_tells_backups_room_and_licence(plain_hana: Standin) -> None:
    found = looks(plain_hana, "server", "backups", "memory", "volumes", "seats", "replicas")
    backup = only(found["backups"], Backup)
    hours = [round(age / 3600, 1) for age in (backup.full_age_s, backup.diff_age_s, backup.log_age_s)]
    assert hours == [72.0, 20.0, 0.5]
    assert abs(only(found["server"], Server).clock_ahead_s) < 3
    memory, volume, seats = only(found["memory"], Memory), only(found["volumes"], Volume), only(found["seats"], Seats)
    assert (memory.total_bytes, memory.free_bytes) == (100, 10)
    assert (volume.role, volume.free_bytes) == ("backup", 5)
    assert (seats.used, seats.limit, str(seats.expires_on)) == (120, 128, "2027-01-31")
    assert not only(found["replicas"], Replica).healthy


def test_it_tells_who_may_what_and_who_holds_up_whom(plain_hana: Standin) -> None:
    found = looks(plain_hana, "users", "principals", "grants", "blocks", "long_queries")
    users = {one.login: one for one in found["users"].facts if isinstance(one, User)}
    assert set(users) == {"王会计", "DBA1", "LI"}
    assert (users["王会计"].roles, users["LI"].enabled) == (("B1_READ",), False)
    principals = {one.login: one for one in found["principals"].facts if isinstance(one, Principal)}
    assert principals["SYSTEM"].built_in
    assert principals["DBA1"].powers == ("DATA ADMIN",)
    assert len(found["grants"].facts) == 2
    block, query = only(found["blocks"], Block), only(found["long_queries"], LongQuery)
    assert (block.session, block.user, block.victims) == ("7", "WANG", 1)
    assert query.age_s >= 299


def test_who_may_not_see_the_catalogue_sees_nothing_and_says_so(plain_hana: Standin) -> None:
    plain_hana.privileges.clear()
    found = looks(plain_hana, "backups", "users", "blocks", "memory", "seats", "grants")
    assert {(look.unknown.reason, look.unknown.right) for look in found.values() if look.unknown} == {
        ("missing_right", "CATALOG READ")
    }
    assert all(look.unknown for look in found.values())


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_every_statement_only_reads_and_declares_what(statement: Any) -> None:
    parsed = sqlglot.parse_one(statement.sql.replace("DISTINCT", ""), read="tsql")
    assert isinstance(parsed, exp.Select)
    tables = {f"{table.db}.{table.name}" for table in parsed.find_all(exp.Table)} - {".DUMMY"}
    assert tables == {need.table for need in statement.needs}
    columns = {column.name for column in parsed.find_all(exp.Column) if column.table}
    assert columns == {name for need in statement.needs for name in need.columns}
    assert not any("PASSWORD" in name and name != "IS_PASSWORD_LIFETIME_CHECK_ENABLED" for name in columns)


def test_the_script_gives_sight_and_its_undoing_takes_it() -> None:
    script = Hana.script("reader")
    assert "GRANT CATALOG READ" in script.run
    assert script.undo == 'DROP USER "READER" CASCADE;'
