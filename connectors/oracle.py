"""An Oracle database, whatever runs on it: its state, space, backups, logins, and who waits for whom."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

from connectors import oracle_wire as wire
from connectors.base import (
    N_,
    AccountSet,
    ConnectorError,
    Deadline,
    Field,
    Need,
    Step,
)
from connectors.database_base import AUTHORITY, NO_BUSINESS, OverDatabase, login_fields, server_fields, writable
from connectors.oracle_backups import OracleBackups
from connectors.oracle_state import STATEMENTS, OracleState
from connectors.scripts import PASSWORD, Script
from connectors.statements import Statement, needs

# What a login that only reads may have; anything else could change something.
READING = frozenset({"CREATE SESSION", "SELECT ANY DICTIONARY", "SET CONTAINER"})


class Oracle(OracleState, OracleBackups, OverDatabase[wire.Session]):
    """Oracle Database 12.2 and later, without its client libraries."""

    kind = "oracle"
    label = N_("Oracle Database")
    fields: ClassVar[tuple[Field, ...]] = (
        *server_fields(1521),
        Field(
            name="service",
            label=N_("Service name"),
            required=True,
            repoints=True,
            hint=N_("The name that lsnrctl status shows, for example ORCLPDB1"),
        ),
        *login_fields(
            password=True,
            encryption="off",
            hint=N_("Only where the listener has a TCPS port; usually that is 2484"),
        ),
        AUTHORITY,
    )
    about = N_(
        "State, space, backups and jobs of the database, logins with their roles, and sessions that run long, wait or "
        "hold others up. No table of anybody's data is read, and no text of a statement."
    )
    verified = N_(
        "Oracle's own driver against closed, silent and foreign ports; the statements only against a stand-in for its "
        "answers. No Oracle database has been in front of it yet."
    )
    cannot: ClassVar = NO_BUSINESS
    statements: ClassVar[Mapping[str, Statement]] = STATEMENTS

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> Script:
        """The login that may read exactly the views that are read."""
        name = wire.quoted(user)
        every = needs(cls.statements, *cls.statements)
        tables = dict.fromkeys(need.table for need in every if need.table != "session_privs")
        run = [f'CREATE USER {name} IDENTIFIED BY "{PASSWORD}";', f"GRANT CREATE SESSION TO {name};"]
        run += [f"GRANT SELECT ON {wire.granted(table)} TO {name};" for table in tables]
        return Script(run="\n".join(run), undo=f"DROP USER {name};")

    def open(self, deadline: Deadline) -> AbstractContextManager[wire.Session]:
        """Log in once."""
        target = wire.Target(
            address=self.address(),
            service=self.settings["service"],
            user=self.settings["user"],
            password=self.secrets["password"],
            encryption=self.settings["encryption"],
            authority=self.settings.get("authority"),
        )
        return wire.connected(target, deadline)

    def list_account_sets(self, session: wire.Session) -> list[AccountSet]:
        """The schemas of people and applications; the service itself where none is to be seen."""
        names = [str(row[0]) for row in session.rows(STATEMENTS["schemas"]).rows] or [session.service]
        return [AccountSet(code=name, name=name, database=name) for name in names]

    def check_need(self, session: wire.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove view, columns and right by asking for no row."""
        session.look_at(need)

    def where(self) -> str:
        """The service."""
        return str(self.settings["service"])

    def wanted(self, session: wire.Session) -> list[tuple[Need, AccountSet | None]]:
        """Every view that is read."""
        return [(need, None) for statement in self.statements.values() for need in statement.needs]

    def read_only_steps(self, session: wire.Session) -> Iterator[Step]:
        """System rights of the login beyond reading; unknown where they are not told."""
        try:
            how = [str(row[0]) for row in session.rows(STATEMENTS["own_rights"]).rows if str(row[0]) not in READING]
        except ConnectorError as error:
            yield Step.of("read_only", error, "unknown")
            return
        yield from writable(how[:6], session.service)
