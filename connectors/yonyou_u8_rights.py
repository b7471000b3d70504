"""Who may do what in U8, whose seats are taken, and who waits for whose approval."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from connectors import odbc
from connectors.base import AccountSet, ConnectorError, Seen, Spot, fact
from connectors.facts import Approval, Grant, Seats
from connectors.sqlserver_base import GAPS, OverSqlServer
from connectors.statements import load, needs
from connectors.values import day, grouped, whole

RIGHTS = load("yonyou_u8_rights")
SUPERVISOR = "admin"
SUPERVISOR_NAME = "账套主管"
DATA = "data/"
DATA_NAME = "数据权限主管"
MOST_GRANTS = 20_000


class U8Rights(OverSqlServer):
    """Rights, seats and approvals of U8."""

    @fact("grants", per="account_set", needs=needs(RIGHTS, "held_rights"))
    def erp_grants(self, session: odbc.Session, spot: Spot) -> Seen:
        """Every right of every operator, given to the operator or to a role; whoever has it twice is told once."""
        year = spot.account_set.year if spot.account_set else None
        held = self.ask(session, "held_rights", spot, spot.code, year)
        names = dict(tuple(row) for row in self.ask_if_there(session, "function_names") or [])
        people = dict(tuple(row) for row in self.ask_if_there(session, "operator_names") or [])
        links = self.ask_if_there(session, "user_roles") or []
        rights = list(_resolved(held.rows, links))
        rights += [_over_data(row) for row in self.ask_if_there(session, "data_rights", spot) or []]
        facts = [
            Grant(
                account_set=spot.code,
                seen_at=spot.seen_at,
                holder=holder,
                holder_name=people.get(holder),
                right=right,
                right_name=_named(right, names),
                source=role,
            )
            for holder, right, role in rights[:MOST_GRANTS]
        ]
        return Seen(facts=facts, truncated=held.truncated or len(rights) > MOST_GRANTS)

    @fact("seats", per="connection", needs=needs(RIGHTS, "seats"))
    def seats(self, session: odbc.Session, spot: Spot) -> Seen:
        """Seats by subsystem as far as tasks show them; how many were bought only the licence server knows."""
        found = self.ask(session, "seats")
        facts = [
            Seats(seen_at=spot.seen_at, module=str(module or ""), module_name=name, used=int(used), at_least=True)
            for module, name, used in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("approvals", per="account_set", needs=needs(RIGHTS, "approvals"))
    def approvals(self, session: odbc.Session, spot: Spot) -> Seen:
        """Documents that wait, each once, with everybody it waits for."""
        found = self.ask(session, "approvals", spot)
        people = dict(tuple(row) for row in self.ask_if_there(session, "operator_names") or [])
        waiting: dict[tuple[Any, Any], list[Any]] = defaultdict(list)
        for row in found.rows:
            waiting[row[2], row[3]].append(row)
        facts = [
            Approval(
                account_set=spot.code,
                seen_at=spot.seen_at,
                document=f"{rows[0][1] or kind or ''} #{document}".strip(),
                document_type=None if kind is None else str(kind),
                waits_for="、".join(dict.fromkeys(str(people.get(row[4]) or row[4]) for row in rows)),
                age_s=max(0, *(whole(row[5]) or 0 for row in rows), 0),
            )
            for (kind, document), rows in waiting.items()
        ]
        return Seen(facts=_one_each(facts), truncated=found.truncated)

    def people_left(self, session: odbc.Session) -> dict[str, date]:
        """Operator -> the day from which the person behind it is no longer valid, where account sets know of it."""
        found: dict[str, date] = {}
        for place in self._readable(session):
            for login, _, until in self._people(session, place):
                left = day(until)
                if left is not None:
                    found[str(login)] = left
        return found

    def _people(self, session: odbc.Session, place: AccountSet) -> Sequence[Any]:
        try:
            return session.rows(self.statements["people"], place.database).rows
        except ConnectorError as error:
            if error.reason in GAPS or error.reason in ("unknown_database", "database_offline"):
                return []
            raise

    def _readable(self, session: odbc.Session) -> list[AccountSet]:
        return [place for place in self.list_account_sets(session) if place.database]


def _resolved(held: Iterable[Sequence[Any]], links: Iterable[Sequence[Any]]) -> Iterable[tuple[str, str, str]]:
    """(operator, right, role or empty) from what operators and roles hold; a right of one's own comes first."""
    members = grouped((role, str(user)) for user, role, *_ in links)
    titles = {role: str(name or role) for _, role, *rest in links for name in rest[:1]}
    rows = list(held)
    own = {(str(holder), str(right)): "" for holder, right, is_user in rows if is_user}
    through: Mapping[tuple[str, str], str] = {
        (user, str(right)): titles.get(role, str(role))
        for role, right, is_user in rows
        if not is_user
        for user in members.get(role, ())
    }
    for (holder, right), role in sorted({**through, **own}.items(), key=lambda one: (one[0][1] != SUPERVISOR, one[0])):
        yield holder, right, role


def _over_data(row: Sequence[Any]) -> tuple[str, str, str]:
    holder, thing = row
    return str(holder), f"{DATA}{thing}", ""


def _named(right: str, names: Mapping[Any, Any]) -> str | None:
    if right == SUPERVISOR:
        return SUPERVISOR_NAME
    if right.startswith(DATA):
        return f"{DATA_NAME}：{right.removeprefix(DATA)}"
    found = names.get(right)
    return None if found is None else str(found)


def _one_each(facts: Sequence[Approval]) -> list[Approval]:
    return list({fact.document: fact for fact in reversed(facts)}.values())[::-1]
