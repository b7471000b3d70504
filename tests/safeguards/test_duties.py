"""What falls due by the calendar: rounds, drills and reviews, on the front page and at the client's."""

import re
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy import select, update

from service_desk.lib.clock import local_day
from service_desk.safeguards.duties import Duty, duties
from service_desk.safeguards.models import AccessReview, InspectionRound, RestoreDrill, RoundTemplate
from service_desk.safeguards.operations import rounds
from service_desk.safeguards.rounds import DAYS
from service_desk.scope import session
from service_desk.tenants.models import Tenant
from tests.counting import statements
from tests.safeguards import given
from tests.tickets.test_operations import desk
from tests.world import World

TODAY = date(2026, 11, 22)


def seen(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def panel(text: str) -> str:
    """What the panel of due things says; "" when there is none."""
    found = re.search(r"到期事项</h2>.*?</section>", text, re.DOTALL)
    return seen(found[0]) if found else ""


def test_a_round_is_due_by_its_rhythm_on_the_clients_own_calendar() -> None:
    held = "2026-11-20T17:30:00+00:00"  # the 21st in Shanghai
    rows = [
        ("round", "日", "daily", held, None),
        ("round", "周", "weekly", held, None),
        ("round", "新", "monthly", None, None),
    ]
    shanghai = duties(rows, "Asia/Shanghai", TODAY, TODAY)
    assert shanghai == [Duty(TODAY, "round", "新"), Duty(TODAY, "round", "日")]
    london = duties(rows, "Europe/London", TODAY, TODAY)
    assert london == [Duty(TODAY - timedelta(days=1), "round", "日"), Duty(TODAY, "round", "新")]
    assert [one.name for one in duties(rows, "Asia/Shanghai", TODAY, TODAY + timedelta(days=6))] == ["新", "日", "周"]


def test_drills_and_reviews_are_due_on_their_day() -> None:
    asked: list[tuple[str, str, str | None, str | None]] = [
        ("drill", "月度", None, "2026-11-22"), ("drill", "年度", None, "2026-11-23")
    ]  # fmt: skip
    asked += [("review", "", f"2026-05-{day}T02:00:00+00:00", None) for day in (26, 27)]
    rows = [(kind, name, "", done, due) for kind, name, done, due in asked]
    assert duties(rows, "Asia/Shanghai", TODAY, TODAY) == [Duty(TODAY, "drill", "月度"), Duty(TODAY, "review")]


@drawn(st.sampled_from(sorted(DAYS)), st.integers(0, 40))
def test_what_was_held_is_never_due_before_its_rhythm_and_always_after(rhythm: str, ago: int) -> None:
    held = datetime(2026, 11, 22, 1, tzinfo=UTC) - timedelta(days=ago)
    found = duties([("round", "x", rhythm, held.isoformat(), None)], "Asia/Shanghai", TODAY, TODAY)
    assert bool(found) == (ago >= DAYS[rhythm])


def test_today_names_what_is_due_and_forgets_it_when_it_was_done(app: Flask, world: World) -> None:
    ids, ada, now = given.begun(world), world.sign_in(app, world.ada), datetime.now(UTC)
    with statements() as without:
        page = panel(ada.get("/").text)
    assert all(name in page for name in ("日巡检", "周巡检", "月巡检", "3 项", "今天", "Company A"))
    with desk(world):
        row = session().scalars(select(InspectionRound)).one()
        given.everything_fine(row)
        rounds.finish_round(row, "", "", now)
        zone = session().get_one(Tenant, world.a.id).time_zone
        assert session().get_one(RoundTemplate, (world.a.id, ids["template_id"])).held_at == now
        session().execute(
            update(RoundTemplate).where(RoundTemplate.rhythm == "daily").values(held_at=now - timedelta(days=3))
        )
    page = panel(ada.get("/").text)
    assert "周巡检" not in page
    assert f"日巡检 Company A {local_day(now - timedelta(days=2), zone):%m-%d}" in page, (
        "since the day before yesterday"
    )
    given.reviewed(world, sign=True)
    with desk(world):
        session().execute(update(AccessReview).values(finished_at=now - timedelta(days=181)))
        session().execute(update(RoundTemplate).values(archived_at=now))
        given.plan(given.connection().id)
        drill = session().scalars(select(RestoreDrill)).one()
        drill.due_on = local_day(now, zone)
    with statements() as heard:
        page = panel(ada.get("/").text)
    assert "权限审计" in page
    assert "恢复演练" in page
    assert "2 项" in page
    assert len(heard) <= len(without) <= 10, "no statement of its own"
    with desk(world):
        session().execute(update(AccessReview).values(finished_at=now - timedelta(days=179)))
        session().execute(update(RestoreDrill).values(due_on=local_day(now, zone) + timedelta(days=1)))
    assert panel(ada.get("/").text) == ""
    assert panel(world.sign_in(app, world.somebody("engineer", world.b)).get("/").text) == "", "not of another's client"


def test_the_client_shows_two_weeks_ahead(app: Flask, world: World) -> None:
    given.begun(world)
    now = datetime.now(UTC)
    with desk(world):
        session().execute(update(RoundTemplate).values(held_at=now))
        given.plan(given.connection().id)
        session().execute(update(RestoreDrill).values(due_on=(now + timedelta(days=10)).date()))
    with statements() as heard:
        page = seen(world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/").text)
    assert len(heard) <= 10, heard
    for wanted in ("日巡检", "周巡检", "恢复演练"):
        assert wanted in page, wanted
    assert "月巡检" not in page
