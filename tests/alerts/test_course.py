"""The course of an incident: muted, flapping, cleared, escalated, told together; what is told is a notice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from service_desk.alerts.models import AlertNotice, Incident, IncidentEvent, Silence
from service_desk.alerts.operations import acknowledge, end_silence, silence, take_back, take_notice
from service_desk.checks.models import CheckState, MaintenanceWindow
from service_desk.checks.operations import cancel_window, plan_window
from service_desk.jobs import Job
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import session, tenant_scope
from service_desk.sla.operations import agree_hours, promise
from service_desk.tenants.models import ErpConnection
from service_desk.tickets import operations as tickets
from service_desk.tickets.models import Ticket, TicketStatusInterval
from tests.alerts.test_noticing import NOW, flip, incidents, system
from tests.counting import statements
from tests.world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)  # 02:00 in Shanghai, a Wednesday
MORNING = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)


def notices(why: str = "") -> Sequence[AlertNotice]:
    rows = select(AlertNotice).order_by(AlertNotice.id)
    return session().scalars(rows.where(AlertNotice.why == why) if why else rows).all()


def told(now: datetime) -> list[tuple[str, int, int]]:
    """Take what is due as whoever delivers does: why, how many incidents, which step."""
    due = AlertNotice.taken_at.is_(None) & (AlertNotice.due_at <= now)
    taken = session().scalars(update(AlertNotice).where(due).values(taken_at=now).returning(AlertNotice)).all()
    return sorted((one.why, len(one.incident_ids), one.step) for one in taken)


def story(incident: Incident) -> list[str]:
    rows = select(IncidentEvent.kind).where(IncidentEvent.incident_id == incident.id).order_by(IncidentEvent.id)
    return list(session().scalars(rows))


def wakes() -> list[datetime]:
    rows = select(Job.due_at).where(Job.kind == "notice", Job.slot.like("wake-%"), Job.state == "queued")
    return sorted(session().scalars(rows))


def as_ada(world: World) -> Any:
    return tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id)


def window(world: World, minutes: int = 60, **facts: Any) -> None:
    with as_ada(world):
        local = NOW + timedelta(hours=8)
        at = local.hour * 60 + local.minute
        plan_window(title="升级", first_day=local.date(), at_minute=at, minutes=minutes, now=NOW, **facts)


def test_it_tells_nobody_in_a_window_and_everybody_of_what_outlives_it(world: World) -> None:
    window(world)
    with system(world):
        flip("crit")
        flip("crit", check="db.up", subject="")
        take_notice(NOW)
        assert {one.muted for one in incidents()} == {"maintenance"}
        assert (told(NOW), session().scalars(select(Ticket)).all()) == ([], [])
        assert wakes() == [NOW + HOUR]
        flip("ok", check="db.up", subject="", at=NOW + 40 * MINUTE)
        take_notice(NOW + 40 * MINUTE)
        take_notice(NOW + HOUR)
        assert told(NOW + HOUR) == [], "it was not looked at anew yet"
        session().execute(update(CheckState).where(CheckState.subject == "A01").values(seen_at=NOW + HOUR))
        take_notice(NOW + HOUR + MINUTE)
        assert told(NOW + HOUR + MINUTE) == [("opened", 1, 0)]
        assert session().scalars(select(Ticket.check)).all() == ["inv.negative"]
        one, other = incidents()
        assert story(one) == ["opened", "muted", "unmuted"]
        assert story(other) == ["opened", "muted", "resolved"]


def test_it_tells_after_a_window_even_when_nobody_looks_any_more(world: World) -> None:
    window(world)
    with system(world):
        flip("crit")
        take_notice(NOW)
        take_notice(NOW + HOUR + 9 * MINUTE)
        assert told(NOW + HOUR + 9 * MINUTE) == []
        take_notice(NOW + HOUR + 10 * MINUTE)
        assert told(NOW + HOUR + 10 * MINUTE) == [("opened", 1, 0)]


def test_it_tells_what_is_looked_at_after_a_window_was_called_off(world: World) -> None:
    window(world)
    with system(world):
        flip("crit")
        take_notice(NOW)
        cancel_window(session().scalars(select(MaintenanceWindow)).one(), now=NOW + 5 * MINUTE)
        take_notice(NOW + 5 * MINUTE)
        assert told(NOW + 5 * MINUTE) == []
        session().execute(update(CheckState).values(seen_at=NOW + 6 * MINUTE))
        take_notice(NOW + 7 * MINUTE)
        assert told(NOW + 7 * MINUTE) == [("opened", 1, 0)]


def test_it_mutes_only_what_the_window_names(world: World) -> None:
    window(world, check="db.up")
    with system(world):
        flip("crit")
        flip("crit", check="db.up", subject="")
        take_notice(NOW)
        assert {one.check: one.muted for one in incidents()} == {"inv.negative": "", "db.up": "maintenance"}


def test_it_is_silent_as_long_as_somebody_said_and_not_longer(world: World) -> None:
    with as_ada(world):
        silence(check="inv.*", subject="A01", reason="盘点中", ends_at=NOW + HOUR, now=NOW)
    with system(world):
        flip("crit")
        flip("crit", subject="B02")
        take_notice(NOW)
        assert told(NOW) == [("opened", 1, 0)]
        assert {one.subject: one.muted for one in incidents()} == {"A01": "silence", "B02": ""}
        take_notice(NOW + 59 * MINUTE)
        assert [row for row in told(NOW + 59 * MINUTE) if row[0] == "opened"] == []
        take_notice(NOW + HOUR)
        assert ("opened", 1, 0) in told(NOW + HOUR)


def test_it_ends_a_silence_early(world: World) -> None:
    with as_ada(world):
        row = silence(reason="演练", ends_at=NOW + HOUR, now=NOW)
    with system(world):
        flip("crit")
        take_notice(NOW)
        assert told(NOW) == []
        end_silence(session().get_one(Silence, (world.a.id, row.id)), now=NOW + MINUTE)
        take_notice(NOW + MINUTE)
        assert told(NOW + MINUTE) == [("opened", 1, 0)]


def test_it_makes_no_silence_without_an_end_or_a_reason_or_of_another_client(world: World) -> None:
    with as_ada(world):
        wrong: Sequence[dict[str, Any]] = ({"ends_at": NOW}, {"ends_at": NOW + timedelta(days=31)}, {"reason": " "})
        for facts in wrong:
            with pytest.raises(Invalid):
                silence(**{"reason": "x", "ends_at": NOW + HOUR, "now": NOW, **facts})
    with tenant_scope(world.b.id, world.ada_actor, practice_id=world.practice_id):
        theirs = ErpConnection(kind="yonyou_u8", name="theirs", settings={}, created_at=NOW)
        session().add(theirs)
        session().flush()
        number = theirs.id
    with as_ada(world), pytest.raises(NotThere):
        silence(connection_id=number, reason="x", ends_at=NOW + HOUR, now=NOW)


def test_it_keeps_one_incident_open_while_it_flaps_and_tells_once_an_hour(world: World) -> None:
    with system(world):
        flip("crit")
        take_notice(NOW)
        assert told(NOW) == [("opened", 1, 0)]
        state = session().scalars(select(CheckState)).one()
        flip("ok", at=NOW + MINUTE)
        state.flapping_since = NOW + MINUTE
        take_notice(NOW + MINUTE)
        assert told(NOW + MINUTE) == [("flapping", 1, 0)]
        for minutes in range(2, 70, 2):
            at = NOW + minutes * MINUTE
            flip("crit" if minutes % 4 else "ok", at=at)
            acknowledge(incidents()[0], now=at) if minutes == 2 else None
            take_notice(at)
        (one,) = incidents()
        assert (one.resolved_at, one.reopened) == (None, 0)
        assert told(NOW + 2 * HOUR) == [("digest", 1, 0)]
        state.flapping_since = None
        flip("ok", at=NOW + 3 * HOUR)
        take_notice(NOW + 3 * HOUR)
        assert one.resolved_at == NOW + 3 * HOUR
        assert ("ended", 1, 0) in told(NOW + 3 * HOUR)
        assert story(one) == ["opened", "flapping", "acknowledged", "resolved"]


def test_it_waits_for_a_person_where_the_check_wants_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from service_desk.checks.catalog import CATALOG

    monkeypatch.setitem(CATALOG, "inv.negative", replace(CATALOG["inv.negative"], manual=True))
    with system(world):
        flip("crit")
        take_notice(NOW)
        flip("ok", at=NOW + MINUTE)
        take_notice(NOW + MINUTE)
        (one,) = incidents()
        assert (one.resolved_at, one.cleared_at) == (None, NOW + MINUTE)
        take_notice(NOW + HOUR)
        assert [row for row in told(NOW + HOUR) if row[0] == "escalated"] == [], "the condition is gone"
        flip("crit", at=NOW + 2 * HOUR)
        take_notice(NOW + 2 * HOUR)
        assert (one.cleared_at, len(incidents())) == (None, 1)
        flip("ok", at=NOW + 3 * HOUR)
        take_notice(NOW + 3 * HOUR)
    with as_ada(world):
        (one,) = incidents()
        acknowledge(one, "已核对", now=NOW + 4 * HOUR)
        assert (one.resolved_at, one.acknowledged_note) == (NOW + 4 * HOUR, "已核对")


def test_it_escalates_until_somebody_has_seen_it(world: World) -> None:
    with system(world):
        flip("crit")
        flip("crit", subject="B02")
        take_notice(NOW)
        assert told(NOW) == [("opened", 2, 0)]
        assert wakes() == [NOW + 30 * MINUTE]
        take_notice(NOW + 30 * MINUTE)
        assert told(NOW + 30 * MINUTE) == [("escalated", 2, 1)]
        take_notice(NOW + 31 * MINUTE)
        assert told(NOW + 31 * MINUTE) == []
    with as_ada(world):
        acknowledge(incidents()[0], now=NOW + HOUR)
    with system(world):
        take_notice(NOW + 2 * HOUR)
        assert told(NOW + 2 * HOUR) == [("escalated", 1, 2)]
        take_notice(NOW + 9 * HOUR)
        assert told(NOW + 9 * HOUR) == []
    with as_ada(world):
        take_back(incidents()[0], now=NOW + 10 * HOUR)
        assert incidents()[0].acknowledged_at is None
        take_notice(NOW + 10 * HOUR)
        assert told(NOW + 10 * HOUR) == [("escalated", 1, 2)]


@pytest.mark.parametrize(("ever", "due"), [(True, NIGHT), (False, MORNING)])
def test_it_wakes_people_at_night_only_if_that_was_agreed(world: World, ever: bool, due: datetime) -> None:
    with as_ada(world):
        agree_hours(zone="Asia/Shanghai", now=NOW)
        for name in ("P1", "P2"):
            promise(name, now=NOW, first_response=30, round_the_clock=ever)
    with system(world):
        flip("crit", at=NIGHT)
        flip("warn", subject="W01", at=NIGHT)
        take_notice(NIGHT)
        assert {one.due_at for one in notices() if one.severity == "crit"} == {due}
        assert {one.due_at for one in notices()} == {due, MORNING}
        assert wakes()[0] == (NIGHT + 30 * MINUTE if ever else MORNING)


def test_it_tells_nothing_of_what_came_and_went_at_night(world: World) -> None:
    with as_ada(world):
        agree_hours(zone="Asia/Shanghai", now=NOW)
        promise("P2", now=NOW, first_response=30)
    with system(world):
        flip("crit", at=NIGHT)
        flip("crit", subject="B02", at=NIGHT)
        take_notice(NIGHT)
        flip("ok", at=NIGHT + HOUR)
        take_notice(NIGHT + HOUR)
        take_notice(NIGHT + 7 * HOUR)
        assert told(NIGHT + 7 * HOUR) == [("opened", 1, 0)]


def test_it_tells_one_of_what_hangs_on_another(world: World) -> None:
    with as_ada(world):
        host = ErpConnection(kind="host", name="host", settings={}, created_at=NOW)
        session().add(host)
        session().flush()
        child = ErpConnection(kind="yonyou_u8", name="u8", settings={}, parent_id=host.id, created_at=NOW)
        session().add(child)
        session().flush()
        shop = ErpConnection(kind="http_api", name="shop", settings={}, parent_id=child.id, created_at=NOW)
        session().add(shop)
        session().flush()
        ids = (host.id, shop.id)  # what stands between them was not even asked
    with system(world):
        for number in ids:
            down = flip("crit", check="db.up", subject="")
            down.connection_id = number
            session().execute(
                update(CheckState)
                .where(CheckState.id == down.state_id)
                .values(connection_id=number, subject=str(number))
            )
        take_notice(NOW)
        assert {one.connection_id: one.muted for one in incidents()} == {ids[0]: "", ids[1]: "parent"}
        assert told(NOW) == [("opened", 1, 0)]


def test_it_groups_what_follows_within_half_a_minute(world: World) -> None:
    with system(world):
        said = []
        for seconds in (0, 5, 20, 29, 30):
            at = NOW + timedelta(seconds=seconds)
            if seconds < 29:
                flip("crit", subject=f"S{seconds}", at=at)
                take_notice(at)
            said.append(told(at))
        assert said == [[("opened", 1, 0)], [], [], [], [("opened", 2, 0)]]
        for place in range(6):
            flip("crit", subject=f"T{place}", at=NOW + HOUR)
        flip("crit", check="db.up", subject="", at=NOW + HOUR)
        take_notice(NOW + HOUR)
        assert ("storm", 7, 0) in told(NOW + HOUR)


def test_it_never_tells_two_clients_in_one_notice(world: World) -> None:
    for company in (world.a, world.b):
        with system(world, company):
            flip("crit")
            take_notice(NOW)
    for company in (world.a, world.b):
        with system(world, company):
            (one,) = notices()
            assert one.incident_ids == [incidents()[0].id]


def test_it_tells_anew_what_grew_worse_although_it_was_seen(world: World) -> None:
    with system(world):
        flip("warn")
        take_notice(NOW)
        told(NOW)
    with as_ada(world):
        acknowledge(incidents()[0], now=NOW)
    with system(world):
        flip("crit", at=NOW + HOUR)
        take_notice(NOW + HOUR)
        (one,) = incidents()
        assert (one.acknowledged_at, story(one)) == (None, ["opened", "acknowledged", "worse"])
        assert told(NOW + HOUR) == [("opened", 1, 0)]


def test_it_ends_three_hundred_at_once_in_few_statements(world: World) -> None:
    with system(world):
        for place in range(300):
            flip("crit", subject=f"S{place}")
        take_notice(NOW)
        told(NOW)
    with as_ada(world):
        tickets.reply(tickets.by_number(7), "我在看", False, now=NOW)
    with system(world):
        for place in range(300):
            flip("ok", subject=f"S{place}", at=NOW + MINUTE)
    with statements() as heard, system(world):
        take_notice(NOW + MINUTE)
        assert told(NOW + MINUTE) == [("ended", 300, 0)]
    assert len(heard) < 60
    with system(world):
        by_status = select(Ticket.status, func.count()).group_by(Ticket.status)
        assert {row.status: row[1] for row in session().execute(by_status)} == {"closed": 299, "new": 1}
        stood = select(func.count()).where(TicketStatusInterval.status == "closed")
        assert session().scalar(stood) == 299
        open_ones = select(func.count()).where(TicketStatusInterval.ended_at.is_(None))
        assert session().scalar(open_ones) == 300
