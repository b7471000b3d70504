"""Agents report: enrolled once, heard by token, judged by their own time, held to their own connections."""

import gzip
import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.facts import FACTS
from service_desk.audit.models import AuditEvent
from service_desk.checks import operations, pushed
from service_desk.checks.judging import LONGEST
from service_desk.checks.models import CheckFlip, CheckPlan, CheckResult, CheckRun, CheckState
from service_desk.jobs import Job, perform
from service_desk.running import clock
from service_desk.scope import SYSTEM, gate, session, tenant_scope
from service_desk.tenants.models import ErpConnection, SiteAgent
from service_desk.tenants.operations import agents as enrolment
from tests.checks.reports import Site, a_code, a_site, given_to, push, seen, tell
from tests.world import Company, World


@pytest.fixture
def site(client: FlaskClient, world: World) -> Site:
    """Client A's agent."""
    return a_site(client, world, world.a)


def rows(company: Company, model: Any) -> list[Any]:
    with tenant_scope(company.id, SYSTEM, read_only=True):
        return list(session().query(model).order_by(*model.__table__.primary_key))


def states(company: Company) -> dict[tuple[str, str], CheckState]:
    return {(row.check, row.subject): row for row in rows(company, CheckState)}


def worked(company: Company) -> None:
    """Do the jobs about agents that wait."""
    for job in rows(company, Job):
        if job.state == "queued" and job.kind == "agents":
            perform(job.id)


def the_agent(site: Site) -> SiteAgent:
    with tenant_scope(site.company.id, SYSTEM, read_only=True):
        return session().get_one(SiteAgent, (site.company.id, site.agent_id))


# Enrolling.


def test_a_code_serves_once_even_at_the_same_moment(app: Flask, world: World) -> None:
    code = a_code(world, world.a)

    def enrol(_n: int) -> int:
        return app.test_client().post("/agent/v1/enrol", json={"v": 1, "code": code}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(enrol, range(6))) == [201, *[403] * 5]
    assert len(rows(world.a, SiteAgent)) == 1


def test_a_code_is_read_as_people_type_it_and_ends(client: FlaskClient, world: World, owner_db: Any) -> None:
    code = a_code(world, world.a).lower().replace("-", " ")
    owner_db.execute("UPDATE agent_code SET expires_at = now() - interval '1 second'")
    owner_db.commit()
    assert client.post("/agent/v1/enrol", json={"v": 1, "code": code}).status_code == 403
    owner_db.execute("UPDATE agent_code SET expires_at = now() + interval '1 minute'")
    owner_db.commit()
    answer = client.post("/agent/v1/enrol", json={"v": 1, "code": code, "platform": "Windows\x00 Server\n2019"})
    assert (answer.status_code, answer.get_json()["name"], answer.get_json()["client"]) == (201, "机房", world.a.name)
    assert rows(world.a, SiteAgent)[0].platform == "Windows Server2019"


def test_neither_code_nor_token_is_kept(client: FlaskClient, site: Site, world: World, owner_db: Any) -> None:
    code = a_code(world, world.a, "仓库")
    found = owner_db.execute("SELECT (SELECT string_agg(a::text, '') FROM site_agent a)"
                             " || (SELECT string_agg(c::text, '') FROM agent_code c)"
                             " || (SELECT string_agg(e.detail::text, '') FROM audit_event e)").fetchall()  # fmt: skip
    assert site.token not in str(found)
    assert enrolment.tidy_code(code) not in str(found)


def test_taking_an_agents_place_ends_the_token_it_had(client: FlaskClient, site: Site, world: World) -> None:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        agent = session().get_one(SiteAgent, (world.a.id, site.agent_id))
        code = enrolment.make_code(agent.name, agent=agent, now=datetime.now(UTC))
    answer = client.post("/agent/v1/enrol", json={"v": 1, "code": code})
    assert answer.get_json()["agent"] == site.agent_id
    assert tell(client, site, "due").status_code == 401
    site.token = answer.get_json()["token"]
    assert tell(client, site, "due").status_code == 200


# Being heard.


def test_it_is_told_what_is_due_and_never_a_secret(client: FlaskClient, site: Site) -> None:
    answer = tell(client, site, "due", version="1.0+x", platform="Linux", waiting=3, dropped=1)
    (found,) = answer.get_json()["connections"]
    assert (found["id"], found["kind"], found["probe"]) == (site.connection_id, "yonyou_u8", False)
    assert found["kinds"]["reachable"]["every_s"] == 60
    assert found["kinds"]["backups"]["in_s"] <= 0
    assert not {"secrets", "password"} & set(str(answer.get_json()).replace("'", " ").split())
    row = the_agent(site)
    assert (row.version, row.waiting, row.dropped, row.silent) == ("1.0+x", 3, 1, False)
    assert row.alert_after is not None
    assert row.last_seen_at is not None
    assert row.alert_after - row.last_seen_at == enrolment.SILENT_AFTER


def test_our_workers_leave_its_connections_alone(empty_database: None, client: FlaskClient, world: World) -> None:
    a_site(client, world, world.a)
    gate("gate_due_plans", p_now=datetime.now(UTC), p_limit=100)
    assert [run for run in rows(world.a, CheckRun) if run.connection_id is not None] == []


def test_what_it_pushed_is_judged_like_a_visit_of_ours(client: FlaskClient, site: Site) -> None:
    at = datetime.now(UTC) - timedelta(seconds=5)
    answer = push(client, site, seen(at, age_h=90))
    assert (answer.status_code, answer.get_json()["taken"]) == (200, True)
    found = states(site.company)
    assert found["db.up", ""].state == "ok"
    assert (found["bak.full.age", "UFSystem"].state, found["bak.full.age", "UFSystem"].seen_at) == ("crit", at)
    assert [flip.to_state for flip in rows(site.company, CheckFlip)] == ["crit"]
    due = {row.check: row.next_run_at for row in rows(site.company, CheckPlan)}
    assert due["bak.full.age"] > datetime.now(UTC)
    assert due["inv.negative"] <= datetime.now(UTC)
    assert [job.kind for job in rows(site.company, Job) if job.kind == "notice"]


def test_a_name_that_no_index_takes_is_judged_all_the_same(client: FlaskClient, site: Site) -> None:
    looks = seen(datetime.now(UTC), age_h=500)
    names = ["".join(random.choices("0123456789abcdef", k=4000)) for _ in range(2)]
    looks[1]["facts"] = [{**looks[1]["facts"][0], "database": name} for name in (*names, "UFSystem")]
    assert push(client, site, looks).status_code == 200
    subjects = {subject for check, subject in states(site.company) if check == "bak.full.age"}
    assert (len(subjects), max(map(len, subjects)), "UFSystem" in subjects) == (3, LONGEST, True)
    assert push(client, site, seen(datetime.now(UTC))).status_code == 200


def test_what_was_handed_over_twice_is_taken_once(client: FlaskClient, site: Site) -> None:
    looks = seen(datetime.now(UTC))
    first, again = (push(client, site, looks, id="the-same-push").get_json()["taken"] for _ in range(2))
    assert (first, again) == (True, False)
    assert len(rows(site.company, CheckResult)) == len(states(site.company))


def test_an_old_push_repeated_later_does_not_look_fresh(client: FlaskClient, site: Site) -> None:
    """Its clock seems an hour behind then, and being put right would make old facts new; its id is known, though."""
    at = datetime.now(UTC) - timedelta(hours=1)
    told: dict[str, Any] = {"id": "once-upon-a-time", "sent_at": at.isoformat()}
    assert push(client, site, seen(at), **told).get_json()["taken"]
    later = datetime.now(UTC)
    push(client, site, seen(later, up=False), id="something-newer")
    before = states(site.company)["db.up", ""]
    assert push(client, site, seen(at), **told).get_json()["taken"] is False
    assert states(site.company)["db.up", ""].seen_at == before.seen_at


def test_what_comes_late_goes_to_the_series_and_not_over_what_is_newer(client: FlaskClient, site: Site) -> None:
    now = datetime.now(UTC)
    push(client, site, seen(now - timedelta(minutes=1), age_h=2))
    late = now - timedelta(minutes=50)
    assert push(client, site, seen(late, age_h=90)).get_json()["taken"]
    found = states(site.company)["bak.full.age", "UFSystem"]
    assert (found.state, found.seen_at) == ("ok", now - timedelta(minutes=1))
    assert {row.state for row in rows(site.company, CheckResult) if row.seen_at == late} == {"ok", "crit"}


def test_a_backlog_in_order_ends_with_the_newest(client: FlaskClient, site: Site) -> None:
    """While the line was down the ERP was down as well, and came back: it must not read as waiting afterwards."""
    now = datetime.now(UTC)
    for minutes, up in ((50, True), (40, False), (30, False), (20, True), (10, True)):
        push(client, site, seen(now - timedelta(minutes=minutes), up=up))
    found = states(site.company)
    assert {key[0]: (row.state, row.seen_at) for key, row in found.items() if key[0] in ("db.up", "bak.full.age")} == {
        "db.up": ("ok", now - timedelta(minutes=10)),
        "bak.full.age": ("ok", now - timedelta(minutes=10)),
    }


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_one_hour_off_is_put_right_and_told(client: FlaskClient, site: Site, hours: int) -> None:
    theirs = datetime.now(UTC) + timedelta(hours=hours)
    tell(client, site, "due", sent_at=theirs.isoformat())
    assert push(client, site, seen(theirs, age_h=5), sent_at=theirs.isoformat()).status_code == 200
    found = states(site.company)["bak.full.age", "UFSystem"]
    assert abs(found.seen_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert found.value == pytest.approx(5, abs=0.1)
    worked(site.company)
    (own,) = [row for key, row in states(site.company).items() if key[0] == "agent.silent"]
    assert (own.state, own.sentence_params["wording"]) == ("warn", "clock")
    assert abs(the_agent(site).clock_ahead_s or 0) == pytest.approx(3600, abs=30)


# Being refused.


def test_a_revoked_agent_is_not_heard_and_what_it_read_waits(client: FlaskClient, site: Site, world: World) -> None:
    push(client, site, seen(datetime.now(UTC)))
    worked(site.company)
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        enrolment.revoke_agent(session().get_one(SiteAgent, (world.a.id, site.agent_id)), datetime.now(UTC))
        operations.judge_agents(datetime.now(UTC), "test")
    answer = push(client, site, seen(datetime.now(UTC)))
    assert (answer.status_code, "revoked" in answer.get_json()["error"]) == (401, True)
    found = states(site.company)
    assert found["bak.full.age", "UFSystem"].reason == "no_agent"
    assert found["agent.silent", str(site.agent_id)].gone_at is not None


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic eA=="}])
def test_without_its_token_nothing_is_read(client: FlaskClient, site: Site, headers: dict[str, str]) -> None:
    for what in ("due", "push"):
        answer = client.post(f"/agent/v1/{what}", data=b"{", headers=headers)
        assert answer.status_code == 401


def test_an_agent_of_one_client_reaches_nothing_of_another(client: FlaskClient, site: Site, world: World) -> None:
    other = a_site(client, world, world.b)
    mine, theirs = push(client, other, seen(datetime.now(UTC))), None
    assert mine.status_code == 200
    before = states(world.b)
    theirs = push(client, site, seen(datetime.now(UTC), up=False), connection=other.connection_id)
    missing = push(client, site, seen(datetime.now(UTC)), connection=2**31 - 1)
    assert (theirs.status_code, theirs.get_json()) == (missing.status_code, missing.get_json())
    assert theirs.status_code == 404
    assert {key: row.seen_at for key, row in states(world.b).items()} == {
        key: row.seen_at for key, row in before.items()
    }
    refused = [row for row in rows(world.a, AuditEvent) if row.act == "agent.refused"]
    assert {row.detail["connection"] for row in refused} == {other.connection_id, 2**31 - 1}


def test_one_agent_does_not_push_for_another_of_the_same_client(client: FlaskClient, site: Site, world: World) -> None:
    answer = client.post("/agent/v1/enrol", json={"v": 1, "code": a_code(world, world.a, "二楼")})
    given_to(world.a, site.connection_id, answer.get_json()["agent"])
    assert push(client, site, seen(datetime.now(UTC))).status_code == 404


def _broken(change: Callable[[list[dict[str, Any]]], Any]) -> Any:
    looks = seen(datetime.now(UTC))
    return change(looks) or looks


GARBAGE: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "no list": lambda looks: {"a": looks},
    "nothing in it": lambda looks: [[]],
    "another version": lambda looks: looks[0].update(v=2),
    "a kind that is none": lambda looks: looks[0].update(kind="users; DROP TABLE"),
    "text for a number": lambda looks: looks[1]["facts"][0].update(full_age_s="old"),
    "true for a number": lambda looks: looks[1]["facts"][0].update(full_age_s=True),
    "endless": lambda looks: looks[0]["facts"][0].update(connect_ms=1e308),
    "too large": lambda looks: looks[1]["facts"][0].update(size_bytes=2**64),
    "a field too many": lambda looks: looks[1]["facts"][0].update(password="x"),
    "a field too few": lambda looks: looks[1]["facts"][0].pop("database") and None,
    "no zone": lambda looks: looks[0].update(seen_at="2026-11-22T10:00:00"),
    "the future": lambda looks: looks[0].update(seen_at=(datetime.now(UTC) + timedelta(days=2)).isoformat()),
    "long ago": lambda looks: looks[0].update(seen_at="2019-01-01T00:00:00+00:00"),
    "no character": lambda looks: looks[1]["facts"][0].update(database="a\x00b"),
    "half a character": lambda looks: looks[1]["facts"][0].update(database="\ud800"),
    "a reason that is none": lambda looks: looks[0].update(facts=[], unknown={"reason": "because"}),
    "facts that are none": lambda looks: looks[0].update(facts=[1, 2]),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_is_refused_with_words_and_leaves_no_trace(client: FlaskClient, site: Site, what: str) -> None:
    answer = push(client, site, _broken(GARBAGE[what]))
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["error"]
    assert states(site.company) == {}


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b"\xff\xfe", b'{"v":1,"x":NaN}', b'{"v":1,"x":' + b"[" * 100_000, gzip.compress(b"{}", mtime=0),
     b'{"v":2}', b'{"v":1,"id":"x","sent_at":"2026-11-22T10:00:00Z"}'],
)  # fmt: skip
def test_what_is_no_message_is_refused(client: FlaskClient, site: Site, data: bytes) -> None:
    headers = {"Authorization": f"Bearer {site.token}"}
    assert client.post("/agent/v1/push", data=data, headers=headers).status_code == 422


def test_more_than_is_taken_at_once_is_refused_unread(client: FlaskClient, site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token}"}
    answer = client.post("/agent/v1/push", data=b" " * (4 * 1024 * 1024 + 1), headers=headers)
    assert (answer.status_code, "more than" in answer.get_json()["error"]) == (413, True)
    assert client.post("/agent/v1/enrol", data=b" " * 70_000).status_code == 413


def test_who_asks_too_often_is_told_so(client: FlaskClient, site: Site) -> None:
    codes = [tell(client, site, "due").status_code for _ in range(61)]
    assert (codes[0], codes[-1]) == (200, 429)


def test_who_guesses_tokens_is_stopped_by_address(client: FlaskClient, site: Site) -> None:
    here = {"REMOTE_ADDR": "198.51.100.7"}
    codes = [
        client.post("/agent/v1/due", headers={"Authorization": f"Bearer guess-{n}"}, environ_base=here).status_code
        for n in range(121)
    ]
    assert (codes[0], codes[-1]) == (401, 429)
    assert tell(client, site, "due").status_code == 200


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(sorted(FACTS)), facts=st.lists(plain | st.dictionaries(st.text(max_size=9), plain), max_size=3), rest=st.dictionaries(st.sampled_from(["unknown", "account_set", "took_ms", "truncated"]), plain))  # fmt: skip  # noqa: E501
def test_whatever_comes_is_read_or_refused_and_never_breaks(kind: str, facts: Any, rest: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    look = {"v": 1, "kind": kind, "seen_at": now.isoformat(), "facts": facts, **rest}
    try:
        (found,) = pushed.looks_from([look], now, timedelta())
    except pushed.Garbage:
        return
    json.dumps(found.took_ms, allow_nan=False)
    assert found.kind == kind


# Silence.


def test_silence_is_an_alarm_and_the_next_sign_ends_it(
    empty_database: None, client: FlaskClient, world: World, owner_db: Any
) -> None:
    site, now = a_site(client, world, world.a), datetime.now(UTC)
    push(client, site, seen(now - timedelta(minutes=20)))
    worked(world.a)
    owner_db.execute(
        "UPDATE site_agent SET last_seen_at = %(at)s, alert_after = %(at)s + interval '10 minutes'",
        {"at": now - timedelta(minutes=11)},
    )
    owner_db.execute("UPDATE check_state SET seen_at = %s", [now - timedelta(minutes=20)])
    owner_db.commit()
    clock.tick(now)
    worked(world.a)
    found = states(world.a)
    assert found["agent.silent", str(site.agent_id)].state == "crit"
    assert found["bak.full.age", "UFSystem"].reason == "no_agent"
    # That nobody looks meanwhile is told of the agent alone, not of every check that it reads.
    owner_db.execute("UPDATE check_plan SET heard_at = now() - interval '90 days'")
    owner_db.commit()
    gate("gate_silent_plans", p_now=now)
    with tenant_scope(world.a.id, SYSTEM):
        operations.judge_blind(now, "test")
    found = states(world.a)
    assert found["bak.full.age", "UFSystem"].reason == "no_agent"
    assert [row.state for (check, _), row in found.items() if check == "self.stale"] in ([], ["ok"])
    assert tell(client, site, "due").status_code == 200
    worked(world.a)
    assert states(world.a)["agent.silent", str(site.agent_id)].told_state == "ok"
    assert [flip.to_state for flip in rows(world.a, CheckFlip) if flip.check == "agent.silent"] == ["crit", "ok"]


def test_an_outage_of_ours_makes_no_agent_silent(empty_database: None, client: FlaskClient, world: World) -> None:
    site, now = a_site(client, world, world.a), datetime.now(UTC)
    clock.tick(now)
    clock.tick(now + timedelta(hours=3))
    assert the_agent(site).silent is False
    assert (the_agent(site).alert_after or now) > now + timedelta(hours=3)


# A probe that somebody asked for.


def test_it_walks_a_probe_and_the_page_has_its_steps(client: FlaskClient, site: Site) -> None:
    from service_desk.tenants.operations import request_probe

    with tenant_scope(site.company.id, SYSTEM):
        request_probe(session().get_one(ErpConnection, (site.company.id, site.connection_id)), datetime.now(UTC))
    assert tell(client, site, "due").get_json()["connections"][0]["probe"] is True
    steps = [
        {"name": "login", "state": "ok", "detail": {"ms": 3.5}},
        {"name": "version", "state": "ok", "detail": {"version": "15.0", "edition": "Standard"}},
        {
            "name": "account_sets",
            "state": "ok",
            "detail": {"code": "001", "name": "示例五金", "database": "UFDATA_001"},
        },
    ]
    told = {"id": "probe-number-one", "sent_at": datetime.now(UTC).isoformat(), "connection": site.connection_id}
    assert tell(client, site, "push", **told, steps=steps).status_code == 200
    (row,) = rows(site.company, ErpConnection)
    assert (row.version, row.account_sets[0]["code"], row.probe["steps"][0]["name"]) == ("15.0", "001", "login")
    assert tell(client, site, "due").get_json()["connections"][0]["probe"] is False
    assert tell(client, site, "push", **told | {"id": "another-one"}, steps=[{"name": "sudo"}]).status_code == 422


@pytest.mark.parametrize(
    "detail", [{}, {"code": "001"}, {"code": 1, "name": "x"}, {"code": "001", "name": "x", "database": 7}]
)
def test_an_account_set_that_is_none_breaks_no_page_and_no_later_push(
    client: FlaskClient, site: Site, detail: dict[str, Any]
) -> None:
    steps = [{"name": "account_sets", "state": "ok", "detail": detail}]
    told = {"id": "probe-number-one", "sent_at": datetime.now(UTC).isoformat(), "connection": site.connection_id}
    answer = tell(client, site, "push", **told, steps=steps)
    assert (answer.status_code, "account" in str(rows(site.company, ErpConnection)[0].probe)) == (422, False)
    assert push(client, site, seen(datetime.now(UTC))).status_code == 200
