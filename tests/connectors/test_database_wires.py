"""What every wire to a database holds against rows without end, silence, a cut line, broken text and a wrong clock.

Real servers of PostgreSQL and MariaDB, spoiled by a relay; the drivers of Oracle and HANA as their stand-ins have them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from connectors import base, connector_class
from connectors.ask import Request, ask
from connectors.base import ConnectorError, Deadline
from connectors.facts import Server
from connectors.statements import Statement
from tests.connectors import hana_standin, oracle_standin
from tests.connectors.real_postgres import Relay
from tests.connectors.test_conformance import SYSTEMS

pytestmark = pytest.mark.enable_socket
ROWS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n"
MANY = {
    "postgresql": "SELECT generate_series(1, 100000)",
    # MariaDB counts no further than a thousand in this way.
    "mysql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
    "SELECT a.i, b.i FROM n a JOIN n b LIMIT 100000",
}
SLEEP = {"postgresql": "SELECT pg_sleep(20)", "mysql": "SELECT SLEEP(20)"}
CLOCKS = {
    "postgresql": "connectors.postgresql_state",
    "mysql": "connectors.mysql",
    "oracle": "connectors.oracle_state",
    "oracle_ebs": "connectors.oracle_state",
    "hana": "connectors.hana",
    "sap_b1_hana": "connectors.sap_b1_hana",
}
EACH = pytest.mark.parametrize("kind", CLOCKS)
REAL = pytest.mark.parametrize("kind", ["postgresql", "mysql"])
STANDINS = pytest.mark.parametrize("kind", ["oracle", "oracle_ebs", "hana", "sap_b1_hana"])


@pytest.fixture
def asked(kind: str, request: pytest.FixtureRequest) -> Callable[..., Request]:
    """Make a request to the running system of a kind."""
    fixture, make = SYSTEMS[kind]
    server = request.getfixturevalue(fixture)
    return lambda **change: make(server, **change)


def question(sql: str) -> Statement:
    """A statement of the test's own."""
    return Statement(name="x", title="x", database="any", sql=sql, cap=5000, needs=())


def told(request: Request, *statements: Statement, seconds: float = 10) -> list[Any]:
    """What became of some statements over one login: their rows, or the reason why there are none."""
    connector = connector_class(request.kind)(request.settings, request.secrets, allow_loopback=True)
    found: list[Any] = []
    with connector.open(Deadline(seconds)) as session:
        for one in statements:
            try:
                found.append(session.rows(one))
            except ConnectorError as error:
                found.append(error.reason)
    return found


@EACH
def test_a_hundred_thousand_rows_stop_at_the_cap(kind: str, asked: Callable[..., Request]) -> None:
    (rows,) = told(asked(), question(MANY.get(kind, ROWS)))
    assert (len(rows.rows), rows.truncated) == (5000, True)


@REAL
def test_a_question_without_an_answer_is_given_up(kind: str, asked: Callable[..., Request]) -> None:
    assert told(asked(), question(SLEEP[kind]), seconds=1) == ["statement_timeout"]


@pytest.mark.parametrize("kind", ["oracle", "oracle_ebs"])
def test_a_driver_that_waits_without_end_is_given_up(
    kind: str, asked: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = oracle_standin.Cursor.execute

    async def waiting(cursor: Any, sql: str) -> None:
        await (asyncio.Event().wait() if "wait" in sql else known(cursor, sql))

    monkeypatch.setattr(oracle_standin.Cursor, "execute", waiting)
    assert told(asked(), question("SELECT 'wait'"), seconds=1) == ["statement_timeout"]


@REAL
def test_a_line_that_is_cut_in_the_middle_of_a_row_is_told(kind: str, asked: Callable[..., Request]) -> None:
    request = asked(settings={"encryption": "off"})
    with Relay(request.settings["port"], word=b"100000", how="halve") as relay:
        request = replace(request, settings={**request.settings, "port": relay.port})
        assert told(request, question(MANY[kind]), question("SELECT 1")) == ["connection_lost"] * 2


@REAL
def test_a_text_in_no_encoding_is_told_and_spoils_no_other_answer(kind: str, asked: Callable[..., Request]) -> None:
    request = asked(settings={"encryption": "off"})
    with Relay(request.settings["port"], word=b"spoiled", how="garble") as relay:
        request = replace(request, settings={**request.settings, "port": relay.port})
        first, then = told(request, question("SELECT '螺丝', 'spoiled'"), question("SELECT 1"))
    assert first == "bad_answer"
    assert then == "connection_lost" if isinstance(then, str) else then.rows == [(1,)]


@STANDINS
def test_a_text_that_the_driver_cannot_read_is_told(
    kind: str, asked: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise UnicodeDecodeError("gbk", b"\xff", 0, 1, "hunter2")

    for cursor in (oracle_standin.Cursor, hana_standin.Cursor):
        monkeypatch.setattr(cursor, "fetchmany", lambda *given: broken() if given[1] > 1 else [])
    assert told(asked(), question("SELECT 1")) == ["bad_answer"]


@EACH
def test_a_clock_an_hour_off_is_seen(
    kind: str, asked: Callable[..., Request], in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind() -> datetime:
        return base.now() - timedelta(hours=1)

    monkeypatch.setattr(import_module(CLOCKS[kind]), "now", behind)
    found = [look for look in ask(asked(kinds=["server"])).looks if look.facts]
    (server,) = found[0].facts
    assert isinstance(server, Server)
    assert server.clock_ahead_s == pytest.approx(3600, abs=3)
