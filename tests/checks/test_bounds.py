"""Somebody who names other subjects with every look, or lets them come and go, fills nothing without end."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from service_desk.alerts import operations as alerts
from service_desk.alerts.models import Incident
from service_desk.checks.finding import Finding, Level
from service_desk.checks.life import Rule
from service_desk.checks.models import CheckFlip, CheckState
from service_desk.checks.operations import bounds, states
from service_desk.checks.reading import sentence
from service_desk.scope import SYSTEM, session, tenant_scope
from tests.checks.matrix import _a_state
from tests.world import World

CHECK = "bak.full.age"
Look = Callable[..., None]


@pytest.fixture
def look(world: World, monkeypatch: pytest.MonkeyPatch) -> Look:
    """One look that finds these subjects in a state, as a visit writes it; `whole`: what is not named is gone."""
    monkeypatch.setattr(states, "SUBJECTS", 5)
    monkeypatch.setattr(bounds, "CHANGES", 12)
    monkeypatch.setattr(bounds, "NEWCOMERS", 8)
    _a_state(world)
    connection, begun, count = world.kept["connection"], datetime.now(UTC), 0

    def taken(subjects: Sequence[str], state: Level = "crit", *, whole: bool = True, days: int = 0) -> None:
        nonlocal count, begun
        count, begun = count + 1, begun + timedelta(days=days)
        at = begun + timedelta(seconds=count)
        with tenant_scope(world.a.id, SYSTEM):
            known = states.known_states(connection, [CHECK])
            found = [Finding(subject=subject, state=state, value=90.0) for subject in subjects]
            changes = states.judged(connection, CHECK, found, known, Rule(), at)
            if whole and len(found) <= states.SUBJECTS:
                changes += states.gone((row for row in known.values() if row.subject not in subjects), at)
            states.write(bounds.within(connection, changes, known), at, f"look-{count}")

    return taken


def there(world: World) -> dict[str, CheckState]:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        rows = session().query(CheckState).filter_by(check=CHECK, gone_at=None)
        return {row.subject: row for row in rows}


def flips(world: World) -> int:
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        return session().query(CheckFlip).count()


def test_ever_new_subjects_end_at_the_days_bound_and_it_is_said(look: Look, world: World) -> None:
    for n in range(30):
        look([f"A{n}", f"B{n}", f"C{n}"])
    found = there(world)
    assert set(found) == {bounds.BEYOND}, "what was taken is gone, what is beyond was not taken"
    line = found[bounds.BEYOND]
    assert (line.state, line.told_state) == ("unknown", "unknown")
    assert "more" in sentence(line, "en").casefold()
    assert "过多" in sentence(line, "zh")
    assert flips(world) <= 2 * 8 + 1
    with tenant_scope(world.a.id, SYSTEM):
        noticed = alerts.take_notice(datetime.now(UTC))
        assert noticed is not None
        assert session().query(Incident).count() <= 8


def test_a_look_that_hides_what_it_leaves_out_does_not_pile_subjects_up(look: Look, world: World) -> None:
    for n in range(10):
        look([f"A{n}", f"B{n}"], "ok", whole=False)
    assert len(there(world)) == 5 + 1, "as many as fit, and the line that says that there is more"
    look([f"Z{n}" for n in range(9)], "ok", whole=False)
    assert len(there(world)) == 5 + 1


def test_the_gravest_of_too_many_are_looked_at(look: Look, world: World) -> None:
    look(["known"], "ok")
    look(["a", "b", "known"], "ok", whole=False)
    look([*(f"n{n}" for n in range(9)), "known"], "warn", whole=False)
    assert {"known", "a", "b", bounds.BEYOND} < set(there(world))
    assert there(world)["known"].state == "warn"


def test_what_comes_and_goes_beyond_the_bound_is_not_seen_and_never_fine(look: Look, world: World) -> None:
    for n in range(40):
        look(["A", "B"], "crit" if n % 2 == 0 else "ok")
    assert flips(world) <= 12 + 1
    found = there(world)
    assert {found["A"].state, found["B"].state} <= {"unknown", found["A"].told_state}
    look(["A", "B"], "ok" if found["A"].told_state == "crit" else "crit")
    assert {row.state for row in there(world).values()} == {"unknown"}
    assert {row.reason for row in there(world).values()} == {"too_much"}
    # A day later there is room again: what is found is told, and the line that said there was more leaves.
    look(["A", "B"], "warn", days=2)
    found = there(world)
    assert {name: row.state for name, row in found.items()} == {"A": "warn", "B": "warn"}


def test_late_facts_find_the_same_bounds(look: Look, world: World) -> None:
    """Whoever dates facts back does not begin a new day."""
    for n in range(6):
        look([f"A{n}", f"B{n}"])
    before = flips(world)
    look(["OLD"], days=-20, whole=False)
    assert "OLD" not in there(world)
    assert flips(world) <= before + 1


def test_a_page_shows_the_line(app: Flask, look: Look, world: World) -> None:
    for n in range(5):
        look([f"A{n}", f"B{n}", f"C{n}"])
    line = there(world)[bounds.BEYOND]
    browser = world.sign_in(app, world.ada)
    for address in (f"/t/{world.a.slug}/checks", f"/t/{world.a.slug}/checks/{line.id}"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "过多" in answer.text
