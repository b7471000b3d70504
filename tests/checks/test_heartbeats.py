"""Jobs report in: every kind of sign, silence, news told once, limits kept."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from service_desk.checks import operations
from service_desk.checks.models import CheckFlip, CheckState, Heartbeat, HeartbeatPing
from service_desk.jobs import Job, perform
from service_desk.lib.errors import Invalid
from service_desk.running import clock
from service_desk.scope import SYSTEM, gate, session, tenant_scope
from tests.world import World


@pytest.fixture
def alone(empty_database: None) -> None:
    """Nobody else's heartbeat falls silent."""


@pytest.fixture
def made(world: World) -> tuple[World, str]:
    """A nightly backup of client A that reports daily and may be half an hour late."""
    with tenant_scope(world.a.id, SYSTEM):
        _, key = operations.create_heartbeat("夜间备份", period_s=86400, grace_s=1800)
    return world, key


def rows(world: World, model: Any) -> list[Any]:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return list(session().query(model).order_by(model.id))


def worked(world: World) -> None:
    """Do every job that waits, as a worker does."""
    for job in rows(world, Job):
        if job.state == "queued" and job.kind == "heartbeat":
            perform(job.id)


def beat(key: str, kind: str, at: datetime, *, mark: str | None = None, code: int | None = None) -> Any:
    """A sign of life at a given moment."""
    digest = hashlib.sha256(key.encode()).digest()
    return gate(
        "gate_heartbeat", p_key=digest, p_kind=kind, p_exit=code, p_mark=mark, p_body="", p_cut=False,
        p_method="GET", p_now=at,
    )[0]  # fmt: skip


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_it_keeps_a_sign_of_life(client: FlaskClient, made: tuple[World, str], method: str) -> None:
    world, key = made
    answer = getattr(client, method)(f"/ping/{key}")
    assert answer.status_code == 200
    assert answer.headers["Ping-Body-Limit"] == "10000"
    (row,) = rows(world, Heartbeat)
    assert (row.status, row.healthy, row.pings) == ("up", True, 1)
    assert row.alert_after - row.last_ping_at == timedelta(seconds=86400 + 1800)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("tail", "status", "kind", "code"),
    [
        ("/start", "running", "start", None),
        ("/fail", "failed", "fail", None),
        ("/0", "up", "success", 0),
        ("/137", "failed", "fail", 137),
        ("/log", "new", "log", None),
    ],
)
def test_it_understands_every_ending(
    client: FlaskClient, made: tuple[World, str], tail: str, status: str, kind: str, code: int | None
) -> None:
    world, key = made
    assert client.get(f"/ping/{key}{tail}").status_code == 200
    assert [row.status for row in rows(world, Heartbeat)] == [status]
    assert [(ping.kind, ping.exit_code) for ping in rows(world, HeartbeatPing)] == [(kind, code)]


@pytest.mark.parametrize("tail", ["/256", "/stop", "/-1", "/start/again", "?rid=a b"])
def test_it_knows_no_other(client: FlaskClient, made: tuple[World, str], tail: str) -> None:
    world, key = made
    assert client.get(f"/ping/{key}{tail}").status_code == 404
    assert rows(world, HeartbeatPing) == []


@pytest.mark.parametrize("key", ["x" * 32, "short", "a" * 100, "%00" * 10])
def test_it_does_not_know_a_strangers_key(client: FlaskClient, made: tuple[World, str], key: str) -> None:
    assert client.post(f"/ping/{key}").status_code == 404


def test_it_keeps_the_log_and_says_when_it_was_cut(client: FlaskClient, made: tuple[World, str]) -> None:
    world, key = made
    assert client.post(f"/ping/{key}", data="备份完成\x00\xff".encode() + b"\xff").text == "OK"
    assert client.post(f"/ping/{key}/1", data=b"x" * 10_001).text == "OK, cut to 10000 bytes"
    assert client.post(f"/ping/{key}", data=b"x" * 20_000_000).status_code == 200
    first, second, third = rows(world, HeartbeatPing)
    assert first.body.startswith("备份完成")
    assert "\x00" not in first.body
    assert (len(second.body), second.body_cut, third.body_cut) == (10_000, True, True)


def test_it_keeps_the_last_hundred(made: tuple[World, str]) -> None:
    world, key = made
    start = datetime.now(UTC)
    for n in range(105):
        beat(key, "success", start + timedelta(minutes=n))
    pings = rows(world, HeartbeatPing)
    assert [pings[0].n, pings[-1].n, len(pings)] == [6, 105, 100]


def test_it_does_not_keep_more_than_thirty_a_minute(client: FlaskClient, made: tuple[World, str]) -> None:
    world, key = made
    codes = [client.get(f"/ping/{key}").status_code for _ in range(32)]
    assert codes == [200] * 30 + [429] * 2
    assert len(rows(world, HeartbeatPing)) == 30


def test_it_tells_news_once_and_success_in_silence(client: FlaskClient, made: tuple[World, str]) -> None:
    world, key = made
    for tail in ("", "", "/7", "/7", "", ""):
        client.get(f"/ping/{key}{tail}")
        worked(world)
    assert [(flip.from_state, flip.to_state) for flip in rows(world, CheckFlip)] == [("ok", "crit"), ("crit", "ok")]
    assert len([job for job in rows(world, Job) if job.kind == "heartbeat"]) == 4


def test_a_failure_says_its_exit_code(client: FlaskClient, made: tuple[World, str]) -> None:
    world, key = made
    client.get(f"/ping/{key}/3")
    worked(world)
    (state,) = rows(world, CheckState)
    assert (state.state, state.sentence_params["code"]) == ("crit", 3)


def test_silence_is_an_alarm_and_a_sign_ends_it(alone: None, made: tuple[World, str]) -> None:
    world, key = made
    start = datetime.now(UTC)
    beat(key, "success", start)
    late = start + timedelta(seconds=86400 + 1801)
    clock.tick(late - timedelta(seconds=10))
    assert clock.tick(late - timedelta(seconds=5)).silent == 0
    assert clock.tick(late).silent == 1
    assert clock.tick(late + timedelta(seconds=1)).silent == 0
    worked_at(world, late)
    assert [row.status for row in rows(world, Heartbeat)] == ["missed"]
    assert [(flip.from_state, flip.to_state) for flip in rows(world, CheckFlip)] == [("new", "crit")]
    assert rows(world, CheckState)[0].sentence_params["wording"] == "missed"


def worked_at(world: World, at: datetime) -> None:
    """Judge as a worker would at that moment."""
    with tenant_scope(world.a.id, SYSTEM):
        operations.judge_unjudged(at, "test")


def test_a_start_without_an_end_times_out(alone: None, made: tuple[World, str]) -> None:
    world, key = made
    start = datetime.now(UTC)
    clock.tick(start)
    beat(key, "start", start)
    assert clock.tick(start + timedelta(seconds=50)).silent == 0
    gate("gate_silent_heartbeats", p_now=start + timedelta(seconds=1801), p_limit=10)
    assert [row.status for row in rows(world, Heartbeat)] == ["timed_out"]


def test_the_end_of_another_run_does_not_end_this_one(made: tuple[World, str]) -> None:
    world, key = made
    start = datetime.now(UTC)
    beat(key, "start", start, mark="a")
    beat(key, "success", start + timedelta(minutes=1), mark="b")
    assert [row.status for row in rows(world, Heartbeat)] == ["running"]
    beat(key, "success", start + timedelta(minutes=5), mark="a")
    (row,) = rows(world, Heartbeat)
    assert (row.status, row.last_duration_s, row.started_at) == ("up", 300, None)


def test_a_cron_heartbeat_is_expected_on_the_clients_clock(world: World) -> None:
    with tenant_scope(world.a.id, SYSTEM):
        _, key = operations.create_heartbeat("备份", cron="0 2 * * *", grace_s=600)
    at = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)  # 02:05 in Shanghai
    beat(key, "success", at)
    worked_at(world, at)
    assert rows(world, Heartbeat)[0].alert_after == datetime(2026, 11, 23, 18, 10, tzinfo=UTC)


def test_a_paused_one_is_watched_again_when_it_reports(client: FlaskClient, made: tuple[World, str]) -> None:
    world, key = made
    client.get(f"/ping/{key}")
    with tenant_scope(world.a.id, SYSTEM):
        operations.pause_heartbeat(session().query(Heartbeat).one())
    assert rows(world, Heartbeat)[0].alert_after is None
    client.get(f"/ping/{key}")
    (row,) = rows(world, Heartbeat)
    assert row.status == "up"
    assert row.alert_after is not None


def test_the_old_address_answers_no_more(client: FlaskClient, made: tuple[World, str]) -> None:
    world, key = made
    with tenant_scope(world.a.id, SYSTEM):
        fresh = operations.rotate_key(session().query(Heartbeat).one())
    assert client.get(f"/ping/{key}").status_code == 404
    assert client.get(f"/ping/{fresh}").status_code == 200


def test_it_stores_no_key(made: tuple[World, str], owner_db: Any) -> None:
    _, key = made
    found = owner_db.execute("SELECT heartbeat::text || (SELECT string_agg(detail::text, '') FROM audit_event)"
                             " FROM heartbeat").fetchall()  # fmt: skip
    assert key not in str(found)


@pytest.mark.parametrize("cron", ["every night", "61 * * * *"])
def test_it_refuses_a_bad_cron_line(world: World, cron: str) -> None:
    with pytest.raises(Invalid), tenant_scope(world.a.id, SYSTEM):
        operations.create_heartbeat("备份", cron=cron, grace_s=600)


def test_a_removed_one_is_gone_not_fine(client: FlaskClient, made: tuple[World, str]) -> None:
    world, key = made
    client.get(f"/ping/{key}/1")
    worked(world)
    with tenant_scope(world.a.id, SYSTEM):
        operations.remove_heartbeat(session().query(Heartbeat).one())
    assert [flip.to_state for flip in rows(world, CheckFlip)] == ["crit", "gone"]
    assert rows(world, CheckState)[0].gone_at is not None
    assert client.get(f"/ping/{key}").status_code == 404


def test_a_closed_clients_heartbeat_is_not_there(client: FlaskClient, made: tuple[World, str], owner_db: Any) -> None:
    world, key = made
    owner_db.execute("UPDATE tenant SET closed_at = now() WHERE id = %s", [world.a.id])
    owner_db.commit()
    assert client.get(f"/ping/{key}").status_code == 404


def test_figures_that_come_along_are_judged_beside_those_of_the_last_runs(
    client: FlaskClient, made: tuple[World, str]
) -> None:
    world, key = made
    for size in (100, 104, 98, 101):
        assert client.post(f"/ping/{key}", json={"bytes": size * 10**9, "rows": 5}).text == "OK"
        worked(world)
    assert {row.state for row in rows(world, CheckState) if row.check == "hb.value"} == {"ok"}
    client.get(f"/ping/{key}/start")
    client.post(f"/ping/{key}", json={"bytes": 4 * 10**9, "rows": 5})
    worked(world)
    (row,) = rows(world, Heartbeat)
    assert row.metrics == {"bytes": 4 * 10**9, "rows": 5}
    found = {row.subject: row for row in rows(world, CheckState) if row.check == "hb.value"}
    assert found[f"{row.id}/bytes"].state == "crit"
    assert (found[f"{row.id}/bytes"].value, found[f"{row.id}/rows"].state) == (pytest.approx(-96, abs=1), "ok")
    with tenant_scope(world.a.id, SYSTEM):
        operations.remove_heartbeat(session().query(Heartbeat).one())
    assert all(state.gone_at for state in rows(world, CheckState))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"bytes": "many"}', "bytes is not a number"),
        ('{"a b": 1}', "letters, digits"),
        ("[1]", "an object"),
        ('{"bytes": NaN}', "not a number"),
        ("{", "not JSON"),
        ('{"bytes": 1' + "0" * 11_000, "too long"),
    ],
)
def test_a_sign_of_life_is_kept_whatever_its_figures_are(
    client: FlaskClient, made: tuple[World, str], body: str, words: str
) -> None:
    world, key = made
    answer = client.post(f"/ping/{key}", data=body, content_type="application/json")
    assert answer.status_code == 200
    assert words in answer.text
    assert [(row.status, row.metrics) for row in rows(world, Heartbeat)] == [("up", {})]
