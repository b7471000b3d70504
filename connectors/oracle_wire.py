"""The wire to Oracle: the driver's thin mode, one login, fixed statements, time-outs at every step, errors as reasons.

The driver waits for a silent listener without end, so every step of it runs in an event loop that gives up in time.
"""

import asyncio
import re
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import oracledb

from connectors.base import ConnectorError, Deadline, Need, milliseconds_since
from connectors.facts import Params
from connectors.https import trusting
from connectors.reach import Address, dial
from connectors.statements import Statement

LOGIN_SECONDS = 15
STATEMENT_SECONDS = 20
T = TypeVar("T")

_BY_CODE = {
    **dict.fromkeys(("ORA-01017", "ORA-01005"), "wrong_password"),
    **dict.fromkeys(("ORA-28000", "ORA-28001", "ORA-28002", "ORA-01045", "ORA-28365"), "login_blocked"),
    **dict.fromkeys(("DPY-6001", "DPY-6003", "ORA-12514", "ORA-12505"), "unknown_database"),
    **dict.fromkeys(("ORA-01034", "ORA-01033", "ORA-01089", "ORA-01109", "ORA-12528"), "database_offline"),
    **dict.fromkeys(("DPY-6000", "ORA-12516", "ORA-12520", "ORA-00018", "ORA-00020"), "too_many_connections"),
    **dict.fromkeys(("DPY-4011", "ORA-03113", "ORA-03114", "ORA-03135", "DPY-1001"), "connection_lost"),
    **dict.fromkeys(("DPY-4024", "ORA-01013", "DPY-4005"), "statement_timeout"),
    **dict.fromkeys(("ORA-01031", "ORA-41900"), "missing_right"),
    **dict.fromkeys(("ORA-00942", "ORA-04043"), "missing_table"),
    "ORA-00904": "missing_column",
    **dict.fromkeys(("ORA-00054", "ORA-04021"), "lock_timeout"),
    "ORA-00060": "deadlock",
}
_CODE = re.compile(r"(?:ORA|DPY)-\d{4,5}")
_NAMED = re.compile(r"\"([\w$#]{1,128})\"\s*:|\"([\w$#]{1,128})\"")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a login goes and how. `service` is the name the listener knows; `encryption` as for every wire."""

    address: Address
    service: str
    user: str
    password: str = field(repr=False)
    encryption: str
    authority: str | None = None

    def options(self, seconds: int) -> dict[str, Any]:
        """What the driver is given. The judged address is dialled; the typed name is what a certificate must carry."""
        found: dict[str, Any] = {
            "user": self.user,
            "password": self.password,
            "host": self.address.ip,
            "port": self.address.port,
            "service_name": self.service,
            "tcp_connect_timeout": float(seconds + 5),  # the event loop gives up first, and says why
            "program": "service-desk",  # the driver takes no spaces
            "retry_count": 0,
        }
        return found | ({} if self.encryption == "off" else {"protocol": "tcps", **self._encrypted()})

    def _encrypted(self) -> dict[str, Any]:
        context = trusting(self.authority)
        if self.encryption == "required":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # The driver compares names with what it dialled, which is an address; the context compares the typed name.
        return {"ssl_context": context, "ssl_server_dn_match": False}


@dataclass(frozen=True)
class Rows:
    """The rows of one statement; `truncated` when there were more than its cap."""

    rows: list[tuple[Any, ...]]
    truncated: bool


class Loop:
    """An event loop in a thread of its own, so that it does not matter whether the caller's thread runs one."""

    def __enter__(self) -> "Loop":
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def within(self, seconds: float, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What a coroutine answers. Raises TimeoutError when that takes longer, or what it raises."""
        return self._thread.submit(lambda: self._runner.run(asyncio.wait_for(ask(), seconds))).result()


class Session:
    """One login. Statements run one at a time."""

    def __init__(self, connection: Any, loop: "Loop", deadline: Deadline, target: Target) -> None:
        self.connection = connection
        self.loop = loop
        self.deadline = deadline
        self.user = target.user
        self.service = target.service
        self.connect_ms = 0.0

    def rows(self, statement: Statement) -> Rows:
        """Run a fixed statement. Raises ConnectorError, naming table, column and grant if missing."""
        found = self._run(statement.sql, statement.needs, statement.cap + 1)
        return Rows(found[: statement.cap], len(found) > statement.cap)

    def look_at(self, need: Need) -> None:
        """Ask for no row of the named columns: proves view, columns and the right. Raises ConnectorError."""
        columns = ", ".join(need.columns)
        self._run(f"SELECT {columns} FROM {need.table} WHERE 1 = 0", (need,), 1)  # noqa: S608 - names of our own file

    def behave(self) -> None:
        """Never write: the transaction that all questions stand in may only read."""
        self._run("SET TRANSACTION READ ONLY", (), 0)

    def _run(self, text: str, needs: Sequence[Need], rows: int) -> list[tuple[Any, ...]]:
        seconds = min(STATEMENT_SECONDS, max(1, round(self.deadline.left())))
        try:
            return self.loop.within(seconds, lambda: self._asked(text, rows))
        except TimeoutError:
            raise ConnectorError("statement_timeout", {"seconds": seconds}) from None
        except (oracledb.Error, OSError) as error:
            raise translated(error, needs, self.user, seconds) from None
        except UnicodeError:
            raise ConnectorError("bad_answer", {"what": "text"}) from None

    async def _asked(self, text: str, rows: int) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            await cursor.execute(text)
            return list(await cursor.fetchmany(rows)) if rows else []


@contextmanager
def connected(target: Target, deadline: Deadline) -> Iterator[Session]:
    """Dial, log in once and set the manners. Raises ConnectorError; a wrong password is tried exactly once."""
    start = time.perf_counter()
    seconds = min(LOGIN_SECONDS, max(1, round(deadline.left())))
    dial(target.address, seconds).close()  # Says closed, silent and unreachable apart, which the driver does not.
    with Loop() as loop:
        connection = _log_in(loop, target, seconds)
        try:
            session = Session(connection, loop, deadline, target)
            session.behave()
            session.connect_ms = milliseconds_since(start)
            yield session
        finally:
            with suppress(oracledb.Error, OSError, TimeoutError):
                loop.within(2, connection.close)


def _log_in(loop: "Loop", target: Target, seconds: int) -> Any:
    where: Params = {"host": target.address.host, "port": target.address.port, "seconds": seconds}
    patience = Deadline(seconds)
    try:
        return loop.within(seconds, lambda: opened(target, seconds))
    except TimeoutError:
        raise ConnectorError("silent_server", where) from None
    except ssl.SSLError:
        raise ConnectorError("tls_refused") from None
    except (oracledb.Error, OSError, ValueError) as error:
        text = _whole(error)
        if not patience.left():
            # The driver makes an error of its own of being told to give up.
            raise ConnectorError("silent_server", where) from None
        if "SSL" in text or "certificate" in text.lower():
            raise ConnectorError("tls_refused") from None
        reason = next((_BY_CODE[code] for code in _CODE.findall(text) if code in _BY_CODE), "wrong_protocol")
        # A listener that hangs up before it said anything is none.
        reason = "wrong_protocol" if reason == "connection_lost" else reason
        raise ConnectorError(reason, {**where, "database": target.service}) from None


def opened(target: Target, seconds: int) -> Coroutine[Any, Any, Any]:
    """The driver's own login, as a coroutine."""
    return _opened(target, seconds)


async def _opened(target: Target, seconds: int) -> Any:
    return await oracledb.connect_async(**target.options(seconds))


def _whole(error: BaseException | None) -> str:
    """The texts of an error and of all that caused it; only codes are read out of them."""
    parts = []
    while error is not None:
        parts.append(str(error))
        error = error.__cause__
    return " ".join(parts)


def translated(error: Exception, needs: Sequence[Need], user: str, seconds: int) -> ConnectorError:
    """A driver error as a reason, by its code; its text is read for a column's name and never passed on."""
    text = _whole(error)
    reason = next((_BY_CODE[code] for code in _CODE.findall(text) if code in _BY_CODE), "driver_error")
    named = text.upper().replace('"', "")
    need = next((one for one in needs if one.table.upper() in named), needs[0] if needs else None)
    # Oracle calls what may not be read one that does not exist; its own views always exist.
    if reason in ("missing_right", "missing_table") and need:
        return missing_right(need, user)
    if reason == "missing_column":
        names = [first or second for first, second in _NAMED.findall(text)]
        return ConnectorError(reason, {"column": names[-1] if names else "", "table": need.table if need else ""})
    return ConnectorError(reason, {"seconds": seconds, "sqlstate": None, "native": None, "database": ""})


def missing_right(need: Need, user: str) -> ConnectorError:
    """The refusal of a view or table, with the grant that mends it."""
    right = f"SELECT ON {granted(need.table)}"
    return ConnectorError(
        "missing_right", {"table": need.table}, right=right, grant=f"GRANT {right} TO {quoted(user)};"
    )


def granted(table: str) -> str:
    """The object that a right is given on: v$x is a public name for SYS.V_$X; what names its schema is not of SYS."""
    if "." in table:
        return table
    return f"sys.v_${table[2:]}" if table.lower().startswith("v$") else f"sys.{table}"


def quoted(name: str) -> str:
    """A name as Oracle quotes it; plain names stay as Oracle folds them."""
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_$#]*", name) else '"' + name.replace('"', "") + '"'
