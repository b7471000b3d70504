"""What SQL Server tells of itself and of the machine under it."""

import time
from typing import Any

from connectors import odbc, sqlserver_readings
from connectors.base import ConnectorError, Seen, Spot, fact, milliseconds_since, now
from connectors.facts import Connections, Counter, Cpu, Dump, Memory, Reachable, Server, Service, Setting, Wait
from connectors.sqlserver_core import SHARED, SqlServerCore
from connectors.statements import needs
from connectors.values import whole

MEMORY_LIMIT = "max server memory (MB)"
SESSION_LIMIT = "user connections"
MOST_SESSIONS = 32767
RUNNING, AUTOMATIC = 4, 2
TOLD_WAITS = 20

# On, they widen the ways in: to the machine, to other servers, from other servers.
RISKY = frozenset(
    {"xp_cmdshell", "Ole Automation Procedures", "Ad Hoc Distributed Queries", "cross db ownership chaining",
     "remote access"}
)  # fmt: skip
OPTIONS = (
    "trustworthy", "db_chaining", "auto_close", "auto_shrink", "page_verify", "compatibility_level", "recovery_model",
    "auto_create_statistics", "auto_update_statistics",
)  # fmt: skip
RISKY_OPTIONS = frozenset({"trustworthy", "db_chaining"})
# These have such options on from the start.
OWN_OF_SERVER = frozenset({"master", "msdb", "model", "tempdb"})


class Health(SqlServerCore):
    """Reachability, the server, its processors and memory, what it waits for, its services and settings."""

    @fact("reachable", per="connection", needs=needs(SHARED, "alive"))
    def reachable(self, session: odbc.Session, spot: Spot) -> Seen:
        """The time to be logged in, the time of one smallest question, and the version."""
        start = time.perf_counter()
        self.ask(session, "alive")
        answer_ms = milliseconds_since(start)
        version = self.ask(session, "version").rows[0][0]
        fact = Reachable(
            seen_at=spot.seen_at, up=True, connect_ms=session.connect_ms, answer_ms=answer_ms, version=version
        )
        return Seen(facts=[fact])

    @fact("server", per="connection", needs=needs(SHARED, "started"))
    def server(self, session: odbc.Session, spot: Spot) -> Seen:
        """Since when it runs, how far its clock is off, its version, and until when that gets security fixes."""
        asked_at = now()
        clock = str(self.ask(session, "clock").rows[0][0])
        ahead_s = sqlserver_readings.ahead_s(clock, asked_at, now())
        version, edition, level, updates = (str(part or "") for part in self.ask(session, "build").rows[0])
        started = self.ask(session, "started").rows
        fact = Server(
            seen_at=spot.seen_at,
            started_age_s=whole(started[0][0]) if started else None,
            clock_ahead_s=ahead_s,
            version=version,
            edition=edition,
            patch_level=" ".join(part for part in (level, updates) if part) or None,
            supported_until_on=sqlserver_readings.supported_until(version),
        )
        return Seen(facts=[fact])

    @fact("cpu", per="connection", needs=needs(SHARED, "cpu"))
    def cpu(self, session: odbc.Session, spot: Spot) -> Seen:
        """The mean of the last ten minutes, one record each."""
        records = [str(row[0]) for row in self.ask(session, "cpu").rows]
        shares = sqlserver_readings.cpu_shares(records)
        if shares is None:
            return Seen()
        own, other = shares
        return Seen(facts=[Cpu(seen_at=spot.seen_at, own_pct=own, other_pct=other, minutes=len(records))])

    @fact("memory", per="connection", needs=needs(SHARED, "memory", "configuration"))
    def memory(self, session: odbc.Session, spot: Spot) -> Seen:
        total, free, waiting = self.ask(session, "memory").rows[0]
        limit = self._configured(session).get(MEMORY_LIMIT)
        limited = limit is not None and 0 < limit < sqlserver_readings.UNLIMITED_MB
        fact = Memory(
            seen_at=spot.seen_at,
            total_bytes=_kilobytes(total),
            free_bytes=_kilobytes(free),
            limit_bytes=limit * 1024**2 if limited and limit else None,
            limited=limited,
            waiting_grants=whole(waiting) or 0,
        )
        return Seen(facts=[fact])

    def _configured(self, session: odbc.Session) -> dict[str, int]:
        return {str(name): int(value) for name, value in self.ask(session, "configuration").rows if value is not None}

    @fact("waits", per="connection", needs=needs(SHARED, "waits"))
    def waits(self, session: odbc.Session, spot: Spot) -> Seen:
        """What nobody should wait for, and of the rest what has been waited for the most."""
        named = [(str(row[0]), int(row[1])) for row in self.ask(session, "waits").rows]
        poison = [one for one in named if one[0] in sqlserver_readings.POISON]
        others = [one for one in named if one not in poison and sqlserver_readings.category(one[0]) and one[1]]
        facts = [
            Wait(
                seen_at=spot.seen_at,
                name=name,
                category=sqlserver_readings.category(name),
                poison=name in sqlserver_readings.POISON,
                waited_s=milliseconds / 1000,
            )
            for name, milliseconds in [*poison, *others[:TOLD_WAITS]]
        ]
        return Seen(facts=facts)

    @fact("counters", per="connection", needs=needs(SHARED, "deadlocks"))
    def counters(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "deadlocks").rows
        return Seen(facts=[Counter(seen_at=spot.seen_at, name="deadlocks", count=int(row[0])) for row in found[:1]])

    @fact("connections", per="connection", needs=needs(SHARED, "sessions", "configuration"))
    def connections(self, session: odbc.Session, spot: Spot) -> Seen:
        """People and programs that are logged in; 0 in the setting stands for as many as the server can take."""
        used = int(self.ask(session, "sessions").rows[0][0])
        limit = self._configured(session).get(SESSION_LIMIT) or MOST_SESSIONS
        return Seen(facts=[Connections(seen_at=spot.seen_at, used=used, limit=limit)])

    @fact("services", per="connection", needs=needs(SHARED, "services"))
    def services(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "services")
        facts = [
            Service(seen_at=spot.seen_at, name=name, running=status == RUNNING, automatic=startup == AUTOMATIC)
            for name, status, startup in found.rows
        ]
        return Seen(facts=facts)

    @fact("dumps", per="connection", needs=needs(SHARED, "dumps"))
    def dumps(self, session: odbc.Session, spot: Spot) -> Seen:
        count, latest = self.ask(session, "dumps").rows[0]
        return Seen(facts=[Dump(seen_at=spot.seen_at, count=int(count), latest_age_s=whole(latest))])

    @fact("settings", per="connection", needs=needs(SHARED, "configuration", "database_options"))
    def settings_seen(self, session: odbc.Session, spot: Spot) -> Seen:
        """Settings of the server and of each database; those that widen the ways in are marked when they are on."""
        server = [
            Setting(seen_at=spot.seen_at, name=name, value=str(value), risky=name in RISKY and value != 0)
            for name, value in self._configured(session).items()
        ]
        found = self.ask(session, "database_options")
        databases = [one for row in found.rows for one in _options(row, spot)]
        if not server:
            raise ConnectorError("bad_answer", {"what": "sys.configurations"})
        return Seen(facts=[*server, *databases], truncated=found.truncated)


def _options(row: Any, spot: Spot) -> list[Setting]:
    database, *values = row
    told = (
        (name, str(int(value)) if isinstance(value, bool) else str(value))
        for name, value in zip(OPTIONS, values, strict=True)
    )
    return [
        Setting(
            seen_at=spot.seen_at,
            database=str(database),
            name=name,
            value=value,
            risky=name in RISKY_OPTIONS and value == "1" and str(database).lower() not in OWN_OF_SERVER,
        )
        for name, value in told
    ]


def _kilobytes(value: Any) -> int | None:
    return None if value is None else int(value) * 1024
