"""What does not depend on the machine: statements and bytes of a page, and that hot statements use their indexes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, text

from service_desk import create_app
from service_desk.config import Config, load_config
from service_desk.running import postgres
from service_desk.scope import Walls, practice_scope, session
from service_desk.web.shell import connect
from tests.bench.installation import TOKENS, Known, environment, fill, known
from tests.bench.meter import Asker, cookie, listening
from tests.bench.pages import PAGES, Page
from tests.conftest import PASSWORD, SCOPE_KEY, copy_database

pytestmark = [pytest.mark.xdist_group("budget"), pytest.mark.timeout(180)]
HOT_PAGES = (
    "Today",
    "queue",
    "tickets of a client",
    "ticket",
    "client",
    "checks of a client",
    "search: two characters",
)
HOT = ("ticket", "check_state", "work_entry")
Filled = tuple[Flask, Known]


@pytest.fixture(scope="module")
def desk_of(
    cluster: postgres.Cluster, template: str, redis_url: str, config: Config
) -> Iterator[Callable[..., Filled]]:
    """Make a desk of so many clients in a database of its own; afterwards the process is as it was."""
    before: Engine | None = getattr(Walls, "engine", None)
    engines: list[Engine] = []

    def made(clients: int, **volume: int) -> Filled:
        name = copy_database(cluster, template, f"budget_{clients}")
        own = load_config(environment(cluster, name, redis_url, PASSWORD, SCOPE_KEY))
        app = create_app(own, TESTING=True)
        engines.append(Walls.engine)
        app.extensions["engine"] = Walls.engine
        fill(clients, datetime.now(UTC), **volume)
        with cluster.admin(name) as admin:
            admin.execute("ANALYZE")
            return app, known(admin)

    yield made
    for engine in (*engines, *([before] if before is not None else [])):
        engine.dispose()
    connect(config)


@pytest.fixture(scope="module")
def fifty(desk_of: Callable[..., Filled]) -> Filled:
    """Fifty clients with the years of work behind them that the promises speak of."""
    return desk_of(50)


def asked(filled: Filled, page: Page) -> tuple[int, int]:
    """Ask for a page; status and bytes."""
    app, found = filled
    enter(app)
    return Asker(app, page.address(app, found.slug, found.ids), cookie(app, TOKENS[page.who])).once()


def enter(app: Flask) -> None:
    """Let this process look at the database of this desk."""
    Walls.install(app.extensions["engine"], bytes.fromhex(SCOPE_KEY))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_it_keeps_to_its_statements_and_bytes(fifty: Filled, page: Page) -> None:
    asked(fifty, page)  # What is asked once per process is not the page's.
    with listening() as heard:
        status, size = asked(fifty, page)
    assert status == 200
    assert len(heard.listed) <= page.statements, "\n\n".join(heard.listed)
    assert any("gate_open_request" in statement for statement in heard.listed)
    assert size <= page.kilobytes * 1024


@pytest.mark.parametrize(
    "name",
    ["Today", "queue", "tickets of a client", "ticket", "client", "checks of a client", "search: two characters"],
)
def test_it_finds_what_it_shows_by_index(fifty: Filled, name: str) -> None:
    page = next(page for page in PAGES if page.name == name)
    with explaining() as plans:
        assert asked(fifty, page)[0] == 200
    assert plans
    assert not walked(plans), "\n\n".join(walked(plans))


def test_a_plan_without_an_index_is_noticed(fifty: Filled) -> None:
    app, found = fifty
    enter(app)
    history = found.history
    with practice_scope(history.practice_id, history.owner, tenants=history.tenant_ids), explaining() as plans:
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):
            session().execute(text(f"SET LOCAL enable_{way} = off"))
        session().execute(text("SELECT count(*) FROM ticket"))
    assert len(walked(plans)) == 1


def walked(plans: list[str]) -> list[str]:
    """The plans that walk through a whole hot table."""
    return [plan for plan in plans for table in HOT if f"Seq Scan on {table} " in plan]


def test_today_stays_folded_whatever_the_number_of_clients(desk_of: Callable[..., Filled], fifty: Filled) -> None:
    app, found = desk_of(500, tickets=2, entries=2, invoices=1, states=2, days=1)
    today = PAGES[0]
    enter(app)
    with listening() as heard:
        status, size = asked((app, found), today)
    assert (status, size <= today.kilobytes * 1024) == (200, True)
    assert len(heard.listed) <= today.statements


@contextmanager
def explaining() -> Iterator[list[str]]:
    """Collect the plan of every statement, as the runtime login gets it in the scope the page runs in."""
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT") and "gate_" not in statement:
            with connection.connection.cursor() as beside:
                beside.execute("EXPLAIN " + statement, parameters)
                plans.append("\n".join([statement, *(row[0] for row in beside)]))

    event.listen(Walls.engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(Walls.engine, "before_cursor_execute", explain)
