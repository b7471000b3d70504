"""From notices to messages that arrived: once, in turn, with one client's words, and the log says how it went."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from service_desk.alerts.delivery.jobs import deliver
from service_desk.alerts.delivery.models import BellItem, ClientRecipient, Delivery, Destination, QuietHours
from service_desk.alerts.delivery.operations import destinations as verbs
from service_desk.alerts.delivery.operations import sending
from service_desk.alerts.delivery.operations.destinations import Wanted
from service_desk.alerts.delivery.pace import PATIENCE
from service_desk.alerts.models import AlertNotice, Incident
from service_desk.alerts.operations import tell
from service_desk.jobs import Bell, Job, perform
from service_desk.mail import Mail
from service_desk.running.worker import DeskWorker
from service_desk.scope import SYSTEM, practice_scope, session, tenant_scope
from tests.alerts.test_noticing import NOW, flip, system, told
from tests.alerts.vendors import BUSY, ENDS, Vendor
from tests.connectors.http_counterpart import Asked, HttpCounterpart, Reply
from tests.counting import statements
from tests.world import Company, World, post

ALL = ("crit", "warn", "unknown")


def practice(world: World) -> Any:
    return practice_scope(world.practice_id, SYSTEM, writing=True)


@contextmanager
def channel(world: World, key: str, **wanted: Any) -> Iterator[tuple[Vendor, HttpCounterpart, int]]:
    """A destination of the practice with its receiving end."""
    end, values = ENDS[key]
    vendor = Vendor(end)
    with HttpCounterpart(answer=vendor) as server:
        with practice(world):
            row = verbs.add(key, f"{key}-group", values(server.url), Wanted(**wanted), None, now=NOW)
        yield vendor, server, row.id


def notice(why: str = "opened", severity: str = "crit", subject: str = "A01") -> AlertNotice:
    """What the desk has decided to tell, of one incident."""
    facts = {"check": "inv.negative", "subject": subject, "severity": severity, "opened_at": NOW, "changed_at": NOW}
    incident = Incident(
        params={"n": 3, "item": subject, "quantity": -2}, resolved_at=NOW if why == "ended" else None, **facts
    )
    session().add(incident)
    session().flush()
    row = AlertNotice(why=why, severity=severity, incident_ids=[incident.id], created_at=NOW, due_at=NOW)
    session().add(row)
    session().flush()
    return row


def jobs(world: World, company: Company | None = None, *, kind: str = "deliver") -> Sequence[int]:
    """The open jobs, made due."""
    with system(world, company):
        open_ones = (Job.kind == kind) & (Job.state == "queued")
        session().execute(update(Job).where(open_ones).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))
        return session().scalars(select(Job.id).where(open_ones).order_by(Job.id)).all()


def run(world: World, company: Company | None = None) -> None:
    for job_id in jobs(world, company):
        perform(job_id)


def deliveries(channel_key: str = "") -> Sequence[Delivery]:
    rows = select(Delivery).order_by(Delivery.id)
    return session().scalars(rows.where(Delivery.channel == channel_key) if channel_key else rows).all()


def now_free(world: World) -> None:
    """As if the minute were over."""
    with practice(world):
        session().execute(update(Destination).values(paced_until=None))


def test_it_tells_a_group_and_keeps_the_answer(app: Flask, world: World) -> None:
    with channel(world, "dingtalk") as (vendor, _, _id):
        with system(world):
            flip("crit")
            told(NOW)
        run(world)
        with system(world):
            (row,) = deliveries("dingtalk")
            assert (row.state, row.attempts, row.to_name) == ("sent", 1, "dingtalk-group")
            assert row.took_ms is not None
            assert '"errcode": 0' in row.answer
    (said,) = vendor.taken
    assert f"/t/{world.a.slug}/tickets/1" in said
    assert "Company A" in said
    assert "token" not in row.answer


def test_it_never_sends_twice_however_many_try(app: Flask, world: World) -> None:
    """Two tellings at once, then the same job by three workers and its bell rung again."""
    with channel(world, "wecom") as (vendor, server, _id):
        with system(world):
            notice()

        def telling() -> None:
            with system(world):
                tell(NOW)

        _at_once(telling, 3)
        (job,) = jobs(world)
        gate = threading.Event()
        reached = threading.Event()

        def holding(asked: Asked) -> None:
            reached.set()
            gate.wait(20)

        server.astray = holding
        threads = [threading.Thread(target=perform, args=(job,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert reached.wait(20)
        perform(job)
        gate.set()
        for thread in threads:
            thread.join()
        perform(job)
        assert (len(vendor.taken), len(server.asked)) == (1, 1)
        with system(world):
            assert [row.state for row in deliveries("wecom")] == ["sent"]
            assert len(session().scalars(select(Mail.id)).all()) == 1


def _at_once(act: Any, times: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(("key", "state", "asked"), [("dingtalk", "maybe_sent", 0), ("webhook", "sent", 1)])
def test_a_worker_killed_in_the_middle_leaves_perhaps_sent(
    app: Flask, world: World, key: str, state: str, asked: int
) -> None:
    with channel(world, key) as (vendor, server, _id):
        with system(world):
            notice()
            tell(NOW)
            (row,) = deliveries(key)
            assert sending.take(row.id, NOW) is not None  # committed, and then the worker dies
        run(world)
        with system(world):
            assert (deliveries(key)[0].state, len(server.asked)) == (state, asked)
    assert len(vendor.taken) == asked


def test_a_robot_that_hangs_keeps_no_other_message_from_leaving(app: Flask, empty_database: None, world: World) -> None:
    """One worker, as it runs: while one thread waits for an answer, another hands the next message over."""
    gate, arrived = threading.Event(), threading.Event()
    with channel(world, "dingtalk") as (_, hanging, _a), channel(world, "wecom") as (other, quick, _b):
        hanging.astray = lambda asked: _after(gate)
        quick.astray = lambda asked: arrived.set()
        with system(world):
            notice()
            tell(NOW)
        assert Bell.redis is not None
        one = DeskWorker(["outward"], Bell.redis)
        thread = threading.Thread(target=_burst, args=(one,))
        thread.start()
        assert arrived.wait(15), "it waited for the robot that hangs"
        assert not gate.is_set()
        gate.set()
        thread.join()
        assert len(other.taken) == 1
        with system(world):
            assert {row.state for row in deliveries() if row.channel != "email"} == {"sent"}


def _after(gate: threading.Event) -> None:
    gate.wait(20)


def _burst(one: DeskWorker) -> None:
    """A worker's loop without its signal handlers, which only the main thread may set."""
    while one.queues[0].count:
        found = one.dequeue_job_and_maintain_ttl(None)
        if found is not None:
            one.execute_job(*found)
    one.threads["outward"].shutdown(wait=True)


def test_it_tries_again_later_and_later_and_says_so(app: Flask, world: World) -> None:
    with channel(world, "webhook") as (vendor, _, _id):
        vendor.instead += [BUSY["webhook"][0], Reply(b"", status=500)]
        with system(world):
            notice()
            tell(NOW)
        for state in ("waiting", "waiting", "sent"):
            before = datetime.now(UTC)
            now_free(world)
            run(world)
            with system(world):
                (row,) = deliveries("webhook")
                assert row.state == state
                assert row.state == "sent" or row.due_at > before + timedelta(seconds=10)
        assert row.attempts == 3
    assert len(vendor.taken) == 1


def test_it_queues_what_a_robot_does_not_take_in_a_minute(app: Flask, world: World) -> None:
    with channel(world, "dingtalk") as (vendor, _, _id):
        for place in range(5):
            with system(world):
                notice(subject=f"S{place}")
                tell(NOW)
        run(world)
        with system(world):
            rows = deliveries("dingtalk")
            assert [row.state for row in rows] == ["sent", *["waiting"] * 4]
            slots = [row.slot_at for row in rows[1:] if row.slot_at]
            assert len(slots) == 4
            gaps = [later - earlier for earlier, later in pairwise(slots)]
            assert all(gap >= timedelta(seconds=3) for gap in gaps)
        for _ in range(4):
            now_free(world)
            run(world)
            with system(world):
                session().execute(update(Delivery).values(slot_at=None))
        with system(world):
            assert {row.state for row in deliveries("dingtalk")} == {"sent"}
    assert len(vendor.taken) == 5


def test_a_robot_that_asks_for_silence_gets_it_from_every_client(app: Flask, world: World) -> None:
    with channel(world, "dingtalk") as (vendor, server, _id):
        vendor.instead.append(BUSY["dingtalk"][0])
        with system(world):
            notice()
            tell(NOW)
        run(world)
        with system(world, world.b):
            notice(subject="B01")
            tell(NOW)
        run(world, world.b)
        assert len(server.asked) == 1
        with system(world, world.b):
            (row,) = deliveries("dingtalk")
            assert row.due_at > datetime.now(UTC) + timedelta(minutes=9)
    assert vendor.taken == []


def test_a_destination_that_refuses_again_and_again_is_switched_off_and_somebody_learns_of_it(
    app: Flask, world: World
) -> None:
    with channel(world, "wecom") as (vendor, server, number):
        vendor.instead += [Reply({"errcode": 93000, "errmsg": "invalid webhook url"})] * 9
        for place in range(PATIENCE + 1):
            now_free(world)
            with system(world):
                notice(subject=f"S{place}")
                tell(NOW)
            run(world)
        assert len(server.asked) == PATIENCE
        with practice(world):
            row = session().get_one(Destination, {"practice_id": world.practice_id, "id": number})
            assert (row.enabled, "93000" in row.off_why) == (False, True)
            assert [
                item.person_id for item in session().scalars(select(BellItem).where(BellItem.kind == "channel"))
            ] == [world.ada.id]
        with system(world):
            (mail,) = session().scalars(select(Mail).where(Mail.about == "channel"))
            assert mail.to_address == world.ada.email
            assert "93000" in mail.body
            assert "Company A" not in mail.subject + mail.body


def test_a_switched_off_destination_is_not_asked_any_more(app: Flask, world: World) -> None:
    with channel(world, "wecom") as (_, server, number):
        with system(world):
            notice()
            tell(NOW)
        with practice(world):
            verbs.switch(verbs.destination(number, None), on=False, now=NOW)
        run(world)
        with system(world):
            assert (deliveries("wecom")[0].state, server.asked) == ("dropped", [])


def test_somebody_may_have_it_sent_once_more_and_only_once(app: Flask, world: World) -> None:
    with channel(world, "wecom") as (vendor, _, _id):
        vendor.instead.append(Reply({"errcode": 93000, "errmsg": "invalid webhook url"}))
        with system(world):
            notice()
            tell(NOW)
        run(world)
        browser = world.sign_in(app, world.ada)
        with system(world):
            (row,) = deliveries("wecom")
            assert row.state == "failed"
        url = f"/t/{world.a.slug}/notifications/messages/{row.id}/again"
        assert url in browser.get(f"/t/{world.a.slug}/notifications").get_data(as_text=True)
        assert post(browser, url, {"made_for": world.a.slug}).status_code == 303
        assert post(browser, url, {"made_for": world.a.slug}).status_code == 409
        now_free(world)
        run(world)
        with system(world):
            assert [one.state for one in deliveries("wecom")] == ["failed", "sent"]
    assert len(vendor.taken) == 1


def test_quiet_hours_hold_back_and_tell_together_at_their_end(app: Flask, world: World) -> None:
    night = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    with practice(world):
        verbs.wish_by_mail(world.ada.id, Wanted(severities=ALL), on=True, now=NOW)
        session().add(QuietHours(person_id=world.ada.id, from_minute=1320, until_minute=480, zone="Asia/Shanghai"))
    with system(world):
        notice(severity="warn", subject="W1")
        notice(severity="unknown", subject="W2")
        assert tell(night) == []
        notice(subject="C1")
        (loud,) = tell(night)
        assert "C1" in loud.subject + loud.body
        morning = datetime(2026, 11, 17, 0, 0, tzinfo=UTC)
        assert {job.due_at for job in session().scalars(select(Job).where(Job.kind == "tell"))} == {morning}
        assert tell(morning - timedelta(seconds=1)) == []
        (mail,) = tell(morning)
        assert "W1" in mail.body
        assert "C1" not in mail.body
        assert tell(morning) == []


def test_a_digest_goes_to_a_group_as_one_message(app: Flask, world: World) -> None:
    with channel(world, "feishu", severities=ALL, digest="hourly") as (vendor, _, _id):
        with system(world):
            for place in range(3):
                notice(severity="warn", subject=f"S{place}")
                tell(NOW)
            assert not session().scalars(select(Job.id).where(Job.kind == "deliver")).all()
            tell(NOW + timedelta(hours=1))
            assert sorted(row.state for row in deliveries("feishu")) == ["merged", "merged", "waiting"]
        run(world)
    (said,) = vendor.taken
    assert all(f"S{place}" in said for place in range(3))


def test_it_tells_only_what_each_wants(app: Flask, world: World) -> None:
    with (
        channel(world, "bark", severities=("warn",)) as (warned, _, _a),
        channel(world, "serverchan", client_ids=(world.b.id,)) as (elsewhere, _, _b),
        channel(world, "webhook", severities=ALL, when_over=False) as (all_but_ends, _, _c),
    ):
        with system(world):
            notice(severity="warn")
            notice(subject="B02")
            notice("ended", subject="C03")
            tell(NOW)
        run(world)
        assert len(warned.taken) == 1
        assert "A01" in warned.taken[0]
        assert elsewhere.taken == []
        assert len(all_but_ends.taken) == 1
        assert "C03" not in str(all_but_ends.taken)


def test_a_persons_channel_is_told_only_of_clients_that_person_works_for(app: Flask, world: World) -> None:
    near, far = world.somebody("engineer"), world.somebody("engineer", world.b)
    end, values = ENDS["bark"]
    vendor = Vendor(end)
    with HttpCounterpart(answer=vendor) as server:
        with practice(world):
            for person in (near, far):
                verbs.add("bark", person.email, values(server.url), Wanted(), person.id, now=NOW)
        with system(world):
            notice()
            tell(NOW)
            assert [row.person_id for row in deliveries("bark")] == [near.id]


def test_an_owner_learns_what_nobody_has_seen_even_without_wishing(app: Flask, world: World) -> None:
    with practice(world):
        verbs.wish_by_mail(world.ada.id, Wanted(severities=()), on=True, now=NOW)
    with system(world):
        notice()
        assert tell(NOW) == []
        row = notice("escalated", subject="E1")
        row.step = 1
        session().flush()
        (mail,) = tell(NOW)
        assert "E1" in mail.body + mail.subject
    with practice(world):
        verbs.wish_by_mail(world.ada.id, Wanted(severities=ALL), on=False, now=NOW)
    with system(world):
        notice(subject="F1")
        assert tell(NOW) == []


def test_it_hands_three_hundred_notices_over_in_few_statements(app: Flask, world: World) -> None:
    with channel(world, "webhook", severities=ALL) as (_, _server, _id):
        with system(world):
            facts = {"check": "db.up", "severity": "crit", "opened_at": NOW, "changed_at": NOW}
            session().add_all(Incident(subject=f"S{place}", **facts) for place in range(300))
            session().flush()
            ids = session().scalars(select(Incident.id)).all()
            session().add_all(
                AlertNotice(why="opened", severity="crit", incident_ids=[one], created_at=NOW, due_at=NOW)
                for one in ids
            )
        with statements() as heard, system(world):
            (mail,) = tell(NOW)
        assert len(heard) < 40
        assert "300" in mail.subject


_TURNS = count()
_words = st.text(st.characters(categories=("L", "N")), min_size=4, max_size=12)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    mine=st.lists(_words, min_size=1, max_size=7, unique=True),
    theirs=st.lists(_words, min_size=1, max_size=7, unique=True),
)
def test_no_message_has_a_word_of_another_client(app: Flask, world: World, mine: list[str], theirs: list[str]) -> None:
    """Both clients at the same group, with digests and storms between: each message speaks of one of them."""
    said: list[str] = []

    def respond(asked: Asked) -> Reply:
        said.append(asked.body.decode())
        return Reply(b"", status=204)

    turn = next(_TURNS)  # The world stays from one example to the next, and an incident that is open is not opened.
    marked = {
        world.a: [f"甲{turn}-{word}" for word in mine],
        world.b: [f"乙{turn}-{word}" for word in theirs],
    }
    with HttpCounterpart(answer=respond) as server:
        with practice(world):
            row = verbs.add("webhook", "all", ENDS["webhook"][1](server.url), Wanted(severities=ALL), None, now=NOW)
        for company, subjects in marked.items():
            with system(world, company):
                if not session().scalar(select(ClientRecipient.id)):
                    address = f"{company.id}@example.test"
                    session().add(ClientRecipient(name="x", email=address, severities=list(ALL), created_at=NOW))
                for subject in subjects:
                    notice(subject=subject)
                tell(NOW)
        for company in marked:
            run(world, company)
        with practice(world):
            session().delete(session().merge(row))
    assert said
    for body in said:
        assert ("甲" in body) != ("乙" in body)
        assert ("Company A" in body) == ("甲" in body)
    for company, other in ((world.a, "乙"), (world.b, "甲")):
        with system(world, company):
            for mail in session().scalars(select(Mail)):
                assert other not in mail.subject + mail.body


def test_the_wall_stands_between_deliveries_of_two_clients(app: Flask, world: World) -> None:
    with system(world):
        notice()
        tell(NOW)
        (row,) = deliveries()
    with tenant_scope(world.b.id, SYSTEM, practice_id=world.practice_id):
        assert deliveries() == []
        assert sending.take(row.id, NOW) is None
    assert deliver is not None
