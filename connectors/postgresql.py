"""A PostgreSQL server, whatever runs on it: reachability, archived logs, roles, and transactions left open."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from connectors import postgres_wire as wire
from connectors import probing
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
)
from connectors.database_base import NO_BUSINESS, OverDatabase, login_fields, server_fields, writable
from connectors.facts import Backup, Reachable, Task, User
from connectors.postgresql_state import ACTIVITY, MONITOR, STATEMENTS, PostgresState, require_sight
from connectors.scripts import PASSWORD, Script
from connectors.statements import needs
from connectors.values import grouped, whole


class PostgreSQL(PostgresState, OverDatabase[wire.Session]):
    """PostgreSQL 10 and later."""

    kind = "postgresql"
    label = N_("PostgreSQL")
    fields: ClassVar[tuple[Field, ...]] = (
        *server_fields(5432),
        Field(name="database", label=N_("Database"), default="postgres", required=True, repoints=True),
        *login_fields(),
    )
    about = N_(
        "Databases with their sizes, log archiving, roles with what they belong to, settings, standby copies, and "
        "sessions that run long, wait or hold others up. No table of anybody's data is read, and no text of a query."
    )
    verified = N_("A real PostgreSQL that runs in the tests.")
    cannot: ClassVar = NO_BUSINESS

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> Script:
        """The role that may see the server's statistics and owns nothing."""
        name = wire.quoted(user)
        run = [
            f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 5;",
            f"ALTER ROLE {name} SET default_transaction_read_only = on;",
            f"GRANT {MONITOR} TO {name};",
        ]
        undo = [f"REVOKE {MONITOR} FROM {name};", f"DROP ROLE {name};"]
        return Script(run="\n".join(run), undo="\n".join(undo))

    def open(self, deadline: Deadline) -> AbstractContextManager[wire.Session]:
        """Log in once, to the named database."""
        target = wire.Target(
            address=self.address(),
            database=self.settings["database"],
            user=self.settings["user"],
            password=self.secrets.get("password", ""),
            encryption=self.settings["encryption"],
        )
        return wire.connected(target, deadline)

    def list_account_sets(self, session: wire.Session) -> list[AccountSet]:
        """The databases that take connections."""
        names = [str(row[0]) for row in session.rows(STATEMENTS["databases"]).rows]
        return [AccountSet(code=name, name=name, database=name) for name in names]

    def check_need(self, session: wire.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove table, columns and right by asking for no row; and that no activity is hidden from this login."""
        session.look_at(need)
        if need.table == ACTIVITY:
            require_sight(session)

    # The probe.

    def where(self) -> str:
        """The database that was named."""
        return str(self.settings["database"])

    def wanted(self, session: wire.Session) -> list[tuple[Need, AccountSet | None]]:
        """Everything that is read of the server's own catalogue."""
        return [(need, None) for statement in STATEMENTS.values() for need in statement.needs]

    def read_only_steps(self, session: wire.Session) -> Iterator[Step]:
        """What makes the role mighty, or else the tables that it could change."""
        how = [name for name, may in session.named(STATEMENTS["write_rights"]).items() if may]
        how = how or [str(row[0]) for row in session.rows(STATEMENTS["writable_tables"]).rows]
        yield from writable(how, session.database)

    def version(self, session: wire.Session) -> str:
        """The setting of that name."""
        return str(session.rows(STATEMENTS["version"]).rows[0][0])

    def encryption_steps(self, deadline: Deadline) -> Iterator[Step]:
        """The greeting tells before any credentials are sent. Raises ConnectorError tls_refused."""
        encrypts = wire.greeting(self.address(), min(probing.DIAL_SECONDS, max(1.0, deadline.left())))
        plain = self.settings["encryption"] == "off"
        if not plain and not encrypts:
            raise ConnectorError("tls_refused")
        yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")

    # The facts.

    @fact("reachable", per="connection", needs=needs(STATEMENTS, "alive"))
    def reachable(self, session: wire.Session, spot: Spot) -> Seen:
        """The time to be logged in, the time of one smallest question, and the version."""
        start = time.perf_counter()
        session.rows(STATEMENTS["alive"])
        answer_ms = milliseconds_since(start)
        fact = Reachable(
            seen_at=spot.seen_at,
            up=True,
            connect_ms=session.connect_ms,
            answer_ms=answer_ms,
            version=self.version(session),
        )
        return Seen(facts=[fact])

    @fact("backups", per="connection", needs=needs(STATEMENTS, "archiver"))
    def backups(self, session: wire.Session, spot: Spot) -> Seen:
        """The archived transaction log of the whole server; of base backups PostgreSQL keeps no record."""
        rows = session.rows(STATEMENTS["archiver"]).rows
        return Seen(facts=[archive(mode, whole(done), whole(failed), spot) for mode, done, failed in rows])

    @fact("users", per="connection", needs=needs(STATEMENTS, "logins", "memberships"))
    def users(self, session: wire.Session, spot: Spot) -> Seen:
        """Roles that may log in; the server keeps no record of when one was last used."""
        found = session.rows(STATEMENTS["logins"])
        roles = grouped((row[0], str(row[1])) for row in session.rows(STATEMENTS["memberships"]).rows)
        facts = [
            User(
                seen_at=spot.seen_at,
                login=name,
                enabled=valid == 1,
                admin=bool(superuser),
                roles=roles.get(number, ()),
            )
            for number, name, superuser, valid in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("tasks", per="connection", needs=needs(STATEMENTS, "transactions"))
    def tasks(self, session: wire.Session, spot: Spot) -> Seen:
        """Transactions that are open; while one stays open its locks stay too, and nothing can be tidied up."""
        require_sight(session)
        found = session.rows(STATEMENTS["transactions"])
        return Seen(facts=[_transaction(row, spot) for row in found.rows], truncated=found.truncated)


def archive(mode: str, archived_s: int | None, failed_s: int | None, spot: Spot) -> Backup:
    """The state of log archiving. It fails while the latest attempt that failed is younger than the latest success."""
    failing = failed_s is not None and (archived_s is None or failed_s < archived_s)
    return Backup(
        seen_at=spot.seen_at,
        database="WAL",
        state="FAILING" if failing else "ONLINE",
        recovery_model=f"archive_mode={mode}",
        log_at=spot.ago(archived_s),
        log_age_s=archived_s,
        recorded=("log",),
    )


def _transaction(row: Any, spot: Spot) -> Task:
    process, started, database, user, program, station, state = row[:7]
    age = max(0, int(row[7]))
    return Task(
        account_set=database,
        seen_at=spot.seen_at,
        # A process number comes again; together with its start it does not.
        key=f"{process}-{int(started)}",
        what="task",
        name=program or None,
        user=user,
        station=station,
        state=state,
        since_at=spot.ago(age),
        age_s=age,
    )
