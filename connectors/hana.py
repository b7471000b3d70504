"""SAP HANA itself, whatever runs on it: backups, users and rights, memory, disks, licence, and who waits for whom."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import (
    N_,
    AccountSet,
    ConnectorError,
    Field,
    Need,
    Seen,
    Spot,
    Step,
    fact,
    milliseconds_since,
    now,
)
from connectors.database_base import NO_BUSINESS, writable
from connectors.facts import (
    Backup,
    Fact,
    Grant,
    LongQuery,
    Memory,
    Principal,
    Reachable,
    Replica,
    Seats,
    Server,
    User,
    Volume,
)
from connectors.hana_base import FIELDS, OverHana
from connectors.hana_wire import Session, quoted
from connectors.odbc import Rows
from connectors.scripts import PASSWORD, Script
from connectors.statements import load, needs
from connectors.values import day, grouped, whole
from connectors.waiting import heads

STATEMENTS = load("hana")
FULL = frozenset({"complete data backup"})
DIFF = frozenset({"incremental data backup", "differential data backup"})
LOG = frozenset({"log backup"})
POWERS = frozenset({"DATA ADMIN", "USER ADMIN", "ROLE ADMIN", "DATABASE ADMIN", "INIFILE ADMIN"})
BUILT_IN = ("SYS", "SYSTEM", "_SYS_", "XSSQLCC_")
ROLES = {"DATA": "data", "LOG": "data", "DATA_BACKUP": "backup", "LOG_BACKUP": "backup"}


class Hana(OverHana):
    """SAP HANA 2."""

    kind = "hana"
    label = N_("SAP HANA")
    fields: ClassVar[tuple[Field, ...]] = FIELDS
    about = N_(
        "HANA's record of backups, users with their roles and rights, memory, disks, licence, standby systems, and "
        "sessions that run long or hold others up. No table of anybody's data is read, and no text of a statement."
    )
    verified = N_(
        "SAP's driver against ports that are closed or silent; the statements only against a stand-in for its answers. "
        "No HANA has been in front of it yet. The driver hdbcli is installed by yourself: pip install hdbcli."
    )
    cannot: ClassVar = NO_BUSINESS

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> Script:
        """The restricted user who may see the catalogue and the monitoring views."""
        name = quoted(user.upper())
        run = [
            f'CREATE RESTRICTED USER {name} PASSWORD "{PASSWORD}" NO FORCE_FIRST_PASSWORD_CHANGE;',
            f"ALTER USER {name} ENABLE CLIENT CONNECT;",
            f"GRANT CATALOG READ TO {name};",
            f"GRANT MONITORING TO {name};",
        ]
        return Script(run="\n".join(run), undo=f"DROP USER {name} CASCADE;")

    def list_account_sets(self, session: Session) -> list[AccountSet]:
        """The database itself stands for one."""
        name = str(session.rows(STATEMENTS["version"]).rows[0][2])
        return [AccountSet(code=name, name=name, database=name)]

    def check_need(self, session: Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove view, columns and right by asking for no row; and that nothing is hidden from this login."""
        schema, _, table = need.table.partition(".")
        session.look_at(Need(table=table, columns=need.columns), schema)
        if table not in ("EFFECTIVE_PRIVILEGES", "M_DATABASE"):
            _require_sight(session, need.table)

    def wanted(self, session: Session) -> list[tuple[Need, AccountSet | None]]:
        """Every view that is read."""
        return [(need, None) for statement in STATEMENTS.values() for need in statement.needs]

    def read_only_steps(self, session: Session) -> Iterator[Step]:
        """Rights of the login beyond reading, outside its own schema."""
        rows = session.rows(STATEMENTS["write_rights"], None, (session.user.upper(),)).rows
        yield from writable((row[0] for row in rows), str(self.settings["host"]))

    def version(self, session: Session) -> str:
        """As HANA tells it."""
        return str(session.rows(STATEMENTS["version"]).rows[0][0])

    @fact("reachable", per="connection", needs=needs(STATEMENTS, "version"))
    def reachable(self, session: Session, spot: Spot) -> Seen:
        """The time to be logged in, of one smallest question, and the version."""
        start = time.perf_counter()
        session.rows(STATEMENTS["alive"])
        took = milliseconds_since(start)
        version = self.version(session)
        fact = Reachable(seen_at=spot.seen_at, up=True, connect_ms=session.connect_ms, answer_ms=took, version=version)
        return Seen(facts=[fact])

    @fact("server", per="connection", needs=needs(STATEMENTS, "version"))
    def server(self, session: Session, spot: Spot) -> Seen:
        """Since when it runs, and its clock against ours, half the way taken off."""
        asked = now()
        version, told, _name, started = session.rows(STATEMENTS["version"]).rows[0]
        middle = asked + (now() - asked) / 2
        there = told if isinstance(told, datetime) else datetime.fromisoformat(str(told)[:26])
        ahead = round((there.replace(tzinfo=UTC) - middle) / timedelta(seconds=1), 1)
        fact = Server(seen_at=spot.seen_at, started_age_s=whole(started), clock_ahead_s=ahead, version=str(version))
        return Seen(facts=[fact])

    @fact("backups", per="connection", needs=needs(STATEMENTS, "backups"))
    def backups(self, session: Session, spot: Spot) -> Seen:
        """The latest backups that ended well, by HANA's own record."""
        ages = {str(kind): whole(age) for kind, age in self._sighted(session, "backups").rows}
        full, diff, log = (_least(ages, kinds) for kinds in (FULL, DIFF, LOG))
        fact = Backup(
            seen_at=spot.seen_at, database=self.list_account_sets(session)[0].code, state="ONLINE",
            recovery_model="FULL", full_at=spot.ago(full), full_age_s=full, diff_at=spot.ago(diff), diff_age_s=diff,
            log_at=spot.ago(log), log_age_s=log,
        )  # fmt: skip
        return Seen(facts=[fact])

    @fact("users", per="connection", needs=needs(STATEMENTS, "logins", "roles"))
    def users(self, session: Session, spot: Spot) -> Seen:
        """Users of people and applications, with their roles."""
        roles = grouped((str(row[0]), str(row[1])) for row in self._sighted(session, "roles").rows)
        found = self._sighted(session, "logins")
        facts = [
            User(
                seen_at=spot.seen_at, login=str(name), enabled=off != "TRUE", roles=roles.get(str(name), ()),
                last_seen_at=spot.ago(whole(last)),
            )
            for name, off, _until, last, _limited in found.rows
            if not str(name).startswith(BUILT_IN)
        ]  # fmt: skip
        return Seen(facts=facts, truncated=found.truncated)

    @fact("principals", per="connection", needs=needs(STATEMENTS, "logins", "powers"))
    def principals(self, session: Session, spot: Spot) -> Seen:
        """Every user, until when it is valid, when it last came, and what makes it mighty."""
        given = grouped((str(row[0]), str(row[1])) for row in self._sighted(session, "powers").rows if row[1] in POWERS)
        found = self._sighted(session, "logins")
        facts = [_principal(row, given.get(str(row[0]), ()), session.user, spot) for row in found.rows]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("grants", per="connection", needs=needs(STATEMENTS, "roles", "powers"))
    def grants(self, session: Session, spot: Spot) -> Seen:
        """Roles, and rights over the whole system, of everybody."""
        found = [self._sighted(session, name) for name in ("roles", "powers")]
        given = [(str(row[0]), str(row[1])) for part in found for row in part.rows]
        facts: list[Fact] = [
            Grant(seen_at=spot.seen_at, system="database", holder=holder, right=right)
            for holder, right in dict.fromkeys(given)
        ]
        return Seen(facts=facts, truncated=any(part.truncated for part in found))

    @fact("memory", per="connection", needs=needs(STATEMENTS, "memory"))
    def memory(self, session: Session, spot: Spot) -> Seen:
        """Memory of each host."""
        facts = [
            Memory(seen_at=spot.seen_at, host=str(host), total_bytes=int(used) + int(free), free_bytes=int(free))
            for host, used, free in self._sighted(session, "memory").rows
        ]
        return Seen(facts=facts)

    @fact("volumes", per="connection", needs=needs(STATEMENTS, "disks"))
    def volumes(self, session: Session, spot: Spot) -> Seen:
        """The disks under data, logs and backups; one that serves several is told once for each use."""
        found: dict[str, Fact] = {}
        for path, use, total, used in self._sighted(session, "disks").rows:
            name, role = f"{path} ({use})", ROLES.get(str(use), "other")
            free = max(0, int(total) - int(used))
            found[name] = Volume(seen_at=spot.seen_at, volume=name, role=role, total_bytes=int(total), free_bytes=free)
        return Seen(facts=list(found.values()))

    @fact("seats", per="connection", needs=needs(STATEMENTS, "licence"))
    def seats(self, session: Session, spot: Spot) -> Seen:
        """What the licence allows (gigabytes of memory), what is used, and when it ends."""
        facts = [
            Seats(
                seen_at=spot.seen_at, module=str(name), used=int(used or 0), limit=int(limit) if limit else None,
                expires_on=day(ends),
            )
            for name, used, limit, ends in self._sighted(session, "licence").rows
        ]  # fmt: skip
        return Seen(facts=facts)

    @fact("replicas", per="connection", needs=needs(STATEMENTS, "copies"))
    def replicas(self, session: Session, spot: Spot) -> Seen:
        """Standby systems; nothing where there is none."""
        facts = [
            Replica(seen_at=spot.seen_at, name=f"{site} {host}:{port}", healthy=status == "ACTIVE", state=str(status))
            for site, host, port, status in self._sighted(session, "copies").rows
        ]
        return Seen(facts=facts)

    @fact("blocks", per="connection", needs=needs(STATEMENTS, "waiting"))
    def blocks(self, session: Session, spot: Spot) -> Seen:
        """Each session that holds up others and waits for nobody itself."""
        return Seen(facts=heads(self._sighted(session, "waiting").rows, spot))

    @fact("long_queries", per="connection", needs=needs(STATEMENTS, "running"))
    def long_queries(self, session: Session, spot: Spot) -> Seen:
        """Statements that have been running for a minute or more."""
        facts = [
            LongQuery(seen_at=spot.seen_at, session=str(number), user=user, host=host, age_s=float(age))
            for number, user, host, age in self._sighted(session, "running").rows
        ]
        return Seen(facts=facts)

    def _sighted(self, session: Session, name: str) -> Rows:
        """The rows of a statement, once it is known that none are hidden. Raises ConnectorError."""
        statement = STATEMENTS[name]
        _require_sight(session, statement.needs[0].table)
        return session.rows(statement)


def _require_sight(session: Session, table: str) -> None:
    if not session.rows(STATEMENTS["sight"], None, (session.user.upper(),)).rows[0][0]:
        grant = f"GRANT CATALOG READ TO {quoted(session.user.upper())};"
        raise ConnectorError("missing_right", {"table": table}, right="CATALOG READ", grant=grant)


def _least(ages: dict[str, int | None], kinds: frozenset[str]) -> int | None:
    return min((age for kind, age in ages.items() if kind in kinds and age is not None), default=None)


def _principal(row: Any, powers: tuple[str, ...], ours: str, spot: Spot) -> Principal:
    name, off, until, last, limited = row
    ends: date | None = day(until)
    return Principal(
        seen_at=spot.seen_at,
        login=str(name),
        enabled=off != "TRUE",
        built_in=str(name).startswith(BUILT_IN),
        powers=powers,
        never_expires=limited == "FALSE",
        expires_on=ends,
        last_seen_at=spot.ago(whole(last)),
        ours=str(name) == ours.upper(),
    )
