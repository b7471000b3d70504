"""A plain SQL Server, whatever runs on it: what every connector over it tells, its logins, and its jobs as tasks."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from connectors import odbc
from connectors.agent_jobs import job_task
from connectors.base import N_, AccountSet, Seen, Spot, fact
from connectors.database_base import NO_BUSINESS
from connectors.facts import User
from connectors.sqlserver_base import SHARED, OverSqlServer, databases_of
from connectors.statements import Statement, load, needs
from connectors.values import grouped, whole

OWN = load("sqlserver")
ADMINISTRATORS = "sysadmin"

# What the server keeps for itself.
SYSTEM = frozenset({"master", "tempdb", "model", "msdb", "distribution", "ssisdb"})


class SqlServer(OverSqlServer):
    """Microsoft SQL Server over ODBC."""

    kind = "sqlserver"
    label = N_("SQL Server")
    statements: ClassVar[Mapping[str, Statement]] = SHARED | OWN
    about = N_(
        "The names, states, files and settings of the databases, the record of backups, sessions, waits and space of "
        "the server, logins with their roles and rights, and the jobs of SQL Server Agent. No table of a client's "
        "database is read, no text of a statement, and no password."
    )
    verified = N_(
        "Fixture databases with SQL Server's documented views, and a test server that speaks its protocol over FreeTDS "
        "and Microsoft's driver. No SQL Server of a client has been in front of it yet."
    )
    cannot: ClassVar = NO_BUSINESS

    @classmethod
    def parts(cls, account_sets: Sequence[AccountSet]) -> dict[str, list[str]]:
        """The databases by their part; of business databases only how they are made is looked at."""
        return {"master": ["master"], "msdb": ["msdb"], "own": databases_of(account_sets)}

    def home(self, session: odbc.Session) -> str:
        """The database that every login may enter."""
        return "master"

    def database_for(self, session: odbc.Session, role: str, account_set: AccountSet | None) -> str:
        """The database that plays a statement's part."""
        return (account_set and account_set.database) or "master"

    def owner(self, session: odbc.Session, database: str) -> str | None:
        """Each database of the client's own stands for itself."""
        return None if database.lower() in SYSTEM else database

    def list_account_sets(self, session: odbc.Session) -> list[AccountSet]:
        """The databases, except those that the server keeps for itself."""
        names = sorted(str(row[0]) for row in self.ask(session, "databases").rows)
        return [AccountSet(code=name, name=name, database=name) for name in names if name.lower() not in SYSTEM]

    @fact("users", per="connection", needs=needs(OWN, "logins", "server_roles", "controllers"))
    def users(self, session: odbc.Session, spot: Spot) -> Seen:
        """Logins; a Windows group stands for all its members. The server keeps no record of when one was last used."""
        self.require_sight(session, "sys.server_principals")
        found = self.ask(session, "logins")
        roles = grouped((row[0], str(row[1])) for row in self.ask(session, "server_roles").rows)
        controllers = {row[0] for row in self.ask(session, "controllers").rows}
        facts = [
            User(
                seen_at=spot.seen_at,
                login=name,
                enabled=not disabled,
                admin=ADMINISTRATORS in roles.get(number, ()) or number in controllers,
                roles=roles.get(number, ()),
            )
            for number, name, _, disabled in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("tasks", per="connection", needs=needs(OWN, "jobs"))
    def tasks(self, session: odbc.Session, spot: Spot) -> Seen:
        """Jobs that run, are overdue, or failed the last time."""
        found = self.ask(session, "jobs")
        told = (
            job_task(
                key=str(key),
                name=name,
                outcome=whole(outcome),
                running_s=whole(running),
                ended_s=whole(ended),
                due_s=whole(due),
                spot=spot,
            )
            for key, name, outcome, running, ended, due in found.rows
        )
        return Seen(facts=[task for task in told if task], truncated=found.truncated)
