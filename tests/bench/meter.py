"""What one request costs: statements, bytes, and processor time of this process and of the database that served it.

Wall-clock time says what else the machine was doing; processor time says what the request needed.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import Any

import psutil
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import event, text
from werkzeug.test import create_environ, run_wsgi_app

from service_desk.scope import Walls


@dataclass(frozen=True)
class Cost:
    """One page: status, statements (BEGIN and COMMIT apart), bytes of the answer, processor milliseconds."""

    status: int
    sql: int
    size: int
    app_ms: float = 0.0
    database_ms: float = 0.0
    query_ms: float = 0.0  # one smallest query, asked before every request: how strained the machine was meanwhile

    @property
    def ms(self) -> float:
        """Processor milliseconds of the application and the database together."""
        return self.app_ms + self.database_ms


@dataclass
class Statements:
    """The statements that went over the engine of the walls while this was listening."""

    listed: list[str] = field(default_factory=list)

    def note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        """What SQLAlchemy calls before a statement goes out."""
        self.listed.append(statement)


@contextmanager
def listening() -> Iterator[Statements]:
    """Collect every statement of this process."""
    heard, engine = Statements(), Walls.engine
    event.listen(engine, "before_cursor_execute", heard.note)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", heard.note)


def cookie(app: Flask, token: str) -> str:
    """The session cookie of a browser that is signed in with this token, reads Chinese and has seen a page before."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    held = {"token": token, "name": "Volume", "language": "zh_Hans_CN", "csrf_token": token_hex(20)}
    return f"desk={signer.dumps(held)}"


class Asker:
    """Sends the same request again and again, straight to the WSGI application; nothing of a test client is counted."""

    def __init__(self, app: Flask, address: str, cookies: str = "") -> None:
        self.app = app
        self.environ = create_environ(address, base_url=app.config["DESK"].base_url) | {"HTTP_COOKIE": cookies}

    def once(self) -> tuple[int, int]:
        """Status and bytes of the answer."""
        chunks, status, _headers = run_wsgi_app(self.app, {**self.environ, "wsgi.input": BytesIO()})
        return int(status.split()[0]), sum(len(chunk) for chunk in chunks)


def backends() -> list[int]:
    """The process ids of the database backends behind the idle connections of this process."""
    with ExitStack() as held:
        count = max(1, getattr(Walls.engine.pool, "checkedin", lambda: 1)())
        connections = [held.enter_context(Walls.engine.connect()) for _ in range(count)]
        drivers: list[Any] = [one.connection.dbapi_connection for one in connections]
        return [driver.info.backend_pid for driver in drivers]


def used(pids: Sequence[int]) -> float:
    """Processor seconds these processes have used: to the nanosecond on Linux, in hundredths elsewhere."""
    return sum(_used(pid) for pid in pids)


def _used(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except OSError:
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)


def cost(ask: Callable[[], tuple[int, int]], times: int, warm: int = 8) -> Cost:
    """The medians over `times` requests after some that warm statements, templates and catalogues."""
    for _ in range(warm):
        ask()
    with listening() as heard:
        status, size = ask()
    pids = backends()
    spent = [(once(query, pids), once(ask, pids)) for _ in range(times)]
    queries = [app + database for (app, database), _page in spent]
    app, database = ([one[part] for _query, one in spent] for part in (0, 1))
    milli = [statistics.median(values) * 1000 for values in (app, database, queries)]
    return Cost(status, len(heard.listed), size, *milli)


def once(act: Callable[[], object], pids: Sequence[int]) -> tuple[float, float]:
    """Do it; processor seconds of this process and of these backends."""
    before, begun = used(pids), time.process_time()
    act()
    return time.process_time() - begun, used(pids) - before


def query() -> None:
    """The smallest question through the same layers as every other, committed as pages are.

    A rollback would make the driver forget every statement that is prepared, and each page would be planned anew.
    """
    with Walls.engine.begin() as connection:
        connection.execute(text("SELECT 1")).all()
