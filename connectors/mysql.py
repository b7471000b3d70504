"""A MySQL or MariaDB server, whatever runs on it: its state, its logins and rights, and who waits for whom."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

from connectors import mysql_wire as wire
from connectors.base import (
    N_,
    AccountSet,
    ConnectorError,
    Deadline,
    Field,
    Need,
    Seen,
    Spot,
    Step,
    fact,
    milliseconds_since,
    now,
)
from connectors.database_base import AUTHORITY, NO_BUSINESS, OverDatabase, login_fields, server_fields, writable
from connectors.facts import (
    Connections,
    Counter,
    Database,
    LongQuery,
    OpenDoor,
    OpenTransaction,
    Reachable,
    Server,
    Setting,
    User,
)
from connectors.mysql_rows import principal, replica, rights, station
from connectors.scripts import PASSWORD, Script
from connectors.statements import load, needs
from connectors.values import grouped
from connectors.waiting import heads

STATEMENTS = load("mysql")
SESSIONS = frozenset(("PROCESSLIST", "INNODB_TRX", "INNODB_LOCK_WAITS", "data_lock_waits"))
READING = frozenset(("SELECT", "PROCESS", "REPLICATION CLIENT", "BINLOG MONITOR", "SLAVE MONITOR", "REPLICA MONITOR",
                     "SHOW DATABASES", "SHOW VIEW", "USAGE", "SHOW_ROUTINE"))  # fmt: skip

# Settings by which a server can be told apart from how it was, and the values that open a way in.
WATCHED = ("max_connections", "innodb_buffer_pool_size", "innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin",
           "binlog_expire_logs_seconds", "expire_logs_days", "sql_mode", "time_zone", "character_set_server",
           "lower_case_table_names", "event_scheduler", "read_only")  # fmt: skip
RISKY: Mapping[str, frozenset[str]] = {
    "local_infile": frozenset(("ON", "1")),
    "skip_name_resolve": frozenset(),
    "skip_grant_tables": frozenset(("ON", "1")),
    "secure_file_priv": frozenset(("",)),
    "old_passwords": frozenset(("ON", "1", "2")),
}


class MySQL(OverDatabase[wire.Session]):
    """MySQL 5.7 and later, MariaDB 10.3 and later."""

    kind = "mysql"
    label = N_("MySQL / MariaDB")
    fields: ClassVar[tuple[Field, ...]] = (
        *server_fields(3306),
        Field(name="database", label=N_("Database"), repoints=True, hint=N_("May stay empty")),
        *login_fields(),
        AUTHORITY,
    )
    about = N_(
        "State and settings of the server, logins with their rights, sessions that run long, wait or hold others up. "
        "No table of any database is read, and no text of a statement."
    )
    verified = N_("A real MariaDB that runs in the tests; of MySQL 8 only the names of its views by its documents.")
    cannot: ClassVar = {
        "backups": N_("MySQL keeps no record of its backups; a heartbeat of the backup job tells when it ran"),
        **NO_BUSINESS,
    }

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> Script:
        """The login that sees what sessions do and who may do what, and nothing of anybody's data."""
        name = f"{_text(user)}@'%'"
        tables = sorted({need.table for need in needs(STATEMENTS, *STATEMENTS) if need.table.startswith("mysql.")})
        columns = {table: _columns(table) for table in tables}
        run = [f"CREATE USER {name} IDENTIFIED BY {_text(PASSWORD)} WITH MAX_USER_CONNECTIONS 5;"]
        run += [f"GRANT PROCESS, REPLICATION CLIENT ON *.* TO {name};"]
        run += ["-- MariaDB 10.5 and later: GRANT SLAVE MONITOR ON *.* as well."]
        run += [f"GRANT SELECT ({', '.join(columns[table])}) ON {table} TO {name};" for table in tables]
        return Script(run="\n".join(run), undo=f"DROP USER {name};")

    def open(self, deadline: Deadline) -> AbstractContextManager[wire.Session]:
        """Log in once."""
        target = wire.Target(
            address=self.address(),
            user=self.settings["user"],
            password=self.secrets.get("password", ""),
            database=self.settings.get("database"),
            encryption=self.settings["encryption"],
            authority=self.settings.get("authority"),
        )
        return wire.connected(target, deadline)

    def list_account_sets(self, session: wire.Session) -> list[AccountSet]:
        """The databases that this login can see; the server itself where it sees none."""
        names = [str(row[0]) for row in session.rows(STATEMENTS["databases"]).rows] or [session.host]
        return [AccountSet(code=name, name=name, database=name) for name in names]

    def check_need(self, session: wire.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right by asking for no row; and that no session is hidden from this login."""
        session.look_at(need)
        if need.table.rpartition(".")[2] in SESSIONS:
            _require(session, "PROCESS", need.table)

    # The probe.

    def where(self) -> str:
        """The database, or the server where none was named."""
        return str(self.settings.get("database") or self.settings["host"])

    def wanted(self, session: wire.Session) -> list[tuple[Need, AccountSet | None]]:
        """What every server of this kind is asked for, and what this one is asked by its own names."""
        names = [name for name in STATEMENTS if not STATEMENTS[name].fallback] + [_blocks(session), _sizes(session)]
        return [(need, None) for name in names for need in STATEMENTS[name].needs]

    def read_only_steps(self, session: wire.Session) -> Iterator[Step]:
        """Rights of the login beyond reading, over the server and in single databases."""
        how = [str(row[0]) for row in session.rows(STATEMENTS["sight"]).rows if str(row[0]) not in READING]
        how += [f"{right} ON {place}" for right, place in session.rows(STATEMENTS["writes"]).rows]
        yield from writable(how[:6], session.host)

    def version(self, session: wire.Session) -> str:
        """As the server greets with it."""
        return session.version

    # The facts.

    @fact("reachable", per="connection", needs=needs(STATEMENTS, "alive"))
    def reachable(self, session: wire.Session, spot: Spot) -> Seen:
        """The time to be logged in, the time of one smallest question, and the version."""
        start = time.perf_counter()
        session.rows(STATEMENTS["alive"])
        took = milliseconds_since(start)
        fact = Reachable(
            seen_at=spot.seen_at, up=True, connect_ms=session.connect_ms, answer_ms=took, version=session.version
        )
        return Seen(facts=[fact])

    @fact("server", per="connection", needs=needs(STATEMENTS, "version"))
    def server(self, session: wire.Session, spot: Spot) -> Seen:
        """Since when it runs, and its clock against ours, half the way taken off."""
        asked = now()
        version, clock = session.rows(STATEMENTS["version"]).rows[0]
        middle = asked + (now() - asked) / 2
        uptime = session.pairs(STATEMENTS["status"]).get("uptime")
        fact = Server(
            seen_at=spot.seen_at,
            started_age_s=int(uptime) if uptime else None,
            clock_ahead_s=round(float(clock) - middle.timestamp(), 2),
            version=str(version),
        )
        return Seen(facts=[fact])

    @fact("databases", per="connection", needs=needs(STATEMENTS, "sight"))
    def databases(self, session: wire.Session, spot: Spot) -> Seen:
        """The size on disk of each database, of whatever login it is."""
        _require(session, "PROCESS", "information_schema.INNODB_TABLESPACES")
        found = session.rows(STATEMENTS[_sizes(session)])
        facts = [
            Database(seen_at=spot.seen_at, database=str(place), state="ONLINE", data_bytes=int(size))
            for place, size in found.rows
            if place not in ("mysql", "sys")
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("connections", per="connection", needs=needs(STATEMENTS, "status"))
    def connections(self, session: wire.Session, spot: Spot) -> Seen:
        """Connections now, of those that are allowed."""
        used = session.pairs(STATEMENTS["status"])["threads_connected"]
        limit = session.pairs(STATEMENTS["variables"])["max_connections"]
        return Seen(facts=[Connections(seen_at=spot.seen_at, used=int(used), limit=int(limit))])

    @fact("counters", per="connection", needs=needs(STATEMENTS, "status"))
    def counters(self, session: wire.Session, spot: Spot) -> Seen:
        """Deadlocks since the server started. Raises ConnectorError where it does not count them openly."""
        count = session.pairs(STATEMENTS["status"]).get("innodb_deadlocks")
        if count is None:
            raise ConnectorError("unsupported", {"missing": N_("deadlocks: this version counts them in secret")})
        return Seen(facts=[Counter(seen_at=spot.seen_at, name="deadlocks", count=int(count))])

    @fact("settings", per="connection", needs=needs(STATEMENTS, "variables"))
    def settings_now(self, session: wire.Session, spot: Spot) -> Seen:
        """Settings that matter, and those that open a way in."""
        values = session.pairs(STATEMENTS["variables"])
        facts = [
            Setting(seen_at=spot.seen_at, name=name, value=values[name], risky=values[name] in RISKY.get(name, ()))
            for name in (*WATCHED, *RISKY)
            if name in values
        ]
        return Seen(facts=facts)

    @fact("replicas", per="connection", needs=needs(STATEMENTS, "replicas"))
    def replicas(self, session: wire.Session, spot: Spot) -> Seen:
        """What this server follows; nothing where it follows nobody."""
        _require(session, ("REPLICATION CLIENT", "SLAVE MONITOR", "REPLICA MONITOR", "SUPER"), "SHOW SLAVE STATUS")
        try:
            found = session.rows(STATEMENTS["replicas"])
        except ConnectorError as error:
            if error.reason != "driver_error":
                raise
            found = session.rows(STATEMENTS["replicas_new"])
        return Seen(facts=[replica(dict(zip(found.names, row, strict=True)), spot) for row in found.rows])

    @fact("users", per="connection", needs=needs(STATEMENTS, "logins"))
    def users(self, session: wire.Session, spot: Spot) -> Seen:
        """Logins by their names, wherever they may come from; the server keeps no record of when one was last used."""
        found = session.rows(STATEMENTS["logins"])
        hosts = grouped((str(row[0]), str(row[1])) for row in found.rows if row[0])
        admins = {str(row[0]) for row in found.rows if row[2] == "Y"}
        facts = [
            User(seen_at=spot.seen_at, login=name, enabled=True, admin=name in admins, roles=places)
            for name, places in hosts.items()
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("principals", per="connection", needs=needs(STATEMENTS, "logins"))
    def principals(self, session: wire.Session, spot: Spot) -> Seen:
        """Logins with the place each may come from, and what makes them mighty."""
        found = session.rows(STATEMENTS["logins"])
        return Seen(facts=[principal(row, session.user, spot) for row in found.rows], truncated=found.truncated)

    @fact("open_doors", per="connection", needs=needs(STATEMENTS, "logins"))
    def open_doors(self, session: wire.Session, spot: Spot) -> Seen:
        """Logins without a name: whoever comes is let in."""
        found = session.rows(STATEMENTS["logins"])
        facts = [
            OpenDoor(seen_at=spot.seen_at, database="*", right=f"''@'{row[1]}'") for row in found.rows if not row[0]
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("grants", per="connection", needs=needs(STATEMENTS, "server_rights", "database_rights"))
    def grants(self, session: wire.Session, spot: Spot) -> Seen:
        """Every right over the server and over single databases."""
        found = [session.rows(STATEMENTS[name]) for name in ("server_rights", "database_rights")]
        facts = [one for part in found for row in part.rows for one in rights(part.names, row, spot)]
        return Seen(facts=facts, truncated=any(part.truncated for part in found))

    @fact("long_queries", per="connection", needs=needs(STATEMENTS, "running"))
    def long_queries(self, session: wire.Session, spot: Spot) -> Seen:
        """Statements that have been running for a minute or more."""
        _require(session, "PROCESS", "information_schema.PROCESSLIST")
        found = session.rows(STATEMENTS["running"])
        facts = [
            LongQuery(seen_at=spot.seen_at, session=str(number), user=user, host=station(host), age_s=float(age))
            for number, user, host, _database, age in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("open_transactions", per="connection", needs=needs(STATEMENTS, "transactions"))
    def open_transactions(self, session: wire.Session, spot: Spot) -> Seen:
        """Transactions of sessions that do nothing; their locks stay until they end."""
        _require(session, "PROCESS", "information_schema.INNODB_TRX")
        found = session.rows(STATEMENTS["transactions"])
        facts = [
            OpenTransaction(seen_at=spot.seen_at, session=str(number), user=user, host=station(host), age_s=float(age))
            for number, user, host, _database, age, _idle in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("blocks", per="connection", needs=needs(STATEMENTS, "transactions"))
    def blocks(self, session: wire.Session, spot: Spot) -> Seen:
        """Each session that holds up others and waits for nobody itself."""
        _require(session, "PROCESS", "information_schema.INNODB_TRX")
        found = session.rows(STATEMENTS[_blocks(session)])
        return Seen(facts=heads([(*row[:4], station(row[4])) for row in found.rows], spot), truncated=found.truncated)


def _require(session: wire.Session, rights: str | tuple[str, ...], table: str) -> None:
    """Raise ConnectorError unless this login has one of these rights over the whole server."""
    wanted = (rights,) if isinstance(rights, str) else rights
    have = {str(row[0]) for row in session.rows(STATEMENTS["sight"]).rows}
    # The newest MariaDB writes the same right in two ways.
    if not have & ({*wanted} | {one.replace("REPLICATION CLIENT", "BINLOG MONITOR") for one in wanted}):
        error = wire.missing_right(table, session.user)
        raise ConnectorError(
            "missing_right",
            {"table": table},
            right=f"{wanted[0]} ON *.*",
            grant=(error.grant or "").replace("PROCESS", wanted[0]),
        )


def _blocks(session: wire.Session) -> str:
    return "blocks_mariadb" if session.mariadb else "blocks_mysql"


def _sizes(session: wire.Session) -> str:
    return "sizes_mariadb" if session.mariadb else "sizes_mysql"


def _columns(table: str) -> list[str]:
    read = (need for need in needs(STATEMENTS, *STATEMENTS) if need.table == table)
    return list(dict.fromkeys(column for need in read for column in need.columns))


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
