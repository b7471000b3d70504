"""A MySQL or MariaDB server, whatever runs on it: its state, its logins and rights, and who waits for whom."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import ClassVar

from connectors import mysql_wire as wire
from connectors import probing
from connectors.base import (
    ENCRYPTION,
    N_,
    AccountSet,
    Connector,
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
    walked,
)
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
from connectors.reach import Address, resolve
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


class MySQL(Connector[wire.Session]):
    """MySQL 5.7 and later, MariaDB 10.3 and later."""

    kind = "mysql"
    label = N_("MySQL / MariaDB")
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address")),
        Field(name="port", label=N_("Port"), type="integer", default=3306, required=True, repoints=True),
        Field(name="database", label=N_("Database"), repoints=True, hint=N_("May stay empty")),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret"),
        Field(
            name="encryption",
            label=N_("Encryption"),
            type="choice",
            default="required",
            choices=ENCRYPTION,
            repoints=True,
        ),
        Field(
            name="authority",
            label=N_("Certificate of its own authority"),
            long=True,
            repoints=True,
            hint=N_("PEM text. Only what it signed is trusted then; leave it empty for a public certificate."),
        ),
    )
    about = N_(
        "State and settings of the server, logins with their rights, sessions that run long, wait or hold others up. "
        "No table of any database is read, and no text of a statement."
    )
    verified = N_("A real MariaDB that runs in the tests; of MySQL 8 only the names of its views by its documents.")
    cannot: ClassVar = {
        "backups": N_("MySQL keeps no record of its backups; a heartbeat of the backup job tells when it ran"),
        "stock": N_("a database server by itself knows no stock"),
        "vouchers": N_("a database server by itself knows no vouchers"),
        "periods": N_("a database server by itself knows no accounting periods"),
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

    def _address(self) -> Address:
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    def open(self, deadline: Deadline) -> AbstractContextManager[wire.Session]:
        """Log in once."""
        target = wire.Target(
            address=self._address(),
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

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the databases; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        host, port = self.settings["host"], self.settings["port"]
        session: list[wire.Session] = []
        yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
        yield "tcp", lambda: probing.tcp_step(self._address(), deadline)
        yield "login", lambda: self._login_steps(stack, deadline, session)
        wanted = [(need, None) for name in self._asked(session[0]) for need in STATEMENTS[name].needs]
        check = self.check_need
        yield "rights", lambda: probing.rights_steps(lambda need, at: check(session[0], need, at), wanted, set())
        yield "read_only", lambda: _read_only_step(session[0])
        yield "version", lambda: [Step(name="version", state="ok", detail={"version": session[0].version})]
        yield "account_sets", lambda: probing.account_set_steps(self.list_account_sets(session[0]))

    def _login_steps(self, stack: ExitStack, deadline: Deadline, session: list[wire.Session]) -> Iterator[Step]:
        session.append(stack.enter_context(self.open(deadline)))
        plain = self.settings["encryption"] == "off"
        yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})
        yield Step(name="database", state="ok", detail={"database": self.settings.get("database") or session[0].host})

    @staticmethod
    def _asked(session: wire.Session) -> list[str]:
        return [name for name in STATEMENTS if not STATEMENTS[name].fallback] + [_blocks(session), _sizes(session)]

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


def _read_only_step(session: wire.Session) -> Iterator[Step]:
    how = [str(row[0]) for row in session.rows(STATEMENTS["sight"]).rows if str(row[0]) not in READING]
    how += [f"{right} ON {place}" for right, place in session.rows(STATEMENTS["writes"]).rows]
    if not how:
        yield Step(name="read_only", state="ok")
        return
    params = {"how": ", ".join(how[:6]), "database": session.host}
    yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")


def _blocks(session: wire.Session) -> str:
    return "blocks_mariadb" if session.mariadb else "blocks_mysql"


def _sizes(session: wire.Session) -> str:
    return "sizes_mariadb" if session.mariadb else "sizes_mysql"


def _columns(table: str) -> list[str]:
    read = (need for need in needs(STATEMENTS, *STATEMENTS) if need.table == table)
    return list(dict.fromkeys(column for need in read for column in need.columns))


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
