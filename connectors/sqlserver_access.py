"""Who may do what on a SQL Server and in its databases. No password, and nothing made from one, is ever read."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from connectors import odbc
from connectors.base import Seen, Spot, fact
from connectors.facts import Grant, OpenDoor, Orphan, Principal
from connectors.sqlserver_core import SHARED, SqlServerCore
from connectors.statements import needs
from connectors.values import day, grouped

BUILT_IN_NUMBER = 1  # sa, whatever it is called now
BUILT_IN = ("NT SERVICE\\", "NT AUTHORITY\\")
MIGHTY_ROLES = frozenset({"sysadmin", "securityadmin", "serveradmin"})
MIGHTY_RIGHTS = frozenset({"CONTROL SERVER", "ALTER ANY LOGIN", "IMPERSONATE ANY LOGIN"})
HARMLESS = frozenset({"CONNECT SQL"})
SERVER = "server"


class Access(SqlServerCore):
    """Logins, users without one, rights of everybody, and rights that were given."""

    @fact("principals", per="connection", needs=needs(SHARED, "principals", "powers", "server_grants", "logged_in"))
    def principals(self, session: odbc.Session, spot: Spot) -> Seen:
        """Logins; the server keeps no record of when one was last used, only of who is logged in."""
        found = self.ask(session, "principals")
        powers: dict[int, list[str]] = defaultdict(list)
        for number, name in self.ask(session, "powers").rows:
            powers[number] += [str(name)] if name in MIGHTY_ROLES else []
        for number, _, right in self.ask(session, "server_grants").rows:
            powers[number] += [str(right)] if right in MIGHTY_RIGHTS else []
        here = self.ask(session, "logged_in").rows
        programs = grouped((str(row[0]).lower(), str(row[1] or "").strip()) for row in here)
        facts = [
            _principal(row, tuple(powers[row[0]]), programs.get(str(row[1]).lower()), session.user, spot)
            for row in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("orphans", per="connection", needs=needs(SHARED, "orphans"))
    def orphans(self, session: odbc.Session, spot: Spot) -> Seen:
        looked = list(self.ask_each(session, "orphans"))
        facts = [
            Orphan(account_set=self.owner(session, database), seen_at=spot.seen_at, database=database, name=str(row[0]))
            for database, found in looked
            for row in found.rows
        ]
        return Seen(facts=facts, truncated=any(found.truncated for _, found in looked))

    @fact("open_doors", per="connection", needs=needs(SHARED, "open_doors"))
    def open_doors(self, session: odbc.Session, spot: Spot) -> Seen:
        """What guest and public may do; what the server itself gives them is left out."""
        looked = list(self.ask_each(session, "open_doors"))
        facts = [
            OpenDoor(
                account_set=self.owner(session, database),
                seen_at=spot.seen_at,
                database=database,
                right=" ".join(str(part) for part in row if part),
            )
            for database, found in looked
            for row in found.rows
        ]
        return Seen(facts=facts, truncated=any(found.truncated for _, found in looked))

    @fact(
        "grants",
        per="connection",
        needs=needs(SHARED, "principals", "powers", "server_grants", "database_grants", "database_roles"),
    )
    def database_grants(self, session: odbc.Session, spot: Spot) -> Seen:
        """Rights on the server and in the system's own databases, given one by one or through a role."""
        names = {row[0]: str(row[1]) for row in self.ask(session, "principals").rows}
        roles = self.ask(session, "powers").rows
        rights = [(names[number], str(role), SERVER) for number, role in roles if number in names]
        rights += [
            (str(name), str(right), SERVER)
            for _, name, right in self.ask(session, "server_grants").rows
            if right not in HARMLESS
        ]
        cut = False
        for statement in ("database_grants", "database_roles"):
            for database, found in self.ask_each(session, statement):
                cut = cut or found.truncated
                rights += [_in_database(database, row) for row in found.rows]
        facts = [
            Grant(seen_at=spot.seen_at, system="database", holder=holder, right=right, scope=scope)
            for holder, right, scope in dict.fromkeys(rights)
        ]
        return Seen(facts=facts, truncated=cut)


def _principal(row: Any, powers: Sequence[str], programs: Sequence[str] | None, user: str, spot: Spot) -> Principal:
    number, name, kind, disabled, expires, ends = row
    return Principal(
        seen_at=spot.seen_at,
        login=name,
        what="group" if str(kind).strip() == "G" else "login",
        enabled=not disabled,
        built_in=number == BUILT_IN_NUMBER or str(name).upper().startswith(BUILT_IN),
        powers=tuple(powers),
        # Windows looks after the passwords of its own.
        never_expires=None if expires is None else not expires,
        # The server counts the days from its own today.
        expires_on=day(ends) if expires else None,
        last_seen_at=spot.seen_at if programs is not None else None,
        programs=tuple(one for one in programs or () if one),
        ours=str(name).lower() == user.lower(),
    )


def _in_database(database: str, row: Any) -> tuple[str, str, str]:
    holder, right, *rest = row
    where = rest[0] if rest else None
    return str(holder), str(right), f"{database}/{where}" if where else database
