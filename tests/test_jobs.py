"""The ledger: work is claimed once, finished with its effect or not at all, and survives whoever drops it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from service_desk import jobs
from service_desk.jobs import Claim, Job, Overtaken, Work, enqueue, perform, ring_open_jobs
from service_desk.jobs.performing import take
from service_desk.lib.errors import Refused
from service_desk.scope import session, tenant_scope
from service_desk.tenants.models import Contact
from tests.world import World

pytestmark = pytest.mark.usefixtures("empty_database")


def add_contact(claim: Claim) -> None:
    """A job with an effect that can be counted."""
    with claim.finishing("added"):
        session().add(Contact(name=f"attempt {claim.attempt}"))


def fail(claim: Claim) -> None:
    """A job that never works; what it holds in its hands and what its error says is nobody's business."""
    password = "canary-of-a-local"
    raise ValueError(f"attempt {claim.attempt} canary-of-an-error {len(password)}")


def refuse(_claim: Claim) -> None:
    """A job that a rule ends, in words for people."""
    raise Refused("the month is closed")


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kinds of work of this test's own."""
    monkeypatch.setitem(jobs.JOBS, "add", Work("tests.test_jobs:add_contact", "desk"))
    monkeypatch.setitem(jobs.JOBS, "fail", Work("tests.test_jobs:fail", "desk", attempts=2))
    monkeypatch.setitem(jobs.JOBS, "refuse", Work("tests.test_jobs:refuse", "desk", attempts=1))
    yield
    assert jobs.Bell.redis is not None
    jobs.Bell.redis.flushall()


def _queue(world: World, kind: str, slot: str = "s1") -> int:
    with tenant_scope(world.a.id, world.ada_actor):
        enqueue(kind, 1, slot=slot)
    with tenant_scope(world.a.id, world.ada_actor):
        return session().scalars(select(Job.id).where(Job.kind == kind, Job.slot == slot)).one()


def _job(world: World, job_id: int) -> Job:
    with tenant_scope(world.a.id, world.ada_actor):
        return session().scalars(select(Job).where(Job.id == job_id)).one()


def _contacts(world: World) -> list[str]:
    with tenant_scope(world.a.id, world.ada_actor):
        return list(session().scalars(select(Contact.name)))


def test_it_queues_the_same_slot_once(world: World) -> None:
    first = _queue(world, "add")
    assert _queue(world, "add") == first


def test_it_rings_after_the_commit_only(world: World) -> None:
    with pytest.raises(RuntimeError), tenant_scope(world.a.id, world.ada_actor):
        enqueue("add", 1, slot="rolled back")
        raise RuntimeError
    assert jobs.queue("desk").count == 0
    _queue(world, "add")
    assert jobs.queue("desk").count == 1


def test_it_commits_the_effect_and_the_end_together(world: World) -> None:
    job_id = _queue(world, "add")
    perform(job_id)
    perform(job_id)
    assert _contacts(world) == ["attempt 1"]
    assert _job(world, job_id).state == "done"


def test_it_is_claimed_by_one_of_many(world: World) -> None:
    job_id = _queue(world, "add")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(perform, [job_id] * 8))
    assert _contacts(world) == ["attempt 1"]


def test_it_gives_a_dropped_job_to_the_next_attempt(world: World) -> None:
    job_id = _queue(world, "add")
    assert take(job_id) is not None
    perform(job_id)
    assert _contacts(world) == []
    _expire_lease(world, job_id)
    perform(job_id)
    assert _contacts(world) == ["attempt 2"]


def test_it_refuses_the_result_of_an_attempt_that_was_overtaken(world: World) -> None:
    job_id = _queue(world, "add")
    late = take(job_id)
    assert late is not None
    _expire_lease(world, job_id)
    perform(job_id)
    with pytest.raises(Overtaken):
        add_contact(late)
    assert _contacts(world) == ["attempt 2"]


def test_it_tries_again_later_and_gives_up_in_words(world: World) -> None:
    job_id = _queue(world, "fail")
    perform(job_id)
    waiting = _job(world, job_id)
    assert waiting.state == "queued"
    assert waiting.due_at > datetime.now(UTC)
    _make_due(world, job_id)
    perform(job_id)
    assert (_job(world, job_id).state, _job(world, job_id).outcome) == ("failed", "ValueError")


def test_it_keeps_the_words_of_a_rule_that_ended_it(world: World) -> None:
    job_id = _queue(world, "refuse")
    perform(job_id)
    assert (_job(world, job_id).state, _job(world, job_id).outcome) == ("failed", "Refused: the month is closed")


def test_it_logs_where_it_failed_and_not_what_it_held(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    perform(_queue(world, "fail"))
    logged = capsys.readouterr().out
    assert "job_failed" in logged
    assert "test_jobs.py" in logged
    assert "canary-of-a-local" not in logged.replace('password = "canary-of-a-local"', "")


def test_it_rings_again_for_what_an_emptied_queue_forgot(world: World) -> None:
    _queue(world, "add")
    assert jobs.Bell.redis is not None
    jobs.Bell.redis.flushall()
    assert ring_open_jobs(datetime.now(UTC) + timedelta(seconds=60)) == 1
    assert jobs.queue("desk").count == 1


def test_it_does_nothing_for_a_client_that_was_closed(world: World, owner_db: "object") -> None:
    job_id = _queue(world, "add")
    owner_db.execute("UPDATE tenant SET closed_at = now() WHERE id = %s", [world.a.id])  # type: ignore[attr-defined]
    perform(job_id)
    assert _contacts(world) == []


def _expire_lease(world: World, job_id: int) -> None:
    with tenant_scope(world.a.id, world.ada_actor):
        session().execute(
            update(Job).where(Job.id == job_id).values(lease_until=datetime.now(UTC) - timedelta(seconds=1))
        )


def _make_due(world: World, job_id: int) -> None:
    with tenant_scope(world.a.id, world.ada_actor):
        session().execute(update(Job).where(Job.id == job_id).values(due_at=datetime.now(UTC)))
