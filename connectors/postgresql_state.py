"""What a PostgreSQL server tells of itself: clock, sizes, sessions that wait, roles, settings, copies, dead rows."""

from collections.abc import Mapping
from typing import Any

from connectors import postgres_wire as wire
from connectors.base import ConnectorError, Seen, Spot, fact, now
from connectors.facts import (
    Archiving,
    Connections,
    Counter,
    Database,
    DeadRows,
    Fact,
    Grant,
    Integrity,
    LongQuery,
    OpenDoor,
    OpenTransaction,
    Principal,
    Replica,
    Server,
    Setting,
    Statistic,
    TransactionAge,
)
from connectors.statements import load, needs
from connectors.values import whole
from connectors.waiting import heads

STATEMENTS = load("postgresql")
ACTIVITY = "pg_catalog.pg_stat_activity"
MONITOR = "pg_monitor"
NUMBERS = 2**31  # transaction numbers before the oldest must be frozen
RISKY: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "password_encryption": "md5", "ssl": "off"}
POWERS = ("SUPERUSER", "CREATEROLE", "BYPASSRLS", "REPLICATION")


class PostgresState:
    """Readers over one login; mixed into the connector."""

    @fact("server", per="connection", needs=needs(STATEMENTS, "clock"))
    def server(self, session: wire.Session, spot: Spot) -> Seen:
        """Since when it runs, and its clock against ours, half the way taken off."""
        asked = now()
        started, clock, _most = session.rows(STATEMENTS["clock"]).rows[0]
        middle = asked + (now() - asked) / 2
        version = str(session.rows(STATEMENTS["version"]).rows[0][0])
        ahead = round(float(clock) - middle.timestamp(), 2)
        fact = Server(seen_at=spot.seen_at, started_age_s=whole(started), clock_ahead_s=ahead, version=version)
        return Seen(facts=[fact])

    @fact("connections", per="connection", needs=needs(STATEMENTS, "sessions"))
    def connections(self, session: wire.Session, spot: Spot) -> Seen:
        """Connections of clients, of all that are allowed."""
        require_sight(session)
        used = session.rows(STATEMENTS["sessions"]).rows[0][0]
        limit = session.rows(STATEMENTS["clock"]).rows[0][2]
        return Seen(facts=[Connections(seen_at=spot.seen_at, used=int(used), limit=int(limit))])

    @fact("databases", per="connection", needs=needs(STATEMENTS, "sizes"))
    def databases(self, session: wire.Session, spot: Spot) -> Seen:
        """Every database that takes connections, and its size."""
        require_sight(session)
        found = session.rows(STATEMENTS["sizes"])
        facts = [
            Database(seen_at=spot.seen_at, database=row[0], state="ONLINE", data_bytes=row[1]) for row in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("counters", per="connection", needs=needs(STATEMENTS, "sizes"))
    def counters(self, session: wire.Session, spot: Spot) -> Seen:
        """Deadlocks of all databases since their statistics began."""
        require_sight(session)
        count = sum(row[2] or 0 for row in session.rows(STATEMENTS["sizes"]).rows)
        return Seen(facts=[Counter(seen_at=spot.seen_at, name="deadlocks", count=count)])

    @fact("integrity", per="connection", needs=needs(STATEMENTS, "sizes"))
    def integrity(self, session: wire.Session, spot: Spot) -> Seen:
        """Damaged pages that were met; null where the server keeps no checksums."""
        require_sight(session)
        found = session.rows(STATEMENTS["sizes"])
        facts = [Integrity(seen_at=spot.seen_at, database=row[0], damaged_pages=row[3]) for row in found.rows]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("transaction_age", per="connection", needs=needs(STATEMENTS, "sizes"))
    def transaction_age(self, session: wire.Session, spot: Spot) -> Seen:
        """How much of the room for transaction numbers the oldest one of each database has used up."""
        require_sight(session)
        found = session.rows(STATEMENTS["sizes"])
        facts = [
            TransactionAge(seen_at=spot.seen_at, database=row[0], used_pct=round(100 * row[4] / NUMBERS, 2))
            for row in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("archiving", per="connection", needs=needs(STATEMENTS, "archiver", "unarchived"))
    def archiving(self, session: wire.Session, spot: Spot) -> Seen:
        """Whether the transaction log reaches its archive, and how much waits; nothing where it is not archived."""
        require_sight(session)
        mode, done, failed = session.rows(STATEMENTS["archiver"]).rows[0]
        if mode == "off":
            return Seen()
        failing = failed is not None and (done is None or failed < done)
        waiting = session.rows(STATEMENTS["unarchived"]).rows[0][0]
        return Seen(facts=[Archiving(seen_at=spot.seen_at, name="WAL", waiting=waiting, failing=failing)])

    @fact("long_queries", per="connection", needs=needs(STATEMENTS, "running"))
    def long_queries(self, session: wire.Session, spot: Spot) -> Seen:
        """Statements that have been running for a minute or more."""
        require_sight(session)
        found = session.rows(STATEMENTS["running"])
        facts = [
            LongQuery(seen_at=spot.seen_at, session=str(pid), user=user, host=host, program=program, age_s=float(age))
            for pid, user, host, program, age in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("open_transactions", per="connection", needs=needs(STATEMENTS, "transactions"))
    def open_transactions(self, session: wire.Session, spot: Spot) -> Seen:
        """Transactions of sessions that do nothing; their locks stay until they end."""
        require_sight(session)
        found = session.rows(STATEMENTS["transactions"])
        facts = [
            OpenTransaction(
                seen_at=spot.seen_at, session=str(row[0]), user=row[3], host=row[5], program=row[4], age_s=float(row[7])
            )
            for row in found.rows
            if str(row[6]).startswith("idle in transaction")
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("blocks", per="connection", needs=needs(STATEMENTS, "waiting"))
    def blocks(self, session: wire.Session, spot: Spot) -> Seen:
        """Each session that holds up others and waits for nobody itself."""
        require_sight(session)
        found = session.rows(STATEMENTS["waiting"])
        return Seen(facts=heads(found.rows, spot), truncated=found.truncated)

    @fact("principals", per="connection", needs=needs(STATEMENTS, "powers"))
    def principals(self, session: wire.Session, spot: Spot) -> Seen:
        """Roles that may log in, and what makes them mighty."""
        found = session.rows(STATEMENTS["powers"])
        facts = [_principal(row, session.user, spot) for row in found.rows if row[2]]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("grants", per="connection", needs=needs(STATEMENTS, "powers", "memberships"))
    def grants(self, session: wire.Session, spot: Spot) -> Seen:
        """What each role has by itself, and which roles it belongs to."""
        roles = session.rows(STATEMENTS["powers"])
        names = {row[0]: str(row[1]) for row in roles.rows}
        given = [(str(row[1]), power) for row in roles.rows for power, may in zip(POWERS, row[3:7], strict=True) if may]
        members = session.rows(STATEMENTS["memberships"])
        given += [(names.get(member, str(member)), str(role)) for member, role in members.rows]
        facts = [
            Grant(seen_at=spot.seen_at, system="database", holder=holder, right=right)
            for holder, right in dict.fromkeys(given)
        ]
        return Seen(facts=facts, truncated=roles.truncated or members.truncated)

    @fact("open_doors", per="connection", needs=needs(STATEMENTS, "doors"))
    def open_doors(self, session: wire.Session, spot: Spot) -> Seen:
        """Schemas of the connected database in which everybody may make tables."""
        found = session.rows(STATEMENTS["doors"])
        facts = [
            OpenDoor(seen_at=spot.seen_at, database=session.database, right=f"CREATE ON {row[0]}") for row in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("settings", per="connection", needs=needs(STATEMENTS, "configured"))
    def settings_now(self, session: wire.Session, spot: Spot) -> Seen:
        """Settings that matter, and those that put data or passwords at risk."""
        found = session.rows(STATEMENTS["configured"])
        facts = [
            Setting(seen_at=spot.seen_at, name=name, value=str(value), risky=RISKY.get(name) == value)
            for name, value in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("replicas", per="connection", needs=needs(STATEMENTS, "copies"))
    def replicas(self, session: wire.Session, spot: Spot) -> Seen:
        """Standby servers that are fed from this one."""
        require_sight(session)
        found = session.rows(STATEMENTS["copies"])
        facts = [
            Replica(
                seen_at=spot.seen_at,
                name=f"{name or 'standby'}@{host or 'local'}",
                healthy=state == "streaming",
                state=state,
                lag_s=None if lag is None else float(lag),
            )
            for name, host, state, lag in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("dead_rows", per="connection", needs=needs(STATEMENTS, "dead", "broken_indexes"))
    def dead_rows(self, session: wire.Session, spot: Spot) -> Seen:
        """Tables of the connected database that are full of dead rows, and indexes that are not usable."""
        found, broken = session.rows(STATEMENTS["dead"]), session.rows(STATEMENTS["broken_indexes"])
        facts: list[Fact] = [
            DeadRows(seen_at=spot.seen_at, database=session.database, table=f"{schema}.{name}", dead=dead, live=live)
            for schema, name, dead, live, _changed in found.rows
            if dead > 10000 and dead * 10 >= dead + live
        ]
        facts += [
            DeadRows(
                seen_at=spot.seen_at, database=session.database, table=f"{table}/{name}", dead=0, live=0, invalid=True
            )
            for name, table in broken.rows
        ]
        return Seen(facts=facts, truncated=found.truncated or broken.truncated)

    @fact("statistics", per="connection", needs=needs(STATEMENTS, "dead"))
    def statistics(self, session: wire.Session, spot: Spot) -> Seen:
        """Tables of the connected database that changed much since the planner last counted them."""
        found = session.rows(STATEMENTS["dead"])
        facts = [
            Statistic(
                seen_at=spot.seen_at,
                database=session.database,
                table=f"{schema}.{name}",
                changed_pct=round(min(100.0, 100 * changed / live), 1),
            )
            for schema, name, _dead, live, changed in found.rows
            if live and changed * 5 > live
        ]
        return Seen(facts=facts, truncated=found.truncated)


def _principal(row: tuple[Any, ...], ours: str, spot: Spot) -> Principal:
    _number, name, _may_log_in, *mighty, until, built_in = row
    endless = until is None or str(until) == "infinity"
    return Principal(
        seen_at=spot.seen_at,
        login=str(name),
        enabled=endless or until > spot.seen_at,
        built_in=bool(built_in),
        powers=tuple(power for power, may in zip(POWERS, mighty, strict=True) if may),
        never_expires=endless,
        expires_on=None if endless else until.date(),
        ours=name == ours,
    )


def require_sight(session: wire.Session) -> None:
    """Raise ConnectorError where this login sees its own sessions alone."""
    if session.rows(STATEMENTS["sight"]).rows[0][0] == 0:
        grant = f"GRANT {MONITOR} TO {wire.quoted(session.user)};"
        raise ConnectorError("missing_right", {"table": ACTIVITY}, right=MONITOR, grant=grant)
