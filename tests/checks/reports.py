"""What the tests of agents and scripts share: an enrolled agent, and messages as one sends them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.facts import Backup, Look, Reachable, look_to_json
from service_desk.checks import operations
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection, SiteAgent
from service_desk.tenants.operations import agents as enrolment
from tests.world import Company, World


@dataclass
class Site:
    """An agent of a company with one U8 that it reads, all checks switched on."""

    company: Company
    agent_id: int
    token: str
    connection_id: int


def a_code(world: World, company: Company, name: str = "机房") -> str:
    """A fresh code, as the page makes one."""
    with tenant_scope(company.id, world.ada_actor, practice_id=world.practice_id):
        return enrolment.make_code(name, now=datetime.now(UTC))


def a_connection(world: World, company: Company, settings: Mapping[str, Any] | None = None) -> int:
    """A U8 that our own workers read, with its checks accepted."""
    with tenant_scope(company.id, world.ada_actor, practice_id=world.practice_id):
        there = dict(settings or {"host": "erp", "user": "reader"})
        name, now = f"U8 {uuid.uuid4().hex[:6]}", datetime.now(UTC)
        row = ErpConnection(kind="yonyou_u8", name=name, settings=there, created_at=now)
        session().add(row)
        session().flush()
        operations.propose_plans(row)
        operations.accept_plans(row)
        return row.id


def given_to(company: Company, connection_id: int, agent_id: int) -> None:
    """Have the agent read the connection."""
    with tenant_scope(company.id, SYSTEM):
        row = session().get_one(ErpConnection, (company.id, connection_id))
        enrolment.take_road(row, session().get_one(SiteAgent, (company.id, agent_id)))


def a_site(browser: FlaskClient, world: World, company: Company) -> Site:
    """Enrol an agent and give it a connection."""
    answer = browser.post("/agent/v1/enrol", json={"v": 1, "code": a_code(world, company)})
    assert answer.status_code == 201, answer.text
    connection_id = a_connection(world, company)
    given_to(company, connection_id, answer.get_json()["agent"])
    return Site(company, answer.get_json()["agent"], answer.get_json()["token"], connection_id)


def tell(browser: FlaskClient, site: Site, what: str, /, **message: Any) -> TestResponse:
    """Post as the agent does."""
    headers = {"Authorization": f"Bearer {site.token}"}
    return browser.post(f"/agent/v1/{what}", json={"v": 1, **message}, headers=headers)


def push(browser: FlaskClient, site: Site, looks: list[dict[str, Any]], **more: Any) -> TestResponse:
    """Hand looks over."""
    message = {"id": uuid.uuid4().hex, "sent_at": datetime.now(UTC).isoformat(), "connection": site.connection_id}
    return tell(browser, site, "push", **(message | {"looks": looks} | more))


def seen(at: datetime, *, up: bool = True, age_h: float = 5) -> list[dict[str, Any]]:
    """What an agent saw at a moment: whether the server answers, and one full backup of this age."""
    full = at - timedelta(hours=age_h)
    reachable = Reachable(seen_at=at, up=up, connect_ms=3, answer_ms=1, reason=None if up else "closed_port")
    backup = Backup(
        seen_at=at, database="UFSystem", state="ONLINE", recovery_model="SIMPLE", full_at=full,
        full_age_s=round(age_h * 3600),
    )  # fmt: skip
    return [
        look_to_json(Look(kind="reachable", seen_at=at, facts=(reachable,))),
        look_to_json(Look(kind="backups", seen_at=at, facts=(backup,))),
    ]
