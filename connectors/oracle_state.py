"""What an Oracle database tells of itself through its own views."""

import time
from typing import Any

from connectors import oracle_wire as wire
from connectors.base import ConnectorError, Seen, Spot, fact, milliseconds_since, now
from connectors.facts import (
    Connections,
    Counter,
    Cpu,
    Database,
    DataFile,
    Fact,
    Grant,
    Integrity,
    Job,
    LongQuery,
    Memory,
    OpenDoor,
    OpenTransaction,
    Principal,
    Reachable,
    Server,
    Setting,
    User,
    Wait,
    WeakPassword,
)
from connectors.statements import load, needs
from connectors.values import grouped, whole
from connectors.waiting import heads

STATEMENTS = load("oracle")
OUTCOMES = {"SUCCEEDED": "ok", "FAILED": "failed", "STOPPED": "cancelled"}
UNSAFE = {"remote_os_authent": "TRUE", "sec_case_sensitive_logon": "FALSE", "utl_file_dir": "*"}
POISON = frozenset({"log file switch (archiving needed)", "resmgr:become active", "row cache lock"})


class OracleState:
    """Readers over one login; mixed into the connector."""

    def version(self, session: wire.Session) -> str:
        """Version of the instance. Raises ConnectorError."""
        return str(session.rows(STATEMENTS["instance"]).rows[0][1])

    def _name(self, session: wire.Session) -> str:
        return str(session.rows(STATEMENTS["state"]).rows[0][0])

    @fact("reachable", per="connection", needs=needs(STATEMENTS, "alive"))
    def reachable(self, session: wire.Session, spot: Spot) -> Seen:
        """The time to be logged in, and the time of one smallest question."""
        start = time.perf_counter()
        session.rows(STATEMENTS["alive"])
        took = milliseconds_since(start)
        return Seen(facts=[Reachable(seen_at=spot.seen_at, up=True, connect_ms=session.connect_ms, answer_ms=took)])

    @fact("server", per="connection", needs=needs(STATEMENTS, "instance"))
    def server(self, session: wire.Session, spot: Spot) -> Seen:
        """Since when it runs, and its clock against ours, half the way taken off."""
        asked = now()
        _instance, version, started, clock, _host = session.rows(STATEMENTS["instance"]).rows[0]
        middle = asked + (now() - asked) / 2
        ahead = round(float(clock) - middle.timestamp(), 1)
        fact = Server(seen_at=spot.seen_at, started_age_s=whole(started), clock_ahead_s=ahead, version=str(version))
        return Seen(facts=[fact])

    @fact("databases", per="connection", needs=needs(STATEMENTS, "state"))
    def databases(self, session: wire.Session, spot: Spot) -> Seen:
        """Whether it is open for work."""
        name, mode, logging = session.rows(STATEMENTS["state"]).rows[0]
        state = "ONLINE" if str(mode).startswith("READ WRITE") else str(mode)
        return Seen(
            facts=[Database(seen_at=spot.seen_at, database=str(name), state=state, recovery_model=str(logging))]
        )

    @fact("connections", per="connection", needs=needs(STATEMENTS, "limits"))
    def connections(self, session: wire.Session, spot: Spot) -> Seen:
        """Sessions taken, of those allowed."""
        used, limit = session.rows(STATEMENTS["limits"]).rows[0]
        if not str(limit).strip().isdigit():
            raise ConnectorError("unsupported", {"missing": "v$resource_limit.limit_value"})
        return Seen(facts=[Connections(seen_at=spot.seen_at, used=int(used), limit=int(limit))])

    @fact("files", per="connection", needs=needs(STATEMENTS, "state", "tablespaces"))
    def files(self, session: wire.Session, spot: Spot) -> Seen:
        """Every tablespace, what it holds and what it may grow to."""
        name, found = self._name(session), session.rows(STATEMENTS["tablespaces"])
        facts = [
            DataFile(
                seen_at=spot.seen_at, database=name, name=str(space), what="tablespace",
                size_bytes=int(used), used_bytes=int(used), limit_bytes=int(limit),
            )
            for space, used, limit in found.rows
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("integrity", per="connection", needs=needs(STATEMENTS, "state", "damage"))
    def integrity(self, session: wire.Session, spot: Spot) -> Seen:
        """Blocks that the database or its backups found damaged."""
        _ranges, blocks = session.rows(STATEMENTS["damage"]).rows[0]
        return Seen(
            facts=[Integrity(seen_at=spot.seen_at, database=self._name(session), damaged_pages=int(blocks or 0))]
        )

    @fact("jobs", per="connection", needs=needs(STATEMENTS, "jobs", "runs"))
    def jobs(self, session: wire.Session, spot: Spot) -> Seen:
        """Scheduled jobs of people and applications, and how each ended last."""
        found = session.rows(STATEMENTS["jobs"])
        ended = {(row[0], row[1]): row for row in session.rows(STATEMENTS["runs"]).rows}
        return Seen(facts=[_job(row, ended.get(row[:2]), spot) for row in found.rows], truncated=found.truncated)

    @fact("users", per="connection", needs=needs(STATEMENTS, "logins", "roles"))
    def users(self, session: wire.Session, spot: Spot) -> Seen:
        """Logins of people and applications, with their roles."""
        found = session.rows(STATEMENTS["logins"])
        roles = grouped((str(row[0]), str(row[1])) for row in session.rows(STATEMENTS["roles"]).rows)
        facts = [
            User(
                seen_at=spot.seen_at, login=str(name), enabled=_open(status), admin="DBA" in roles.get(str(name), ()),
                roles=roles.get(str(name), ()), last_seen_at=spot.ago(whole(last)),
            )
            for name, status, _expiry, brought, last in found.rows
            if brought == "N"
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("principals", per="connection", needs=needs(STATEMENTS, "logins", "roles"))
    def principals(self, session: wire.Session, spot: Spot) -> Seen:
        """Every login, when its password ends, when it last came, and whether it rules the database."""
        found = session.rows(STATEMENTS["logins"])
        roles = grouped((str(row[0]), str(row[1])) for row in session.rows(STATEMENTS["roles"]).rows)
        facts = [
            Principal(
                seen_at=spot.seen_at, login=str(name), enabled=_open(status), built_in=brought == "Y",
                powers=tuple(role for role in ("DBA", "SYSDBA") if role in roles.get(str(name), ())),
                never_expires=expiry is None, expires_on=None if expiry is None else expiry.date(),
                last_seen_at=spot.ago(whole(last)), ours=str(name) == session.user.upper(),
            )
            for name, status, expiry, brought, last in found.rows
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("grants", per="connection", needs=needs(STATEMENTS, "roles", "powers"))
    def grants(self, session: wire.Session, spot: Spot) -> Seen:
        """Roles of everybody, and system rights of people and applications."""
        found = [session.rows(STATEMENTS[name]) for name in ("roles", "powers")]
        facts: list[Fact] = [
            Grant(seen_at=spot.seen_at, system="database", holder=holder, right=right)
            for holder, right in dict.fromkeys((str(row[0]), str(row[1])) for part in found for row in part.rows)
        ]
        return Seen(facts=facts, truncated=any(part.truncated for part in found))

    @fact("weak_passwords", per="connection", needs=needs(STATEMENTS, "default_passwords"))
    def weak_passwords(self, session: wire.Session, spot: Spot) -> Seen:
        """Logins that still have the password they were delivered with."""
        found = session.rows(STATEMENTS["default_passwords"])
        facts = [WeakPassword(seen_at=spot.seen_at, login=str(row[0]), why="default") for row in found.rows]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("open_doors", per="connection", needs=needs(STATEMENTS, "state", "everybody"))
    def open_doors(self, session: wire.Session, spot: Spot) -> Seen:
        """System rights that everybody has."""
        name, found = self._name(session), session.rows(STATEMENTS["everybody"])
        facts = [OpenDoor(seen_at=spot.seen_at, database=name, right=str(row[0])) for row in found.rows]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("long_queries", per="connection", needs=needs(STATEMENTS, "running"))
    def long_queries(self, session: wire.Session, spot: Spot) -> Seen:
        """Sessions that have been at work for a minute or more."""
        found = session.rows(STATEMENTS["running"])
        facts = [
            LongQuery(seen_at=spot.seen_at, session=str(sid), user=user, host=host, program=program, age_s=float(age))
            for sid, user, host, program, age in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("open_transactions", per="connection", needs=needs(STATEMENTS, "transactions"))
    def open_transactions(self, session: wire.Session, spot: Spot) -> Seen:
        """Transactions of sessions that do nothing; their locks stay until they end."""
        found = session.rows(STATEMENTS["transactions"])
        facts = [
            OpenTransaction(
                seen_at=spot.seen_at, session=str(sid), user=user, host=host, program=program, age_s=float(age)
            )
            for sid, user, host, program, age in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("blocks", per="connection", needs=needs(STATEMENTS, "waiting"))
    def blocks(self, session: wire.Session, spot: Spot) -> Seen:
        """Each session that holds up others and waits for nobody itself."""
        found = session.rows(STATEMENTS["waiting"])
        return Seen(facts=heads(found.rows, spot), truncated=found.truncated)

    @fact("waits", per="connection", needs=needs(STATEMENTS, "events"))
    def waits(self, session: wire.Session, spot: Spot) -> Seen:
        """What was waited for since the start, the longest first."""
        facts = [
            Wait(
                seen_at=spot.seen_at, name=str(name), category=str(kind), poison=name in POISON, waited_s=float(waited)
            )
            for name, kind, waited in session.rows(STATEMENTS["events"]).rows
        ]
        return Seen(facts=facts)

    @fact("counters", per="connection", needs=needs(STATEMENTS, "counted"))
    def counters(self, session: wire.Session, spot: Spot) -> Seen:
        """Deadlocks since the start."""
        count = sum(int(row[0]) for row in session.rows(STATEMENTS["counted"]).rows)
        return Seen(facts=[Counter(seen_at=spot.seen_at, name="deadlocks", count=count)])

    @fact("cpu", per="connection", needs=needs(STATEMENTS, "busy"))
    def cpu(self, session: wire.Session, spot: Spot) -> Seen:
        """How busy the machine's processors were over the last minute."""
        facts = [
            Cpu(seen_at=spot.seen_at, own_pct=round(float(row[1]), 1)) for row in session.rows(STATEMENTS["busy"]).rows
        ]
        return Seen(facts=facts[:1])

    @fact("memory", per="connection", needs=needs(STATEMENTS, "load"))
    def memory(self, session: wire.Session, spot: Spot) -> Seen:
        """Memory of the machine, in all and free."""
        told = {str(name): int(value) for name, value in session.rows(STATEMENTS["load"]).rows}
        total, free = told.get("PHYSICAL_MEMORY_BYTES"), told.get("FREE_MEMORY_BYTES")
        return Seen(facts=[Memory(seen_at=spot.seen_at, total_bytes=total, free_bytes=free)])

    @fact("settings", per="connection", needs=needs(STATEMENTS, "parameters"))
    def settings_now(self, session: wire.Session, spot: Spot) -> Seen:
        """Settings that were made by hand, and those that open a way in."""
        found = session.rows(STATEMENTS["parameters"])
        facts = [
            Setting(seen_at=spot.seen_at, name=str(name), value=str(value or ""), risky=UNSAFE.get(str(name)) == value)
            for name, value in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)


def _open(status: Any) -> bool:
    """EXPIRED still lets in whoever knows the old password; LOCKED does not."""
    return "LOCKED" not in str(status)


def _job(row: tuple[Any, ...], last: tuple[Any, ...] | None, spot: Spot) -> Job:
    owner, name, enabled, state, age, overdue, took = row
    running = state == "RUNNING"
    return Job(
        seen_at=spot.seen_at,
        name=f"{owner}.{name}",
        owner=str(owner),
        enabled=enabled == "TRUE",
        scheduled=overdue is not None,
        outcome=None if last is None else OUTCOMES.get(str(last[2]), str(last[2]).lower()),
        message=f"ORA-{int(last[3]):05d}" if last is not None and last[3] else None,
        last_age_s=whole(age),
        last_took_s=whole(took),
        running_s=whole(age) if running else None,
        overdue_s=whole(overdue) if overdue is not None and overdue > 0 and not running else None,
    )
