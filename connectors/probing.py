"""The stages of a probe that every connector over SQL Server shares."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from connectors import odbc
from connectors.base import AccountSet, ConnectorError, Deadline, Need, Step, milliseconds_since
from connectors.reach import Address, dial, resolve
from connectors.statements import Statement
from connectors.tds import prelogin

DIAL_SECONDS = 8


def name_step(host: str, port: int, *, allow_loopback: bool) -> Iterator[Step]:
    """Find and judge the address. Raises ConnectorError."""
    address = resolve(host, port, allow_loopback=allow_loopback)
    yield Step(name="name", state="ok", detail={"address": address.ip})


def tcp_step(address: Address, deadline: Deadline) -> Iterator[Step]:
    """Open and close a TCP connection. Raises ConnectorError."""
    start = time.perf_counter()
    dial(address, _seconds(deadline)).close()
    yield Step(name="tcp", state="ok", detail={"ms": milliseconds_since(start)})


def tls_step(address: Address, encryption: str, deadline: Deadline) -> Iterator[Step]:
    """Ask the server whether it encrypts, before any credentials are sent. Raises ConnectorError."""
    answer = prelogin(address, _seconds(deadline))
    if encryption == "off":
        yield Step(name="tls", state="ok", reason="no_encryption", field="encryption")
    elif answer.encrypts:
        yield Step(name="tls", state="ok", detail={"server": answer.version})
    else:
        raise ConnectorError("tls_refused")


def _seconds(deadline: Deadline) -> float:
    return min(DIAL_SECONDS, max(1.0, deadline.left()))


def version_step(session: odbc.Session, statement: Statement) -> Iterator[Step]:
    """Version and edition of the server. Raises ConnectorError."""
    row = session.rows(statement).rows[0]
    yield Step(name="version", state="ok", detail={"version": row[0], "edition": row[1]})


def account_set_steps(sets: Sequence[AccountSet]) -> Iterator[Step]:
    """One step for each account set. Raises ConnectorError when there is none."""
    if not sets:
        raise ConnectorError("no_account_sets")
    for place in sets:
        detail = {"code": place.code, "name": place.name, "database": place.database}
        yield Step(name="account_sets", state="ok", detail=detail)


def rights_steps(
    check: Callable[[Need, AccountSet | None], None],
    needs: Iterable[tuple[Need, AccountSet | None]],
    optional: set[Need],
) -> Iterator[Step]:
    """One step for every need that is not met, with its grant; one ok step when all are."""
    told: set[str] = set()
    asked = dict.fromkeys(needs)
    for need, place in sorted(asked, key=lambda one: one[0] in optional):
        try:
            check(need, place)
        except ConnectorError as error:
            step = Step.of("rights", error, "unknown" if need in optional else "failed")
            # A database that cannot be entered bars every table in it, and one right shows many; once is enough.
            same = step.grant or repr(step)
            if same not in told:
                told.add(same)
                yield step
    if not told:
        yield Step(name="rights", state="ok", detail={"tables": len(asked)})


def read_only_steps(
    session: odbc.Session, databases: Iterable[str], roles: Statement, tables: Statement
) -> Iterator[Step]:
    """Whether the login can change anything in these databases; one failed step for each where it can."""
    clean = True
    for database in databases:
        try:
            how = _ways_to_write(session, database, roles, tables)
        except ConnectorError as error:
            yield Step.of("read_only", error, "unknown")
            clean = False
            continue
        if how:
            clean = False
            params = {"how": ", ".join(how), "database": database}
            yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")
    if clean:
        yield Step(name="read_only", state="ok")


def _ways_to_write(session: odbc.Session, database: str, roles: Statement, tables: Statement) -> list[str]:
    found = session.rows(roles, database).rows[0]
    how = [column[0] for column, value in zip(found.cursor_description, found, strict=True) if value == 1]
    return how or [str(row[0]) for row in session.rows(tables, database).rows]
