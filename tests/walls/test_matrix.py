"""Every route against everybody: who may succeeds, and for everybody else the thing is not there.

A route without a row is red. So is a row whose owner cannot use it: a wall that keeps everybody out proves nothing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service_desk.accounts.roles import CLIENT_ROLES, DESK_ROLES
from service_desk.running import postgres
from tests.conftest import forget_rows
from tests.walls.matrix import Row, rows
from tests.world import Somebody, World, csrf_token, make_world

Database = psycopg.Connection[tuple[object, ...]]
ROWS = list(rows())
STATIC = {"static", "bootstrap.static"}
# What a refused request may write: that it was refused, that the browser was seen, and the limiter's own count.
MAY_CHANGE = ("audit_event", "web_session", "scope_key", "alembic_version")
PRINTS: list[str] = []  # one question for each table there is, made once
EVERY_ROLE = (*DESK_ROLES, *CLIENT_ROLES)


def test_it_has_a_row_for_every_route_and_a_route_for_every_row(app: Flask) -> None:
    routes = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in STATIC
    }
    listed = {(endpoint, row.method) for endpoint, row in ROWS if row.method != "HEAD"}
    assert sorted(routes - listed) == [], "routes without a row in tests/<package>/matrix.py"
    assert sorted(listed - routes) == [], "rows without a route"


@pytest.fixture(scope="module", autouse=True)
def _little_to_look_through(app: Flask, cluster: postgres.Cluster, database: str) -> None:
    """Every row there is gets compared, twice in every test: those of the tests before would be the most of it."""
    with cluster.admin(database) as owner_db:
        forget_rows(owner_db)
        owner_db.execute("VACUUM")


def of_kind(*kinds: str) -> list[Any]:
    """The rows of these kinds, each named by its endpoint."""
    return [pytest.param(endpoint, row, id=f"{row.method} {endpoint}") for endpoint, row in ROWS if row.kind in kinds]


class Request:
    """One row's request, made ready in a world of its own; sent by whoever tries."""

    def __init__(self, app: Flask, endpoint: str, row: Row, world: World) -> None:
        self.app, self.endpoint, self.row, self.world = app, endpoint, row, world
        self.values = dict(row.values(world))
        if row.kind == "tenant":
            self.values.setdefault("slug", world.a.slug)
        self.data = dict(row.data(world)) if row.data else {}

    def named(self) -> bool:
        """True when the address names a thing beside the client."""
        return bool(self.values.keys() - {"slug"})

    def send(
        self, browser: FlaskClient, values: Mapping[str, Any] | None = None, *, token: bool = True
    ) -> TestResponse:
        """Send it from this browser, with other values in the address when given."""
        chosen = {**self.values, **(values or {})}
        with self.app.test_request_context():
            url = self.app.url_for(self.endpoint, _external=False, **chosen)
        data: dict[str, Any] = {**self.data}
        if self.row.method not in ("GET", "HEAD"):
            if "slug" in chosen:
                data["for_tenant"] = chosen["slug"]
            if token:
                data["csrf_token"] = csrf_token(browser)
        return browser.open(url + self.row.query, method=self.row.method, data=data or None)

    def missing(self) -> dict[str, Any]:
        """The address of something that does not exist: no such client, else no such thing of this client."""
        if "slug" in self.values:
            return {"slug": "nobody-of-this-name"}
        return {name: 2147480000 if isinstance(value, int) else "nothing" for name, value in self.values.items()}


def content(response: TestResponse) -> str:
    """What a person sees; the form token differs in every answer and says nothing."""
    return re.sub(r'(name="csrf[-_]token" (content|value)=)"[^"]*"', r"\1", response.text)


def looks_missing(request: Request, browser: FlaskClient, values: Mapping[str, Any] | None = None) -> None:
    """The answer is 404, and to the last byte the one that something missing gets."""
    refused, missing = request.send(browser, values), request.send(browser, request.missing())
    assert (refused.status_code, missing.status_code) == (404, 404)
    assert content(refused) == content(missing)


def succeeds(request: Request, person: Somebody) -> None:
    """The request does what it is for."""
    answer = request.send(request.world.sign_in(request.app, person))
    assert answer.status_code in request.row.status, content(answer)[:2000]
    assert "/sign-in" not in answer.headers.get("Location", "")


def prints(database: Database) -> dict[str, object]:
    """Table -> how many rows it holds and a sum over their contents."""
    if not PRINTS:
        tables = database.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s)",
            [list(MAY_CHANGE)],
        ).fetchall()
        PRINTS.extend(
            f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{name}\" t"
            for (name,) in tables
        )
    return {str(row[0]): row[1:] for row in database.execute(" UNION ALL ".join(PRINTS).encode())}


def outsiders(world: World) -> Iterator[Somebody]:
    """People who have no business with client A: of client B, of a colleague's clients, of another practice."""
    yield world.cai
    yield world.somebody("engineer", world.b)
    yield make_world().ada


def others(row: Row, world: World) -> Iterator[Somebody]:
    """People of client A or of the practice whose role may not do this."""
    for role in EVERY_ROLE:
        if role not in row.roles:
            yield world.somebody(role)


@pytest.mark.parametrize(("endpoint", "row"), of_kind("tenant"))
def test_it_is_not_there_for_strangers(app: Flask, world: World, owner_db: Database, endpoint: str, row: Row) -> None:
    request = Request(app, endpoint, row, world)
    browsers = [world.sign_in(app, person) for person in (*outsiders(world), *others(row, world))]
    before = prints(owner_db)
    for browser in browsers:
        looks_missing(request, browser)
    anonymous = request.send(app.test_client())
    assert anonymous.status_code in (302, 401)
    assert prints(owner_db) == before


@pytest.mark.parametrize(("endpoint", "row"), of_kind("tenant"))
def test_it_does_not_reach_across_clients(
    app: Flask, world: World, owner_db: Database, endpoint: str, row: Row
) -> None:
    """Whoever may use the page under client B still finds nothing of client A there, by address or by form."""
    request = Request(app, endpoint, row, world)
    ids = [name for name in request.data if name.endswith("_id") and request.data[name]]
    if not (request.named() or ids):
        return
    person = world.somebody(row.roles[0], world.b)
    before = prints(owner_db)
    answer = request.send(world.sign_in(app, person), {"slug": world.b.slug})
    assert answer.status_code == 404 if request.named() else answer.status_code in (404, 409, 422), answer.text[:800]
    assert prints(owner_db) == before


@pytest.mark.parametrize(("endpoint", "row"), of_kind("tenant", "practice"))
def test_it_succeeds_for_whoever_may(app: Flask, world: World, owner_db: Database, endpoint: str, row: Row) -> None:
    assert row.roles, "a row names the roles that may"
    for role in row.roles:
        request = Request(app, endpoint, row, world if role == row.roles[0] else make_world())
        person = request.world.somebody(role)
        before = prints(owner_db) if row.method == "GET" else {}
        succeeds(request, person)
        if row.method == "GET":
            assert prints(owner_db) == before, "a page that is only looked at changes nothing"


@pytest.mark.parametrize(("endpoint", "row"), of_kind("practice"))
def test_it_keeps_the_practice_to_itself(app: Flask, world: World, owner_db: Database, endpoint: str, row: Row) -> None:
    request = Request(app, endpoint, row, world)
    refused = [world.sign_in(app, person) for person in others(row, world)]
    stranger = world.sign_in(app, make_world().ada)
    before = prints(owner_db)
    for browser in refused:
        answer = request.send(browser)
        assert answer.status_code == 404, content(answer)[:800]
    if request.named():
        looks_missing(request, stranger)
    assert request.send(app.test_client()).status_code in (302, 401)
    assert prints(owner_db) == before
    if row.method == "GET" and not request.named():
        assert world.a.slug not in request.send(stranger).text


@pytest.mark.parametrize(("endpoint", "row"), of_kind("person"))
def test_it_keeps_a_person_to_themself(app: Flask, world: World, owner_db: Database, endpoint: str, row: Row) -> None:
    request = Request(app, endpoint, row, world)
    before = prints(owner_db)
    assert request.send(app.test_client()).status_code in (302, 401)
    if request.named():
        looks_missing(request, world.sign_in(app, world.cai))
    assert prints(owner_db) == before
    succeeds(request, world.ada)
    if row.method == "GET":
        assert prints(owner_db) == before


@pytest.mark.parametrize(("endpoint", "row"), of_kind("public"))
def test_it_answers_anybody(app: Flask, world: World, owner_db: Database, endpoint: str, row: Row) -> None:
    request = Request(app, endpoint, row, world)
    before = prints(owner_db)
    answer = request.send(app.test_client())
    assert answer.status_code in row.status, content(answer)[:2000]
    if row.method == "GET" and row.csrf:  # A machine's ping may come as a GET.
        assert prints(owner_db) == before


@pytest.mark.parametrize(
    ("endpoint", "row"), [entry for entry in of_kind("tenant", "practice", "person") if entry.values[1].method != "GET"]
)
def test_it_refuses_a_form_that_is_not_ours(
    app: Flask, world: World, owner_db: Database, endpoint: str, row: Row
) -> None:
    request = Request(app, endpoint, row, world)
    person = world.somebody(row.roles[0]) if row.roles else world.ada
    before = prints(owner_db)
    assert request.send(world.sign_in(app, person), token=False).status_code == 400
    assert prints(owner_db) == before
