"""The pages of agents: a code shown once, how each stands, who reads a connection, and the end of one."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from service_desk.jobs import Job
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.agent_page import line
from service_desk.tenants.models import ErpConnection, SealedSecret, SiteAgent
from service_desk.tenants.operations import agents, connections
from tests.world import World, post

U8 = {"host": "192.0.2.7", "user": "reader"}


@pytest.fixture
def ada(app: Flask, world: World) -> FlaskClient:
    """Ada's browser."""
    return world.sign_in(app, world.ada)


@pytest.fixture
def made(world: World) -> tuple[int, int]:
    """Client A's agent, and a U8 with a password that our own workers read."""
    now = datetime.now(UTC)
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        agent = SiteAgent(name="机房", token_hash=b"x" + world.a.slug.encode(), enrolled_at=now, last_seen_at=now)
        agent.alert_after = now + timedelta(minutes=4)
        session().add(agent)
        row = connections.add_connection("yonyou_u8", "U8", "production", U8, {"password": "typed"}, now=now)
        session().flush()
        return agent.id, row.id


def in_a(world: World, ask: Callable[[], Any]) -> Any:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return ask()


def test_a_code_is_shown_once_and_enrols(ada: FlaskClient, client: FlaskClient, world: World) -> None:
    url = f"/t/{world.a.slug}/connections/agents"
    page = post(ada, url, {"name": "仓库服务器"}).get_data(as_text=True)
    code = set(re.findall(r"[A-Z2-9]{5}(?:-[A-Z2-9]{5}){3}", page))
    assert len(code) == 1
    assert f"agent.pyz enrol http://desk.test {min(code)}" in page
    assert min(code) not in ada.get(url).get_data(as_text=True)
    assert client.post("/agent/v1/enrol", json={"v": 1, "code": min(code)}).status_code == 201
    assert "仓库服务器" in ada.get(url).get_data(as_text=True)
    assert post(ada, url, {"name": "仓库服务器"}).status_code == 422
    assert post(ada, url, {"name": ""}).status_code == 422


def test_with_an_agent_our_copy_of_the_password_is_forgotten(
    ada: FlaskClient, world: World, made: tuple[int, int]
) -> None:
    agent_id, connection_id = made
    url = f"/t/{world.a.slug}/connections/{connection_id}"
    assert in_a(world, lambda: session().query(SealedSecret).count()) == 1
    assert post(ada, f"{url}/road", {"reader": str(agent_id)}).status_code == 303
    row = in_a(world, lambda: session().query(ErpConnection).one())
    assert (row.road, row.agent_id, bool(row.probe["asked_at"])) == ("agent", agent_id, True)
    assert in_a(world, lambda: session().query(SealedSecret).count()) == 0
    form = ada.get(f"{url}/edit").get_data(as_text=True)
    assert 'name="set_host"' in form
    assert "secret_password" not in form
    changed = {"name": "U8", "environment": "production", "set_host": "192.0.2.8", "set_port": "1433",
               "set_user": "reader", "set_encryption": "required", "set_driver": "pytds"}  # fmt: skip
    assert post(ada, f"{url}/edit", changed).status_code == 303
    assert in_a(world, lambda: session().query(ErpConnection).one()).settings["host"] == "192.0.2.8"
    assert in_a(world, lambda: list(session().scalars(select(Job.kind).where(Job.kind == "probe")))) == []
    assert post(ada, f"{url}/road", {"reader": "server"}).status_code == 303
    assert in_a(world, lambda: session().query(ErpConnection).one()).agent_id is None


def test_a_connection_of_another_client_cannot_be_given_away(
    ada: FlaskClient, world: World, made: tuple[int, int]
) -> None:
    agent_id, connection_id = made
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id):
        theirs = connections.add_connection("yonyou_u8", "U8", "production", U8, {}, now=datetime.now(UTC)).id
    for reader in (str(agent_id), "0", "x", ""):
        assert post(ada, f"/t/{world.b.slug}/connections/{theirs}/road", {"reader": reader}).status_code == 404
    assert ada.get(f"/t/{world.b.slug}/connections/new?kind=yonyou_u8&reader={agent_id}").status_code == 404
    assert post(ada, f"/t/{world.a.slug}/connections/{connection_id}/road", {"reader": "x"}).status_code == 404


def test_one_is_connected_through_it_without_a_secret(ada: FlaskClient, world: World, made: tuple[int, int]) -> None:
    url = f"/t/{world.a.slug}/connections/new?kind=kingdee_k3&reader={made[0]}"
    assert "secret_password" not in ada.get(url).get_data(as_text=True)
    data = {"name": "K/3", "environment": "production", "set_host": "192.0.2.9", "set_port": "1433",
            "set_user": "reader", "set_encryption": "required", "set_driver": "pytds",
            "secret_password": "slipped in"}  # fmt: skip
    answer = post(ada, url, data)
    assert answer.status_code == 303, answer.text
    row = in_a(world, lambda: session().query(ErpConnection).filter_by(kind="kingdee_k3").one())
    assert (row.road, row.agent_id) == ("agent", made[0])
    assert in_a(world, lambda: session().query(SealedSecret).filter_by(connection_id=row.id).count()) == 0


def test_a_machine_is_read_by_its_agent_or_by_scripts_and_never_by_us(
    ada: FlaskClient, world: World, made: tuple[int, int]
) -> None:
    for name, reader, road in (("甲", f"&reader={made[0]}", "agent"), ("乙", "", "push")):
        url = f"/t/{world.a.slug}/connections/new?kind=machine{reader}"
        assert ada.get(url).status_code == 200
        assert post(ada, url, {"name": name, "environment": "production"}).status_code == 303
        with tenant_scope(world.a.id, SYSTEM, read_only=True):
            row = session().query(ErpConnection).filter_by(name=name).one()
        assert row.road == road
        for tail in ("", "/edit", "/scripts"):
            assert ada.get(f"/t/{world.a.slug}/connections/{row.id}{tail}").status_code == 200
        assert post(ada, f"/t/{world.a.slug}/connections/{row.id}/road", {"reader": "server"}).status_code == 404


def test_one_click_revokes_it_and_what_it_read_says_so(
    ada: FlaskClient, client: FlaskClient, world: World, made: tuple[int, int]
) -> None:
    agent_id, connection_id = made
    url = f"/t/{world.a.slug}/connections"
    post(ada, f"{url}/{connection_id}/road", {"reader": str(agent_id)})
    assert "机房" in ada.get(f"{url}/agents/{agent_id}/revoke").get_data(as_text=True)
    assert post(ada, f"{url}/agents/{agent_id}/revoke").status_code == 303
    assert in_a(world, lambda: session().query(SiteAgent).one()).revoked_at is not None
    assert in_a(world, lambda: list(session().scalars(select(Job.kind).where(Job.kind == "agents")))) == ["agents"]
    for page in (f"{url}/agents", f"{url}/agents/{agent_id}", f"{url}/{connection_id}"):
        assert "吊销" in ada.get(page).get_data(as_text=True)


def test_how_an_agent_stands_is_said_in_words(app: Flask) -> None:
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)

    def shown(**change: Any) -> tuple[str, bool, int]:
        told = {"name": "x", "version": "1", "alert_after": now + timedelta(minutes=1), "silent": False,
                "waiting": 0, "dropped": 0, "clock_ahead_s": 1.0, "revoked_at": None}  # fmt: skip
        found = line(SiteAgent(**(told | change)), "1", now)
        return found.state, found.outdated, len(found.notes)

    with app.test_request_context():
        assert shown() == ("ok", False, 0)
        assert shown(version="0") == ("ok", True, 0)
        assert shown(silent=True) == ("critical", False, 0)
        assert shown(alert_after=now) == ("critical", False, 0)
        assert shown(clock_ahead_s=-400.0) == ("warning", False, 1)
        assert shown(clock_ahead_s=90.0, waiting=2, dropped=1) == ("ok", False, 3)
        assert shown(revoked_at=now, version="0") == ("unknown", False, 0)


def test_a_code_of_twenty_letters_is_hard_to_guess() -> None:
    assert len(set(agents.LETTERS)) ** 20 > 2**96
    assert not set("IOLU01") & set(agents.LETTERS)
